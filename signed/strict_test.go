package signed_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// changedList is the list of the vectors as edit leaves it, signed again.
func changedList(t testing.TB, edit func(*tlv.Template)) *trust.List {
	t.Helper()
	template := list(t).Template()
	edit(template)
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(u.Bytes)
	signature, err := rsa.SignPKCS1v15(rand.Reader, rsaKey(t, "../keys/itlrecovery.pem"), crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	data, err := u.Splice(signature)
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err == nil {
		_, err = l.Verify()
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// namesake has the names of the files' signer and the key of another certificate.
func namesake(t testing.TB) tlv.Record {
	t.Helper()
	r, err := certificate(t, "../certs/sub-2048.pem").Record(tlv.StyleCertutils, tlv.RoleTFTP, cert.Host{})
	if err != nil {
		t.Fatal(err)
	}
	own := list(t).Records[1]
	for i, f := range r.Fields {
		if f.Tag == tlv.RecordIssuerName || f.Tag == tlv.RecordSerialNumber {
			other, _ := own.Field(f.Tag)
			r.Fields[i].Value = other.Value
		}
	}
	return r
}

// changedFile is a file of the vectors with other header fields, signed again with
// SHA-1.
func changedFile(t testing.TB, edit func([]tlv.HeaderField) []tlv.HeaderField) *tlv.SignedFile {
	t.Helper()
	f := parse(t, read(t, "sha1/"+plainName+".sgn"))
	whole := tlv.SignedFile{Header: tlv.Header{Fields: edit(slices.Clone(f.Header.Fields))}, Content: f.Content}
	data, err := whole.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(whole.Header.Fields, func(f tlv.HeaderField) bool { return f.Tag == tlv.HeaderLength })
	at := 0 // of the value of HEADERLENGTH
	for _, field := range whole.Header.Fields[:i] {
		at += 3 + len(field.Value)
	}
	binary.BigEndian.PutUint16(data[at+3:], uint16(len(data)-len(f.Content)))
	g := parse(t, data)
	before, after := g.Signed()
	sum := sha1.Sum(slices.Concat(before, after))
	signature, err := rsa.SignPKCS1v15(rand.Reader, rsaKey(t, signerKey), crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	copy(data[len(before)+3:], signature)
	return parse(t, data)
}

func TestSignerIsReadInOneWay(t *testing.T) {
	f := parse(t, read(t, "sha512/"+plainName+".sgn"))
	var ambiguous *trust.AmbiguousError
	two := changedList(t, func(l *tlv.Template) { l.Records = append(l.Records, namesake(t)) })
	if v, err := signed.Verify(f, two); !errors.As(err, &ambiguous) {
		t.Errorf("two keys under one name: %+v, %v", v, err)
	}
	twin := changedList(t, func(l *tlv.Template) { l.Records = append(l.Records, l.Records[1]) })
	if v, err := signed.Verify(f, twin); err != nil || v.Number != 2 {
		t.Errorf("the same key twice: %+v, %v", v, err)
	}
	// Which of two lists a phone asks is not known.
	other := changedList(t, func(l *tlv.Template) {
		l.Filename = "CTLFile.tlv"
		l.Records[1] = namesake(t)
	})
	var wrong *trust.SignatureError
	for _, lists := range [][]*trust.List{{list(t), other}, {other, list(t)}} {
		if v, err := signed.Verify(f, lists...); !errors.As(err, &wrong) || v != nil || !wrong.File {
			t.Errorf("another key in the other list: %+v, %v", v, err)
		}
	}
	same := func(fields []tlv.HeaderField) []tlv.HeaderField { return fields }
	if _, err := signed.Verify(changedFile(t, same), list(t)); err != nil {
		t.Fatalf("signed again: %v", err)
	}
	for _, tag := range []tlv.HeaderTag{tlv.HeaderSignerID, tlv.HeaderFilename, tlv.HeaderTimestamp} {
		twice := changedFile(t, func(fields []tlv.HeaderField) []tlv.HeaderField {
			i := slices.IndexFunc(fields, func(f tlv.HeaderField) bool { return f.Tag == tag })
			return slices.Insert(fields, i+1, fields[i])
		})
		if v, err := signed.Verify(twice, list(t)); !errors.As(err, &ambiguous) {
			t.Errorf("two fields %s: %+v, %v", tag, v, err)
		}
	}
}

// What phones do with an odd file is not known, and the answer is no.
func TestOddFilesAreNoYes(t *testing.T) {
	l := list(t)
	without := func(tag tlv.HeaderTag) func([]tlv.HeaderField) []tlv.HeaderField {
		return func(fields []tlv.HeaderField) []tlv.HeaderField {
			return slices.DeleteFunc(fields, func(f tlv.HeaderField) bool { return f.Tag == tag })
		}
	}
	for name, edit := range map[string]func([]tlv.HeaderField) []tlv.HeaderField{
		"no TIMESTAMP": without(tlv.HeaderTimestamp),
		"no FILENAME":  without(tlv.HeaderFilename),
		"version 1.2": func(fields []tlv.HeaderField) []tlv.HeaderField {
			fields[0].Value = []byte{1, 2}
			return fields
		},
	} {
		f := changedFile(t, edit)
		if v, err := signed.Verify(f, l); err != nil || len(v.Warnings) == 0 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		j, err := signed.Judge("copy.sgn", f.Raw(), signed.Against{Lists: []*trust.List{l}})
		if err != nil || j.Good() || j.Verified != nil || signed.ReasonOf(j.Reason) != signed.ReasonUnproven {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
	}
}

func TestListThatDoesNotVerify(t *testing.T) {
	f := parse(t, read(t, "sha1/"+plainName+".sgn"))
	data := bytes.Clone(read(t, "ITLFile.tlv"))
	data[len(data)-1] ^= 1
	bad, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	var unverified *signed.ListError
	v, err := signed.Verify(f, list(t), bad)
	if !errors.As(err, &unverified) || unverified.List != 1 || v != nil || signed.ReasonOf(err) != signed.ReasonList {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestParseShort(t *testing.T) {
	short := signed.Short(certificate(t, phoneCert))
	if hash, ok := signed.ParseShort(short); !ok || len(hash) != 16 {
		t.Errorf("% x, %v", hash, ok)
	}
	if hash, ok := signed.ParseShort(bytes.Replace(short, []byte("<certHash>"), []byte("<certHash>x"), 1)); !ok || hash != nil {
		t.Errorf("a hash that is none: % x, %v", hash, ok)
	}
	for _, content := range [][]byte{
		nil, read(t, plainName), []byte("<device><encrConfig>true"), bytes.Replace(short, []byte("true"), []byte("false"), 1),
		bytes.Replace(short, []byte("<fullConfig>false"), []byte("<fullConfig>true"), 1), append(bytes.Repeat([]byte(" "), 1<<20), short...),
	} {
		if _, ok := signed.ParseShort(content); ok {
			t.Errorf("%.60q is a short configuration", content)
		}
	}
}

func FuzzParseShort(f *testing.F) {
	f.Add(signed.Short(certificate(f, phoneCert)))
	f.Fuzz(func(t *testing.T, content []byte) {
		if hash, ok := signed.ParseShort(content); hash != nil && (!ok || len(hash) != 16) {
			t.Errorf("% x, %v", hash, ok)
		}
	})
}

func TestDeviceOf(t *testing.T) {
	for name, want := range map[string]string{
		"SEP001122334455.cnf.xml.sgn": "SEP001122334455", "sep00112233445a.cnf.xml": "SEP00112233445A", "SEP001122334455": "",
		"SEP00112233445.cnf.xml": "", "SEP00112233445g.cnf.xml": "", "ringlist.xml.sgn": "", "": "", "XSEP001122334455.x": "",
	} {
		if got := signed.DeviceOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
