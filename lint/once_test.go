package lint

import (
	"os"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A certificate is read once, though two records hold it, and only if a rule asks.
func TestCertificatesAreReadOnce(t *testing.T) {
	data, err := os.ReadFile("../testdata/lists/ctl-sha512.tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	read = func(der []byte) (*cert.Certificate, error) {
		count++
		return cert.Read(der)
	}
	defer func() { read = cert.Read }()
	Run(l, Options{At: time.Unix(1735689600, 0), Days: 60}, Rules())
	if count != 4 {
		t.Errorf("5 records hold 4 certificates, %d were read", count)
	}
	count = 0
	Run(l, Options{}, headerRules, signatureRules)
	if count != 0 {
		t.Errorf("%d certificates were read that no rule asked for", count)
	}
}
