package tlv_test

import (
	"os"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
)

func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile("../testdata/lists/ctl-tokenless.tlv")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := tlv.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
