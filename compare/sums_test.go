package compare_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"errors"
	"hash"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
)

func TestSum(t *testing.T) {
	for _, size := range []int{0, 1, 4712, 128 << 10, 128<<10 + 1, 1 << 20} {
		data := bytes.Repeat([]byte("trust list"), size/10+1)[:size]
		m, s1, s512 := md5.Sum(data), sha1.Sum(data), sha512.Sum512(data)
		for name, r := range map[string]io.Reader{"whole": bytes.NewReader(data), "halves": iotest.HalfReader(bytes.NewReader(data))} {
			got, err := compare.Sum(r)
			if err != nil {
				t.Fatal(err)
			}
			if *got.Size != int64(size) || !bytes.Equal(got.MD5, m[:]) || !bytes.Equal(got.SHA1, s1[:]) || !bytes.Equal(got.SHA512, s512[:]) {
				t.Errorf("%d bytes, %s: %s", size, name, got)
			}
		}
	}
}

func TestSumReturnsReadError(t *testing.T) {
	want := errors.New("unplugged")
	r := io.MultiReader(bytes.NewReader(make([]byte, 300<<10)), iotest.ErrReader(want))
	if s, err := compare.Sum(r); !errors.Is(err, want) || s.Size != nil {
		t.Errorf("Sum = %s, %v; want nothing and the error", s, err)
	}
}

func TestSumsMatch(t *testing.T) {
	size := func(n int64) compare.Sums { return compare.Sums{Size: &n} }
	with := func(s compare.Sums, md5, sha1 byte) compare.Sums {
		if md5 != 0 {
			s.MD5 = bytes.Repeat([]byte{md5}, 16)
		}
		if sha1 != 0 {
			s.SHA1 = bytes.Repeat([]byte{sha1}, 20)
		}
		return s
	}
	none := compare.Sums{}
	tests := []struct {
		name string
		a, b compare.Sums
		want compare.Verdict
	}{
		{"nothing", none, size(1), compare.VerdictNothingInCommon},
		{"other hashes", with(none, 1, 0), with(none, 0, 1), compare.VerdictNothingInCommon},
		{"a header length alone", compare.Sums{HeaderLength: 4}, compare.Sums{HeaderLength: 4}, compare.VerdictNothingInCommon},
		{"sizes", size(1), size(1), compare.VerdictSameSize},
		{"times", compare.Sums{Made: time.Unix(1, 0)}, compare.Sums{Made: time.Unix(1, 0).UTC()}, compare.VerdictSameTime},
		{"other times", compare.Sums{Made: time.Unix(1, 0), MD5: make([]byte, 16)}, compare.Sums{Made: time.Unix(2, 0), MD5: make([]byte, 16)}, compare.VerdictDifferent},
		{"size zero", size(0), size(1), compare.VerdictDifferent},
		{"one hash", with(none, 1, 0), with(size(1), 1, 2), compare.VerdictSameHash},
		{"a hash, but another size", with(size(2), 1, 0), with(size(1), 1, 0), compare.VerdictDifferent},
		{"one hash agrees, one does not", with(none, 1, 1), with(none, 1, 2), compare.VerdictDifferent},
		{"header lengths differ", compare.Sums{HeaderLength: 4, MD5: make([]byte, 16)}, compare.Sums{HeaderLength: 5, MD5: make([]byte, 16)}, compare.VerdictDifferent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, back := tt.a.Match(tt.b), tt.b.Match(tt.a); got != tt.want || back != tt.want {
				t.Errorf("Match = %s, the other way %s, want %s", got, back, tt.want)
			}
		})
	}
}

// Sum beside its three hashes, each alone, over the same 8 MiB.
func BenchmarkSum(b *testing.B) {
	data := make([]byte, 8<<20)
	b.Run("Sum", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := compare.Sum(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, h := range map[string]hash.Hash{"MD5": md5.New(), "SHA-1": sha1.New(), "SHA-512": sha512.New()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				h.Write(data)
			}
		})
	}
}
