package trust_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A forged list is a vector that was changed and signed again, with fields in
// places where no encoder would put them.
type forged struct {
	fields  []tlv.HeaderField
	records []tlv.Record
	size    int // bytes of SIGNATURE
	hash    crypto.Hash
	sign    func(digest []byte) []byte
}

// forge returns the vector ctl-sha512 as edit leaves it, signed with the key of
// ITLRecovery, its first record, unless edit says otherwise.
func forge(t testing.TB, edit func(*forged)) *trust.List {
	t.Helper()
	l := readList(t, "ctl-sha512")
	f := &forged{fields: l.Header.Fields, records: l.Records, hash: crypto.SHA512}
	f.signWith(t, readKey(t, "itlrecovery"))
	edit(f)
	return f.list(t)
}

func (f *forged) signWith(t testing.TB, key crypto.Signer) {
	f.size = key.Public().(*rsa.PublicKey).Size()
	f.sign = func(digest []byte) []byte {
		signature, err := key.Sign(nil, digest, f.hash)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
}

// list fills in HEADERLENGTH and the signature.
func (f *forged) list(t testing.TB) *trust.List {
	t.Helper()
	f.set(make([]byte, f.size), tlv.HeaderSignature)
	f.set(uint16Bytes(len(marshal(t, f.fields, nil))), tlv.HeaderLength)
	before, after := parse(t, marshal(t, f.fields, f.records)).Signed()
	h := f.hash.New()
	h.Write(before)
	h.Write(after)
	f.set(f.sign(h.Sum(nil)), tlv.HeaderSignature)
	return parse(t, marshal(t, f.fields, f.records))
}

func marshal(t testing.TB, fields []tlv.HeaderField, records []tlv.Record) []byte {
	t.Helper()
	l := tlv.List{Header: tlv.Header{Fields: fields}, Records: records}
	data, err := l.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, data []byte) *trust.List {
	t.Helper()
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func uint16Bytes(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

// at returns the field at the end of the path; it must be there.
func (f *forged) at(path ...tlv.HeaderTag) *tlv.HeaderField {
	fields := f.fields
	for _, tag := range path[:len(path)-1] {
		fields = fields[indexTag(fields, tag)].Fields
	}
	return &fields[indexTag(fields, path[len(path)-1])]
}

func indexTag(fields []tlv.HeaderField, tag tlv.HeaderTag) int {
	return slices.IndexFunc(fields, func(f tlv.HeaderField) bool { return f.Tag == tag })
}

func (f *forged) set(value []byte, path ...tlv.HeaderTag) { f.at(path...).Value = value }

// drop takes a field out of a container.
func (f *forged) drop(container *tlv.HeaderField, tag tlv.HeaderTag) {
	i := indexTag(container.Fields, tag)
	container.Fields = slices.Delete(slices.Clone(container.Fields), i, i+1)
}

// insert puts a field in front of the header's SIGNATURE.
func (f *forged) insert(field tlv.HeaderField) {
	f.fields = slices.Insert(slices.Clone(f.fields), indexTag(f.fields, tlv.HeaderSignature), field)
}

// setRecord gives a field of a record another value; nil takes it out.
func (f *forged) setRecord(number int, tag tlv.RecordTag, value []byte) {
	fields := slices.Clone(f.records[number-1].Fields)
	i := slices.IndexFunc(fields, func(f tlv.RecordField) bool { return f.Tag == tag })
	if value == nil {
		fields = slices.Delete(fields, i, i+1)
	} else {
		fields[i].Value = value
	}
	f.records[number-1] = record(fields)
}

// addRecordField appends a field to a record.
func (f *forged) addRecordField(number int, tag tlv.RecordTag, value []byte) {
	fields := slices.Clone(f.records[number-1].Fields)
	f.records[number-1] = record(append(fields, tlv.RecordField{Tag: tag, Value: value}))
}

// record fills in RECORDLENGTH, the first field.
func record(fields []tlv.RecordField) tlv.Record {
	length := 0
	for _, f := range fields {
		length += 3 + len(f.Value)
	}
	fields[0].Value = uint16Bytes(length)
	return tlv.Record{Fields: fields}
}

// namedAs returns record number with the issuer and serial of record 1.
func (f *forged) namedAs(number int) tlv.Record {
	f.setRecord(number, tlv.RecordIssuerName, value(f.records[0], tlv.RecordIssuerName))
	f.setRecord(number, tlv.RecordSerialNumber, value(f.records[0], tlv.RecordSerialNumber))
	return f.records[number-1]
}

func value(r tlv.Record, tag tlv.RecordTag) []byte {
	field, _ := r.Field(tag)
	return field.Value
}

// onlyKey makes PUBLICKEY the key of record 1.
func (f *forged) onlyKey(key []byte) {
	f.setRecord(1, tlv.RecordCertificate, nil)
	f.setRecord(1, tlv.RecordPublicKey, key)
}

// refusedSerial makes the serial number of a certificate negative, which
// crypto/x509 refuses. The magnitude in front of it lies inside of the DER.
func refusedSerial(t testing.TB, der []byte) []byte {
	t.Helper()
	der = slices.Clone(der)
	c, err := cert.Read(der)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber[0] |= 0x80
	if cert.Strict(der) == nil {
		t.Fatal("crypto/x509 takes a negative serial number")
	}
	return der
}

// keyDER is an RSAPublicKey of PKCS #1 with numbers of any size.
func keyDER(t testing.TB, n, e *big.Int) []byte {
	t.Helper()
	der, err := asn1.Marshal(struct{ N, E *big.Int }{n, e})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// paddedDigest is what an RSA signature of size bytes is the root of: the
// encoding of PKCS #1 v1.5 for SHA-512.
func paddedDigest(digest []byte, size int) *big.Int {
	prefix := []byte{0x00, 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40}
	tail := append(prefix, digest...)
	padding := slices.Repeat([]byte{0xff}, size-len(tail)-2)
	return new(big.Int).SetBytes(slices.Concat([]byte{0, 1}, padding, tail))
}
