package report

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Schema is the version of the document. Fields may be added to it; none is
// removed and none changes its meaning under the same name.
const Schema = "ctlinspect/1"

// A Document is what --json writes about a file; docs/json.md describes it.
type Document struct {
	Schema        string      `json:"schema"`
	File          string      `json:"file"`
	Kind          string      `json:"kind"`
	Size          int         `json:"size"`
	MD5           string      `json:"md5"`
	SHA1          string      `json:"sha1"`
	SHA512        string      `json:"sha512"`
	Version       string      `json:"version"`
	HeaderLength  int         `json:"headerLength"`
	SignerVersion *string     `json:"signerVersion"`
	Signer        *Signer     `json:"signer"`
	Digest        string      `json:"digest"`
	DigestCode    *int        `json:"digestCode"`
	Filename      string      `json:"filename"`
	Timestamp     *time.Time  `json:"timestamp"`
	Verified      bool        `json:"verified"`
	Reason        string      `json:"reason"`
	Message       string      `json:"message"`
	Warnings      []string    `json:"warnings"`
	Error         *ErrorPlace `json:"error"`
	Unknown       []Unknown   `json:"unknown"`
	Records       []Record    `json:"records"`
}

// A Signer is what the header says of the signer.
type Signer struct {
	Name   string `json:"name"`
	Issuer string `json:"issuer"`
	Serial string `json:"serial"`
	Record *int   `json:"record"` // only if verified
}

// An ErrorPlace says where a file stops being a trust list.
type ErrorPlace struct {
	Offset  *int   `json:"offset"`
	Record  int    `json:"record"`
	Message string `json:"message"`
}

// A Record is a record of the list.
type Record struct {
	Number      int          `json:"number"`
	Offset      int          `json:"offset"`
	Length      int          `json:"length"`
	Role        string       `json:"role"`
	RoleCode    *int         `json:"roleCode"`
	DNSName     string       `json:"dnsName"`
	Subject     string       `json:"subject"`
	Issuer      string       `json:"issuer"`
	Serial      string       `json:"serial"`
	PublicKey   *PublicKey   `json:"publicKey"`
	Certificate *Certificate `json:"certificate"`
	CertHash    *string      `json:"certHash"`
	IPAddress   *string      `json:"ipAddress"`
	Unknown     []Unknown    `json:"unknown"`
}

// A PublicKey is the kind and the size of a key.
type PublicKey struct {
	Type string `json:"type"`
	Bits int    `json:"bits"`
}

// A Certificate is what could be read of a certificate, and in Error what
// crypto/x509 has against it.
type Certificate struct {
	SHA1      string     `json:"sha1"`
	SHA256    string     `json:"sha256"`
	Subject   string     `json:"subject"`
	Issuer    string     `json:"issuer"`
	Serial    string     `json:"serial"`
	NotBefore *time.Time `json:"notBefore"`
	NotAfter  *time.Time `json:"notAfter"`
	Error     *string    `json:"error"`
}

// An Unknown is a field that the format gives no meaning.
type Unknown struct {
	Tag    int    `json:"tag"`
	Offset int    `json:"offset"`
	Value  string `json:"value"` // hexadecimal
}

// JSON writes the document of a file.
func JSON(w io.Writer, f *inspect.File) error { return JSONValue(w, NewDocument(f)) }

// JSONValue writes any document, harmless to a terminal.
func JSONValue(w io.Writer, document any) error {
	b, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(escapeJSON(b), '\n'))
	return err
}

// JSONLine writes any document in a line, harmless to a terminal.
func JSONLine(w io.Writer, document any) error {
	b, err := json.Marshal(document)
	if err != nil {
		return err
	}
	_, err = w.Write(append(escapeJSON(b), '\n'))
	return err
}

// A SumDocument is what sum --json writes about a file; docs/json.md describes it.
type SumDocument struct {
	Schema string  `json:"schema"`
	File   string  `json:"file"`
	Size   int64   `json:"size"`
	MD5    string  `json:"md5"`
	SHA1   string  `json:"sha1"`
	SHA512 string  `json:"sha512"`
	Error  *string `json:"error"`
}

// NewSumDocument returns the document of a file; err says why it has no sums.
func NewSumDocument(name string, s compare.Sums, err error) SumDocument {
	d := SumDocument{Schema: Schema, File: jsonText(name), Error: errorText(err)}
	if err == nil {
		d.Size, d.MD5, d.SHA1, d.SHA512 = *s.Size, fmt.Sprintf("%x", s.MD5), fmt.Sprintf("%x", s.SHA1), fmt.Sprintf("%x", s.SHA512)
	}
	return d
}

// errorText is why something could not be read, nil if it could.
func errorText(err error) *string {
	if err == nil {
		return nil
	}
	return ptr(jsonText(err.Error()))
}

