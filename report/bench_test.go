package report_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"testing"

	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// The document of a list against reading its certificates: 4 times at most.
func BenchmarkJSON(b *testing.B) {
	for _, n := range []string{"ctl-etoken", "ctl-tokenless", "itl-8.6"} {
		data, err := os.ReadFile("../testdata/lists/" + n + ".tlv")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(n+"/json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var w bytes.Buffer
				if err := report.WriteList(&w, report.NewFile("a", data, tlv.KindCTL)); err != nil {
					b.Fatal(err)
				}
			}
		})
		l, _ := tlv.Parse(data)
		b.Run(n+"/x509", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, r := range l.Records {
					if c := r.Certificate(); c != nil {
						x509.ParseCertificate(c)
					}
				}
			}
		})
	}
}
