package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const phonePage = `<HTML><TABLE><TR><TD>Cisco IP Phone CP-8841 ( SEP001122334455 )</TD></TR>
<TR><TD><B> CTL file</B></TD><TD><B>Not installed</B></TD></TR><TR><TD><B> ITL file</B></TD><TD><B>Installed</B></TD></TR>
<TR><TD><B> ITL signature</B></TD><TD><B>9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53 </B></TD></TR></TABLE></HTML>`

// A thousand phones: most answer, some refuse, hang up, never end, send
// elsewhere or are something else. Each
// has one line, in the order of the export.
func TestThousandPhones(t *testing.T) {
	handlers := []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, phonePage) },
		func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>a printer</html>") },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, _ *http.Request) { // endless
			for block := make([]byte, 64<<10); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		},
		func(w http.ResponseWriter, _ *http.Request) { // no rows, much to read
			fmt.Fprint(w, "<html><title>Cisco IP Phone CP-8841 ( SEP )</title><table><tr><td>", strings.Repeat("a<b>\x1b[2J", 20_000))
		},
	}
	var addresses []string
	for _, h := range handlers {
		s := httptest.NewUnstartedServer(h)
		s.Start()
		defer s.Close()
		addresses = append(addresses, strings.TrimPrefix(s.URL, "http://"))
	}
	const n = 1000
	answers := func(i int) int { return max(0, i%13-6) } // seven of 13 are phones
	export := []string{"Device Name,IP Address"}
	for i := range n {
		export = append(export, fmt.Sprintf("SEP%012X,%s", i, addresses[answers(i)]))
	}
	name := filepath.Join(t.TempDir(), "export.csv")
	if err := os.WriteFile(name, []byte(strings.Join(export, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"phones", "--phones", name, "--jobs", "64", "--timeout", "5m"}, nil, &stdout, &stderr)
	records, err := csv.NewReader(&stdout).ReadAll()
	if err != nil || code != exitNo || len(records) != n+1 {
		t.Fatalf("%d lines, exit code %d, %v: %s", len(records), code, err, stderr.String())
	}
	for i, r := range records[1:] {
		ctl, itl, failure := r[4], r[5], r[7]
		if phone := answers(i) == 0; phone != (ctl == "not installed" && itl == "9d56dfc81164a450f746c3dd754d5fdbd3bca553" && failure == "") || !phone && failure == "" {
			t.Errorf("phone %d, answer %d: %v", i, answers(i), r)
		}
		if want := fmt.Sprintf("SEP%012X", i); r[0] != want {
			t.Fatalf("line %d is about %s, want %s", i+1, r[0], want)
		}
	}
}
