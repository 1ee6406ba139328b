package transfer

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// An End is a direction of a connection: what the client sends, or the server.
type End int

// Ends.
const (
	Client End = iota
	Server
)

const (
	maxHeader  = 16 << 10 // bytes of the header of a message
	maxPending = 64       // requests that wait for an answer
)

// An HTTP reads a connection with requests and answers, several in turn. It is over as
// soon as it can no longer tell which answer belongs to which request.
type HTTP struct {
	// MidStream: the connection began before the capture.
	MidStream bool
	// Odd is the number of bytes that the segments of both directions have repeated
	// with other content so far.
	Odd int
	// Now is the time of the packet that is read.
	Now int64
	// Found is called for each file that was asked for, in the order of the answers,
	// and only if it is a list or signed, as far as is known; else Other is, with the name.
	Found func(*Exchange)
	Other func(name string)

	ends     [2]httpEnd
	pending  []*Exchange // requests without an answer so far
	current  *Exchange   // whose answer arrives, or has arrived last
	settled  []*Exchange // whose answers are whole, but not acknowledged so far
	received int64       // bytes of the server's direction
	acked    int64       // of them acknowledged by the client
	unpaired bool        // an answer came without a request: later ones may be to others
	over     bool
	reason   string // why it is over early
}

// An Exchange is a request and its answer.
type Exchange struct {
	Result
	Start, End int64 // HTTP.Now of the request, and of the end of the answer

	head     bool
	body     body
	odd      int // HTTP.Odd when it began
	end      int64
	answered bool
	whole    bool
	fault    string // why the content cannot be read
}

// A httpEnd is a direction of the connection.
type httpEnd struct {
	state httpState
	line  []byte // of the header so far, or of a chunk's size
	left  int64  // bytes of the body or chunk to come
}

type httpState uint8

const (
	inHeader httpState = iota
	inBody
	inRest      // a body that ends with the connection
	inChunkSize // a line with the size of a chunk
	inChunk
	inChunkEnd // the end of line behind a chunk
	inTrailer
)

// StartsHTTP reports whether b looks like the start of a request for a file.
func StartsHTTP(b []byte) bool {
	return bytes.HasPrefix(b, []byte("GET ")) || bytes.HasPrefix(b, []byte("HEAD "))
}

// Data reads the next bytes that an end sent.
func (h *HTTP) Data(from End, b []byte) {
	if from == Server {
		h.received += int64(len(b))
	}
	for len(b) > 0 && !h.over {
		b = h.step(from, b)
	}
}

// step reads a part of b and returns the rest.
func (h *HTTP) step(from End, b []byte) []byte {
	e := &h.ends[from]
	switch e.state {
	case inHeader, inTrailer, inChunkSize, inChunkEnd:
		return h.readLine(from, b)
	case inRest:
		h.content(from, b)
		return nil
	}
	n := min(e.left, int64(len(b)))
	h.content(from, b[:n])
	e.left -= n
	b = b[n:]
	switch {
	case e.left > 0:
	case e.state == inChunk:
		e.state = inChunkEnd
	default:
		h.endMessage(from, len(b))
	}
	return b
}

func (h *HTTP) content(from End, b []byte) {
	if from == Server && h.current != nil {
		h.current.body.add(b)
	}
}

// readLine collects a line, or all lines of a header, and reads it.
func (h *HTTP) readLine(from End, b []byte) []byte {
	e := &h.ends[from]
	i := bytes.IndexByte(b, '\n')
	n := len(b)
	if i >= 0 {
		n = i + 1
	}
	if len(e.line)+n > maxHeader {
		h.stop("a header of more than 16 KB")
		return nil
	}
	e.line = append(e.line, b[:n]...)
	b = b[n:]
	if i < 0 {
		return b
	}
	switch {
	case e.state == inHeader && len(bytes.TrimRight(e.line, "\r\n")) == 0: // before a message
		e.line = e.line[:0]
	case e.state == inHeader:
		if bytes.HasSuffix(e.line, []byte("\n\r\n")) || bytes.HasSuffix(e.line, []byte("\n\n")) {
			header := e.line
			e.line = nil
			h.readHeader(from, header, len(b))
		}
	case e.state == inTrailer:
		blank := len(bytes.TrimRight(e.line, "\r\n")) == 0
		if e.line = e.line[:0]; blank {
			h.endMessage(from, len(b))
		}
	case e.state == inChunkEnd:
		if len(bytes.TrimRight(e.line, "\r\n")) != 0 {
			h.stop("the chunks of an answer do not fit together")
			return nil
		}
		e.line, e.state = e.line[:0], inChunkSize
	default:
		h.readChunkSize(from)
	}
	return b
}

// readChunkSize reads a size in hexadecimal, which may have parameters behind it.
func (h *HTTP) readChunkSize(from End) {
	e := &h.ends[from]
	size, _, _ := strings.Cut(string(e.line), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 62)
	if e.line = e.line[:0]; err != nil {
		h.stop("the size of a chunk cannot be read")
		return
	}
	if e.left, e.state = int64(n), inChunk; n == 0 {
		e.state = inTrailer
	}
}

