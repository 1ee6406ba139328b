package report_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/report"
)

// No field is a formula for a spreadsheet, whatever a phone calls itself, and all of
// it can be read again.
func TestWriteCSV(t *testing.T) {
	for field, want := range map[string]string{
		"SEP001122334455":     "SEP001122334455",
		"":                    "",
		"=1+1":                "'=1+1",
		"+1":                  "'+1",
		"-1":                  "'-1",
		"@SUM(A1)":            "'@SUM(A1)",
		"\t=1":                "'\t=1",
		"a;=1":                "a;'=1",
		"a; \"=1\"":           "a; \"'=1\"",
		"a,=1\n=1":            "a,=1\n'=1",
		" =1":                 " '=1",
		"CP-8841, a=b; c - d": "CP-8841, a=b; c - d",
	} {
		var b strings.Builder
		if err := report.WriteCSV(&b, []string{"first", field}); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(b.String())).Read()
		if err != nil || len(got) != 2 || got[1] != want {
			t.Errorf("%q: %q, %v, want %q", field, got, err, want)
		}
	}
}
