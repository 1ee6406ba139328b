package listjson_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const testdata = "../testdata/"

func vectors(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(testdata + "lists/*.tlv")
	if err != nil || len(names) == 0 {
		t.Fatalf("no lists: %v", err)
	}
	return names
}

func readList(t testing.TB, name string) *tlv.List {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// write puts a description into a new folder and returns the name of list.json.
func write(t testing.TB, d any, files []listjson.File) string {
	t.Helper()
	dir := t.TempDir()
	data, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, listjson.File{Name: listjson.Name, PEM: data}) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.PEM, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, listjson.Name)
}

// keys are the RSA keys that lists can be signed with again.
func keys(t testing.TB) []crypto.Signer {
	t.Helper()
	names, err := filepath.Glob(testdata + "keys/*.pem")
	if err != nil || len(names) == 0 {
		t.Fatalf("no keys: %v", err)
	}
	var signers []crypto.Signer
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(data)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if k, ok := key.(*rsa.PrivateKey); ok {
			signers = append(signers, k)
		}
	}
	return signers
}

// The description makes the same list again: the bytes to sign are the same, and
// with the same key so is the file.
func TestSameListAgain(t *testing.T) {
	signers, signed := keys(t), 0
	for _, name := range vectors(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			l := readList(t, name)
			d, files, err := listjson.Describe(l)
			if err != nil {
				t.Fatal(err)
			}
			template, err := listjson.Read(write(t, d, files))
			if err != nil {
				t.Fatal(err)
			}
			u, err := template.Unsigned()
			if err != nil {
				t.Fatal(err)
			}
			before, after := l.Signed()
			if !bytes.Equal(u.Bytes, append(bytes.Clone(before), after...)) {
				t.Fatal("the bytes to sign differ")
			}
			verified, err := trust.NewList(l).Verify()
			if err != nil {
				return
			}
			for _, key := range signers {
				if !verified.Key.Equal(key.Public()) {
					continue
				}
				got, err := trust.Sign(template, key, trust.Conditions{})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Raw(), l.Raw()) {
					t.Error("the file differs")
				}
				signed++
			}
		})
	}
	if signed < 10 {
		t.Errorf("only %d lists were signed again", signed)
	}
}

// Fields that no program of today writes come back as well.
func TestOddFields(t *testing.T) {
	l := readList(t, testdata+"lists/ctl-unknown-tag.tlv")
	r := &l.Records[1]
	r.Fields = append(r.Fields,
		tlv.RecordField{Tag: tlv.RecordDNSName, Value: []byte("no NUL")},
		tlv.RecordField{Tag: tlv.RecordSubjectName, Value: []byte("\xff\x1b\x00")},
		tlv.RecordField{Tag: tlv.RecordIPAddress, Value: make([]byte, 16)},
		tlv.RecordField{Tag: tlv.RecordCertificate, Value: []byte{}},
		tlv.RecordField{Tag: tlv.RecordCertificate, Value: []byte("second")},
		tlv.RecordField{Tag: tlv.RecordCertHash, Value: make([]byte, 20)},
		tlv.RecordField{Tag: tlv.RecordHashAlgorithm, Value: []byte{200}},
		tlv.RecordField{Tag: 255, Value: nil},
	)
	length := 0
	for _, f := range r.Fields {
		length += 3 + len(f.Value)
	}
	r.Fields[0].Value = []byte{byte(length >> 8), byte(length)}
	d, files, err := listjson.Describe(l)
	if err != nil {
		t.Fatal(err)
	}
	template, err := listjson.Read(write(t, d, files))
	if err != nil {
		t.Fatal(err)
	}
	want, err := l.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	got, err := u.Splice(l.Header.Signature())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d: %x", len(got), len(want), got[len(got)-40:])
	}
}

