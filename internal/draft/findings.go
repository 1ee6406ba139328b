package draft

import (
	"fmt"
	"slices"
	"time"

	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Findings are the errors and warnings of lint about a list that is about to be
// signed. Old is the list that phones hold, nil for none: what lint finds in that
// one too is not news, and only counted.
func Findings(list, old *trust.List, kind tlv.Kind, now time.Time) (news []lint.Finding, kept int) {
	found := grave(list, lint.Options{Kind: kind, At: now, Days: Days, Old: old, Draft: true})
	if old == nil {
		return found, 0
	}
	news = lint.Since(grave(old, lint.Options{Kind: kind, At: now, Days: Days}), found)
	return news, len(found) - len(news)
}

// Days is how soon a certificate must expire for a warning.
const Days = 60

// signing are the rules about the signature: package trust refuses what they find.
var signing = []string{
	string(trust.ReasonNoSignerRecord), string(trust.ReasonSignerNotSAST), string(trust.ReasonAmbiguous), string(trust.ReasonKeyUnusable),
	string(trust.ReasonAlgorithmUnknown), string(trust.ReasonDigestUnknown), string(trust.ReasonKeySize), string(trust.ReasonSignatureWrong),
}

func grave(l *trust.List, o lint.Options) []lint.Finding {
	findings := lint.Run(l, o, lint.Without(lint.Rules(), signing), ctl.Rules(), itl.Rules())
	return slices.DeleteFunc(findings, func(f lint.Finding) bool { return f.Severity < lint.SeverityWarning })
}

// Accept is trust.Accept, with warnings of what lint finds in the offered list and not
// in the phone's list of its kind, as update has them.
func Accept(phone trust.Phone, offered *trust.List, now time.Time) *trust.Decision {
	d := trust.Accept(phone, offered)
	if !d.Verdict.Taken() && d.Verdict != trust.VerdictUnknown {
		return d
	}
	kind := offered.Header.Kind()
	for _, l := range phone.Installed {
		if l.Header.Kind() != kind {
			continue
		}
		news, _ := Findings(offered, l, kind, now)
		for _, f := range news {
			d.Warnings = append(d.Warnings, FindingText(f))
		}
	}
	return d
}

// FindingText is a finding on one line.
func FindingText(f lint.Finding) string {
	text := fmt.Sprintf("%s (%s)", f.Message, f.Rule)
	if f.Record == 0 {
		return text
	}
	return fmt.Sprintf("record %d: %s", f.Record, text)
}
