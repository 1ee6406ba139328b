package tvs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Port is the TCP port of TVS [D][S].
const Port = 2445

const (
	magic       = 0x57
	version     = 1
	headerSize  = 10 // bytes in front of the elements
	elementHead = 3  // bytes of tag and length
	maxLength   = 0xFFFF
)

// MaxSize is the largest message, in bytes: the header and as many as its length
// can say.
const MaxSize = headerSize + maxLength

// A Command is the third byte of a message [P][S].
type Command uint8

// Commands.
const (
	CommandVerify       Command = 1
	CommandVerifyAnswer Command = 2
	CommandQuery        Command = 3
	CommandQueryAnswer  Command = 4
)

// String returns the name of the command; an unknown one is "command N".
func (c Command) String() string {
	switch c {
	case CommandVerify:
		return "VERIFY"
	case CommandVerifyAnswer:
		return "answer to VERIFY"
	case CommandQuery:
		return "QUERY"
	case CommandQueryAnswer:
		return "answer to QUERY"
	}
	return "command " + strconv.Itoa(int(c))
}

// Answer returns the command of the answer to a request, and false if c is no
// request.
func (c Command) Answer() (Command, bool) {
	return c + 1, c == CommandVerify || c == CommandQuery
}

// A Tag says what an element is.
type Tag uint8

// Tags of elements [P][S].
const (
	TagDevice      Tag = 1 // one byte 0x01 [?], then the name
	TagCertificate Tag = 2 // X.509 in DER
	TagSubject     Tag = 3 // text and NUL
	TagIssuer      Tag = 4 // text and NUL; the tag is likely [I]
	TagSerial      Tag = 5 // bytes as in lists; the tag is likely [I]
	TagStatus      Tag = 7 // u8, a Status
	TagRoles       Tag = 8 // u8 each, a tlv.Role
	TagTTL         Tag = 9 // u32, seconds
)

var tagNames = map[Tag]string{
	TagDevice: "device", TagCertificate: "certificate", TagSubject: "subject", TagIssuer: "issuer", TagSerial: "serial number",
	TagStatus: "status", TagRoles: "roles", TagTTL: "time to live",
}

// Known reports whether t has a meaning.
func (t Tag) Known() bool {
	_, ok := tagNames[t]
	return ok
}

// String returns what the element is; an unknown one is "element N".
func (t Tag) String() string {
	if name, ok := tagNames[t]; ok {
		return name
	}
	return "element " + strconv.Itoa(int(t))
}

// An Element is a tag and its value.
type Element struct {
	Tag    Tag
	Value  []byte // 65535 bytes at most
	Offset int    // bytes from the start of the message, as read; nothing is written of it
}

// A Message is a request or an answer: well-formed, no more. Elements that repeat,
// are unknown, or are in another order are let through: [Judge] is strict about
// them.
type Message struct {
	Command  Command
	Filler   uint8  // byte 3: 0 in requests, 0xf7 in the answer of CUCM [?]
	Session  uint32 // that of the request
	Elements []Element
}

// Causes of a [ParseError], for errors.Is.
var (
	// ErrNotTVS: the first byte is not 0x57.
	ErrNotTVS = errors.New("not a TVS message")
	// ErrVersion: a version other than 1. How it goes on is unknown.
	ErrVersion = errors.New("unknown version")
	// ErrTruncated: fewer bytes than the header says, or not even a header.
	ErrTruncated = errors.New("cut short")
	// ErrTrailing: more bytes than the header says.
	ErrTrailing = errors.New("bytes behind the message")
	// ErrLength: an element reaches past the end of the message.
	ErrLength = errors.New("wrong length")
)

// ErrTooLong is the cause of an error of [Message.MarshalBinary]: a length does
// not fit its 16 bits, 65535 bytes at most.
var ErrTooLong = errors.New("longer than the format can say (65535 bytes)")

// A ParseError says where bytes stop being a message.
type ParseError struct {
	Offset int // bytes from the start of the message
	Tag    Tag // of the element there, 0 in the header
	Err    error
}