// readHeader reads the header of a message. Behind are the bytes that follow it.
func (h *HTTP) readHeader(from End, header []byte, behind int) {
	lines := strings.Split(strings.ReplaceAll(string(header), "\r\n", "\n"), "\n")
	fields, ok := readFields(lines[1:])
	if !ok {
		h.stop("a header cannot be read")
		return
	}
	if from == Client {
		h.readRequest(lines[0], fields, behind)
	} else {
		h.readAnswer(lines[0], fields, behind)
	}
}

// A field of a header, in lower case, and its values.
type fields map[string][]string

func readFields(lines []string) (fields, bool) {
	f := make(fields)
	for _, line := range lines {
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, false
		}
		name = strings.ToLower(name)
		f[name] = append(f[name], strings.TrimSpace(value))
	}
	return f, true
}

// length returns the size of the body, -1 if the header does not say it. It is an
// error if the header can be understood in two ways.
func (f fields) length() (n int64, chunked bool, fault string) {
	coding, sizes := f["transfer-encoding"], f["content-length"]
	switch {
	case len(coding) > 0 && (len(coding) > 1 || !strings.EqualFold(coding[0], "chunked") || len(sizes) > 0):
		return 0, false, "the header gives the size of a body in two ways"
	case len(coding) > 0:
		return 0, true, ""
	case len(sizes) == 0:
		return -1, false, ""
	}
	for _, size := range sizes {
		if size != sizes[0] {
			return 0, false, "the header gives two sizes of a body"
		}
	}
	u, err := strconv.ParseUint(sizes[0], 10, 62)
	if err != nil {
		return 0, false, "the size of a body cannot be read"
	}
	return int64(u), false, ""
}

func (h *HTTP) readRequest(line string, f fields, behind int) {
	method, rest, ok := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	if !ok || method == "" || strings.ToUpper(method) != method || !strings.HasPrefix(version, "HTTP/1.") || len(h.pending) == maxPending {
		h.stop("something that is not an HTTP request")
		return
	}
	n, chunked, fault := f.length()
	if fault != "" {
		h.stop(fault)
		return
	}
	x := &Exchange{Result: Result{Name: nameOf(target), State: NoAnswer}, head: method == "HEAD", odd: h.Odd, Start: h.Now}
	if method != "GET" {
		x.Name = ""
	}
	x.body.wanted = Wanted(x.Name)
	h.pending = append(h.pending, x)
	h.begin(Client, max(n, 0), chunked, behind)
}

// nameOf is the name of the file in the target of a request.
func nameOf(target string) string {
	if i := strings.Index(target, "://"); i >= 0 {
		if _, path, ok := strings.Cut(target[i+3:], "/"); ok {
			target = path
		}
	}
	target, _, _ = strings.Cut(target, "?")
	if name, err := url.PathUnescape(target); err == nil {
		target = name
	}
	return text([]byte(strings.TrimLeft(target, "/")))
}

func (h *HTTP) readAnswer(line string, f fields, behind int) {
	const switching, ok, noContent, notModified = 101, 200, 204, 304
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if !strings.HasPrefix(version, "HTTP/1.") || err != nil || len(code) != 3 || status < 100 {
		h.stop("something that is not an HTTP answer")
		return
	}
	n, chunked, fault := f.length()
	switch {
	case fault != "":
		h.answer()
		h.stop(fault)
		return
	case status < 200 && status != switching: // an answer follows
		h.ends[Server] = httpEnd{}
		return
	}
	x := h.answer()
	x.Code, x.Message = status, text([]byte(reason))
	if status == ok {
		x.Code, x.Message = 0, ""
	}
	if coding := f["content-encoding"]; len(coding) > 0 && !strings.EqualFold(coding[0], "identity") {
		x.fault = "its content is encoded (" + text([]byte(coding[0])) + ")"
	}
	switch {
	case x.head || status == noContent || status == notModified:
		n, chunked = 0, false
	case n < 0 && !chunked:
		h.ends[Server].state = inRest
		return
	}
	h.begin(Server, n, chunked, behind)
	if status == switching {
		h.stop("the connection went on with another protocol")
	}
}

// answer takes the request that is answered now.
func (h *HTTP) answer() *Exchange {
	h.settle()
	x := &Exchange{odd: h.Odd, Start: h.Now}
	if len(h.pending) > 0 {
		x, h.pending = h.pending[0], h.pending[1:]
	} else {
		h.unpaired = true
	}
	if h.unpaired {
		x.Name, x.body.wanted = "", false
	}
	x.answered = true
	h.current = x
	return x
}

