package tlv

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// maxNesting is far above the two levels that headers have.
const maxNesting = 8

// A HeaderField is a field of the header as read.
type HeaderField struct {
	Tag    HeaderTag
	Offset int           // of the tag, in bytes from the start of the file
	Value  []byte        // for a container the bytes of its fields
	Fields []HeaderField // of a container, else nil
}

// A Header is the part of a list in front of the records. Its methods give the
// typed values. As a phone does, they look at fields in front of the first
// padding byte only, at the first of repeated fields, and at SIGNERID and
// SIGNATUREINFO for what belongs in them. A Header holds at most 65535 bytes.
type Header struct {
	Fields []HeaderField // in file order, padding and unknown tags included
}

// Field returns the field at the end of a path of tags: Field(HeaderVersion),
// Field(HeaderSignerID, HeaderSerialNumber). It reports false if there is none
// in front of the padding.
func (h Header) Field(path ...HeaderTag) (HeaderField, bool) {
	fields := h.Fields
	for i, tag := range path {
		f, ok := findHeaderField(fields, tag)
		if !ok || i == len(path)-1 {
			return f, ok
		}
		fields = f.Fields
	}
	return HeaderField{}, false
}

func findHeaderField(fields []HeaderField, tag HeaderTag) (HeaderField, bool) {
	for _, f := range fields {
		if f.Tag == tag {
			return f, true
		}
		if f.Tag == HeaderPadding {
			break
		}
	}
	return HeaderField{}, false
}

// Repeated returns the tag of a field that stands more than once in the same
// place in front of the padding, and false if there is none. Which of the two a
// phone reads is unknown.
func (h Header) Repeated() (HeaderTag, bool) { return repeatedHeaderTag(h.Fields) }

func repeatedHeaderTag(fields []HeaderField) (HeaderTag, bool) {
	var seen [256]bool
	for _, f := range fields {
		if f.Tag == HeaderPadding {
			break
		}
		if seen[f.Tag] {
			return f.Tag, true
		}
		seen[f.Tag] = true
		if tag, ok := repeatedHeaderTag(f.Fields); ok {
			return tag, true
		}
	}
	return 0, false
}

func (h Header) value(path ...HeaderTag) []byte {
	f, _ := h.Field(path...)
	return f.Value
}

func (h Header) code(path ...HeaderTag) int {
	if v := h.value(path...); len(v) == 1 {
		return int(v[0])
	}
	return -1
}

// Version returns VERSION: 1.2 in lists; 0.0 if absent.
func (h Header) Version() Version { return version(h.value(HeaderVersion)) }

// SignerVersion returns the signer's version: 1.0 or 1.1, and 0.0 in older
// lists, which do not have it. 1.1 tells the phone that EC keys and stronger
// algorithms may be used [F][P][D].
func (h Header) SignerVersion() Version { return version(h.value(HeaderSignerVersion)) }

func version(v []byte) Version {
	if len(v) != 2 {
		return Version{}
	}
	return Version{v[0], v[1]}
}

// Length returns HEADERLENGTH: bytes from the start of the file to the first
// record; 0 if absent.
func (h Header) Length() int {
	if v := h.value(HeaderLength); len(v) == 2 {
		return int(binary.BigEndian.Uint16(v))
	}
	return 0
}

// SignerName returns SIGNERNAME, the subject of the signing certificate.
func (h Header) SignerName() string { return text(h.value(HeaderSignerID, HeaderSignerName)) }

// SerialNumber returns SERIALNUMBER, the serial of the signing certificate.
func (h Header) SerialNumber() Serial { return h.value(HeaderSignerID, HeaderSerialNumber) }

// CAName returns CANAME, the issuer of the signing certificate.
func (h Header) CAName() string { return text(h.value(HeaderSignerID, HeaderCAName)) }

// Digest returns DIGESTALGORTITHM, NoDigest if absent.
func (h Header) Digest() Digest {
	return Digest(h.code(HeaderSignatureInfo, HeaderDigestAlgorithm))
}

// SignatureAlgorithm returns SIGNATUREALGORTITHM, NoSignatureAlgorithm if absent.
func (h Header) SignatureAlgorithm() SignatureAlgorithm {
	return SignatureAlgorithm(h.code(HeaderSignatureInfo, HeaderSignatureAlgoInfo, HeaderSignatureAlgorithm))
}

// SignatureModulus returns SIGNATUREMODULUS, NoSignatureModulus if absent.
func (h Header) SignatureModulus() SignatureModulus {
	return SignatureModulus(h.code(HeaderSignatureInfo, HeaderSignatureAlgoInfo, HeaderSignatureModulus))
}

// Signature returns the bytes of SIGNATURE.
func (h Header) Signature() []byte { return h.value(HeaderSignature) }

// Filename returns FILENAME, "" if absent.
func (h Header) Filename() string { return text(h.value(HeaderFilename)) }

