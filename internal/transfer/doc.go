// Package transfer reads what phones fetch and report in the clear: files over TFTP
// (RFC 1350, options of RFC 2347, 2348 and 7440) and HTTP/1.1 (RFC 9112), and alarms
// in SIP (RFC 3261). Its input is what an observer sees: datagrams, or the bytes of
// both directions of a connection, each direction in order.
//
// A file counts as whole only if each of its bytes was seen, once or several times
// with the same content, and its end follows from the protocol. What is missing or
// contradicts itself is never filled in: there is no content then.
//
// Every input is treated as hostile: memory grows with the bytes that have arrived,
// never with a claimed length, by at most MaxSize per file.
package transfer

import (
	"bytes"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/devices"
)

// MaxSize is the size of the largest file whose content is kept, in bytes.
const MaxSize = 16 << 20

const tooLarge = "larger than 16 MB"

// A State says how a file was transferred.
type State string

// States. Only Received and Sent have content.
const (
	// Received: the file is whole, and the client acknowledged its end.
	Received State = "received"
	// Sent: the file is whole, but the acknowledgement of its end was not seen.
	Sent State = "sent"
	// Refused: the server answered with an error, see Code and Message.
	Refused State = "refused"
	// Aborted: the client ended the transfer with an error, see Code and Message.
	Aborted State = "aborted"
	// Incomplete: parts of the file, or its end, were not seen.
	Incomplete State = "incomplete"
	// Conflicting: parts were sent several times with different content, or do not
	// fit together. What the client has read is not known.
	Conflicting State = "conflicting"
	// NoAnswer: the request was seen, and nothing that answers it.
	NoAnswer State = "no-answer"
	// Unreadable: it was seen, and cannot be read for the reason in Message.
	Unreadable State = "unreadable"
	// GivenUp: it was not read to its end, for lack of memory.
	GivenUp State = "given-up"
)

// A Result is a file that was asked for.
type Result struct {
	Name        string // as it was asked for; "" if the request was not seen
	State       State
	Size        int64  // bytes of the file that were seen, from its beginning
	Content     []byte // for Received and Sent
	Code        int    // for Refused and Aborted: TFTP error code or HTTP status
	Message     string // what goes with Code, or the reason for a state
	Missing     int    // HTTP: bytes that were not seen
	Conflicting int    // bytes or blocks that were sent again with different content
}

// maxName is how many bytes of a name or message are kept.
const maxName = 255

// Wanted reports whether a name is that of a trust list or a signed file.
func Wanted(name string) bool {
	name = strings.ToLower(name)
	for _, suffix := range []string{".tlv", ".sgn", ".sbn", ".sb2", ".loads"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// Trust lists and signed files begin with the field VERSION: tag 1, length 2 (u16).
// Firmware of 78xx begins with a number of its own.
var (
	listStart  = []byte{1, 0, 2}
	imageStart = []byte{0xCD, 0x34, 0x12, 0xAB}
)

// enough bytes show what a file is.
const enough = 4

func wantedContent(b []byte) bool {
	return bytes.HasPrefix(b, listStart) || bytes.HasPrefix(b, imageStart)
}

// A body is the content of a file as it arrives, in order.
type body struct {
	wanted  bool // by its name, or by its content
	decided bool // whether the content is wanted
	size    int64
	data    []byte // nil if it is not wanted, or too large
	large   bool
}

func (b *body) add(p []byte) {
	b.size += int64(len(p))
	switch {
	case b.large || b.decided && !b.wanted:
		return
	case len(b.data)+len(p) > MaxSize:
		b.large, b.data = true, nil
		return
	}
	b.data = append(b.data, p...)
	if !b.decided && len(b.data) >= enough {
		b.decided = true
		if b.wanted = b.wanted || wantedContent(b.data); !b.wanted {
			b.data = nil
		}
	}
}

// unwanted reports whether it is known that the content is of no interest.
func (b *body) unwanted() bool { return b.decided && !b.wanted }

func (b *body) drop() { b.data = nil }

// text makes a name or a message of bytes.
func text(b []byte) string { return string(b[:min(len(b), maxName)]) }

// Device returns the name of the phone in the name of a file that phones ask for, ""
// if there is none: CTLSEP0011215A1AE3.tlv, SEP0011215A1AE3.cnf.xml.sgn.
func Device(name string) string {
	name = strings.ToUpper(name[strings.LastIndexAny(name, `/\\`)+1:])
	name, _, _ = strings.Cut(name, ".")
	if strings.HasPrefix(name, "CTL") || strings.HasPrefix(name, "ITL") {
		name = name[3:]
	}
	device, _ := devices.Name(name)
	return device
}
