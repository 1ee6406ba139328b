package listjson

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A File is a certificate in PEM, to be written beside list.json.
type File struct {
	Name   string // a name alone, made of letters, digits and "+-._"
	Record int    // number of the record, from 1
	PEM    []byte
}

// ErrTooLarge is the cause of the error for a list whose document would be larger
// than one that Read reads, or that has more certificates than files are made of.
// Phones accept lists of about 39 records.
var ErrTooLarge = errors.New("too large to describe")

// Bounds on what is described.
const (
	maxCertificates = 1000
	fieldSize       = 40 // bytes that a field takes in a document at least
)

// Describe returns the document of a list and the files of its certificates.
// Padding, and what stands behind it in the header, is not described. It fails with
// [ErrTooLarge] before it takes more memory than a small multiple of the list.
func Describe(l *tlv.List) (*Document, []File, error) {
	if err := describable(l); err != nil {
		return nil, nil, err
	}
	d := &Document{Head: report.NewHead(report.TypeDescription), Header: describeHeader(l.Header.Fields), Records: []Record{}}
	files := Certificates(l.Records)
	names := make(map[int]string)
	for _, f := range files {
		names[f.Record] = f.Name
	}
	for i, r := range l.Records {
		d.Records = append(d.Records, describeRecord(r, names[i+1]))
	}
	return d, files, nil
}

// describable counts what a document would hold at least.
func describable(l *tlv.List) error {
	size, certificates := 0, 0
	for _, r := range l.Records {
		size += fieldSize
		for _, f := range r.Fields {
			size += fieldSize
			if f.Tag == tlv.RecordCertificate {
				certificates++
			} else {
				size += len(f.Value)
			}
		}
		if size > maxDocument {
			return tooLarge()
		}
	}
	if certificates > maxCertificates {
		return fmt.Errorf("%w: %d certificates; phones accept about 39", ErrTooLarge, certificates)
	}
	return nil
}

// Encode returns list.json. It fails with [ErrTooLarge] if Read would not read it.
func (d *Document) Encode() ([]byte, error) {
	data, err := report.Indent(d)
	if err == nil && len(data) > maxDocument {
		err = tooLarge()
	}
	return data, err
}

func tooLarge() error {
	return fmt.Errorf("%w: %s would exceed %d MiB; phones accept lists up to 64 KiB", ErrTooLarge, Name, maxDocument>>20)
}

func describeHeader(fields []tlv.HeaderField) []Field {
	var described []Field
	for _, f := range fields {
		if f.Tag == tlv.HeaderPadding {
			break
		}
		described = append(described, describeHeaderField(f))
	}
	return described
}

func describeHeaderField(f tlv.HeaderField) Field {
	d := Field{Tag: headerName(f.Tag)}
	switch f.Tag {
	case tlv.HeaderLength:
	case tlv.HeaderSignerID, tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo:
		d.Fields = describeHeader(f.Fields)
	case tlv.HeaderSignature:
		d.Size = new(len(f.Value))
	case tlv.HeaderVersion, tlv.HeaderSignerVersion:
		d.Version = tlv.Version{Major: f.Value[0], Minor: f.Value[1]}.String()
	case tlv.HeaderDigestAlgorithm, tlv.HeaderSignatureAlgorithm, tlv.HeaderSignatureModulus:
		d.Code = new(int(f.Value[0]))
	case tlv.HeaderTimestamp:
		d.Time = time.Unix(int64(binary.BigEndian.Uint32(f.Value)), 0).UTC().Format(time.RFC3339)
	case tlv.HeaderSignerName, tlv.HeaderCAName, tlv.HeaderFilename:
		d.setText(f.Value)
	default:
		d.Hex = new(hex.EncodeToString(f.Value))
	}
	return d
}

// setText sets text where it is UTF-8 that ends in a NUL, else bytes.
func (f *Field) setText(value []byte) {
	text, ok := bytes.CutSuffix(value, []byte{0})
	if ok && utf8.Valid(text) {
		f.Text = new(string(text))
		return
	}
	f.Hex = new(hex.EncodeToString(value))
}

// describeRecord describes a record whose first certificate is in the file; ""
// for none.
func describeRecord(r tlv.Record, file string) Record {
	c, _ := cert.Read(r.Certificate())
	d := Record{Fields: []Field{}}
	for _, f := range r.Fields[1:] {
		field := Field{Tag: recordName(f.Tag)}
		field.describe(f, c)
		if f.Tag == tlv.RecordCertificate && file != "" {
			field, file = Field{Tag: field.Tag, File: file}, ""
		}
		d.Fields = append(d.Fields, field)
	}
	return d
}

