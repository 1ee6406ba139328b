package compare

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Sums are what is known of the bytes of a file. Zero values are not known.
type Sums struct {
	Size         *int64 // bytes
	HeaderLength int    // HEADERLENGTH, bytes
	MD5          []byte // 16 bytes
	SHA1         []byte // 20 bytes
	SHA512       []byte // 64 bytes
}

// Match compares what is known of both files. Equal hashes say that the files
// are the same, not who made them: files of equal MD5 or SHA-1 can be made.
func (s Sums) Match(t Sums) Verdict {
	verdict := VerdictNothingInCommon
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
	return Sums{
		Size: new(int64(len(l.Raw()))), HeaderLength: l.Header.Length(),
		MD5: m[:], SHA1: s1[:], SHA512: s512[:],
	}
}

const (
	blockSize = 128 << 10 // bytes that are summed at a time
	blocks    = 4         // in flight
)

// Sum reads a file to its end in one pass and returns its size, MD5, SHA-1 and
// SHA-512. In a file larger than a phone's list each hash has a goroutine of its
// own, so that with three processors it takes as long as the slowest. Memory is
// half a MiB whatever the size. An error is that of r.
func Sum(r io.Reader) (Sums, error) {
	hashes := []hash.Hash{md5.New(), sha1.New(), sha512.New()}
	first := make([]byte, blockSize)
	n, err := io.ReadFull(r, first)
	size := int64(n)
	if err == nil {
		size, err = sumBlocks(first, r, hashes)
	} else {
		for _, h := range hashes {
			h.Write(first[:n])
		}
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return Sums{}, err
	}
	return Sums{Size: &size, MD5: hashes[0].Sum(nil), SHA1: hashes[1].Sum(nil), SHA512: hashes[2].Sum(nil)}, nil
}

// A block is bytes on their way through the hashes.
type block struct {
	data []byte
	left sync.WaitGroup // hashes that have not seen it
}

// sumBlocks sums a first block and the rest until r's error.
func sumBlocks(first []byte, r io.Reader, hashes []hash.Hash) (size int64, err error) {
	queues := make([]chan *block, len(hashes))
	var done sync.WaitGroup
	for i, h := range hashes {
		queues[i] = make(chan *block, blocks)
		done.Go(func() {
			for b := range queues[i] {
				h.Write(b.data)
				b.left.Done()
			}
		})
	}
	ring := [blocks]block{{data: first}}
	for n, got := 0, len(first); ; n++ {
		b := &ring[n%blocks]
		b.data = b.data[:got]
		size += int64(got)
		b.left.Add(len(hashes))
		for _, q := range queues {
			q <- b
		}
		if err != nil {
			break
		}
		got, err = ring[(n+1)%blocks].fill(r)
	}
	for _, q := range queues {
		close(q)
	}
	done.Wait()
	return size, err
}

// fill reads into the block when all hashes have seen what it held.
func (b *block) fill(r io.Reader) (int, error) {
	b.left.Wait()
	if b.data == nil {
		b.data = make([]byte, blockSize)
	}
	return io.ReadFull(r, b.data[:blockSize])
}
