package transfer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Opcodes (u16) of RFC 1350 and RFC 2347.
const (
	opRead  = 1
	opData  = 3
	opAck   = 4
	opError = 5
	opOACK  = 6
)

const (
	plainBlock    = 512 // bytes, RFC 1350
	leastBlock    = 8   // RFC 2348
	unknownClient = 5   // error code: the packet belongs to no transfer

	maxStreams = 4  // ports from which answers are followed
	maxEarly   = 64 // blocks that wait for one that is missing
	maxBlocks  = 65535
	maxRequest = 1024 // bytes of a request that are read
)

// A Request is a TFTP read request: opcode (u16), name, mode, then names and values
// of options, each with a NUL.
type Request struct {
	Name  string
	octet bool
	block bool // a block size is asked for
}

// ParseRequest reads a read request; false if b is something else.
func ParseRequest(b []byte) (Request, bool) {
	if len(b) < 2 || binary.BigEndian.Uint16(b) != opRead || len(b) > maxRequest {
		return Request{}, false
	}
	words := strings.Split(string(b[2:]), "\x00")
	if len(words) < 3 || words[0] == "" { // the last word is what follows the last NUL
		return Request{}, false
	}
	r := Request{Name: words[0][:min(len(words[0]), maxName)], octet: strings.EqualFold(words[1], "octet")}
	for i := 2; i+1 < len(words); i += 2 {
		r.block = r.block || strings.EqualFold(words[i], "blksize")
	}
	return r, true
}

// A TFTP reads one transfer: what a client at one port gets for its request. A server
// that gets a request twice may answer twice, from two ports; which answer the client
// takes shows in what it acknowledges.
type TFTP struct {
	request Request
	streams []*stream
}

// NewTFTP begins with a request.
func NewTFTP(r Request) *TFTP { return &TFTP{request: r} }

// Again takes a request that the client sends once more. It reports false for another
// file: that is another transfer.
func (t *TFTP) Again(r Request) bool {
	if r.Name != t.request.Name || r.octet != t.request.octet {
		return false
	}
	t.request.block = t.request.block || r.block
	return true
}

// A stream is what a server sends from one port.
type stream struct {
	port     uint16
	block    int  // bytes of a block, 0 if not known
	guessed  bool // block is the size of the first one: the answer to the options was not seen
	agreed   bool // the answer to the options was seen
	next     int  // number of the block that is expected next
	last     int  // number of the last block, 0 if it was not seen
	body     body
	early    map[int][]byte
	held     int // bytes in early
	lost     bool
	cut      bool // a block was seen that the recorder had cut
	rolled   bool // more than maxBlocks blocks
	odd      int
	misfit   string // why blocks do not fit together
	rejected bool   // the client does not know this port
	acked    int    // highest block that the client acknowledged, -1 for none
	failed   bool   // an error was sent, by the client if byClient
	byClient bool
	code     int
	message  string
}

// stream returns the stream of a server's port, nil if there are too many.
func (t *TFTP) stream(port uint16) *stream {
	for _, s := range t.streams {
		if s.port == port {
			return s
		}
	}
	if len(t.streams) == maxStreams {
		return nil
	}
	s := &stream{port: port, next: 1, acked: -1, body: body{wanted: Wanted(t.request.Name)}}
	if !t.request.block {
		s.block = plainBlock
	}
	t.streams = append(t.streams, s)
	return s
}

// FromServer reads a datagram that the server sent from a port. Whole is false if the
// recorder cut it.
func (t *TFTP) FromServer(port uint16, b []byte, whole bool) {
	if len(b) < 2 {
		return
	}
	op := binary.BigEndian.Uint16(b)
	if op != opOACK && (len(b) < 4 || op != opData && op != opError) {
		return
	}
	s := t.stream(port)
	switch {
	case s == nil:
	case !whole:
		s.cut = true
	case op == opOACK:
		s.options(b[2:])
	case op == opData:
		s.data(int(binary.BigEndian.Uint16(b[2:])), b[4:])
	default:
		s.fail(false, b[2:])
	}
}

