package lint

import (
	"os"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A certificate is read once, though two records hold it, and only if a rule asks.
func TestCertificatesAreReadOnce(t *testing.T) {
	data, err := os.ReadFile("../testdata/lists/ctl-sha512.tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	_, count := counts.Since(func() { Run(l, Options{At: time.Unix(1735689600, 0), Days: 60}, headerRules) })
	if count != 0 {
		t.Errorf("%d certificates were read that no rule asked for", count)
	}
	signatures, count := counts.Since(func() { Run(l, Options{At: time.Unix(1735689600, 0), Days: 60}, Rules()) })
	if count != 4 {
		t.Errorf("5 records hold 4 certificates, %d were read", count)
	}
	if signatures != 1 {
		t.Errorf("%d signatures were checked, want 1", signatures)
	}
}
