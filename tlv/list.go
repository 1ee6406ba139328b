package tlv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// maxLength is what a 16-bit length can say.
const maxLength = 0xFFFF

// A List is a trust list as read. It is well-formed, no more: its signature may
// be wrong. Its fields are for reading; to change a list, use [List.Template].
type List struct {
	Header  Header
	Records []Record
	raw     []byte
}

// Parse reads a whole file. It copies data, looks at each byte once, does not
// look into certificates, and needs memory in proportion to len(data) only. An
// error is a [*ParseError] and comes with a nil List.
func Parse(data []byte) (*List, error) {
	p := parser{data: bytes.Clone(data)}
	var err error
	l := &List{raw: p.data}
	if l.Header, err = p.parseHeader(); err == nil {
		l.Records, err = p.parseRecords()
	}
	if err != nil {
		var pe *ParseError
		if errors.As(err, &pe) {
			pe.Read = Fragment{l.Header, l.Records}
		}
		return nil, err
	}
	return l, nil
}

func (p *parser) parseRecords() ([]Record, error) {
	n, fields := p.count()
	p.fields = make([]RecordField, 0, fields)
	records := make([]Record, 0, n)
	for p.pos < len(p.data) {
		p.record++
		r, err := p.parseRecord()
		if err != nil {
			if len(r.Fields) > 0 {
				records = append(records, r)
			}
			return records, err
		}
		records = append(records, r)
	}
	return records, nil
}

// count returns how many records and fields there are from p.pos on, if they
// are well-formed. A list of the smallest records then costs no more memory
// than its fields do.
func (p *parser) count() (records, fields int) {
	for i := p.pos; i+fieldHead <= len(p.data); fields++ {
		if RecordTag(p.data[i]) == RecordLength {
			records++
		}
		i += fieldHead + int(binary.BigEndian.Uint16(p.data[i+1:]))
	}
	return records, fields
}

// MarshalBinary writes the fields in their order. For a list that was read that
// gives the same bytes again.
func (l *List) MarshalBinary() ([]byte, error) {
	e := encoder{b: make([]byte, 0, len(l.raw))}
	for _, f := range l.Header.Fields {
		e.appendHeaderField(f)
	}
	for _, r := range l.Records {
		e.appendRecord(r)
	}
	return e.bytes()
}

// Raw returns the bytes that were read. They must not be changed.
func (l *List) Raw() []byte { return l.raw }

// Signed returns what the signature covers, cut out of the bytes that were
// read: every byte of the file in front of the SIGNATURE field, and every byte
// after it. They must not be changed. Both are nil for a List that Parse did
// not make.
func (l *List) Signed() (before, after []byte) { return signedParts(l.Header, l.raw) }

// signedParts are the bytes around the SIGNATURE field.
func signedParts(h Header, raw []byte) (before, after []byte) {
	f, _ := h.Field(HeaderSignature)
	end := f.Offset + fieldHead + len(f.Value)
	if end > len(raw) {
		return nil, nil
	}
	return raw[:f.Offset:f.Offset], raw[end:]
}

// fieldHead is the size of tag and length.
const fieldHead = 3

// A parser reads data from pos on.
type parser struct {
	data    []byte
	pos     int
	record  int           // 0 in the header
	limited bool          // HEADERLENGTH or RECORDLENGTH is known
	signed  bool          // the header is that of a SignedFile
	fields  []RecordField // of all records
}

// readValue reads the field at p.pos up to its end and returns its value. Every
// other read goes through it. The field must end at end or before; a value must
// have size bytes unless size is negative.
func (p *parser) readValue(end, size int) ([]byte, error) {
	start, tag := p.pos, p.data[p.pos]
	if end-start < fieldHead {
		return nil, p.overrun(start, tag, end, fmt.Sprintf("expected 2 length bytes, %d left", end-start-1))
	}
	n := int(binary.BigEndian.Uint16(p.data[start+1:]))
	if left := end - start - fieldHead; n > left {
		return nil, p.overrun(start, tag, end, fmt.Sprintf("says %d bytes, %d left", n, left))
	}
	if size >= 0 && n != size {
		return nil, p.fail(start, tag, fmt.Errorf("%w: %d bytes, expected %d", ErrSize, n, size))
	}
	p.pos = start + fieldHead + n
	return p.data[start+fieldHead : p.pos : p.pos], nil
}

// overrun tells a file that was cut short from a wrong length. The end of the
// file says nothing once HEADERLENGTH or RECORDLENGTH agrees with it.
func (p *parser) overrun(offset int, tag uint8, end int, detail string) error {
	if end == len(p.data) && !p.limited {
		return p.fail(offset, tag, fmt.Errorf("%w: %s in the file", ErrTruncated, detail))
	}
	return p.fail(offset, tag, fmt.Errorf("%w: %s in what holds it, which ends at offset %d", ErrLength, detail, end))
}

func (p *parser) fail(offset int, tag uint8, err error) error {
	return &ParseError{Offset: offset, Record: p.record, Tag: tag, Err: err}
}

// An encoder appends fields to b until the first error.
type encoder struct {
	b   []byte
	err error
}

// bytes returns what was written, nothing if any of it does not fit.
func (e *encoder) bytes() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	return e.b, nil
}

func (e *encoder) appendField(tag uint8, name string, value []byte) {
	start := e.open(tag)
	e.b = append(e.b, value...)
	e.close(start, name)
}

// open writes tag and room for the length, and returns where the value begins.
func (e *encoder) open(tag uint8) int {
	e.b = append(e.b, tag, 0, 0)
	return len(e.b)
}

// close fills in the length of the field whose value begins at start.
func (e *encoder) close(start int, name string) {
	n := len(e.b) - start
	if n > maxLength && e.err == nil {
		e.err = fmt.Errorf("%s: %w: %d bytes", name, ErrTooLong, n)
	}
	binary.BigEndian.PutUint16(e.b[start-2:], uint16(n))
}

// ErrTooLong is the cause of an error of encoding: a length does not fit its 16
// bits, 65535 bytes at most.
var ErrTooLong = errors.New("longer than the format can say (65535 bytes)")
