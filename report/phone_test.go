package report_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Alarms count where the page has no rows about lists, unless they differ.
func TestNewPhonePageOfAlarms(t *testing.T) {
	alarm := func(kind tlv.Kind, sum byte) compare.Evidence {
		return compare.Evidence{Form: compare.FormAlarm, Kind: kind, Sums: compare.Sums{SHA1: bytes.Repeat([]byte{sum}, 20)}}
	}
	none := compare.Evidence{Form: compare.FormAlarm, Kind: tlv.KindCTL, Absent: true}
	row := compare.Evidence{Form: compare.FormWebPage, Kind: tlv.KindITL, Sums: compare.Sums{SHA1: bytes.Repeat([]byte{3}, 20)}}
	for what, tt := range map[string]struct {
		evidence []compare.Evidence
		ctl, itl string
	}{
		"one alarm":  {[]compare.Evidence{none, alarm(tlv.KindITL, 1)}, "not installed", strings.Repeat("01", 20)},
		"two alarms": {[]compare.Evidence{none, alarm(tlv.KindITL, 1), alarm(tlv.KindITL, 2)}, "not installed", ""},
		"and a row":  {[]compare.Evidence{alarm(tlv.KindITL, 1), row}, "", strings.Repeat("03", 20)},
	} {
		fields := report.NewPhonePage("SEP001122334455", "192.0.2.1", &compare.Page{Evidence: tt.evidence}, nil, time.Unix(0, 0)).CSV()
		if fields[4] != tt.ctl || fields[5] != tt.itl {
			t.Errorf("%s: CTL %q, ITL %q", what, fields[4], fields[5])
		}
	}
}

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
