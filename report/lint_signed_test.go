package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
)

// What is the same about many files is one line, and what differs about many is a few.
func TestSignedFindings(t *testing.T) {
	finding := func(message string) []lint.Finding {
		return []lint.Finding{{Rule: "signed-other-name", Severity: lint.SeverityError, Message: message, Remedy: "do"}}
	}
	var found report.SignedFindings
	for i := range 1000 {
		message := "the same"
		if i%2 == 0 {
			message = fmt.Sprint("number ", i)
		}
		o := lint.Options{At: time.Unix(0, 0)}
		found.Add(report.NewSignedLint(fmt.Sprintf("%d.sgn", i), []string{"ITLFile.tlv"}, nil, o, finding(message), signed.Rules()))
	}
	var out bytes.Buffer
	if err := found.Text(&out, report.Terminal{}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"1000 signed files, judged by the lists beside them: 1000 with findings: 1000 errors, 0 warnings, 0 notices\n",
		"  - 500 files, such as 1.sgn: the same [1]\n", "  - 0.sgn: number 0 [1]\n",
		"  - 481 files, such as 38.sgn: and more, each with a message of its own: see --json [1]\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if n := strings.Count(text, "\n"); n > 30 || found.Files() != 1000 {
		t.Errorf("%d lines:\n%s", n, text)
	}
}
