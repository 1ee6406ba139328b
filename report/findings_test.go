package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// decode reads a document back, strictly.
func decode(t *testing.T, data []byte, document any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(document); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

// hostile is a list whose names are commands to a terminal.
func hostile(t *testing.T) *report.File {
	t.Helper()
	data, err := os.ReadFile("../testdata/lists/ctl-etoken.tlv")
	if err != nil {
		t.Fatal(err)
	}
	name := "CTL\x1b.tlv"
	if runtime.GOOS == "windows" { // which has no such names
		name = "CTL\u202e.tlv"
	}
	name = filepath.Join(t.TempDir(), name)
	data = bytes.ReplaceAll(data, []byte("14.48.44.80\x00"), []byte("\x1b[2J\x9b\u202e.12\x00"))
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	f := inspect.Open(name, nil, tlv.KindCTL)
	if f.List == nil {
		t.Fatal(f.Err)
	}
	return f
}

func harmless(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\x1b\u202e") || !utf8.ValidString(text) {
		t.Errorf("control characters in %q", text)
	}
}

func TestLintDocument(t *testing.T) {
	f := hostile(t)
	o := lint.Options{At: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Days: 60}
	want := report.NewLint(f, o, lint.Run(f.List, o, lint.Rules()), lint.Rules())
	var out, text bytes.Buffer
	if err := want.JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got report.Lint
	decode(t, out.Bytes(), &got)
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("read back: %+v\nwritten: %+v", got, want)
	}
	if got.Schema != report.Schema || got.Errors == 0 || got.Errors+got.Warnings+got.Notices != len(got.Findings) || got.Error != nil {
		t.Errorf("%+v", got)
	}
	if err := want.Text(&text, report.Terminal{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "name-control-characters") {
		t.Error(text.String())
	}
	harmless(t, out.String()+text.String())
}

func TestLintOfNoList(t *testing.T) {
	f := inspect.Open("nosuch.tlv", nil, tlv.KindCTL)
	var out bytes.Buffer
	if err := report.NewLint(f, lint.Options{}, nil, lint.Rules()).JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got report.Lint
	decode(t, out.Bytes(), &got)
	if got.Error == nil || !strings.Contains(got.Error.Message, "nosuch.tlv") || got.Findings == nil {
		t.Errorf("%+v", got)
	}
}

func TestRulesDocument(t *testing.T) {
	var out bytes.Buffer
	if err := report.NewRules(lint.Rules()).JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got report.Rules
	decode(t, out.Bytes(), &got)
	if got.Schema != report.Schema || len(got.Rules) != len(lint.Rules()) || got.Rules[0].ID != lint.Rules()[0].ID {
		t.Errorf("%+v", got)
	}
}

func TestMatchDocument(t *testing.T) {
	f := hostile(t)
	certificates := []report.Source{{
		File: "\x1b.pem", Number: 2,
		Known: cert.Known{Subject: cert.Name{{Type: "CN", Value: "\x1b[2J\u202e"}}, Serials: []tlv.Serial{{1, 2}}},
	}}
	want := report.NewMatch(f.Name, f.List, f.Kind, certificates)
	var out, text bytes.Buffer
	if err := report.Write(&out, want); err != nil {
		t.Fatal(err)
	}
	var got report.Match
	decode(t, out.Bytes(), &got)
	if got.Schema != report.Schema || got.Verified || got.Reason != "signature-wrong" || got.Remedy == "" ||
		len(got.Certificates) != 1 || got.Certificates[0].InList || got.Certificates[0].Serial != "01:02" || len(got.Stale) != 2 || got.Stale[0].Record != 3 {
		t.Errorf("%+v", got)
	}
	if err := want.WriteText(&text, report.Terminal{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), `\x1b.pem #2`) {
		t.Error(text.String())
	}
	harmless(t, out.String()+text.String())
}
