package specification_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A field is one that dump.js read with trustlist.ksy.
type field struct {
	Tag    int     `json:"tag"`
	Offset int     `json:"offset"`
	Hex    string  `json:"hex"`
	Value  *value  `json:"value"`
	Fields []field `json:"fields"`
}

// A value is what a field says: a number, or text and what stands behind its NUL.
type value struct {
	Number *int    `json:"number"`
	Text   *string `json:"text"`
	Hidden string  `json:"hidden"`
}

// A dump is what dump.js prints for a file.
type dump struct {
	Error        string  `json:"error"`
	List         bool    `json:"list"`
	HeaderLength int     `json:"headerLength"`
	Header       []field `json:"header"`
	Records      []struct {
		Offset int     `json:"offset"`
		Length int     `json:"length"`
		Fields []field `json:"fields"` // without RECORDLENGTH
	} `json:"records"`
	Content string `json:"content"`
}

// kaitai reads files with trustlist.ksy.
func kaitai(t *testing.T, files []vector) []dump {
	t.Helper()
	node, npm := testneed.Program(t, "node"), testneed.Program(t, "npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "dump.js"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command(npm, "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	cmd := exec.Command(node, append([]string{filepath.Join(dir, "dump.js"), filepath.Join(root, "docs", "trustlist.ksy")}, paths(files)...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("dump.js: %v\n%s", err, stderr.String())
	}
	var dumps []dump
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var one dump
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		dumps = append(dumps, one)
	}
	if len(dumps) != len(files) {
		t.Fatalf("dump.js printed %d lines for %d files", len(dumps), len(files))
	}
	return dumps
}

// What trustlist.ksy makes of each file is what the product makes of it.
func TestKaitai(t *testing.T) {
	files := append(vectors(t, ".tlv", ".sgn"), kit(t)...)
	for i, d := range kaitai(t, files) {
		t.Run(filepath.Base(files[i].path), func(t *testing.T) { compareDump(t, files[i], d) })
	}
}

func compareDump(t *testing.T, v vector, d dump) {
	if strings.HasSuffix(v.path, ".sgn") {
		compareSigned(t, v, d)
		return
	}
	l, err := tlv.Parse(v.data)
	if err != nil || d.Error != "" {
		compareErrors(t, err, d)
		return
	}
	compareFields(t, headerFields(l.Header.Fields), d.Header)
	compareList(t, v, d)
	if version := l.Header.Version(); version != (tlv.Version{Major: 1, Minor: 2}) { // no list has another one
		if want := hex.EncodeToString(v.data[l.Header.Length():]); d.List || d.Content != want {
			t.Errorf("VERSION %s: records are read", version)
		}
		return
	}
	if len(d.Records) != len(l.Records) {
		t.Fatalf("%d records, expected %d", len(d.Records), len(l.Records))
	}
	for i, r := range l.Records {
		compareFields(t, recordFields(r.Fields[1:]), d.Records[i].Fields)
	}
}

// compareErrors: what is no list for one is none for the other. That a field is
// missing, or how deep containers are nested, trustlist.ksy cannot say.
func compareErrors(t *testing.T, err error, d dump) {
	t.Helper()
	beyond := errors.Is(err, tlv.ErrMissing) || errors.Is(err, tlv.ErrNesting)
	if (err == nil || d.Error == "") && !beyond {
		t.Errorf("package tlv: %v; trustlist.ksy: %s", err, d.Error)
	}
}

// compareFields compares tags, offsets and bytes.
func compareFields(t *testing.T, want, got []field) {
	t.Helper()
	if diff := cmp.Diff(want, plain(got)); diff != "" {
		t.Errorf("fields, -package tlv +trustlist.ksy:\n%s", diff)
	}
}

// plain is without values.
func plain(fields []field) []field {
	var list []field
	for _, f := range fields {
		f.Value, f.Fields = nil, plain(f.Fields)
		list = append(list, f)
	}
	return list
}

func headerFields(fields []tlv.HeaderField) []field {
	var list []field
	for _, f := range fields {
		list = append(list, field{Tag: int(f.Tag), Offset: f.Offset, Hex: hex.EncodeToString(f.Value), Fields: headerFields(f.Fields)})
	}
	return list
}

func recordFields(fields []tlv.RecordField) []field {
	var list []field
	for _, f := range fields {
		list = append(list, field{Tag: int(f.Tag), Offset: f.Offset, Hex: hex.EncodeToString(f.Value)})
	}
	return list
}

// compareList compares with the document of show --json.
func compareList(t *testing.T, v vector, d dump) {
	t.Helper()
	doc := document(t, report.NewList(report.NewFile(v.path, v.data, tlv.KindUnknown)))
	want := map[string]any{
		"headerLength": d.HeaderLength, "version": d.text("", 1), "signerVersion": d.text(nil, 28), "filename": d.text("", 14),
		"digestCode": d.number(7, 8), "timestamp": d.time(),
	}
	if want["version"] == "0.0" {
		want["version"] = ""
	}
	if d.find(3) != nil {
		want["signer.name"], want["signer.issuer"], want["signer.serial"] = d.text("", 3, 4), d.text("", 3, 6), d.serial(3, 5)
	} else if doc["signer"] != nil {
		t.Error("a signer without SIGNERID")
	}
	check(t, doc, want)
	if !d.List {
		return
	}
	records, _ := doc["records"].([]any)
	for i, r := range d.Records {
		h := dump{Header: r.Fields}
		want := map[string]any{
			"number": i + 1, "offset": r.Offset, "length": r.Length, "dnsName": h.text("", 2), "subject": h.text("", 3), "roleCode": h.number(4),
			"issuer": h.text("", 5), "serial": h.serial(6), "certHash": h.hex(11), "ipAddress": h.address(10),
		}
		got, _ := records[i].(map[string]any)
		check(t, got, want)
	}
}

// compareSigned compares with package tlv and the document of signed show --json.
func compareSigned(t *testing.T, v vector, d dump) {
	t.Helper()
	f, err := tlv.ParseSigned(v.data)
	if err != nil || d.Error != "" {
		compareErrors(t, err, d)
		return
	}
	if d.List {
		t.Fatal("trustlist.ksy takes it for a list")
	}
	compareFields(t, headerFields(f.Header.Fields), d.Header)
	if d.Content != hex.EncodeToString(f.Content) {
		t.Error("another content")
	}
	j, err := signed.Judge(filepath.Base(v.path), v.data, signed.Against{})
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, report.NewSignedFile(report.Judged{Name: v.path, Size: len(v.data), Judgement: j}))
	want := map[string]any{
		"version": d.text("", 1), "headerLength": d.HeaderLength, "filename": d.text("", 14), "contentSize": len(d.Content) / 2,
		"signer.name": d.text("", 3, 4), "signer.issuer": d.text("", 3, 6), "signer.serial": d.serial(3, 5), "timestamp": d.time(),
	}
	if d.find(16) != nil {
		want["encryption.keyBits"], want["encryption.padding"], want["encryption.hash"] = d.number(16, 21, 23), d.number(16, 17, 20), d.hex(27)
	}
	check(t, doc, want)
}

