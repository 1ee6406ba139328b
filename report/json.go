package report

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A List is the document of show and verify about a file.
type List struct {
	Head
	File          string     `json:"file"`
	Kind          tlv.Kind   `json:"kind"`
	Size          int        `json:"size"`
	MD5           string     `json:"md5"`
	SHA1          string     `json:"sha1"`
	SHA512        string     `json:"sha512"`
	Version       string     `json:"version"`
	HeaderLength  int        `json:"headerLength"`
	SignerVersion *string    `json:"signerVersion"`
	Signer        *Signer    `json:"signer"`
	Digest        tlv.Digest `json:"digest"`
	DigestCode    *int       `json:"digestCode"`
	Filename      string     `json:"filename"`
	Timestamp     *time.Time `json:"timestamp"`
	Verified      bool       `json:"verified"`
	Reason        string     `json:"reason"`
	Message       string     `json:"message"`
	Warnings      []string   `json:"warnings"`
	Error         *Error     `json:"error"`
	Unknown       []Unknown  `json:"unknown"`
	Records       []Record   `json:"records"`
}

// A Signer is what the header says of the signer.
type Signer struct {
	Name   string `json:"name"`
	Issuer string `json:"issuer"`
	Serial string `json:"serial"`
	Record *int   `json:"record"` // only if verified
}

// A Record is a record of the list.
type Record struct {
	Number      int          `json:"number"`
	Offset      int          `json:"offset"`
	Length      int          `json:"length"`
	Role        tlv.Role     `json:"role"`
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

// A Sums is the document of sum about a file.
type Sums struct {
	Head
	File   string `json:"file"`
	Size   int64  `json:"size"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA512 string `json:"sha512"`
	Error  *Error `json:"error"`
}

// NewSums returns the document of a file; err says why it has no sums.
func NewSums(name string, s compare.Sums, err error) *Sums {
	d := &Sums{Head: NewHead(TypeSums), File: Text(name), Error: NewError(err)}
	if err == nil {
		d.Size, d.MD5, d.SHA1, d.SHA512 = *s.Size, fmt.Sprintf("%x", s.MD5), fmt.Sprintf("%x", s.SHA1), fmt.Sprintf("%x", s.SHA512)
	}
	return d
}

// NewList returns the document of a file.
func NewList(f *File) *List {
	d := newListHead(f)
	for i := range f.Fragment.Records {
		d.Records = append(d.Records, f.record(i))
	}
	return d
}

// WriteList writes the document of a file on one line, as Write does. It holds one
// record in memory at a time.
func WriteList(w io.Writer, f *File) error {
	out := bufio.NewWriter(w)
	head, err := Marshal(newListHead(f))
	if err != nil {
		return err
	}
	end := []byte("]}") // the records come last
	out.Write(bytes.TrimSuffix(head, end))
	var b bytes.Buffer // of one record
	records := encoder(&b)
	for i := range f.Fragment.Records {
		b.Reset()
		if err := records.Encode(f.record(i)); err != nil {
			return err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		if _, err := out.Write(escapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n")))); err != nil {
			return err
		}
	}
	out.Write(append(end, '\n'))
	return out.Flush()
}

// newListHead is the document without its records.
func newListHead(f *File) *List {
	h := f.Fragment.Header
	d := &List{
		Head: NewHead(TypeList), File: Text(f.Name), Kind: fileKind(f), Size: len(f.Data),
		Digest: h.Digest(), DigestCode: code(int(h.Digest())), Filename: Text(h.Filename()),
		HeaderLength: h.Length(), Signer: newSigner(f),
		Verified: f.Verified != nil, Warnings: []string{}, Unknown: unknownHeader(h.Fields), Records: []Record{},
	}
	if f.Data != nil {
		m, s1, s512 := md5.Sum(f.Data), sha1.Sum(f.Data), sha512.Sum512(f.Data)
		d.MD5, d.SHA1, d.SHA512 = hex.EncodeToString(m[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s512[:])
	}
	if v := h.Version(); !v.IsZero() {
		d.Version = v.String()
	}
	if v := h.SignerVersion(); !v.IsZero() {
		d.SignerVersion = ptr(v.String())
	}
	if t, ok := h.Timestamp(); ok {
		d.Timestamp = &t
	}
	d.setVerdict(f)
	return d
}

func (d *List) setVerdict(f *File) {
	if f.Verified != nil {
		d.Warnings = append(d.Warnings, f.Verified.Warnings...)
	}
	if f.Reason != nil {
		d.Reason, d.Message = string(trust.ReasonOf(f.Reason)), Text(f.Reason.Error())
	}
	if d.Error = NewError(f.Err); d.Error != nil {
		d.Reason, d.Message = d.Error.Reason, d.Error.Message
	}
}

func newSigner(f *File) *Signer {
	h := f.Fragment.Header
	if _, ok := h.Field(tlv.HeaderSignerID); !ok {
		return nil
	}
	s := &Signer{Name: Text(h.SignerName()), Issuer: Text(h.CAName()), Serial: h.SerialNumber().String()}
	if f.Verified != nil {
		s.Record = &f.Verified.Number
	}
	return s
}

// record is the document of the record with the index i.
func (f *File) record(i int) Record {
	r := f.Fragment.Records[i]
	d := Record{
		Number: i + 1, Offset: r.Offset, Length: r.Length(),
		Role: r.Role(), RoleCode: code(int(r.Role())), DNSName: Text(r.DNSName()),
		Subject: Text(r.Subject()), Issuer: Text(r.Issuer()), Serial: r.SerialNumber().String(),
		Unknown: unknownRecord(r.Fields),
	}
	key, c := recordKey(r)
	if key != nil {
		kind, bits := cert.KeyType(key)
		d.PublicKey = &PublicKey{kind, bits}
	}
	if der := r.Certificate(); der != nil {
		d.Certificate = newCertificate(der, c)
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

// recordKey returns the key of a record, that of its certificate if it has one, and
// the certificate; nil where there is none. Nothing is kept: a hostile list has
// millions of records.
func recordKey(r tlv.Record) (crypto.PublicKey, *cert.Certificate) {
	der := r.Certificate()
	if der == nil {
		if r.PublicKey() == nil {
			return nil, nil
		}
		key, err := cert.ParseKey(r.PublicKey())
		return orNil(key, err), nil
	}
	c, err := cert.Read(der)
	if err != nil {
		return nil, nil
	}
	key, err := c.PublicKey()
	return orNil(key, err), c
}

func orNil(key crypto.PublicKey, err error) crypto.PublicKey {
	if err != nil {
		return nil
	}
	return key
}

// NewCertificate returns the document of a certificate in DER, nil if there is none.
func NewCertificate(der []byte) *Certificate {
	if der == nil {
		return nil
	}
	c, _ := cert.Read(der)
	return newCertificate(der, c)
}

// newCertificate returns the document of a certificate, c if it can be read.
func newCertificate(der []byte, c *cert.Certificate) *Certificate {
	s1, s256 := sha1.Sum(der), sha256.Sum256(der)
	d := &Certificate{SHA1: hex.EncodeToString(s1[:]), SHA256: hex.EncodeToString(s256[:])}
	if err := cert.Strict(der); err != nil {
		d.Error = ptr(Text(err.Error()))
	}
	if c == nil {
		return d
	}
	d.Subject, d.Issuer = Text(c.Subject().String()), Text(c.Issuer().String())
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