// Kind returns the list that FILENAME speaks of.
func (h Header) Kind() Kind { return KindOf(h.Filename()) }

// Timestamp returns TIMESTAMP, when the list was made, in UTC and to the second
// (u32 Unix seconds, until 2106). It reports false if absent.
func (h Header) Timestamp() (time.Time, bool) {
	v := h.value(HeaderTimestamp)
	if len(v) != 4 {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint32(v)), 0).UTC(), true
}

// text is a value without the NUL that ends it.
func text(v []byte) string { return strings.TrimSuffix(string(v), "\x00") }

// appendText is the inverse of text.
func appendText(b []byte, s string) []byte { return append(append(b, s...), 0) }

// parseHeader reads the header at the start of the file.
func (p *parser) parseHeader() (Header, error) {
	end := min(len(p.data), maxLength)
	if end == 0 {
		return Header{}, p.fail(0, 0, fmt.Errorf("%w: no bytes at all, expected VERSION (tag 1)", ErrNotTrustList))
	}
	if HeaderTag(p.data[0]) != HeaderVersion {
		return Header{}, p.fail(0, 0, fmt.Errorf("%w: begins with byte 0x%02x, expected VERSION (tag 1)", ErrNotTrustList, p.data[0]))
	}
	h := Header{Fields: make([]HeaderField, 0, 12)}
	for p.pos < end {
		f, err := p.parseHeaderField(end, 0)
		if err != nil {
			return h, err
		}
		if f.Tag == HeaderLength && !p.limited {
			if end, err = p.headerEnd(f); err != nil {
				h.Fields = p.readOn(append(h.Fields, f))
				return h, err
			}
			p.limited = true
		}
		h.Fields = append(h.Fields, f)
	}
	return h, p.checkHeader(h)
}

// readOn reads, for printing, what stands behind a HEADERLENGTH that is wrong: up
// to the padding, to what looks like a record, or to a field that is cut.
func (p *parser) readOn(fields []HeaderField) []HeaderField {
	for p.pos < len(p.data) {
		tag := HeaderTag(p.data[p.pos])
		if tag == HeaderPadding || tag == HeaderVersion {
			break
		}
		f, err := p.parseHeaderField(len(p.data), 0)
		if err != nil {
			break
		}
		fields = append(fields, f)
	}
	return fields
}

// headerEnd is where the header ends, by f, its HEADERLENGTH.
func (p *parser) headerEnd(f HeaderField) (int, error) {
	end := int(binary.BigEndian.Uint16(f.Value))
	if end > len(p.data) {
		return 0, p.fail(f.Offset, uint8(f.Tag), fmt.Errorf("%w: says %d bytes, the file has %d", ErrTruncated, end, len(p.data)))
	}
	if end < p.pos {
		return 0, p.fail(f.Offset, uint8(f.Tag), fmt.Errorf("%w: says %d bytes, expected at least %d", ErrLength, end, p.pos))
	}
	return end, nil
}

func (p *parser) checkHeader(h Header) error {
	for _, tag := range []HeaderTag{HeaderLength, HeaderSignature} {
		if _, ok := h.Field(tag); !ok {
			return p.fail(0, uint8(tag), fmt.Errorf("%w: the header has no %s in front of its padding", ErrMissing, tag))
		}
	}
	return nil
}

// parseHeaderField reads the field at p.pos, which must end at end or before.
func (p *parser) parseHeaderField(end, depth int) (HeaderField, error) {
	f := HeaderField{Tag: HeaderTag(p.data[p.pos]), Offset: p.pos}
	if f.Tag == HeaderPadding {
		p.pos++
		return f, nil
	}
	size, container := f.Tag.size(), f.Tag.container()
	if p.signed {
		size, container = f.Tag.signedSize(), f.Tag.signedContainer()
	}
	value, err := p.readValue(end, size)
	if err != nil || !container {
		f.Value = value
		return f, err
	}
	if depth == maxNesting {
		return f, p.fail(f.Offset, uint8(f.Tag), ErrNesting)
	}
	p.pos -= len(value)
	f.Value, f.Fields = value, make([]HeaderField, 0, 3)
	for inner := p.pos + len(value); p.pos < inner; {
		child, err := p.parseHeaderField(inner, depth+1)
		if err != nil {
			return f, err
		}
		f.Fields = append(f.Fields, child)
	}
	return f, nil
}

// appendHeaderField writes what parseHeaderField read.
func (e *encoder) appendHeaderField(f HeaderField) {
	if f.Tag == HeaderPadding {
		e.b = append(e.b, byte(HeaderPadding))
		return
	}
	if f.Fields == nil {
		e.appendField(uint8(f.Tag), f.Tag.String(), f.Value)
		return
	}
	start := e.open(uint8(f.Tag))
	for _, child := range f.Fields {
		e.appendHeaderField(child)
	}
	e.close(start, f.Tag.String())
}
