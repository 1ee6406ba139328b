package token

import (
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
)

// A message is a call of cryptoki, or the answer to it, on its way between the
// process that uses a module and the one that holds it. On the wire it is its
// length in 4 bytes; then the call in 1, the code in 8, the number of numbers in
// 2 and each in 8, the number of texts in 2 and each with its length in 4 before
// it; all big-endian.
type message struct {
	call    call
	code    CKR // of an answer
	numbers []uint64
	texts   [][]byte
}

// maxMessage is more than any message has: an attribute or a signature, cut to
// maxCertificate, and little else.
const maxMessage = 1 << 20

var errWire = errors.New("the answer is damaged")

// frame is the message as it is sent, in one piece that can be wiped.
func (m message) frame() []byte {
	size := 4 + 1 + 8 + 2 + 8*len(m.numbers) + 2
	for _, t := range m.texts {
		size += 4 + len(t)
	}
	b := make([]byte, 0, size)
	b = binary.BigEndian.AppendUint32(b, uint32(size-4))
	b = append(b, byte(m.call))
	b = binary.BigEndian.AppendUint64(b, uint64(m.code))
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.numbers)))
	for _, n := range m.numbers {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.texts)))
	for _, t := range m.texts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(t)))
		b = append(b, t...)
	}
	return b
}

// readMessage reads one message. Its texts are parts of the second result, which
// can be wiped.
func readMessage(r io.Reader) (message, []byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return message{}, nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxMessage {
		return message{}, nil, errWire
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return message{}, nil, err
	}
	m, err := parseMessage(body)
	return m, body, err
}

func parseMessage(body cryptobyte.String) (message, error) {
	var m message
	var code uint64
	var count uint16
	ok := body.ReadUint8((*uint8)(&m.call)) && body.ReadUint64(&code) && body.ReadUint16(&count)
	m.code = CKR(code)
	for ; ok && count > 0; count-- {
		var n uint64
		ok = body.ReadUint64(&n)
		m.numbers = append(m.numbers, n)
	}
	ok = ok && body.ReadUint16(&count)
	for ; ok && count > 0; count-- {
		var size uint32
		var text []byte
		ok = body.ReadUint32(&size) && size <= maxMessage && body.ReadBytes(&text, int(size))
		m.texts = append(m.texts, text)
	}
	if !ok || !body.Empty() {
		return message{}, errWire
	}
	return m, nil
}

// number is a number of the message; 0 if it has too few.
func (m message) number(i int) uint64 {
	if i < len(m.numbers) {
		return m.numbers[i]
	}
	return 0
}

// text is a text of the message; nil if it has too few.
func (m message) text(i int) []byte {
	if i < len(m.texts) {
		return m.texts[i]
	}
	return nil
}

// A call is a function of cryptoki.
type call uint8

const (
	callLoad call = iota
	callInitialize
	callFinalize
	callInfo
	callSlotList
	callSlotInfo
	callTokenInfo
	callOpenSession
	callCloseSession
	callLogin
	callFind
	callAttribute
	callSignInit
	callSign
)

// callNames are the functions of the module that are called. Of the three that
// find objects the middle one stands for all.
var callNames = []string{"C_GetFunctionList", "C_Initialize", "C_Finalize", "C_GetInfo", "C_GetSlotList", "C_GetSlotInfo",
	"C_GetTokenInfo", "C_OpenSession", "C_CloseSession", "C_Login", "C_FindObjects", "C_GetAttributeValue", "C_SignInit", "C_Sign"}

func (c call) String() string {
	if int(c) < len(callNames) {
		return callNames[c]
	}
	return "an unknown function"
}