// describe sets the value of a field of a record whose certificate is c, nil if
// it has none that can be read.
func (f *Field) describe(read tlv.RecordField, c *cert.Certificate) {
	if f.From = fromCertificate(read, c); f.From != "" {
		return
	}
	switch read.Tag {
	case tlv.RecordDNSName, tlv.RecordSubjectName, tlv.RecordIssuerName:
		f.setText(read.Value)
	case tlv.RecordFunction:
		f.Role = tlv.Role(binary.BigEndian.Uint16(read.Value)).String()
	case tlv.RecordHashAlgorithm:
		f.Code = new(int(read.Value[0]))
	case tlv.RecordIPAddress:
		f.setAddress(read.Value)
	default:
		f.Hex = new(hex.EncodeToString(read.Value))
	}
}

func (f *Field) setAddress(value []byte) {
	r := tlv.Record{Fields: []tlv.RecordField{{Tag: tlv.RecordIPAddress, Value: value}}}
	if ip := r.IPAddress(); ip.IsValid() {
		f.Address = ip.String()
		return
	}
	f.Hex = new(hex.EncodeToString(value))
}

// copies are what can be taken from a certificate: the field, the word in
// list.json, and the bytes.
var copies = []struct {
	tag   tlv.RecordTag
	word  string
	bytes func(*cert.Certificate) []byte
}{
	{tlv.RecordPublicKey, "key", func(c *cert.Certificate) []byte {
		b, _ := c.KeyBytes()
		return b
	}},
	{tlv.RecordSignature, "signature", func(c *cert.Certificate) []byte { return c.Signature }},
	{tlv.RecordSerialNumber, "serial", func(c *cert.Certificate) []byte { return c.SerialNumber }},
	{tlv.RecordSubjectName, "subject", func(c *cert.Certificate) []byte { return withNUL(c.Subject().CUCM()) }},
	{tlv.RecordIssuerName, "issuer", func(c *cert.Certificate) []byte { return withNUL(c.Issuer().CUCM()) }},
	{tlv.RecordSubjectName, "subject-certutils", func(c *cert.Certificate) []byte { return withNUL(c.Subject().Certutils()) }},
	{tlv.RecordIssuerName, "issuer-certutils", func(c *cert.Certificate) []byte { return withNUL(c.Issuer().Certutils()) }},
	{tlv.RecordSubjectName, "subject-rfc4514", func(c *cert.Certificate) []byte { return withNUL(c.Subject().String()) }},
	{tlv.RecordIssuerName, "issuer-rfc4514", func(c *cert.Certificate) []byte { return withNUL(c.Issuer().String()) }},
}

func withNUL(s string) []byte { return append([]byte(s), 0) }

// fromCertificate is the word for a value that comes out of the certificate just
// as it is, "" if it does not.
func fromCertificate(f tlv.RecordField, c *cert.Certificate) string {
	if c == nil {
		return ""
	}
	for _, derived := range copies {
		if b := derived.bytes(c); derived.tag == f.Tag && len(b) > 0 && bytes.Equal(b, f.Value) {
			return derived.word
		}
	}
	return ""
}

// Certificates returns the files that extract writes of a list's certificates, one
// for each record that has one, in PEM.
func Certificates(records []tlv.Record) []File {
	var files []File
	for i, r := range records {
		if f := certificateFile(i+1, len(records), r); f.Name != "" {
			files = append(files, f)
		}
	}
	return files
}

// certificateFile is the file of a record's certificate, without a name if there
// is none.
func certificateFile(number, of int, r tlv.Record) File {
	der := r.Certificate()
	if len(der) == 0 {
		return File{}
	}
	width := max(2, len(fmt.Sprint(of)))
	name := fmt.Sprintf("%0*d-%s-%s.pem", width, number, safe(r.Role().String()), safe(commonName(r)))
	return File{name, number, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// commonName is what to call a record by.
func commonName(r tlv.Record) string {
	if c, err := cert.Read(r.Certificate()); err == nil {
		if cn := strings.TrimSpace(c.Subject().Get("CN")); cn != "" {
			return cn
		}
	}
	if s := strings.TrimSpace(r.DNSName()); s != "" {
		return s
	}
	return "certificate"
}

// maxName keeps file names well under what file systems take.
const maxName = 64

// safe makes a part of a file name that means the same everywhere: letters,
// digits, "+", "-", "_", and dots inside; the rest becomes "_".
func safe(s string) string {
	var w strings.Builder
	for _, r := range s {
		if w.Len() == maxName {
			break
		}
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("+-_.", r):
			w.WriteRune(r)
		default:
			w.WriteByte('_')
		}
	}
	return strings.Trim(w.String(), ".")
}
