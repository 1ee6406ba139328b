package itl_test

import (
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// In mixed mode CCM+TFTP does what TFTP does elsewhere.
func TestRolesThatITLsNeed(t *testing.T) {
	list, err := tlv.Parse(read(t, "lists/ctl-sha512.tlv")) // SAST, SAST, CCM+TFTP, CCM+TFTP, CAPF
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		records []tlv.Record
		want    bool // itl-without-tftp is found
	}{
		{"CCM+TFTP", list.Records, false},
		{"neither", slices.Concat(list.Records[:2], list.Records[4:]), true},
	} {
		some := *list
		some.Records = tt.records
		findings := lint.Run(trust.NewList(&some), lint.Options{Kind: tlv.KindITL}, itl.Rules())
		found := slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Rule == "itl-without-tftp" })
		if found != tt.want {
			t.Errorf("%s: itl-without-tftp found %v, want %v", tt.name, found, tt.want)
		}
	}
}
