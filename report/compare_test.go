package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/trust"
)

// The documents decode into what they were made from, whatever is compared.
func TestCompareJSONDecodes(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/*.t*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	n := 0
	server := readCopies(t, "../testdata/lists/ctl-etoken.tlv")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		phone, err := compare.ReadCopies(name, data)
		if err != nil {
			continue
		}
		for _, p := range phone {
			n++
			r := compare.NewServers(server).Compare(p)
			var out bytes.Buffer
			if err := report.CompareJSON(&out, r); err != nil {
				t.Fatal(err)
			}
			var got report.CompareDocument
			d := json.NewDecoder(&out)
			d.DisallowUnknownFields()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(report.NewCompareDocument(r), &got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	if n < 30 {
		t.Errorf("%d copies, expected every vector, listing and evidence", n)
	}
}

func readCopies(t testing.TB, name string) []compare.Copy {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := compare.ReadCopies(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Nothing that a terminal obeys is printed, whatever the files hold.
func FuzzCompare(f *testing.F) {
	for _, name := range []string{"lists/ctl-etoken.tlv", "lists/itl-8.6.tlv", "evidence/alarms.txt", "evidence/alarm.xml", "evidence/console.txt", "expected/itl-8.6.show.txt"} {
		data, err := os.ReadFile("../testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte("Length of CTL file: 4712"))
		f.Add([]byte("31 Aug,2011 13:28:03 4,712 CTLFile.tlv"), data)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		phone, err := compare.ReadCopies("a", a)
		if err != nil {
			return
		}
		server, err := compare.ReadCopies("b", b)
		if err != nil {
			return
		}
		var out strings.Builder
		for _, p := range phone {
			r := compare.NewServers(server).Compare(p)
			if err := report.Compare(&out, r, report.CompareOptions{All: true}); err != nil {
				t.Fatal(err)
			}
			if err := report.CompareJSON(&out, r); err != nil {
				t.Fatal(err)
			}
		}
		acceptAll(t, &out, phone[0].List, server[0].List)
		if i := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("control character: %q", out.String()[max(0, i-20):min(out.Len(), i+20)])
		}
	})
}

func acceptAll(t *testing.T, out *strings.Builder, installed, offered *trust.List) {
	t.Helper()
	if installed == nil || offered == nil {
		return
	}
	phone := trust.Phone{Installed: []*trust.List{installed}}
	o := report.Offer{Name: "b", Installed: []string{"a"}, Phone: phone, Decision: trust.Accept(phone, offered)}
	if err := report.Accept(out, o, report.Terminal{}); err != nil {
		t.Fatal(err)
	}
	if err := report.AcceptJSON(out, o); err != nil {
		t.Fatal(err)
	}
}