// FromClient reads a datagram that the client sent to a port of the server.
func (t *TFTP) FromClient(port uint16, b []byte) {
	if len(b) < 4 {
		return
	}
	op := binary.BigEndian.Uint16(b)
	if op != opAck && op != opError {
		return
	}
	s := t.stream(port)
	if s == nil {
		return
	}
	if op == opError {
		s.fail(true, b[2:])
		return
	}
	s.acked = max(s.acked, int(binary.BigEndian.Uint16(b[2:])))
}

// fail reads an error: code (u16), message with a NUL.
func (s *stream) fail(byClient bool, b []byte) {
	code := int(binary.BigEndian.Uint16(b))
	if byClient && code == unknownClient {
		s.rejected = true
		return
	}
	if s.failed || s.complete() && s.acked >= s.last {
		return
	}
	message, _, _ := bytes.Cut(b[2:], []byte{0})
	s.failed, s.byClient, s.code, s.message = true, byClient, code, text(message)
}

// options reads the answer to the options of the request.
func (s *stream) options(b []byte) {
	words := strings.Split(string(b[:min(len(b), maxRequest)]), "\x00")
	block := plainBlock
	for i := 0; i+1 < len(words); i += 2 {
		if !strings.EqualFold(words[i], "blksize") {
			continue
		}
		n, err := strconv.ParseUint(words[i+1], 10, 16)
		if err != nil || n < leastBlock {
			s.misfit = "the block size that the server agreed to cannot be read"
			return
		}
		block = int(n)
	}
	switch {
	case s.agreed && block != s.block:
		s.misfit = "the server agreed to two block sizes"
		return
	case s.guessed && s.next > 2 && block != s.block:
		s.misfit = "the blocks have not the size that was agreed"
		return
	case s.guessed && s.block > block:
		s.misfit = "the first block is larger than agreed"
		return
	case s.guessed && s.block < block:
		s.last = 1
	}
	s.block, s.agreed, s.guessed = block, true, false
}

// data reads a block.
func (s *stream) data(n int, b []byte) {
	switch {
	case s.lost:
		return
	case n == 0 && s.next > maxBlocks: // numbers start again: more than phones download
		s.rolled = true
		return
	case n == 0:
		s.misfit = "a block with the number 0"
		return
	case s.block == 0 && n == 1 && len(b) < leastBlock: // the last, whatever the block size is
		s.block = leastBlock
	case s.block == 0 && n == 1:
		s.block, s.guessed = len(b), true
	}
	switch {
	case s.block != 0 && len(b) > s.block:
		s.misfit = fmt.Sprintf("block %d has %d bytes, more than the %d of a block", n, len(b), s.block)
	case s.last != 0 && n > s.last:
		s.misfit = fmt.Sprintf("block %d follows the last one, %d", n, s.last)
	case n < s.next:
		s.again(n, b)
	case n == s.next:
		s.take(n, b)
		s.catchUp()
	default:
		s.wait(n, b)
	}
}

// take takes the block that is next.
func (s *stream) take(n int, b []byte) {
	s.body.add(b)
	s.next++
	if len(b) < s.block {
		s.last = n
	}
}

// again compares a block that came before.
func (s *stream) again(n int, b []byte) {
	if s.body.data == nil && s.body.size > 0 {
		return
	}
	from := (n - 1) * s.block
	to := min(from+s.block, len(s.body.data))
	if from > to || !bytes.Equal(s.body.data[from:to], b) {
		s.odd++
	}
}

// wait keeps a block that came early. If too many wait, the missing one is given up.
func (s *stream) wait(n int, b []byte) {
	if s.lost || s.body.unwanted() || s.body.large {
		return
	}
	if first, ok := s.early[n]; ok {
		if !bytes.Equal(first, b) {
			s.odd++
		}
		return
	}
	if len(s.early) >= maxEarly {
		s.lost, s.early, s.held = true, nil, 0
		s.body.drop()
		return
	}
	if s.early == nil {
		s.early = make(map[int][]byte)
	}
	s.early[n] = bytes.Clone(b)
	s.held += len(b)
}

// catchUp takes the blocks whose turn has come.
func (s *stream) catchUp() {
	for len(s.early) > 0 && s.next <= maxBlocks {
		b, ok := s.early[s.next]
		if !ok {
			return
		}
		delete(s.early, s.next)
		s.held -= len(b)
		s.data(s.next, b)
	}
}

// complete reports whether all blocks were seen.
func (s *stream) complete() bool {
	return s.last != 0 && s.next == s.last+1 && !s.lost && !s.guessedEnd() && len(s.early) == 0
}