// begin begins the body of a message, which may be empty.
func (h *HTTP) begin(from End, n int64, chunked bool, behind int) {
	e := &h.ends[from]
	switch {
	case chunked:
		e.state = inChunkSize
	case n > 0:
		e.state, e.left = inBody, n
	default:
		h.endMessage(from, behind)
	}
}

// endMessage notes that a message is whole.
func (h *HTTP) endMessage(from End, behind int) {
	h.ends[from] = httpEnd{}
	if x := h.current; from == Server && x != nil && x.answered {
		x.whole, x.end, x.End = true, h.received-int64(behind), h.Now
	}
}

// Acked notes how many bytes of the server's direction the client has not acknowledged.
func (h *HTTP) Acked(open int64) {
	h.acked = max(h.acked, h.received-max(open, 0))
	for len(h.settled) > 0 && h.settled[0].end <= h.acked {
		h.close(h.settled[0])
		h.settled = h.settled[1:]
	}
}

// Lost notes bytes that are not in the capture. Within a body they are missing from
// that; elsewhere it is not known where the next message begins.
func (h *HTTP) Lost(from End, n int) {
	if n <= 0 || h.over {
		return
	}
	e := &h.ends[from]
	if from == Server {
		h.received += int64(n)
		if h.current != nil && !h.current.whole {
			h.current.Missing += n
		}
		switch {
		case e.state == inRest:
			return
		case e.state == inBody && int64(n) <= e.left:
			if e.left -= int64(n); e.left == 0 {
				h.endMessage(from, 0)
			}
			return
		}
	}
	h.stop("packets are missing, and what follows them cannot be told apart")
}

// Closed notes that the server has closed its direction, and that everything before was
// read.
func (h *HTTP) Closed() {
	if e := &h.ends[Server]; e.state == inRest && !h.over {
		h.endMessage(Server, 0)
	}
}

// stop ends the reading.
func (h *HTTP) stop(reason string) { h.over, h.reason = true, reason }

// Done reports whether nothing that follows is read.
func (h *HTTP) Done() bool { return h.over }

// Busy reports whether something is under way that would be lost.
func (h *HTTP) Busy() bool {
	return len(h.pending) > 0 || h.current != nil && !h.current.whole || len(h.ends[Client].line)+len(h.ends[Server].line) > 0
}

// settle ends the answer that arrived last: it is reported once it is acknowledged.
func (h *HTTP) settle() {
	x := h.current
	h.current = nil
	switch {
	case x == nil:
	case x.whole && h.acked < x.end && len(h.settled) < maxPending:
		h.settled = append(h.settled, x)
	default:
		h.close(x)
	}
}

// close reports an answer. What comes later cannot contradict it.
func (h *HTTP) close(x *Exchange) {
	x.Size, x.Conflicting = x.body.size, h.Odd-x.odd
	x.State, x.Result.Message = h.state(x)
	if x.State == Received || x.State == Sent {
		x.Content = x.body.data
	}
	x.body.data = nil
	h.report(x)
}

func (h *HTTP) report(x *Exchange) {
	if x.body.wanted && !x.head {
		h.Found(x)
	} else {
		h.Other(x.Name)
	}
}

func (h *HTTP) state(x *Exchange) (State, string) {
	switch {
	case x.Conflicting > 0:
		return Conflicting, x.Message
	case x.Code != 0:
		return Refused, x.Message
	case x.fault != "":
		return Unreadable, x.fault
	case x.body.large:
		return Unreadable, tooLarge
	case x.Missing > 0:
		return Incomplete, fmt.Sprintf("%d bytes are not in the capture", x.Missing)
	case !x.whole && h.reason != "":
		return Incomplete, h.reason
	case !x.whole:
		return Incomplete, "its end is not in the capture"
	case h.acked >= x.end:
		return Received, ""
	}
	return Sent, ""
}

// Finish reports what is left at the end of the connection or of the capture, or for
// lack of memory.
func (h *HTTP) Finish(givenUp bool) {
	if x := h.current; givenUp && x != nil && !x.whole {
		h.current = nil
		x.body.drop()
		x.Size, x.State, x.Message, x.Code = x.body.size, GivenUp, "", 0
		h.report(x)
	}
	h.settle()
	for _, x := range h.settled {
		h.close(x)
	}
	h.settled = nil
	for _, x := range h.pending {
		switch {
		case givenUp:
			x.State = GivenUp
		case h.over:
			x.State, x.Message = Unreadable, h.reason
		}
		h.report(x)
	}
	h.pending, h.over = nil, true
}

// Size returns the number of bytes that are held besides the HTTP itself.
func (h *HTTP) Size() int {
	const exchangeCost = 320
	n := cap(h.ends[Client].line) + cap(h.ends[Server].line)
	for _, x := range h.pending {
		n += exchangeCost + len(x.Name)
	}
	for _, x := range h.settled {
		n += exchangeCost + len(x.Name) + cap(x.body.data)
	}
	if x := h.current; x != nil {
		n += exchangeCost + len(x.Name) + cap(x.body.data)
	}
	return n
}
