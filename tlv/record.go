package tlv

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// A RecordField is a field of a record as read.
type RecordField struct {
	Tag    RecordTag
	Offset int // of the tag, in bytes from the start of the file
	Value  []byte
}

// A Record is one entry of a list: a certificate, or its hash, and what a phone
// may use it for. Its methods give the typed values, from the first of repeated
// fields. A Record holds at most 65535 bytes.
type Record struct {
	Offset int           // of RECORDLENGTH, in bytes from the start of the file
	Fields []RecordField // in file order, RECORDLENGTH and unknown tags included
}

// Field returns the first field with the tag, and false if there is none.
func (r Record) Field(tag RecordTag) (RecordField, bool) {
	for _, f := range r.Fields {
		if f.Tag == tag {
			return f, true
		}
	}
	return RecordField{}, false
}

// Repeated returns the tag of a field that stands more than once, and false if
// there is none. Which of the two a phone reads is unknown.
func (r Record) Repeated() (RecordTag, bool) {
	var seen [256]bool
	for _, f := range r.Fields {
		if seen[f.Tag] {
			return f.Tag, true
		}
		seen[f.Tag] = true
	}
	return 0, false
}

func (r Record) value(tag RecordTag) []byte {
	f, _ := r.Field(tag)
	return f.Value
}

func (r Record) code(tag RecordTag) int {
	switch v := r.value(tag); len(v) {
	case 1:
		return int(v[0])
	case 2:
		return int(binary.BigEndian.Uint16(v))
	}
	return -1
}

// Length returns RECORDLENGTH: bytes of the record, its own field included.
func (r Record) Length() int { return max(0, r.code(RecordLength)) }

// DNSName returns DNSNAME: a host name, or an address as text; "" for a token.
func (r Record) DNSName() string { return text(r.value(RecordDNSName)) }

// Subject returns SUBJECTNAME.
func (r Record) Subject() string { return text(r.value(RecordSubjectName)) }

// Role returns FUNCTION, NoRole if absent.
func (r Record) Role() Role { return Role(r.code(RecordFunction)) }

// Issuer returns ISSUERNAME.
func (r Record) Issuer() string { return text(r.value(RecordIssuerName)) }

// SerialNumber returns SERIALNUMBER.
func (r Record) SerialNumber() Serial { return r.value(RecordSerialNumber) }

// PublicKey returns PUBLICKEY: an RSAPublicKey of PKCS #1 in DER, or for EC the
// uncompressed point of X9.62; nil if absent.
func (r Record) PublicKey() []byte { return r.value(RecordPublicKey) }

// Signature returns SIGNATURE, the signature bits of the certificate itself;
// nil if absent, as in lists of the CTL Client.
func (r Record) Signature() []byte { return r.value(RecordSignature) }

// Certificate returns CERTIFICATE, X.509 in DER; nil if absent.
func (r Record) Certificate() []byte { return r.value(RecordCertificate) }

// IPAddress returns IPADDRESS; the zero Addr if it is absent or does not have
// 4 bytes. The IPv6 form is unknown.
func (r Record) IPAddress() netip.Addr {
	if v := r.value(RecordIPAddress); len(v) == 4 {
		return netip.AddrFrom4([4]byte(v))
	}
	return netip.Addr{}
}

// CertHash returns CERTHASH, the hash of the certificate; nil if absent.
func (r Record) CertHash() []byte { return r.value(RecordCertHash) }

// HashAlgorithm returns HASH ALGORITHM, NoHashAlgorithm if absent.
func (r Record) HashAlgorithm() HashAlgorithm { return HashAlgorithm(r.code(RecordHashAlgorithm)) }

// minRecordLength is a RECORDLENGTH field alone.
const minRecordLength = 5

// parseRecord reads the record at p.pos.
func (p *parser) parseRecord() (Record, error) {
	r := Record{Offset: p.pos}
	if tag := RecordTag(p.data[p.pos]); tag != RecordLength {
		return r, p.fail(p.pos, 0, fmt.Errorf("%w: byte 0x%02x, expected RECORDLENGTH (tag 1) or the end of the file", ErrTag, uint8(tag)))
	}
	p.limited = false
	value, err := p.readValue(len(p.data), RecordLength.size())
	if err != nil {
		return r, err
	}
	length := int(binary.BigEndian.Uint16(value))
	first := len(p.fields)
	p.fields = append(p.fields, RecordField{RecordLength, r.Offset, value})
	if err = p.checkRecordLength(r.Offset, length); err != nil {
		p.readOnRecord()
	} else {
		p.limited = true
		err = p.parseRecordFields(r.Offset + length)
	}
	r.Fields = slices.Clip(p.fields[first:])
	return r, err
}

func (p *parser) checkRecordLength(offset, length int) error {
	if rest := len(p.data) - offset; length > rest {
		return p.fail(offset, uint8(RecordLength), fmt.Errorf("%w: says %d bytes, the file has %d more", ErrTruncated, length, rest))
	}
	if length < minRecordLength {
		return p.fail(offset, uint8(RecordLength), fmt.Errorf("%w: says %d bytes, expected at least %d", ErrLength, length, minRecordLength))
	}
	return nil
}

// readOnRecord reads, for printing, what stands behind a RECORDLENGTH that is
// wrong: up to the next record, or to a field that is cut.
func (p *parser) readOnRecord() {
	for p.pos < len(p.data) && RecordTag(p.data[p.pos]) != RecordLength {
		offset, tag := p.pos, RecordTag(p.data[p.pos])
		value, err := p.readValue(len(p.data), tag.size())
		if err != nil {
			return
		}
		p.fields = append(p.fields, RecordField{tag, offset, value})
	}
}

// parseRecordFields reads the fields from p.pos to end.
func (p *parser) parseRecordFields(end int) error {
	for p.pos < end {
		offset, tag := p.pos, RecordTag(p.data[p.pos])
		value, err := p.readValue(end, tag.size())
		if err != nil {
			return err
		}
		p.fields = append(p.fields, RecordField{tag, offset, value})
	}
	return nil
}

// appendRecord writes what parseRecord read.
func (e *encoder) appendRecord(r Record) {
	for _, f := range r.Fields {
		e.appendField(uint8(f.Tag), f.Tag.String(), f.Value)
	}
}