// guessedEnd: where the end is follows from the size of a block. One block, and a size
// that was asked for but whose answer was not seen, say nothing.
func (s *stream) guessedEnd() bool { return s.guessed && s.next <= 2 }

// Unwanted reports whether the file is known to be neither a list nor signed.
func (t *TFTP) Unwanted() bool {
	if Wanted(t.request.Name) || len(t.streams) == 0 {
		return false
	}
	for _, s := range t.streams {
		if !s.body.unwanted() {
			return false
		}
	}
	return true
}

// Done reports whether the client has acknowledged the whole file, or it was refused.
// Packets that come late may still contradict it.
func (t *TFTP) Done() bool {
	for _, s := range t.streams {
		if s.failed || s.complete() && s.acked >= s.last {
			return true
		}
	}
	return false
}

// Size returns the number of bytes that are held besides the TFTP itself.
func (t *TFTP) Size() int {
	const streamCost, earlyCost = 384, 96
	n := len(t.request.Name)
	for _, s := range t.streams {
		n += streamCost + cap(s.body.data) + s.held + earlyCost*len(s.early) + len(s.message)
	}
	return n
}

// Result returns what became of the request. It reports false if the file is neither a
// list nor signed, as far as is known.
func (t *TFTP) Result() (Result, bool) {
	s, odd := t.chosen()
	r := Result{Name: t.request.Name, State: NoAnswer}
	if s == nil {
		return r, Wanted(r.Name)
	}
	r.Size, r.Conflicting = s.body.size, s.odd+odd
	r.State, r.Message = t.state(s, r.Conflicting)
	switch r.State {
	case Refused, Aborted:
		r.Code, r.Message = s.code, s.message
	case Received, Sent:
		r.Content = s.body.data
	}
	return r, s.body.wanted
}

func (t *TFTP) state(s *stream, odd int) (State, string) {
	switch {
	case odd > 0:
		return Conflicting, ""
	case s.misfit != "":
		return Conflicting, s.misfit
	case s.failed && s.byClient:
		return Aborted, ""
	case s.failed:
		return Refused, ""
	case !t.request.octet:
		return Unreadable, "asked for as text, not in octet mode"
	case s.body.large:
		return Unreadable, tooLarge
	case s.rolled:
		return Unreadable, "more than 65,535 blocks"
	case !s.complete():
		return Incomplete, s.lacks()
	case s.acked > s.last:
		return Conflicting, "the client acknowledged more blocks than there are"
	case s.acked == s.last:
		return Received, ""
	}
	return Sent, ""
}

// lacks says what of a file was not seen.
func (s *stream) lacks() string {
	switch {
	case s.cut:
		return "the recorder cut its packets: record whole packets"
	case s.guessedEnd():
		return "the server's answer to the block size is not in the capture"
	case s.next == 1 && len(s.early) == 0 && !s.lost:
		return "no block of it is in the capture"
	case s.lost || len(s.early) > 0 || s.acked >= s.next:
		return fmt.Sprintf("block %d is not in the capture", s.next)
	}
	return fmt.Sprintf("no block after block %d", s.next-1)
}

// chosen returns the answer that the client took, and the number of conflicts with
// other answers that it may have taken; nil if there is no answer.
func (t *TFTP) chosen() (best *stream, odd int) {
	var candidates []*stream
	acked := false
	for _, s := range t.streams {
		if s.rejected {
			continue
		}
		candidates = append(candidates, s)
		acked = acked || s.acked >= 0
	}
	for _, s := range candidates {
		if acked && s.acked < 0 {
			continue
		}
		if best == nil {
			best = s
			continue
		}
		n := min(len(s.body.data), len(best.body.data))
		if !bytes.Equal(s.body.data[:n], best.body.data[:n]) || s.complete() && best.complete() && s.body.size != best.body.size {
			odd++
		}
		if s.better(best) {
			best = s
		}
	}
	return best, odd
}

// better reports whether more is known of a stream than of another.
func (s *stream) better(other *stream) bool {
	rank := func(s *stream) int {
		switch {
		case s.complete() && s.acked >= s.last:
			return 2
		case s.complete():
			return 1
		}
		return 0
	}
	return rank(s) > rank(other)
}
