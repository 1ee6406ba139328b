package lint_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func vector(t testing.TB, name string) *trust.List {
	t.Helper()
	return parse(t, readFile(t, "lists/"+name+".tlv"))
}

func parse(t testing.TB, data []byte) *trust.List {
	t.Helper()
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A parts is a list taken apart, to be changed without being signed again.
type parts struct {
	t       testing.TB
	header  []tlv.HeaderField
	records []tlv.Record
}

// changed returns the vector after some changes.
func changed(t testing.TB, name string, changes ...func(*parts)) *trust.List {
	t.Helper()
	l := vector(t, name)
	p := &parts{t, l.Header.Fields, l.Records}
	for _, change := range changes {
		change(p)
	}
	return p.list()
}

// list puts the parts together again, with the lengths they have now.
func (p *parts) list() *trust.List {
	p.t.Helper()
	records := make([]tlv.Record, len(p.records))
	for i, r := range p.records {
		length := 0
		for _, f := range r.Fields {
			length += 3 + len(f.Value)
		}
		fields := append([]tlv.RecordField{}, r.Fields...)
		fields[0].Value = binary.BigEndian.AppendUint16(nil, uint16(length))
		records[i].Fields = fields
	}
	header := &tlv.List{Header: tlv.Header{Fields: p.header}}
	b, err := header.MarshalBinary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.setHeader(tlv.HeaderLength, binary.BigEndian.AppendUint16(nil, uint16(len(b))))
	whole := &tlv.List{Header: tlv.Header{Fields: p.header}, Records: records}
	if b, err = whole.MarshalBinary(); err != nil {
		p.t.Fatal(err)
	}
	return parse(p.t, b)
}

// setHeader sets the value of a header field, at any depth.
func (p *parts) setHeader(tag tlv.HeaderTag, value []byte) {
	p.header = mapHeader(p.header, func(f tlv.HeaderField) []tlv.HeaderField {
		if f.Tag == tag {
			f.Value = value
		}
		return []tlv.HeaderField{f}
	})
}

func mapHeader(fields []tlv.HeaderField, do func(tlv.HeaderField) []tlv.HeaderField) []tlv.HeaderField {
	var mapped []tlv.HeaderField
	for _, f := range fields {
		f.Fields = mapHeader(f.Fields, do)
		mapped = append(mapped, do(f)...)
	}
	return mapped
}

func header(tag tlv.HeaderTag, value ...byte) func(*parts) {
	return func(p *parts) { p.setHeader(tag, value) }
}

func headerText(tag tlv.HeaderTag, text string) func(*parts) {
	return header(tag, append([]byte(text), 0)...)
}

func withoutHeader(tag tlv.HeaderTag) func(*parts) {
	return func(p *parts) {
		p.header = mapHeader(p.header, func(f tlv.HeaderField) []tlv.HeaderField {
			if f.Tag == tag {
				return nil
			}
			return []tlv.HeaderField{f}
		})
	}
}

func twiceHeader(tag tlv.HeaderTag) func(*parts) {
	return func(p *parts) {
		p.header = mapHeader(p.header, func(f tlv.HeaderField) []tlv.HeaderField {
			if f.Tag == tag {
				return []tlv.HeaderField{f, f}
			}
			return []tlv.HeaderField{f}
		})
	}
}

// unknownVersion is a header whose fields have no known meaning.
var unknownVersion = header(tlv.HeaderVersion, 2, 0)

func noRecords(p *parts) { p.records = nil }

// only keeps the records with these numbers.
func only(numbers ...int) func(*parts) {
	return func(p *parts) {
		var kept []tlv.Record
		for _, n := range numbers {
			kept = append(kept, p.records[n-1])
		}
		p.records = kept
	}
}

// record sets a field of a record, or adds it.
func record(number int, tag tlv.RecordTag, value ...byte) func(*parts) {
	return func(p *parts) {
		r := &p.records[number-1]
		fields := append([]tlv.RecordField{}, r.Fields...)
		for i, f := range fields {
			if f.Tag == tag {
				fields[i].Value = value
				r.Fields = fields
				return
			}
		}
		r.Fields = append(fields, tlv.RecordField{Tag: tag, Value: value})
	}
}

func recordText(number int, tag tlv.RecordTag, text string) func(*parts) {
	return record(number, tag, append([]byte(text), 0)...)
}

func withoutRecord(tag tlv.RecordTag, numbers ...int) func(*parts) {
	return func(p *parts) {
		for _, n := range numbers {
			var kept []tlv.RecordField
			for _, f := range p.records[n-1].Fields {
				if f.Tag != tag {
					kept = append(kept, f)
				}
			}
			p.records[n-1].Fields = kept
		}
	}
}

func twiceField(number int, tag tlv.RecordTag) func(*parts) {
	return func(p *parts) {
		r := &p.records[number-1]
		f, _ := r.Field(tag)
		r.Fields = append(append([]tlv.RecordField{}, r.Fields...), f)
	}
}

// repeat appends a record so many times.
func repeat(number, times int) func(*parts) {
	return func(p *parts) {
		for range times {
			p.records = append(p.records, p.records[number-1])
		}
	}
}

// sast turns a record into a SAST.
func sast(number int) func(*parts) { return record(number, tlv.RecordFunction, 0, 0) }

// copyRecord puts one record in the place of another, in a role.
func copyRecord(from, to int, role tlv.Role) func(*parts) {
	return func(p *parts) {
		p.records[to-1] = p.records[from-1]
		record(to, tlv.RecordFunction, 0, byte(role))(p)
	}
}

// hashed are records without certificates.
func hashed(p *parts) {
	for i := range p.records {
		withoutRecord(tlv.RecordCertificate, i+1)(p)
		record(i+1, tlv.RecordCertHash, make([]byte, 20)...)(p)
		record(i+1, tlv.RecordHashAlgorithm, 1)(p)
	}
}

// certificate replaces the certificate of a record.
func certificate(number int, change func([]byte) []byte) func(*parts) {
	return func(p *parts) {
		der := change(bytes.Clone(p.records[number-1].Certificate()))
		record(number, tlv.RecordCertificate, der...)(p)
	}
}

// garbage is no certificate.
func garbage([]byte) []byte { return []byte("no certificate") }

// trailing has a byte behind its end, which crypto/x509 refuses.
func trailing(der []byte) []byte { return append(der, 0) }

// replaced has some bytes in place of others of the same length.
func replaced(old, new string) func([]byte) []byte {
	return func(der []byte) []byte { return bytes.ReplaceAll(der, []byte(old), []byte(new)) }
}

// Object identifiers of sha256WithRSAEncryption and md5WithRSAEncryption.
const (
	oidSHA256 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
	oidMD5    = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"
)

// rsaKey is an RSAPublicKey with a modulus of so many bits that nobody needs to
// be able to use.
func rsaKey(t testing.TB, bits uint) []byte {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	der, err := asn1.Marshal(struct {
		N *big.Int
		E int
	}{n.Add(n, big.NewInt(1)), 65537})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// certificateOf returns a certificate of testdata/certs in DER.
func certificateOf(t testing.TB, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(readFile(t, "certs/"+name+".pem"))
	if block == nil {
		t.Fatalf("%s.pem holds no PEM", name)
	}
	return block.Bytes
}
