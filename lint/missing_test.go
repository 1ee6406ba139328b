package lint_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Each field that a server's record needs is missed by its name.
func TestEveryMissingFieldIsNamed(t *testing.T) {
	for tag, want := range map[tlv.RecordTag]string{
		tlv.RecordFunction:     "no FUNCTION",
		tlv.RecordSubjectName:  "no SUBJECTNAME",
		tlv.RecordIssuerName:   "no ISSUERNAME",
		tlv.RecordSerialNumber: "no SERIALNUMBER",
		tlv.RecordPublicKey:    "no PUBLICKEY",
		tlv.RecordCertificate:  "no CERTIFICATE or CERTHASH",
	} {
		t.Run(want, func(t *testing.T) {
			l := changed(t, "ctl-sha512", func(p *parts) {
				r := &p.records[3]
				r.Fields = slices.DeleteFunc(slices.Clone(r.Fields), func(f tlv.RecordField) bool { return f.Tag == tag })
			})
			findings := lint.Run(l, lint.Options{At: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}, lint.Rules())
			found := slices.ContainsFunc(findings, func(f lint.Finding) bool {
				return f.Rule == "field-missing" && f.Severity == lint.SeverityError && f.Record == 4 && strings.Contains(f.Message, want)
			})
			if !found {
				t.Errorf("no finding %q for record 4 in %+v", want, findings)
			}
		})
	}
}
