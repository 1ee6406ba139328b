package fetch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Opcodes (RFC 1350, RFC 2347).
const (
	opRRQ   = 1
	opDATA  = 3
	opACK   = 4
	opERROR = 5
	opOACK  = 6
)

// Error codes (RFC 1350, RFC 2347).
const (
	codeNotFound  = 1
	codeDiskFull  = 3
	codeIllegal   = 4
	codeUnknownID = 5
	codeOption    = 8
)

// Block sizes in bytes. The one asked for keeps a packet within an Ethernet
// frame, with room for a tunnel.
const (
	plainBlock  = 512 // RFC 1350
	wantedBlock = 1428
	leastBlock  = 8 // RFC 2348
)

// wantedWindow is how many blocks the server may send before it waits for an ACK
// (RFC 7440). 64 KiB, the largest list that phones take, are three windows.
const wantedWindow = 16

// maxTFTPName keeps a request within 512 bytes, the most that old servers read.
const maxTFTPName = 400

// requestPacket asks for a file in octet mode, with the options or without.
func requestPacket(name string, options bool) []byte {
	words := []string{name, "octet"}
	if options {
		words = append(words, "blksize", strconv.Itoa(wantedBlock), "tsize", "0", "windowsize", strconv.Itoa(wantedWindow))
	}
	return append([]byte{0, opRRQ}, strings.Join(words, "\x00")+"\x00"...)
}

func ackPacket(block uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{0, opACK}, block)
}

func errorPacket(code uint16, message string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, opERROR}, code)
	return append(append(b, message...), 0)
}

// A packet is what a server can send. Its slices share memory with the bytes
// that were read.
type packet struct {
	op      uint16
	number  uint16 // DATA: the block, ERROR: the code
	payload []byte // DATA: the data, ERROR: the message, OACK: the options
}

func parsePacket(b []byte) (packet, error) {
	if len(b) < 2 {
		return packet{}, fmt.Errorf("a packet of %d bytes", len(b))
	}
	p := packet{op: binary.BigEndian.Uint16(b)}
	switch p.op {
	case opOACK:
		p.payload = b[2:]
	case opDATA, opERROR:
		if len(b) < 4 {
			return packet{}, fmt.Errorf("a packet of %d bytes", len(b))
		}
		p.number, p.payload = binary.BigEndian.Uint16(b[2:]), b[4:]
	default:
		return packet{}, fmt.Errorf("a packet with opcode %d", p.op)
	}
	return p, nil
}

// message is the text of an ERROR, cut at a length that fits a line.
func (p packet) message() string {
	text, _, _ := bytes.Cut(p.payload, []byte{0})
	return string(text[:min(len(text), 200)])
}

// accepted are the options of an OACK.
type accepted struct {
	block  int   // bytes of a block
	size   int64 // bytes of the file, -1 if the server did not say
	window int   // blocks for each ACK
}

var noOptions = accepted{plainBlock, -1, 1}

// parseOptions reads an OACK to our request. It is strict: a server may leave
// options out and make the block or the window smaller, and nothing else.
func parseOptions(b []byte) (accepted, error) {
	a := noOptions
	if len(b) > 0 && b[len(b)-1] != 0 {
		return a, errors.New("options without an end")
	}
	words := strings.Split(string(b), "\x00")
	words = words[:len(words)-1]
	if len(words)%2 != 0 {
		return a, errors.New("an option without a value")
	}
	seen := map[string]bool{}
	for i := 0; i < len(words); i += 2 {
		name := strings.ToLower(words[i])
		if seen[name] {
			return a, fmt.Errorf("option %q twice", name)
		}
		seen[name] = true
		if err := a.set(name, words[i+1]); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *accepted) set(name, value string) error {
	n, err := strconv.ParseInt(value, 10, 64)
	bad := err != nil || n < 0
	switch name {
	case "blksize":
		a.block = int(n)
		bad = bad || n < leastBlock || n > wantedBlock
	case "windowsize":
		a.window = int(n)
		bad = bad || n < 1 || n > wantedWindow
	case "tsize":
		a.size = n
	default:
		return fmt.Errorf("option %q, which was not asked for", name)
	}
	if bad {
		return fmt.Errorf("option %s with the value %q", name, value)
	}
	return nil
}
