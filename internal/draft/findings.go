package draft

import (
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
