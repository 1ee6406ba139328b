package compare

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"fmt"
	"io"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Sums are what is known of the bytes of a file. Zero values are not known.
type Sums struct {
	Size         *int64    // bytes
	HeaderLength int       // HEADERLENGTH, bytes
	MD5          []byte    // 16 bytes
	SHA1         []byte    // 20 bytes
	SHA512       []byte    // 64 bytes
	Made         time.Time // TIMESTAMP: when the list was made; UTC, to the second
}

// Match compares what is known of both files. Equal hashes say that the files
// are the same, not who made them: files of equal MD5 or SHA-1 can be made.
func (s Sums) Match(t Sums) Verdict {
	verdict := VerdictNothingInCommon
	if !s.Made.IsZero() && !t.Made.IsZero() {
		if !s.Made.Equal(t.Made) {
			return VerdictDifferent
		}
		verdict = VerdictSameTime
	}
	if s.Size != nil && t.Size != nil {
		if *s.Size != *t.Size {
			return VerdictDifferent
		}
		verdict = VerdictSameSize
	}
	if s.HeaderLength != 0 && t.HeaderLength != 0 && s.HeaderLength != t.HeaderLength {
		return VerdictDifferent
	}
	for _, pair := range [][2][]byte{{s.MD5, t.MD5}, {s.SHA1, t.SHA1}, {s.SHA512, t.SHA512}} {
		if pair[0] == nil || pair[1] == nil {
			continue
		}
		if !bytes.Equal(pair[0], pair[1]) {
			return VerdictDifferent
		}
		verdict = VerdictSameHash
	}
	return verdict
}

// maxMistyped are the hex digits of a hash that a person mistypes.
const maxMistyped = 2

// Mistyped returns in how many hex digits a hash differs from the other's, if
// those are one or two of them: then it is the same hash with a mistake in it.
// Otherwise it returns 0.
func (s Sums) Mistyped(t Sums) int {
	for _, pair := range [][2][]byte{{s.MD5, t.MD5}, {s.SHA1, t.SHA1}, {s.SHA512, t.SHA512}} {
		if pair[0] == nil || pair[1] == nil {
			continue
		}
		if n := differingDigits(pair[0], pair[1]); n > 0 && n <= maxMistyped {
			return n
		}
	}
	return 0
}

func differingDigits(a, b []byte) int {
	n := 0
	for i := range a {
		switch d := a[i] ^ b[i]; {
		case d == 0:
		case d&0x0F == 0 || d&0xF0 == 0:
			n++
		default:
			n += 2
		}
	}
	return n
}

// String lists what is known: "4712 bytes, MD5 4d73...".
func (s Sums) String() string {
	var b bytes.Buffer
	add := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, format, args...)
	}
	if s.Size != nil {
		add("%d bytes", *s.Size)
	}
	if s.HeaderLength != 0 {
		add("header of %d bytes", s.HeaderLength)
	}
	if !s.Made.IsZero() {
		add("made %s", s.Made.Format(time.RFC3339))
	}
	for _, h := range []struct {
		name string
		sum  []byte
	}{{"MD5", s.MD5}, {"SHA-1", s.SHA1}, {"SHA-512", s.SHA512}} {
		if h.sum != nil {
			add("%s %x", h.name, h.sum)
		}
	}
	return b.String()
}

// SumsOf returns everything about a list of [tlv.Parse].
func SumsOf(l *tlv.List) Sums {
	m, s1, s512 := md5.Sum(l.Raw()), sha1.Sum(l.Raw()), sha512.Sum512(l.Raw())
	made, _ := l.Header.Timestamp()
	return Sums{
		Size: new(int64(len(l.Raw()))), HeaderLength: l.Header.Length(),
		MD5: m[:], SHA1: s1[:], SHA512: s512[:], Made: made,
	}
}

// Sum reads a file to its end in one pass and returns its size, MD5, SHA-1 and
// SHA-512. An error is that of r.
func Sum(r io.Reader) (Sums, error) {
	m, s1, s512 := md5.New(), sha1.New(), sha512.New()
	size, err := io.Copy(io.MultiWriter(m, s1, s512), r)
	if err != nil {
		return Sums{}, err
	}
	return Sums{Size: &size, MD5: m.Sum(nil), SHA1: s1.Sum(nil), SHA512: s512.Sum(nil)}, nil
}
