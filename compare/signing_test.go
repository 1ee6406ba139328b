package compare_test

import (
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Signed again is another time and another signature; another digest is another
// list to phones that know SHA-1 only.
func TestSignedInAnotherWay(t *testing.T) {
	data := readFile(t, "lists/ctl-etoken.tlv")
	old, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*tlv.Template)
		want   compare.Verdict
	}{
		"time":           {func(n *tlv.Template) { n.Timestamp = n.Timestamp.Add(time.Hour) }, compare.VerdictSignedAgain},
		"digest":         {func(n *tlv.Template) { n.Digest = tlv.DigestSHA512 }, compare.VerdictDifferent},
		"signer version": {func(n *tlv.Template) { n.SignerVersion = tlv.Version{Major: 1, Minor: 1} }, compare.VerdictDifferent},
	} {
		template := old.Template()
		tt.change(template)
		u, err := template.Unsigned()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := u.Splice(make([]byte, u.Size))
		if err != nil {
			t.Fatal(err)
		}
		list, err := tlv.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		if got := compare.Lists(old, list).Verdict; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