func (e *ParseError) Error() string {
	if e.Tag != 0 {
		return fmt.Sprintf("offset %d, %s: %v", e.Offset, e.Tag, e.Err)
	}
	return fmt.Sprintf("offset %d: %v", e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// Parse reads one message, which must be all of data. The values of its elements
// are copies. An error is a [*ParseError] and comes with a nil Message.
func Parse(data []byte) (*Message, error) {
	n, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	switch left := len(data) - headerSize; {
	case left < n:
		return nil, &ParseError{len(data), 0, fmt.Errorf("%w: the header says %d bytes of elements, there are %d", ErrTruncated, n, left)}
	case left > n:
		return nil, &ParseError{headerSize + n, 0, fmt.Errorf("%w: the header says %d bytes of elements, there are %d", ErrTrailing, n, left)}
	}
	m := &Message{Command: Command(data[2]), Filler: data[3], Session: binary.BigEndian.Uint32(data[4:])}
	if m.Elements, err = parseElements(bytes.Clone(data)); err != nil {
		return nil, err
	}
	return m, nil
}

// parseHeader returns the length of the elements.
func parseHeader(data []byte) (int, error) {
	switch {
	case len(data) > 0 && data[0] != magic:
		return 0, &ParseError{0, 0, fmt.Errorf("%w: it begins with 0x%02x, expected 0x%02x", ErrNotTVS, data[0], magic)}
	case len(data) > 1 && data[1] != version:
		return 0, &ParseError{1, 0, fmt.Errorf("%w %d, expected %d", ErrVersion, data[1], version)}
	case len(data) < headerSize:
		return 0, &ParseError{len(data), 0, fmt.Errorf("%w: %d bytes, a header has %d", ErrTruncated, len(data), headerSize)}
	}
	return int(binary.BigEndian.Uint16(data[8:])), nil
}

// parseElements reads the elements of a whole message.
func parseElements(data []byte) ([]Element, error) {
	var elements []Element
	for pos := headerSize; pos < len(data); {
		e := Element{Tag: Tag(data[pos]), Offset: pos}
		left := len(data) - pos - elementHead
		if left < 0 {
			return nil, &ParseError{pos, e.Tag, fmt.Errorf("%w: %d bytes left for tag and length, expected %d", ErrLength, left+elementHead, elementHead)}
		}
		n := int(binary.BigEndian.Uint16(data[pos+1:]))
		if n > left {
			return nil, &ParseError{pos, e.Tag, fmt.Errorf("%w: says %d bytes, %d left in the message", ErrLength, n, left)}
		}
		pos += elementHead
		e.Value = data[pos : pos+n : pos+n]
		pos += n
		elements = append(elements, e)
	}
	return elements, nil
}

// MarshalBinary writes the message. For one that was read that gives the same
// bytes again. It fails with [ErrTooLong].
func (m *Message) MarshalBinary() ([]byte, error) {
	b := []byte{magic, version, byte(m.Command), m.Filler}
	b = binary.BigEndian.AppendUint32(b, m.Session)
	b = append(b, 0, 0)
	for _, e := range m.Elements {
		if len(e.Value) > maxLength {
			return nil, fmt.Errorf("%s: %w: %d bytes", e.Tag, ErrTooLong, len(e.Value))
		}
		b = append(b, byte(e.Tag))
		b = binary.BigEndian.AppendUint16(b, uint16(len(e.Value)))
		b = append(b, e.Value...)
	}
	n := len(b) - headerSize
	if n > maxLength {
		return nil, fmt.Errorf("the elements: %w: %d bytes", ErrTooLong, n)
	}
	binary.BigEndian.PutUint16(b[8:], uint16(n))
	return b, nil
}

// Read reads one message from a stream and nothing behind it: [MaxSize] bytes at
// most. Memory grows with what arrives, not with what the header says. It returns
// io.EOF if the stream has ended in front of the message, the error of the stream,
// or a [*ParseError].
func Read(r io.Reader) (*Message, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, headerSize); err != nil && (!errors.Is(err, io.EOF) || b.Len() == 0) {
		return nil, err
	}
	n, err := parseHeader(b.Bytes())
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(&b, r, int64(n)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return Parse(b.Bytes())
}

// Write writes the message to a stream at once.
func (m *Message) Write(w io.Writer) error {
	b, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// Find returns the value of the first element with the tag, and false if there is
// none.
func (m *Message) Find(t Tag) ([]byte, bool) {
	for _, e := range m.Elements {
		if e.Tag == t {
			return e.Value, true
		}
	}
	return nil, false
}

// Device returns the name in the element device, without the byte in front of it;
// "" if there is none.
func (m *Message) Device() string {
	value, _ := m.Find(TagDevice)
	return string(value[min(1, len(value)):])
}

// Text returns an element that is text without the NUL at its end: the subject or
// the issuer; "" if there is none.
func (m *Message) Text(t Tag) string {
	value, _ := m.Find(t)
	return string(bytes.TrimSuffix(value, []byte{0}))
}