// A certificate that is put in place of another brings its copies along.
func TestOtherCertificate(t *testing.T) {
	l := readList(t, testdata+"lists/ctl-sha512.tlv")
	d, files, err := listjson.Describe(l)
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		if files[i].Record == 4 {
			files[i].PEM = files[2].PEM
		}
	}
	template, err := listjson.Read(write(t, d, files))
	if err != nil {
		t.Fatal(err)
	}
	got, want := template.Records[3], l.Records[2]
	if got.Subject() != want.Subject() || !got.SerialNumber().Equal(want.SerialNumber()) ||
		!bytes.Equal(got.PublicKey(), want.PublicKey()) || !bytes.Equal(got.Signature(), want.Signature()) {
		t.Errorf("record 4 is %s, %s", got.Subject(), got.SerialNumber())
	}
	if got.DNSName() != "sub.example.com" {
		t.Errorf("host %q", got.DNSName())
	}
}

func TestFileNames(t *testing.T) {
	tests := []struct{ list, name string }{
		{"ctl-etoken", "01-SAST-SAST-ADN4e31f914.pem"},
		{"ctl-etoken", "03-CCM+TFTP-CUCM8-Publisher.bbbburns.lab.pem"},
		{"itl-thirdparty", "03-APP-SERVER-sub.example.com.pem"},
	}
	for _, tt := range tests {
		_, files, err := listjson.Describe(readList(t, testdata+"lists/"+tt.list+".tlv"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range files {
			found = found || f.Name == tt.name
		}
		if !found {
			t.Errorf("%s has no %s: %v", tt.list, tt.name, files)
		}
	}
}

func TestHostileNamesAreSafe(t *testing.T) {
	for _, cn := range []string{"../../etc/passwd", `..\..\x`, "a\x00b\x1b[2J", "CON", strings.Repeat("é", 500), "...", ""} {
		r, err := tlv.NewRecord(tlv.StyleCUCM, 9999, tlv.RecordValues{DNSName: cn, Certificate: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		_, files, err := listjson.Describe(&tlv.List{Records: []tlv.Record{r}})
		if err != nil {
			t.Fatal(err)
		}
		name := files[0].Name
		if name != filepath.Base(name) || !filepath.IsLocal(name) || len(name) > 128 || !strings.HasPrefix(name, "01-9999-") ||
			strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.") != "" {
			t.Errorf("%q became %q", cn, name)
		}
	}
}

// A document from outside reads nothing outside of its folder.
func TestOnlyItsFolder(t *testing.T) {
	l := readList(t, testdata+"lists/ctl-sha512.tlv")
	outside := filepath.Join(t.TempDir(), "outside.pem")
	_, files, err := listjson.Describe(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside, files[0].PEM, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{outside, "../" + filepath.Base(filepath.Dir(outside)) + "/outside.pem", "sub/inside.pem", `sub\inside.pem`, "link.pem", ".", "..", "", "nosuch.pem", "folder"} {
		d, files, err := listjson.Describe(l)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range d.Records[0].Fields {
			if f.File != "" {
				d.Records[0].Fields[i].File = name
			}
		}
		list := write(t, d, files)
		dir := filepath.Dir(list)
		if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "link.pem")), os.Mkdir(filepath.Join(dir, "folder"), 0o755)); err != nil {
			t.Fatal(err)
		}
		if _, err := listjson.Read(list); err == nil || !strings.Contains(err.Error(), "record 1") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := listjson.Read(filepath.Join(t.TempDir(), "nosuch.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no list.json: %v", err)
	}
}

func TestBrokenDocuments(t *testing.T) {
	const header = `{"tag":"VERSION","version":"1.2"},{"tag":"HEADERLENGTH"},{"tag":"SIGNATURE","size":64}`
	record := func(field string) string {
		return `{"schema":"ctlinspect/2","type":"list-description","header":[` + header + `],"records":[{"fields":[` + field + `]}]}`
	}
	tests := []struct{ json, want string }{
		{``, "EOF"},
		{`{"schema":"ctlinspect/1"}`, `schema "ctlinspect/1"`},
		{`{"schema":"ctlinspect/2","type":"list"}`, `type "list"`},
		{`{"schema":"ctlinspect/2","type":"list-description"} {}`, "something follows"},
		{`{"schema":"ctlinspect/2","type":"list-description","surplus":1}`, "surplus"},
		{`{"schema":"ctlinspect/2","type":"list-description"}`, "no trust list"},
		{`{"schema":"ctlinspect/2","type":"list-description","header":[{"tag":"VERSION","version":"x"}]}`, `header: VERSION: version "x"`},
		{`{"schema":"ctlinspect/2","type":"list-description","header":[{"tag":"NOSUCH","hex":""}]}`, `no field "NOSUCH"`},
		{`{"schema":"ctlinspect/2","type":"list-description","header":[{"tag":"PADDING"}]}`, "PADDING is regenerated; leave it out"},
		{`{"schema":"ctlinspect/2","type":"list-description","header":[{"tag":256,"hex":""}]}`, "0 to 255"},
		{`{"schema":"ctlinspect/2","type":"list-description","header":[{"tag":"SIGNERID","fields":[{"tag":"CANAME"}]}]}`, "SIGNERID: CANAME: it has 0 values"},
		{`{"schema":"ctlinspect/2","type":"list-description","header":[{"tag":"SIGNATURE","size":70000}]}`, "size 70000"},
		{record(`{"tag":"FUNCTION","role":"KING"}`), `record 1: FUNCTION: unknown role "KING"`},
		{record(`{"tag":"FUNCTION","code":65536}`), "0 to 65535"},
		{record(`{"tag":"FUNCTION","role":"CCM","code":1}`), "2 values"},
		{record(`{"tag":"NOSUCH","hex":""}`), `no field "NOSUCH"`},
		{record(`{"tag":77,"hex":"0"}`), "77"},
		{record(`{"tag":"HASH ALGORITHM","code":256}`), "0 to 255"},
		{record(`{"tag":"IPADDRESS","address":"::1"}`), "IPv4"},
		{record(`{"tag":"TIMESTAMP","time":"1"}`), "no field"},
		{record(`{"tag":"PUBLICKEY","from":"key"}`), "no certificate"},
		{record(`{"tag":"CERTIFICATE","hex":"00"},{"tag":"PUBLICKEY","from":"key"}`), "malformed"},
	}
	for _, tt := range tests {
		name := filepath.Join(t.TempDir(), listjson.Name)
		if err := os.WriteFile(name, []byte(tt.json), 0o644); err != nil {
			t.Fatal(err)
		}
		template, err := listjson.Read(name)
		if err == nil || template != nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want %q", tt.json, err, tt.want)
		}
	}
}

// A small document that names one certificate again and again makes no huge list.
func TestNoAmplification(t *testing.T) {
	l := readList(t, testdata+"lists/ctl-sha512.tlv")
	d, files, err := listjson.Describe(l)
	if err != nil {
		t.Fatal(err)
	}
	large := listjson.File{Name: "large.pem", PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: make([]byte, 60000)})}
	d.Records = nil
	for range 1000 {
		d.Records = append(d.Records, listjson.Record{Fields: []listjson.Field{{Tag: "CERTIFICATE", File: large.Name}}})
	}
	if _, err := listjson.Read(write(t, d, append(files, large))); !errors.Is(err, tlv.ErrTooLong) {
		t.Errorf("Read = %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range vectors(f) {
		d, _, _ := listjson.Describe(readList(f, name))
		data, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	_, files, err := listjson.Describe(readList(f, testdata+"lists/ctl-etoken.tlv"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := listjson.Decode(data)
		if err != nil {
			return
		}
		template, err := d.Template(func(name string) ([]byte, error) {
			if name != filepath.Base(name) {
				t.Errorf("opened %q", name)
			}
			return files[0].PEM, nil
		})
		if (err == nil) == (template == nil) {
			t.Errorf("template %v, error %v", template, err)
		}
	})
}
