// Package servertrace reads what the services TFTP and CAPF of CUCM write into their
// traces about phones: who asked for which file, and what the server did.
//
// Lines of the TFTP service begin as "00004392.000 |07:28:32.738 |AppInfo  |". The
// number before the point is that of a signal: lines with the same one belong together
// [S]. A request over TFTP is named by its context, "0xf4d26318~5~192.0.2.11~51909",
// which has the phone's address and port [S]:
//
//	TFTPEngine::isReadRequest[CONTEXT], [CTLSEP0011215A1AE3.tlv] opcode(1), Mode(octet)   asked [S]
//	TFTPEngine::sendNAK[CONTEXT], File[CTLSEP0011215A1AE3.tlv], Error(1)                   refused [S]
//	...[CONTEXT]... Transferred[CTLFile.tlv]                                               sent: the word [S], the context in the line [I]
//
// A request over HTTP is one of a process, "HTTPConnection(1,600,26,4)", which the
// signal names [S]:
//
//	HTTPConnection::wait_SdlReassociateInd Received ReassociateIndication from 192.0.2.11  the phone [S]
//	HTTPConnection::wait_SdlDataInd Printing the HTTPRequest : ... GET /NAME HTTP/1.1      asked [S]
//	HTTPConnection::wait_FileResponse Requested file FOUND... Sending file Response        sent [S]
//	HTTPConnection::wait_FileResponse Requested file NOT FOUND or ...                      refused, 404 [S]
//	HTTPConnection::wait_FileResponse ... Requested file is Busy... Sending 503 response   refused, 503 [S]
//
// Lines of CAPF begin as "18:01:05.334 | debug 7:SEP0011215A1AE3:" [S for TVS, which
// writes them the same way; I for CAPF], and name messages CAPF_MSG_... [S, without the
// rest of the line].
//
// That the server has sent a file does not say that the phone received it.
package servertrace

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strconv"

	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

// A Kind is what a line says.
type Kind string

// Kinds.
const (
	Asked   Kind = "asked"   // a phone asked for a file
	Sent    Kind = "sent"    // the server sent it
	Refused Kind = "refused" // the server sent an error
	CAPF    Kind = "capf"    // a message of CAPF
)

// A Protocol is how a phone asked.
type Protocol string

// Protocols.
const (
	TFTP Protocol = "TFTP"
	HTTP Protocol = "HTTP"
)

// An Event is what a line says about a phone.
type Event struct {
	Line     int
	Clock    string // time of day as the line has it; "" if it has none
	Kind     Kind
	Protocol Protocol
	Phone    string     // name of the phone, "" if the line does not say it
	Address  netip.Addr // of the phone, the zero value if it is not known
	Name     string     // that was asked for; of CAPF the message; "" if the request is not in the trace
	File     string     // that was sent, if the line names it
	Code     int        // of Refused: the TFTP error or the HTTP status
}

// ErrNothing is the error for a text without such lines.
var ErrNothing = errors.New("no line of a TFTP or CAPF trace; expected lines such as TFTPEngine::isReadRequest[...], HTTPConnection::wait_SdlDataInd or CAPF_MSG_..., from the detailed traces of these services")

const (
	maxLine = 64 << 10 // bytes of a line that are read; the rest is skipped
	maxOpen = 1 << 16  // requests and connections that are remembered
	maxName = 255      // bytes of a name
)

// A reader remembers requests that have no answer yet.
type reader struct {
	yield    func(Event)
	line     int
	events   int
	requests map[string]string     // the name that a context of TFTP has asked for
	http     map[string]connection // by process
	signals  map[string]string     // the process of a signal
}

type connection struct {
	address netip.Addr
	name    string
}

