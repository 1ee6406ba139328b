package tlv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"
)

var recordOrders = [...][]RecordTag{
	StyleCUCM: {RecordDNSName, RecordSubjectName, RecordFunction, RecordIssuerName, RecordSerialNumber, RecordPublicKey,
		RecordSignature, RecordCertificate, RecordIPAddress, RecordCertHash, RecordHashAlgorithm},
	StyleCertutils: {RecordDNSName, RecordSubjectName, RecordIssuerName, RecordSerialNumber, RecordFunction, RecordPublicKey,
		RecordSignature, RecordCertificate, RecordIPAddress, RecordCertHash, RecordHashAlgorithm},
}

var signerOrders = [...][]HeaderTag{
	StyleCUCM:      {HeaderSignerName, HeaderSerialNumber, HeaderCAName},
	StyleCertutils: {HeaderSignerName, HeaderCAName, HeaderSerialNumber},
}

// header returns the fields of a new header, without values.
func (s Style) header() []HeaderField {
	var signer []HeaderField
	for _, tag := range signerOrders[s.order()] {
		signer = append(signer, HeaderField{Tag: tag})
	}
	return []HeaderField{
		{Tag: HeaderVersion}, {Tag: HeaderLength}, {Tag: HeaderSignerVersion},
		{Tag: HeaderSignerID, Fields: signer},
		{Tag: HeaderSignatureInfo, Fields: []HeaderField{
			{Tag: HeaderDigestAlgorithm},
			{Tag: HeaderSignatureAlgoInfo, Fields: []HeaderField{{Tag: HeaderSignatureAlgorithm}, {Tag: HeaderSignatureModulus}}},
		}},
		{Tag: HeaderSignature}, {Tag: HeaderFilename}, {Tag: HeaderTimestamp},
	}
}

// RecordValues are the values of a new record. Zero values are left out, but
// for DNSName in the CUCM order, where "" is written as one NUL.
type RecordValues struct {
	DNSName      string // host name, or address as text
	Subject      string
	Issuer       string
	SerialNumber Serial
	PublicKey    []byte     // PKCS #1 RSAPublicKey in DER, or the uncompressed EC point
	Signature    []byte     // signature bits of the certificate
	Certificate  []byte     // X.509 in DER
	CertHash     []byte     // SHA-1 of the certificate, 20 bytes, in place of it
	IPAddress    netip.Addr // IPv4
}

// NewRecord returns a record with its fields in the order of the style. It
// fails if the record is longer than 65535 bytes ([ErrTooLong]), if the role
// does not fit 16 bits, or if the address is not IPv4: the IPv6 form of
// IPADDRESS is unknown.
func NewRecord(style Style, role Role, v RecordValues) (Record, error) {
	if role < 0 || role > math.MaxUint16 {
		return Record{}, fmt.Errorf("FUNCTION %d does not fit 16 bits", int(role))
	}
	values := map[RecordTag][]byte{
		RecordFunction:     binary.BigEndian.AppendUint16(nil, uint16(role)),
		RecordSerialNumber: v.SerialNumber,
		RecordPublicKey:    v.PublicKey,
		RecordSignature:    v.Signature,
		RecordCertificate:  v.Certificate,
		RecordCertHash:     v.CertHash,
	}
	for tag, s := range map[RecordTag]string{RecordDNSName: v.DNSName, RecordSubjectName: v.Subject, RecordIssuerName: v.Issuer} {
		if s != "" || tag == RecordDNSName && style.order() == StyleCUCM {
			values[tag] = appendText(nil, s)
		}
	}
	if v.CertHash != nil {
		values[RecordHashAlgorithm] = []byte{byte(HashAlgorithmSHA1)}
	}
	if v.IPAddress.IsValid() {
		if !v.IPAddress.Is4() {
			return Record{}, fmt.Errorf("IPADDRESS %s: only IPv4 can be written, the IPv6 form is unknown", v.IPAddress)
		}
		values[RecordIPAddress] = v.IPAddress.AsSlice()
	}
	return recordOf(recordOrders[style.order()], values)
}

func recordOf(order []RecordTag, values map[RecordTag][]byte) (Record, error) {
	r := Record{Fields: []RecordField{{Tag: RecordLength, Value: make([]byte, 2)}}}
	length := minRecordLength
	for _, tag := range order {
		if v := values[tag]; v != nil {
			r.Fields = append(r.Fields, RecordField{Tag: tag, Value: slices.Clone(v)})
			length += fieldHead + len(v)
		}
	}
	if length > maxLength {
		return Record{}, fmt.Errorf("record: %w: %d bytes", ErrTooLong, length)
	}
	binary.BigEndian.PutUint16(r.Fields[0].Value, uint16(length))
	return r, nil
}

// A Template is a list that is about to be signed: fields go in, the bytes to
// sign come out of [Template.Unsigned], and [Unsigned.Splice] puts the signature
// into its place.
type Template struct {
	Version       Version // of the format; 1.2 in lists
	SignerVersion Version // 1.0 or 1.1; 0.0 leaves the field out
	SignerName    string  // as the signer's record says it, like the next two
	SerialNumber  Serial
	CAName        string
	Digest        Digest
	SignatureSize int       // bytes: 64, 128, 256 or 512
	Filename      string    // "" leaves the field out
	Timestamp     time.Time // to the second, 1970 to 2106
	Records       []Record

	header []HeaderField // order and unknown fields; values are filled in
}