// NewDocument returns the document of a file.
func NewDocument(f *inspect.File) *Document {
	h := f.Fragment.Header
	d := &Document{
		Schema: Schema, File: jsonText(f.Name), Kind: strings.ToLower(f.Kind.String()), Size: len(f.Data),
		DigestCode: code(int(h.Digest())), Filename: jsonText(h.Filename()),
		HeaderLength: h.Length(), Signer: newSigner(f),
		Verified: f.Verified != nil, Warnings: []string{}, Unknown: unknownHeader(h.Fields), Records: []Record{},
	}
	if f.Data != nil {
		d.MD5 = fmt.Sprintf("%x", md5.Sum(f.Data))
		d.SHA1 = fmt.Sprintf("%x", sha1.Sum(f.Data))
		d.SHA512 = fmt.Sprintf("%x", sha512.Sum512(f.Data))
	}
	if f.Guessed {
		d.Kind = ""
	}
	if v := h.Version(); !v.IsZero() {
		d.Version = v.String()
	}
	if h.Digest() != tlv.DigestAbsent {
		d.Digest = h.Digest().String()
	}
	if v := h.SignerVersion(); !v.IsZero() {
		d.SignerVersion = ptr(v.String())
	}
	if t, ok := h.Timestamp(); ok {
		d.Timestamp = &t
	}
	d.setVerdict(f)
	for i, r := range f.Fragment.Records {
		d.Records = append(d.Records, newRecord(i+1, r))
	}
	return d
}

// Reasons of files that no verification could be tried on.
const (
	reasonUnreadable   = "unreadable"
	reasonNotTrustList = "not-a-trust-list"
)

func (d *Document) setVerdict(f *inspect.File) {
	if f.Verified != nil {
		d.Warnings = append(d.Warnings, f.Verified.Warnings...)
	}
	if f.Reason != nil {
		d.Reason, d.Message = string(trust.ReasonOf(f.Reason)), jsonText(f.Reason.Error())
	}
	if f.Err == nil {
		return
	}
	d.Reason, d.Message = reasonUnreadable, jsonText(f.Err.Error())
	d.Error = &ErrorPlace{Message: d.Message}
	var pe *tlv.ParseError
	if errors.As(f.Err, &pe) {
		d.Reason = reasonNotTrustList
		d.Error.Offset, d.Error.Record = &pe.Offset, pe.Record
	}
}

func newSigner(f *inspect.File) *Signer {
	h := f.Fragment.Header
	if _, ok := h.Field(tlv.HeaderSignerID); !ok {
		return nil
	}
	s := &Signer{Name: jsonText(h.SignerName()), Issuer: jsonText(h.CAName()), Serial: h.SerialNumber().String()}
	if f.Verified != nil {
		s.Record = &f.Verified.Number
	}
	return s
}

func newRecord(number int, r tlv.Record) Record {
	d := Record{
		Number: number, Offset: r.Offset, Length: r.Length(),
		RoleCode: code(int(r.Role())), DNSName: jsonText(r.DNSName()),
		Subject: jsonText(r.Subject()), Issuer: jsonText(r.Issuer()), Serial: r.SerialNumber().String(),
		Certificate: newCertificate(r.Certificate()), Unknown: unknownRecord(r.Fields),
	}
	if r.Role() != tlv.RoleAbsent {
		d.Role = r.Role().Listed()
	}
	if key, err := trust.RecordKey(r); err == nil {
		kind, bits := cert.KeyType(key)
		d.PublicKey = &PublicKey{kind, bits}
	}
	if h := r.CertHash(); h != nil {
		d.CertHash = ptr(hex.EncodeToString(h))
	}
	if f, ok := r.Field(tlv.RecordIPAddress); ok {
		d.IPAddress = ptr(hex.EncodeToString(f.Value))
		if ip := r.IPAddress(); ip.IsValid() {
			d.IPAddress = ptr(ip.String())
		}
	}
	return d
}

func newCertificate(der []byte) *Certificate {
	if der == nil {
		return nil
	}
	d := &Certificate{SHA1: fmt.Sprintf("%x", sha1.Sum(der)), SHA256: fmt.Sprintf("%x", sha256.Sum256(der))}
	if err := cert.Strict(der); err != nil {
		d.Error = ptr(jsonText(err.Error()))
	}
	c, err := cert.Read(der)
	if err != nil {
		return d
	}
	d.Subject, d.Issuer = jsonText(c.Subject().String()), jsonText(c.Issuer().String())
	d.Serial = tlv.Serial(c.SerialNumber).String()
	d.NotBefore, d.NotAfter = timeOrNil(c.NotBefore), timeOrNil(c.NotAfter)
	return d
}

func unknownHeader(fields []tlv.HeaderField) []Unknown {
	list := []Unknown{}
	for _, f := range fields {
		if !f.Tag.Known() {
			list = append(list, Unknown{int(f.Tag), f.Offset, hex.EncodeToString(f.Value)})
		}
		list = append(list, unknownHeader(f.Fields)...)
	}
	return list
}

func unknownRecord(fields []tlv.RecordField) []Unknown {
	list := []Unknown{}
	for _, f := range fields {
		if !f.Tag.Known() {
			list = append(list, Unknown{int(f.Tag), f.Offset, hex.EncodeToString(f.Value)})
		}
	}
	return list
}

func ptr[T any](v T) *T { return &v }

// code is nil for the negative codes of absent fields.
func code(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// jsonText keeps bytes that are not UTF-8 visible as \xNN: JSON would lose them.
func jsonText(s string) string {
	return terminal.EscapeBytes(s)
}

// escapeJSON writes every character that a terminal could take for a command
// as \uNNNN. Outside of strings JSON has none of them but line breaks.
func escapeJSON(b []byte) []byte {
	if !bytes.ContainsFunc(b, hidden) {
		return b
	}
	var w bytes.Buffer
	for _, r := range string(b) {
		switch {
		case !hidden(r):
			w.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&w, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&w, `\u%04x`, r)
		}
	}
	return w.Bytes()
}

func hidden(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