// Read reads a trace of any size, in memory that does not grow with it.
func Read(r io.Reader, yield func(Event)) error {
	t := reader{yield: yield, requests: make(map[string]string), http: make(map[string]connection), signals: make(map[string]string)}
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			t.line++
			t.read(bytes.TrimRight(line, "\r\n"))
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		switch {
		case errors.Is(err, io.EOF):
			if t.events == 0 {
				return ErrNothing
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// Words that lines of interest have.
var (
	tftpEngine = []byte("TFTPEngine::")
	sent       = []byte("Transferred[")
	process    = []byte("HTTPConnection")
	message    = []byte("CAPF_MSG_")
)

func (t *reader) read(line []byte) {
	switch {
	case bytes.Contains(line, process):
		t.readHTTP(line)
	case bytes.Contains(line, tftpEngine), bytes.Contains(line, sent):
		t.readTFTP(line)
	case bytes.Contains(line, message):
		t.readCAPF(line)
	}
}

func (t *reader) emit(line []byte, e Event) {
	e.Line, e.Clock = t.line, clock(line)
	if e.Phone == "" {
		e.Phone = transfer.Device(e.Name)
	}
	t.events++
	t.yield(e)
}

// clock is the time of a line: the first field "07:28:32.738", perhaps behind others.
func clock(line []byte) string {
	const form = "00:00:00.000"
	fields := bytes.SplitN(line, []byte("|"), 3)
	for _, f := range fields[:min(len(fields), 2)] {
		if f = bytes.TrimSpace(f); len(f) == len(form) && f[2] == ':' && f[5] == ':' && digits(f[:2]) && digits(f[3:5]) && digits(f[6:8]) && digits(f[9:]) {
			return string(f)
		}
	}
	return ""
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// between returns what stands between two words.
func between(line []byte, from, to string) ([]byte, bool) {
	_, rest, ok := bytes.Cut(line, []byte(from))
	if !ok {
		return nil, false
	}
	return cut(rest, to)
}

func cut(b []byte, to string) ([]byte, bool) {
	value, _, ok := bytes.Cut(b, []byte(to))
	return value, ok
}

func (t *reader) readTFTP(line []byte) {
	switch {
	case bytes.Contains(line, []byte("TFTPEngine::isReadRequest[")):
		context, _ := between(line, "isReadRequest[", "]")
		name, ok := between(line, "], [", "]")
		if !ok || len(name) > maxName || !bytes.Contains(line, []byte("opcode(1)")) {
			return
		}
		remember(t.requests, string(context), string(name))
		t.emit(line, Event{Kind: Asked, Protocol: TFTP, Name: string(name), Address: addressOf(context)})
	case bytes.Contains(line, []byte("TFTPEngine::sendNAK[")):
		context, _ := between(line, "sendNAK[", "]")
		name, ok := between(line, "File[", "]")
		code, coded := between(line, "Error(", ")")
		n, err := strconv.Atoi(string(code))
		if !ok || len(name) > maxName || !coded || err != nil {
			return
		}
		delete(t.requests, string(context))
		t.emit(line, Event{Kind: Refused, Protocol: TFTP, Name: string(name), Code: n, Address: addressOf(context)})
	default:
		t.readTransferred(line)
	}
}

// readTransferred reads that the server has sent a file. Whose request it answers is
// known if the line has its context.
func (t *reader) readTransferred(line []byte) {
	file, ok := between(line, "Transferred[", "]")
	if !ok || len(file) > maxName {
		return
	}
	e := Event{Kind: Sent, Protocol: TFTP, File: string(file), Phone: transfer.Device(string(file))}
	for rest := line; ; {
		_, after, found := bytes.Cut(rest, []byte("["))
		if !found {
			break
		}
		rest = after
		context, _ := cut(after, "]")
		if address := addressOf(context); address.IsValid() {
			e.Address, e.Name = address, t.requests[string(context)]
			delete(t.requests, string(context))
			break
		}
	}
	t.emit(line, e)
}

// addressOf returns the phone's address in a context: "0xf4d26318~5~192.0.2.11~51909".
func addressOf(context []byte) netip.Addr {
	for part := range bytes.SplitSeq(context, []byte("~")) {
		if a, err := netip.ParseAddr(string(part)); err == nil {
			return a
		}
	}
	return netip.Addr{}
}

// remember keeps a value. Of too many all are forgotten: what was asked for long ago has
// no answer.
func remember[V any](m map[string]V, key string, value V) {
	if len(key) > maxName {
		return
	}
	if _, ok := m[key]; !ok && len(m) >= maxOpen {
		clear(m)
	}
	m[key] = value
}

// signalOf is the number of the signal that a line belongs to.
func signalOf(line []byte) string {
	number, _, ok := bytes.Cut(line[:min(len(line), 32)], []byte("."))
	if !ok || !digits(number) {
		return ""
	}
	return string(number)
}

func (t *reader) readHTTP(line []byte) {
	signal := signalOf(line)
	if signal == "" {
		return
	}
	if bytes.Contains(line, []byte("|SdlSig")) {
		t.readSignal(signal, line)
		return
	}
	of, ok := t.signals[signal]
	if !ok {
		return
	}
	c := t.http[of]
	e := Event{Protocol: HTTP, Name: c.name, Address: c.address}
	switch {
	case bytes.Contains(line, []byte("Received ReassociateIndication from ")):
		_, address, _ := bytes.Cut(line, []byte("ReassociateIndication from "))
		c.address, _ = netip.ParseAddr(string(bytes.TrimSpace(address)))
		remember(t.http, of, connection{address: c.address})
		return
	case bytes.Contains(line, []byte("Printing the HTTPRequest :")):
		name, ok := between(line, ": GET /", " ")
		if !ok || len(name) > maxName {
			return
		}
		c.name = string(name)
		remember(t.http, of, c)
		e.Kind, e.Name = Asked, c.name
	case bytes.Contains(line, []byte("Requested file FOUND")):
		e.Kind = Sent
	case bytes.Contains(line, []byte("Requested file NOT FOUND")):
		e.Kind, e.Code = Refused, 404
	case bytes.Contains(line, []byte("Requested file is Busy")):
		e.Kind, e.Code = Refused, 503
	default:
		return
	}
	t.emit(line, e)
}

// readSignal notes the process that gets a signal: "|SdlSig |NAME |STATE |PROCESS |FROM".
func (t *reader) readSignal(signal string, line []byte) {
	fields := bytes.SplitN(line, []byte("|"), 7)
	const name, to = 3, 5
	if len(fields) <= to {
		return
	}
	of := string(bytes.TrimSpace(fields[to]))
	if !bytes.HasPrefix(fields[to], process) {
		return
	}
	remember(t.signals, signal, of)
	if bytes.HasPrefix(fields[name], []byte("SdlCloseInd")) {
		delete(t.http, of)
	}
}

// readCAPF reads a message of CAPF.
func (t *reader) readCAPF(line []byte) {
	_, rest, _ := bytes.Cut(line, message)
	n := 0
	for n < len(rest) && n < 64 && (rest[n] == '_' || rest[n] >= 'A' && rest[n] <= 'Z' || rest[n] >= '0' && rest[n] <= '9') {
		n++
	}
	e := Event{Kind: CAPF, Name: string(message) + string(rest[:n])}
	for field := range bytes.SplitSeq(line, []byte(":")) {
		if device := transfer.Device(string(bytes.TrimSpace(field))); device != "" {
			e.Phone = device
			break
		}
	}
	t.emit(line, e)
}