// NewTemplate returns the template of a new list of version 1.2 with a SHA-1
// signature, what CUCM starts with; open-source tools always write the signer's
// version, 1.0 unless told otherwise [F]. The rest is the caller's to fill in.
func NewTemplate(style Style, kind Kind) *Template {
	t := &Template{Version: Version{1, 2}, Digest: DigestSHA1, Filename: kind.Filename(), header: style.header()}
	if style == StyleCertutils {
		t.SignerVersion = Version{1, 0}
	}
	return t
}

// Template returns a template with what l holds. Header fields keep their
// order; unknown ones, and known ones in a place that is not theirs, keep their
// bytes. The others are regenerated: the first of repeated fields stays, what
// stands behind the padding goes, absent ones are added, text ends in one NUL.
// Records are written byte for byte. A list without DIGESTALGORTITHM or
// TIMESTAMP has a template that needs them.
func (l *List) Template() *Template {
	h := l.Header
	timestamp, _ := h.Timestamp()
	return &Template{
		Version: h.Version(), SignerVersion: h.SignerVersion(),
		SignerName: h.SignerName(), SerialNumber: slices.Clone(h.SerialNumber()), CAName: h.CAName(),
		Digest: h.Digest(), SignatureSize: len(h.Signature()),
		Filename: h.Filename(), Timestamp: timestamp,
		Records: cloneRecords(l.Records),
		header:  unpadded(h.Fields),
	}
}

// cloneRecords keeps changes of a template out of the list it was made from.
func cloneRecords(records []Record) []Record {
	clones := slices.Clone(records)
	for i, r := range clones {
		clones[i].Fields = slices.Clone(r.Fields)
		for j, f := range r.Fields {
			clones[i].Fields[j].Value = slices.Clone(f.Value)
		}
	}
	return clones
}

// unpadded are the fields that a phone reads: those in front of the padding.
func unpadded(fields []HeaderField) []HeaderField {
	if i := slices.IndexFunc(fields, func(f HeaderField) bool { return f.Tag == HeaderPadding }); i >= 0 {
		fields = fields[:i]
	}
	return slices.Clone(fields)
}

// An Unsigned is a list without its SIGNATURE field.
type Unsigned struct {
	Bytes  []byte // what is signed
	Offset int    // where in Bytes the SIGNATURE field belongs
	Size   int    // bytes of signature that the lengths count on
}

// Splice returns the whole file: Bytes with a SIGNATURE field at Offset. It
// fails if the signature does not have Size bytes.
func (u Unsigned) Splice(signature []byte) ([]byte, error) {
	if len(signature) != u.Size {
		return nil, fmt.Errorf("signature of %d bytes for a list made for %d: use the key the list was made for", len(signature), u.Size)
	}
	if u.Offset < 0 || u.Offset > len(u.Bytes) {
		return nil, fmt.Errorf("signature offset %d is outside of the %d bytes to be signed", u.Offset, len(u.Bytes))
	}
	e := encoder{b: make([]byte, 0, len(u.Bytes)+fieldHead+len(signature))}
	e.b = append(e.b, u.Bytes[:u.Offset]...)
	e.appendField(uint8(HeaderSignature), HeaderSignature.String(), signature)
	e.b = append(e.b, u.Bytes[u.Offset:]...)
	return e.bytes()
}

// ErrSignatureSize is the cause of an error of [Template.Unsigned]: the format
// can say signatures of 64, 128, 256 and 512 bytes only, so RSA keys of 512,
// 1024, 2048 and 4096 bits.
var ErrSignatureSize = errors.New("the format has no code for a signature of this size (RSA keys have 1024, 2048 or 4096 bits)")

// Unsigned returns the bytes to sign: header and records without the SIGNATURE
// field, but with lengths that count it. It fails with [ErrTooLong] if a length
// does not fit, with [ErrSignatureSize] if the size of the signature cannot be
// said, on a time outside of 1970 to 2106, and on a record that [Parse] would
// refuse.
func (t *Template) Unsigned() (Unsigned, error) {
	fields, err := t.headerFields()
	if err != nil {
		return Unsigned{}, err
	}
	u := Unsigned{Size: t.SignatureSize}
	var e encoder
	u.Offset = e.appendUnsignedHeader(fields, t.SignatureSize)
	for i, r := range t.Records {
		e.appendWholeRecord(i+1, r)
	}
	if u.Bytes, err = e.bytes(); err != nil {
		return Unsigned{}, err
	}
	return u, nil
}

// appendUnsignedHeader writes a header with its padding, but without SIGNATURE, and
// returns where that belongs. HEADERLENGTH counts a signature of so many bytes.
func (e *encoder) appendUnsignedHeader(fields []HeaderField, size int) (offset int) {
	lengthAt := 0
	for _, f := range fields {
		switch f.Tag {
		case HeaderSignature:
			offset = len(e.b)
			continue
		case HeaderLength:
			lengthAt = len(e.b) + fieldHead
		}
		e.appendHeaderField(f)
	}
	e.padHeader(lengthAt, fieldHead+size)
	return offset
}

