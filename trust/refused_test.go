package trust_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/trust"
)

// What is said of lists that phones do not take.
func TestReasonsOfRefusals(t *testing.T) {
	etoken := trust.Phone{Installed: []*trust.List{readList(t, "ctl-etoken")}}
	for offered, want := range map[string]string{
		"upd-new-token":    "no installed list holds the signer cn=\"SAST-ADN008580ef",
		"bad-signature":    "the signature is wrong: the list was changed after signing",
		"no-signer-record": "record 1 of the installed CTL has signed it, but the list does not hold its signer",
	} {
		d := trust.Accept(etoken, readList(t, offered))
		if d.Reason == nil || !strings.Contains(d.Reason.Error(), want) {
			t.Errorf("%s: %v, want %s", offered, d.Reason, want)
		}
		if d.Stranded != trust.StrandedAll || d.Stranded.String() != "all phones" {
			t.Errorf("%s: stranded %s", offered, d.Stranded)
		}
	}
	if got := trust.StrandedWithoutTVS.String() + trust.StrandedNone.String(); !strings.Contains(got, "7940") || !strings.HasSuffix(got, "none") {
		t.Errorf("got %s", got)
	}
	d := trust.Accept(trust.Phone{}, readList(t, "other-key"))
	var invalid *trust.InvalidError
	if !errors.As(d.Reason, &invalid) || invalid.Installed != nil || !strings.Contains(invalid.Error(), "the signature is wrong") {
		t.Errorf("without an installed list: %v", d.Reason)
	}
	if got, want := (&trust.TooLargeError{Size: 70000}).Error(), "70000 bytes"; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