func document(t *testing.T, d report.Document) map[string]any {
	t.Helper()
	b, err := report.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// check compares values of a document; "signer.name" is a key inside of another.
func check(t *testing.T, doc map[string]any, want map[string]any) {
	t.Helper()
	for key, w := range want {
		outer, inner, nested := strings.Cut(key, ".")
		got, known := doc[outer]
		if nested {
			object, _ := got.(map[string]any)
			got, known = object[inner]
		}
		if !known {
			t.Errorf("the document has no %s", key)
		}
		if fmt.Sprint(got) != fmt.Sprint(w) {
			t.Errorf("%s: the document says %v, trustlist.ksy %v", key, got, w)
		}
	}
}

// find returns the field at the end of a path of tags in front of the padding, nil
// if there is none.
func (d dump) find(path ...int) *field {
	fields := d.Header
	for depth, tag := range path {
		var found *field
		for i := range fields {
			if fields[i].Tag == tag {
				found = &fields[i]
			}
			if found != nil || fields[i].Tag == int(tlv.HeaderPadding) {
				break
			}
		}
		if found == nil || depth == len(path)-1 {
			return found
		}
		fields = found.Fields
	}
	return nil
}

func (d dump) text(absent any, path ...int) any {
	f := d.find(path...)
	if f == nil {
		return absent
	}
	s := *f.Value.Text
	if f.Value.Hidden != "" || strings.ContainsRune(s, utf8.RuneError) { // behind a NUL; or no UTF-8
		b, _ := hex.DecodeString(f.Hex)
		s = strings.TrimSuffix(string(b), "\x00")
	}
	return report.Text(s)
}

// number is printed as JSON numbers are.
func (d dump) number(path ...int) any {
	if f := d.find(path...); f != nil {
		return float64(*f.Value.Number)
	}
	return nil
}

func (d dump) hex(path ...int) any {
	if f := d.find(path...); f != nil {
		return f.Hex
	}
	return nil
}

func (d dump) serial(path ...int) any {
	f := d.find(path...)
	if f == nil {
		return ""
	}
	b, _ := hex.DecodeString(f.Hex)
	return strings.ReplaceAll(strings.ToUpper(fmt.Sprintf("% x", b)), " ", ":")
}

func (d dump) address(tag int) any {
	f := d.find(tag)
	if f == nil || len(f.Hex) != 8 {
		return d.hex(tag)
	}
	b, _ := hex.DecodeString(f.Hex)
	return fmt.Sprintf("%d.%d.%d.%d", b[0], b[1], b[2], b[3])
}

func (d dump) time() any {
	f := d.find(15)
	if f == nil {
		return nil
	}
	b, _ := hex.DecodeString(f.Hex)
	return time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC().Format(time.RFC3339)
}