// appendWholeRecord writes r if it reads as one record: nobody should sign a
// list that no phone can read.
func (e *encoder) appendWholeRecord(number int, r Record) {
	start := len(e.b)
	e.appendRecord(r)
	if e.err != nil {
		return
	}
	p := parser{data: e.b[start:]}
	records, err := p.parseRecords()
	var pe *ParseError
	if errors.As(err, &pe) {
		e.err = fmt.Errorf("record %d: %w; NewRecord makes records", number, pe.Err)
	} else if len(records) != 1 {
		e.err = fmt.Errorf("record %d: %w: its fields are %d records; NewRecord makes records", number, ErrLength, len(records))
	}
}

// padHeader pads to a multiple of 4 and fills in HEADERLENGTH. The signature
// field of so many bytes is not written yet.
func (e *encoder) padHeader(lengthAt, signature int) {
	for (len(e.b)+signature)%4 != 0 {
		e.b = append(e.b, byte(HeaderPadding))
	}
	length := len(e.b) + signature
	if length > maxLength && e.err == nil {
		e.err = fmt.Errorf("header: %w: %d bytes", ErrTooLong, length)
	}
	binary.BigEndian.PutUint16(e.b[lengthAt:], uint16(length))
}

// headerFields are the fields of the header with the template's values, without
// padding.
func (t *Template) headerFields() ([]HeaderField, error) {
	values, err := t.headerValues()
	if err != nil {
		return nil, err
	}
	base := t.header
	if base == nil {
		base = StyleCUCM.header()
	}
	return fill(base, StyleCUCM.header(), values), nil
}

func (t *Template) headerValues() (map[HeaderTag][]byte, error) {
	modulus, ok := SignatureModulusOf(t.SignatureSize)
	if !ok {
		return nil, fmt.Errorf("SIGNATUREMODULUS: %w: %d bytes", ErrSignatureSize, t.SignatureSize)
	}
	if t.Digest < 0 || t.Digest > math.MaxUint8 {
		return nil, fmt.Errorf("DIGESTALGORTITHM: %s cannot be written", t.Digest)
	}
	seconds := t.Timestamp.Unix()
	if seconds < 0 || seconds > math.MaxUint32 {
		return nil, fmt.Errorf("TIMESTAMP: %s is outside of 1970 to 2106, what 32 bits can say", t.Timestamp.UTC().Format(time.RFC3339))
	}
	values := map[HeaderTag][]byte{
		HeaderVersion:            {t.Version.Major, t.Version.Minor},
		HeaderLength:             {0, 0},
		HeaderSignerName:         appendText(nil, t.SignerName),
		HeaderSerialNumber:       append([]byte{}, t.SerialNumber...),
		HeaderCAName:             appendText(nil, t.CAName),
		HeaderDigestAlgorithm:    {byte(t.Digest)},
		HeaderSignatureAlgorithm: {byte(SignatureAlgorithmRSA)},
		HeaderSignatureModulus:   {byte(modulus)},
		HeaderSignature:          {},
		HeaderTimestamp:          binary.BigEndian.AppendUint32(nil, uint32(seconds)),
	}
	if t.Filename != "" {
		values[HeaderFilename] = appendText(nil, t.Filename)
	}
	if !t.SignerVersion.IsZero() {
		values[HeaderSignerVersion] = []byte{t.SignerVersion.Major, t.SignerVersion.Minor}
	}
	return values, nil
}

// fill returns the fields with the values, as far as skeleton has them: in the
// order of fields, only the first of two, without those that have no value.
// Others keep their bytes. What skeleton has beyond that is put behind its
// predecessor there.
func fill(fields, skeleton []HeaderField, values map[HeaderTag][]byte) []HeaderField {
	var filled []HeaderField
	for _, f := range unpadded(fields) {
		if s, ok := findHeaderField(skeleton, f.Tag); !ok {
			filled = append(filled, f)
		} else if _, twice := findHeaderField(filled, f.Tag); !twice {
			filled = insertFilled(filled, len(filled), s, f.Fields, values)
		}
	}
	at := 0
	for _, s := range skeleton {
		if i := slices.IndexFunc(filled, func(f HeaderField) bool { return f.Tag == s.Tag }); i >= 0 {
			at = i + 1
			continue
		}
		n := len(filled)
		filled = insertFilled(filled, at, s, nil, values)
		at += len(filled) - n
	}
	return filled
}

// insertFilled inserts s, of the skeleton, with its value; a container with
// fields.
func insertFilled(filled []HeaderField, at int, s HeaderField, fields []HeaderField, values map[HeaderTag][]byte) []HeaderField {
	if s.Tag.container() {
		s.Fields = fill(fields, s.Fields, values)
	} else if s.Value = values[s.Tag]; s.Value == nil {
		return filled
	}
	return slices.Insert(filled, at, s)
}
