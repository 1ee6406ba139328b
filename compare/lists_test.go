package compare_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, data []byte) *tlv.List {
	t.Helper()
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func readList(t testing.TB, name string) *tlv.List {
	t.Helper()
	return parse(t, readFile(t, "lists/"+name+".tlv"))
}

// brief writes a difference in short: "3>2 moved DNSNAME,IPADDRESS".
func brief(d *compare.Difference) []string {
	var lines []string
	names := func(changes []compare.FieldChange) string {
		var list []string
		for _, c := range changes {
			list = append(list, c.Name)
		}
		return strings.Join(list, ",")
	}
	if len(d.Header) > 0 {
		lines = append(lines, "header "+names(d.Header))
	}
	for _, r := range d.Records {
		line := fmt.Sprintf("%d>%d %s %s", r.Old, r.New, r.Kind(), r.Role.String())
		if r.Moved && r.Kind() != compare.ChangeMoved {
			line += " moved"
		}
		if len(r.Fields) > 0 {
			line += " " + names(r.Fields)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestListsOfVectors(t *testing.T) {
	tests := []struct {
		old, new string
		verdict  compare.Verdict
		want     []string
	}{
		{"ctl-etoken", "ctl-etoken", compare.VerdictSameBytes, nil},
		{"ctl-etoken", "upd-second-token", compare.VerdictSignedAgain, nil},
		{"ctl-etoken", "other-key", compare.VerdictSignedAgain, nil},
		{"ctl-etoken", "bad-signature-timestamp", compare.VerdictSignedAgain, nil},
		{"ctl-etoken", "upd-add-token", compare.VerdictDifferent, []string{"0>3 added SAST"}},
		{"upd-add-token", "ctl-etoken", compare.VerdictDifferent, []string{"3>0 removed SAST"}},
		{"ctl-etoken", "upd-drop-second", compare.VerdictDifferent, []string{"2>0 removed SAST"}},
		{"ctl-etoken", "bad-signature", compare.VerdictDifferent, []string{"3>3 changed CCM+TFTP DNSNAME"}},
		{"ctl-etoken", "signer-not-sast", compare.VerdictDifferent, []string{"0>1 added CAPF", "1>0 removed SAST"}},
	}
	for _, tt := range tests {
		t.Run(tt.old+" "+tt.new, func(t *testing.T) {
			d := compare.Lists(readList(t, tt.old), readList(t, tt.new))
			if d.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", d.Verdict, tt.verdict)
			}
			if diff := cmp.Diff(tt.want, brief(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every pair of vectors: only equal files have the same bytes, and what one way
// is added the other way is removed.
func TestListsIsSymmetric(t *testing.T) {
	names := vectorNames(t)
	for _, a := range names {
		for _, b := range names {
			there, back := compare.Lists(readList(t, a), readList(t, b)), compare.Lists(readList(t, b), readList(t, a))
			if there.Verdict != back.Verdict || (there.Verdict == compare.VerdictSameBytes) != (a == b) {
				t.Errorf("%s and %s: %s, the other way %s", a, b, there.Verdict, back.Verdict)
			}
			if there.Verdict != compare.VerdictSameBytes && len(there.Signing)+len(there.Header)+len(there.Records) == 0 {
				t.Errorf("%s and %s: no difference shown", a, b)
			}
			if got, want := countKinds(back), swapped(countKinds(there)); got != want {
				t.Errorf("%s and %s: %v, the other way %v", a, b, countKinds(there), got)
			}
		}
	}
}

// kinds are numbers of records added, removed and changed.
type kinds [3]int

func countKinds(d *compare.Difference) (n kinds) {
	for _, r := range d.Records {
		switch r.Kind() {
		case compare.ChangeAdded:
			n[0]++
		case compare.ChangeRemoved:
			n[1]++
		case compare.ChangeChanged:
			n[2]++
		}
	}
	return n
}

func swapped(n kinds) kinds { return kinds{n[1], n[0], n[2]} }

func vectorNames(t testing.TB) []string {
	t.Helper()
	var entries []struct{ File string }
	if err := json.Unmarshal(readFile(t, "lists.json"), &entries); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(e.File, "lists/"), ".tlv"))
	}
	if len(names) == 0 {
		t.Fatal("lists.json is empty")
	}
	return names
}

// change returns a list with other records, filename or time; its signature is
// not one.
func change(t *testing.T, l *tlv.List, edit func(*tlv.Template)) *tlv.List {
	t.Helper()
	template := l.Template()
	edit(template)
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	data, err := u.Splice(make([]byte, u.Size))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

func TestListsOfEditedRecords(t *testing.T) {
	old := readList(t, "ctl-sha512")
	server := func(t *testing.T, role tlv.Role, dns, subject string, serial byte) tlv.Record {
		t.Helper()
		r, err := tlv.NewRecord(tlv.StyleCUCM, role, tlv.RecordValues{DNSName: dns, Subject: subject, SerialNumber: tlv.Serial{serial}, PublicKey: []byte{serial}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a := []tlv.Record{server(t, tlv.RoleTFTP, "pub", "CN=pub", 1), server(t, tlv.RoleTFTP, "sub", "CN=sub", 2), server(t, tlv.RoleCAPF, "", "CN=capf", 3), server(t, tlv.RoleTVS, "pub", "CN=tvs", 4)}
	tests := []struct {
		name string
		new  []tlv.Record
		want []string
	}{
		{"another order", []tlv.Record{a[3], a[0], a[1], a[2]}, []string{"4>1 moved TVS"}},
		{"an added record moves nothing", []tlv.Record{server(t, tlv.RoleTFTP, "new", "", 9), a[0], a[1], a[2], a[3]}, []string{"0>1 added TFTP"}},
		{"another certificate of the host", []tlv.Record{a[0], server(t, tlv.RoleTFTP, "SUB", "CN=sub", 7), a[2], a[3]}, []string{"2>2 changed TFTP DNSNAME,SERIALNUMBER,PUBLICKEY"}},
		{"another host of the certificate", []tlv.Record{a[0], server(t, tlv.RoleTFTP, "sub2", "CN=sub", 2), a[2], a[3]}, []string{"2>2 changed TFTP DNSNAME"}},
		{"hosts exchanged", []tlv.Record{server(t, tlv.RoleTFTP, "sub", "CN=pub", 1), server(t, tlv.RoleTFTP, "pub", "CN=sub", 2), a[2], a[3]}, []string{"1>1 changed TFTP DNSNAME", "2>2 changed TFTP DNSNAME"}},
		{"without a host another certificate is another record", []tlv.Record{a[0], a[1], server(t, tlv.RoleCAPF, "", "CN=capf", 8), a[3]}, []string{"0>3 added CAPF", "3>0 removed CAPF"}},
		{"another role is another record", []tlv.Record{a[0], server(t, tlv.RoleCCMTFTP, "sub", "CN=sub", 2), a[2], a[3]}, []string{"0>2 added CCM+TFTP", "2>0 removed TFTP"}},
		{"changed and moved", []tlv.Record{server(t, tlv.RoleTVS, "pub", "CN=tvs", 5), a[0], a[1], a[2]}, []string{"4>1 changed TVS moved SERIALNUMBER,PUBLICKEY"}},
		{"a record twice", []tlv.Record{a[0], a[0], a[1], a[2], a[3]}, []string{"0>2 added TFTP"}},
		{"no records", nil, []string{"1>0 removed TFTP", "2>0 removed TFTP", "3>0 removed CAPF", "4>0 removed TVS"}},
	}
	before := change(t, old, func(l *tlv.Template) { l.Records = a })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := compare.Lists(before, change(t, old, func(l *tlv.Template) { l.Records = tt.new }))
			if diff := cmp.Diff(tt.want, brief(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListsShowsValues(t *testing.T) {
	old := readList(t, "ctl-etoken")
	new := change(t, old, func(l *tlv.Template) { l.Filename, l.Timestamp = "ITLFile.tlv", time.Unix(1730000000, 0) })
	d := compare.Lists(old, new)
	if len(d.Header) != 1 || d.Verdict != compare.VerdictDifferent {
		t.Fatalf("%s: header %+v", d.Verdict, d.Header)
	}
	if got := d.Header[0]; got.Name != "FILENAME" || got.OldText() != "CTLFile.tlv" || got.NewText() != "ITLFile.tlv" {
		t.Errorf("FILENAME: %q to %q", got.OldText(), got.NewText())
	}
	if got := d.Signing[1]; got.Name != "TIMESTAMP" || got.OldText() != "2011-08-31T17:28:03Z" || got.NewText() != "2024-10-27T03:33:20Z" {
		t.Errorf("TIMESTAMP: %+v", d.Signing)
	}
}

// A list whose own listing is evidence matches it, and no other vector does.
func TestListingsMatchTheirLists(t *testing.T) {
	listings, err := filepath.Glob("../testdata/expected/*.show.txt")
	if err != nil || len(listings) == 0 {
		t.Fatalf("no listings: %v", err)
	}
	for _, file := range listings {
		name := strings.TrimSuffix(filepath.Base(file), ".show.txt")
		found := compare.ParseText(string(readFile(t, "expected/"+name+".show.txt")))
		if len(found) != 1 {
			t.Fatalf("%s: %v, want one evidence", name, found)
		}
		e := found[0]
		for _, other := range vectorNames(t) {
			l := readList(t, other)
			want := compare.VerdictDifferent
			if other == name {
				want = compare.VerdictSameHash
				if e.Kind != l.Header.Kind() || e.Sums.HeaderLength == 0 || e.Sums.Size == nil {
					t.Errorf("%s: %s", name, e)
				}
			}
			if got := e.Sums.Match(compare.SumsOf(l)); got != want {
				t.Errorf("the listing of %s and the list %s: %s, want %s", name, other, got, want)
			}
		}
	}
}

// Hostile lists: nothing panics, and a difference is found if there is one.
func FuzzLists(f *testing.F) {
	for _, name := range vectorNames(f) {
		f.Add(readFile(f, "lists/"+name+".tlv"), readFile(f, "lists/ctl-etoken.tlv"))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		old, err := tlv.Parse(a)
		if err != nil {
			return
		}
		new, err := tlv.Parse(b)
		if err != nil {
			return
		}
		d := compare.Lists(old, new)
		for _, c := range append(d.Header, d.Signing...) {
			checkTexts(t, c)
		}
		for _, r := range d.Records {
			for _, c := range r.Fields {
				checkTexts(t, c)
			}
		}
		if (d.Verdict == compare.VerdictSameBytes) != (string(a) == string(b)) {
			t.Errorf("verdict %s", d.Verdict)
		}
		n := 0
		for _, r := range d.Records {
			if r.Old == 0 {
				n++
			}
			if r.New == 0 {
				n--
			}
		}
		if n != len(new.Records)-len(old.Records) {
			t.Errorf("%d more records, the list has %d more", n, len(new.Records)-len(old.Records))
		}
	})
}

func checkTexts(t *testing.T, c compare.FieldChange) {
	t.Helper()
	if c.OldText() == c.NewText() && c.Old != nil && c.New != nil {
		t.Errorf("%s changed, and both are printed as %q", c.Name, c.OldText())
	}
}

func BenchmarkLists(b *testing.B) {
	old := readList(b, "itl-sha512-ec")
	other := readList(b, "itl-by-recovery")
	same := parse(b, readFile(b, "lists/itl-sha512-ec.tlv"))
	if len(old.Records) != 6 {
		b.Fatalf("%d records, want 6", len(old.Records))
	}
	for _, bb := range []struct {
		name     string
		old, new *tlv.List
	}{{"same", old, same}, {"other", old, other}, {"changed", old, changed(b, old)}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compare.Lists(bb.old, bb.new)
			}
		})
	}
}

// changed returns the list with one byte changed in the certificate of each
// record, so that all of them are matched by host or not at all.
func changed(b *testing.B, l *tlv.List) *tlv.List {
	b.Helper()
	data := append([]byte(nil), l.Raw()...)
	for _, r := range l.Records {
		data[r.Offset+r.Length()-40] ^= 1
	}
	return parse(b, data)
}

func ExampleLists() {
	read := func(name string) *tlv.List {
		data, err := os.ReadFile("../testdata/lists/" + name)
		if err != nil {
			panic(err)
		}
		l, err := tlv.Parse(data)
		if err != nil {
			panic(err)
		}
		return l
	}
	d := compare.Lists(read("ctl-etoken.tlv"), read("upd-add-token.tlv"))
	fmt.Println(d.Verdict)
	for _, r := range d.Records {
		fmt.Println(r.Kind(), r.Role.String(), r.Record.Subject())
	}
	// Output:
	// different
	// added SAST cn="SAST-ADN008580ef        ";ou=IPCBU;o="Cisco Systems
}

func ExampleParseText() {
	text := `-rw-r--r-- 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv`
	data, err := os.ReadFile("../testdata/lists/ctl-etoken.tlv")
	if err != nil {
		panic(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		panic(err)
	}
	for _, e := range compare.ParseText(text) {
		fmt.Println(e.Form, e, e.Sums.Match(compare.SumsOf(l)))
	}
	// Output:
	// ls -l CTLFile.tlv, CTL, 4712 bytes same-size
}
