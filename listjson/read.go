package listjson

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Bounds on what is read, in bytes. Phones fail on lists over 64 KiB.
const (
	maxDocument    = 16 << 20
	maxCertificate = 1 << 20
	maxList        = 16 << 20
)

// Read reads a document and the certificates that it names, and returns the
// template of the list. Certificates come from the folder of the document only:
// a name with a path in it, or a link that leads elsewhere, is an error. The
// template has no signature yet; its SignatureSize is that of the document.
func Read(name string) (*tlv.Template, error) {
	folder, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	data, err := readFile(folder, filepath.Base(name), maxDocument)
	if err != nil {
		return nil, err
	}
	d, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t, err := d.Template(func(file string) ([]byte, error) { return readFile(folder, file, maxCertificate) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// readFile reads a regular file of a folder.
func readFile(folder *os.Root, name string, limit int64) ([]byte, error) {
	info, err := folder.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: larger than %d MiB, refused", name, limit>>20)
	}
	return data, nil
}

// Decode reads a document. Keys that it does not know are an error: a misspelt
// one would change the list.
func Decode(data []byte) (*Document, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var d Document
	if err := decoder.Decode(&d); err != nil {
		return nil, fmt.Errorf("offset %d: %w", decoder.InputOffset(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("offset %d: something follows the document", decoder.InputOffset())
	}
	if err := d.Check(report.TypeDescription); err != nil {
		return nil, err
	}
	return &d, nil
}

// A reading turns a document into fields.
type reading struct {
	open         func(name string) ([]byte, error)
	certificates map[string][]byte // DER by file name
	size         int               // bytes of the list so far
}

// Template returns the template of the list. Certificates are read with open,
// which gets a name without a path.
func (d *Document) Template(open func(name string) ([]byte, error)) (*tlv.Template, error) {
	r := reading{open: open, certificates: make(map[string][]byte)}
	fields, err := r.header(d.Header)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	whole := &tlv.List{Header: tlv.Header{Fields: fields}}
	if err := setLength(whole); err != nil {
		return nil, err
	}
	for i, described := range d.Records {
		record, err := r.record(described)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		whole.Records = append(whole.Records, record)
	}
	data, err := whole.MarshalBinary()
	if err != nil {
		return nil, err
	}
	l, err := tlv.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("it describes no trust list: %w", err)
	}
	return l.Template(), nil
}

// setLength fills in HEADERLENGTH of a list that has no records yet.
func setLength(l *tlv.List) error {
	b, err := l.MarshalBinary()
	if err != nil {
		return err
	}
	if len(b) > math.MaxUint16 {
		return fmt.Errorf("header: %w: %d bytes", tlv.ErrTooLong, len(b))
	}
	for i, f := range l.Header.Fields {
		if f.Tag == tlv.HeaderLength {
			l.Header.Fields[i].Value = binary.BigEndian.AppendUint16(nil, uint16(len(b)))
		}
	}
	return nil
}

func (r *reading) header(described []Field) ([]tlv.HeaderField, error) {
	var fields []tlv.HeaderField
	for _, d := range described {
		tag, ok := headerTags()[d.Tag]
		if !ok {
			return nil, fmt.Errorf("the header has no field %q", d.Tag)
		}
		var err error
		f := tlv.HeaderField{Tag: tag}
		switch {
		case tag == tlv.HeaderPadding:
			return nil, errors.New("PADDING is regenerated; leave it out")
		case tag == tlv.HeaderLength:
			f.Value = []byte{0, 0}
		case len(d.Fields) > 0:
			f.Fields, err = r.header(d.Fields)
		default:
			f.Value, err = r.value(d, nil)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Tag, err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func (r *reading) record(described Record) (tlv.Record, error) {
	der, err := r.recordCertificate(described)
	if err != nil {
		return tlv.Record{}, err
	}
	record := tlv.Record{Fields: []tlv.RecordField{{Tag: tlv.RecordLength}}}
	length := 5
	for _, d := range described.Fields {
		tag, ok := recordTags()[d.Tag]
		if !ok {
			return tlv.Record{}, fmt.Errorf("records have no field %q", d.Tag)
		}
		value, err := r.value(d, der)
		if err != nil {
			return tlv.Record{}, fmt.Errorf("%s: %w", d.Tag, err)
		}
		length += 3 + len(value)
		record.Fields = append(record.Fields, tlv.RecordField{Tag: tag, Value: value})
	}
	if r.size += length; length > math.MaxUint16 || r.size > maxList {
		return tlv.Record{}, fmt.Errorf("%w: %d bytes", tlv.ErrTooLong, length)
	}
	record.Fields[0].Value = binary.BigEndian.AppendUint16(nil, uint16(length))
	return record, nil
}

// recordCertificate is the first certificate of a record in DER, nil if there is
// none.
func (r *reading) recordCertificate(described Record) ([]byte, error) {
	for _, d := range described.Fields {
		if recordTags()[d.Tag] != tlv.RecordCertificate {
			continue
		}
		der, err := r.value(d, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Tag, err)
		}
		return der, nil
	}
	return nil, nil
}

// value returns the bytes of a field. The record's certificate is der.
func (r *reading) value(d Field, der []byte) ([]byte, error) {
	if n := d.values(); n != 1 {
		return nil, fmt.Errorf("it has %d values, expected one of text, hex, code, version, role, address, time, file, from, size", n)
	}
	switch {
	case d.Text != nil:
		return withNUL(*d.Text), nil
	case d.Hex != nil:
		return hex.DecodeString(*d.Hex)
	case d.Size != nil:
		return signature(*d.Size)
	case d.Code != nil:
		return code(d.Tag, *d.Code)
	case d.Version != "":
		return version(d.Version)
	case d.Role != "":
		return role(d.Role)
	case d.Address != "":
		return address(d.Address)
	case d.Time != "":
		return timestamp(d.Time)
	case d.File != "":
		return r.certificate(d.File)
	}
	return derived(d, der)
}

// values counts the values that are there; there must be one.
func (f Field) values() int {
	n := 0
	for _, there := range []bool{
		f.Text != nil, f.Hex != nil, f.Code != nil, f.Size != nil, f.Version != "", f.Role != "",
		f.Address != "", f.Time != "", f.File != "", f.From != "", len(f.Fields) > 0,
	} {
		if there {
			n++
		}
	}
	return n
}

// signature holds the place of the signature to come.
func signature(size int) ([]byte, error) {
	if size < 0 || size > math.MaxUint16 {
		return nil, fmt.Errorf("size %d: expected 64, 128, 256 or 512", size)
	}
	return make([]byte, size), nil
}

// code is u16 in FUNCTION and u8 elsewhere.
func code(tag Tag, n int) ([]byte, error) {
	limit := math.MaxUint8
	if tag == recordName(tlv.RecordFunction) {
		limit = math.MaxUint16
	}
	switch {
	case n < 0 || n > limit:
		return nil, fmt.Errorf("code %d: expected 0 to %d", n, limit)
	case limit == math.MaxUint16:
		return binary.BigEndian.AppendUint16(nil, uint16(n)), nil
	}
	return []byte{byte(n)}, nil
}

func version(s string) ([]byte, error) {
	major, minor, _ := strings.Cut(s, ".")
	x, errX := strconv.ParseUint(major, 10, 8)
	y, errY := strconv.ParseUint(minor, 10, 8)
	if errX != nil || errY != nil {
		return nil, fmt.Errorf("version %q: expected two numbers up to 255, as 1.2", s)
	}
	return []byte{byte(x), byte(y)}, nil
}

func role(s string) ([]byte, error) {
	n, err := tlv.ParseRole(s)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint16(nil, uint16(n)), nil
}

func address(s string) ([]byte, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil || !ip.Is4() {
		return nil, fmt.Errorf("address %q: expected IPv4, as 192.0.2.10", s)
	}
	return ip.AsSlice(), nil
}

func timestamp(s string) ([]byte, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Unix() < 0 || t.Unix() > math.MaxUint32 {
		return nil, fmt.Errorf("time %q: expected RFC 3339 from 1970 to 2106, as 2026-11-21T08:00:00Z", s)
	}
	return binary.BigEndian.AppendUint32(nil, uint32(t.Unix())), nil
}

// certificate reads a certificate in PEM by its name, each once.
func (r *reading) certificate(name string) ([]byte, error) {
	if der, ok := r.certificates[name]; ok {
		return der, nil
	}
	if name != filepath.Base(name) || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
		return nil, fmt.Errorf("file %q: expected a name alone, in the folder of %s", name, Name)
	}
	data, err := r.open(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s: no certificate in PEM", name)
	}
	r.certificates[name] = block.Bytes
	return block.Bytes, nil
}

// derived is what is copied out of the certificate of the record.
func derived(d Field, der []byte) ([]byte, error) {
	if der == nil {
		return nil, fmt.Errorf("from %q: the record has no certificate", d.From)
	}
	c, err := cert.Read(der)
	if err != nil {
		return nil, fmt.Errorf("from %q: %w", d.From, err)
	}
	for _, derived := range copies {
		if derived.word == d.From && recordName(derived.tag) == d.Tag {
			return derived.bytes(c), nil
		}
	}
	return nil, fmt.Errorf("from %q: expected key, signature, serial, subject, issuer, subject-certutils, issuer-certutils, subject-rfc4514 or issuer-rfc4514, in the field it is for", d.From)
}
