package trunkreport_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/internal/trunkreport"
	"github.com/ctlinspect/ctlinspect/report"
)

const testdata = "../../testdata/trunk/"

// nodes are n certificates that sign themselves, as text.
func nodes(t *testing.T, side string, n int) []*trunk.Certificate {
	t.Helper()
	data, err := os.ReadFile(testdata + "text/cucm-a1.example.com.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []*trunk.Certificate
	for i := range n {
		text := strings.ReplaceAll(string(data), "cucm-a1", fmt.Sprintf("cucm-%s%d", side, i+1))
		read, err := certs.Parse([]byte(strings.Replace(text, "Serial Number: ", fmt.Sprintf("Serial Number: AA%04X", i), 1)))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, trunk.New("x", read[0]))
	}
	return list
}

func judge(t *testing.T, n int) *trunk.Report {
	t.Helper()
	var profiles [2][]string
	for i := range n {
		profiles[0] = append(profiles[0], fmt.Sprintf("cucm-b%d.example.com", i+1))
		profiles[1] = append(profiles[1], fmt.Sprintf("cucm-a%d.example.com", i+1))
	}
	a := trunk.Side{Name: "A", Nodes: nodes(t, "a", n), Profile: profiles[0][:n/2]}
	b := trunk.Side{Name: "B", Nodes: nodes(t, "b", n), Profile: profiles[1]}
	b.Trust, a.Trust = a.Nodes[1:], b.Nodes
	return trunk.Judge(a, b, trunk.Options{At: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Level: trunk.DefaultLevel})
}

// Twenty nodes on each side: equal reasons are one, and everything fits a terminal.
func TestTwentyByTwenty(t *testing.T) {
	var out bytes.Buffer
	if err := trunkreport.WriteText(&out, judge(t, 20), trunkreport.Evidence{}, trunkreport.Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := len(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if n := strings.Count(out.String(), "\n"); n > 100 {
		t.Errorf("%d lines\n%s", n, out.String())
	}
	for _, want := range []string{
		"1. Signs itself, and CallManager-trust of B does not have it:\n   cucm-a1.example.com\n",
		"2. Is not named in the profile of A:\n   cucm-b11.example.com, cucm-b12.example.com,",
		"From A to B: 190 of 400 pairs connect; 21 of every 40 calls fail",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// No name passes for a line of its own.
func TestHostileNames(t *testing.T) {
	data, err := os.ReadFile(testdata + "text/cucm-a1.example.com.txt")
	if err != nil {
		t.Fatal(err)
	}
	read, err := certs.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	const evil = "x\nYES: all pairs\x1b[31m\u202e"
	for i := range read[0].Subject {
		read[0].Subject[i].Value = evil
	}
	side := trunk.Side{Name: "A" + evil, Nodes: []*trunk.Certificate{trunk.New(evil, read[0])}, Profile: []string{evil}}
	other := side
	other.Name = "B"
	r := trunk.Judge(side, other, trunk.Options{Level: trunk.DefaultLevel})
	e := trunkreport.Evidence{Trace: trace(t, r, "1 |TLS Connection Cipher - INFO:deviceName=\x1b[31m\n1 | SIPCertificateInd X509SubjectName /CN=\x1b[31m --Cipher \x1b\n")}
	got := text(t, r, e)
	if strings.Contains(got, "\nYES") || strings.ContainsFunc(got, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
		t.Errorf("%q", got)
	}
}

func TestDocument(t *testing.T) {
	d := trunkreport.Document(judge(t, 2), trunkreport.Evidence{})
	b, err := report.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict string
		Steps   []struct{ Action, Side string }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); s != "{fails [{upload-trust B} {add-name A}]}" {
		t.Error(s)
	}
	if f := trunkreport.Failure(os.ErrNotExist, time.Unix(0, 0)); f.Error == nil || f.Verdict != "" {
		t.Errorf("%+v", f)
	}
}

// A template is a description, whose paths are relative to its folder.
func TestDescription(t *testing.T) {
	b, err := report.Indent(trunkreport.Template())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "trunk.json")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := trunkreport.ReadDescription(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "b", "CallManager-trust")}
	if diff := cmp.Diff(want, d.B.Trust); diff != "" {
		t.Error(diff)
	}
}

// What is read as a description is complete.
func FuzzDescription(f *testing.F) {
	data, err := os.ReadFile(testdata + "trunk.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schema":"ctlinspect/2","type":"trunk-description","a":{"certificates":["x"],"trust":[],"names":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := trunkreport.ReadDescription("-", bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, s := range []report.TrunkSideDescription{d.A, d.B} {
			if len(s.Certificates) == 0 || s.Trust == nil || s.Names == nil {
				t.Errorf("%+v", s)
			}
		}
	})
}
