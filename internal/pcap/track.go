package pcap

import (
	"container/list"
	"crypto/sha256"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
)

// Estimates of what things take, in bytes, with their share of maps.
const (
	pageCost   = 2048 // a packet out of order
	entryCost  = 256  // an entry of the table
	streamCost = 2048 // a handshake under way
	foundCost  = 1024 // a connection that was found
	stepCost   = 24
)

// maxPages bounds the packets out of order of one connection. A handshake is a
// few packets; more are not waited for.
const maxPages = 64

// A tracker follows the connections of a capture.
type tracker struct {
	table     map[key]*entry
	assembler *reassembly.Assembler
	recent    *list.List // of *entry not over yet, the most recent first
	current   *entry     // whose segment is being assembled
	hangingUp bool       // the segment is one of key.reset

	certificates map[[32]byte][]byte // those of found, each once
	found        capture.Capture
	foundBytes   int // held by found, and by entries that are over
	openBytes    int // held by entries in recent
	maxFound     int
	maxOpen      int
}

// An entry is a connection in the table.
type entry struct {
	key    key
	start  time.Time
	opened int       // the end that opened it, as far as is known
	syn    [2]bool   // a SYN of this end was seen
	known  [2]bool   // next is known
	next   [2]uint32 // sequence number that the end's data begins with
	isn    [2]uint32
	over   bool // nothing more is to be learned
	close  capture.Close
	closer int // the end that began to close

	stream *stream // once data has come
	place  *list.Element
	cost   int
}

func newTracker(memory int) *tracker {
	t := &tracker{
		table:        make(map[key]*entry),
		recent:       list.New(),
		certificates: make(map[[32]byte][]byte),
		maxFound:     memory / 2,
		maxOpen:      memory / 4,
	}
	t.assembler = reassembly.NewAssembler(reassembly.NewStreamPool(t))
	t.assembler.MaxBufferedPagesPerConnection = maxPages
	t.assembler.MaxBufferedPagesTotal = memory / 4 / pageCost
	return t
}

// segment takes a TCP segment that an end has sent.
func (t *tracker) segment(k key, from int, tcp *layers.TCP, info gopacket.CaptureInfo) {
	e := t.table[k]
	if tcp.SYN {
		t.synchronize(e, k, from, tcp, info.Timestamp)
		return
	}
	if e == nil {
		if e = t.late(k, from, tcp, info.Timestamp); e == nil {
			return
		}
	}
	if e.over {
		return
	}
	e.acknowledge(from, tcp)
	e.noteClose(from, tcp)
	if e.stream == nil && !t.begin(e, from, tcp) {
		return
	}
	t.assemble(e, from, tcp, info)
}

// synchronize takes a segment with SYN. With a new sequence number it is a new
// connection between old ports.
func (t *tracker) synchronize(e *entry, k key, from int, tcp *layers.TCP, at time.Time) {
	if e != nil && !tcp.ACK && (!e.syn[from] || e.isn[from] != tcp.Seq) {
		t.finish(e)
		t.forget(e)
		e = nil
	}
	if e == nil {
		e = t.add(k, at)
		e.opened = from
		if tcp.ACK {
			e.opened = 1 - from
		}
	}
	e.syn[from], e.isn[from] = true, tcp.Seq
	e.known[from], e.next[from] = true, tcp.Seq+1
}

// late takes a segment of an unknown connection. It gives an entry if a handshake
// begins here.
func (t *tracker) late(k key, from int, tcp *layers.TCP, at time.Time) *entry {
	switch {
	case handshake.Starts(tcp.Payload):
		e := t.add(k, at)
		e.opened = from
		return e
	case handshake.Continues(tcp.Payload) && t.foundBytes < t.maxFound:
		t.found.Established++
		t.foundBytes += entryCost
		t.table[k] = &entry{key: k, over: true}
	}
	return nil
}

func (t *tracker) add(k key, at time.Time) *entry {
	e := &entry{key: k, start: at}
	t.table[k] = e
	e.place = t.recent.PushFront(e)
	t.charge(e, entryCost)
	return e
}

// charge sets what an entry holds, and makes room if that is too much.
func (t *tracker) charge(e *entry, cost int) {
	t.openBytes += cost - e.cost
	e.cost = cost
	for t.openBytes > t.maxOpen && t.recent.Len() > 1 {
		t.giveUp(t.recent.Back().Value.(*entry))
	}
}

// giveUp finishes a connection for want of memory.
func (t *tracker) giveUp(e *entry) {
	if e.stream != nil && e.close.Kind == capture.Open {
		t.found.Dropped++
		e.close.Kind = capture.GivenUp
	}
	t.finish(e)
}

// acknowledge learns from an acknowledgement where the other direction begins, if
// its SYN is not in the capture.
func (e *entry) acknowledge(from int, tcp *layers.TCP) {
	if to := 1 - from; tcp.ACK && !e.known[to] {
		e.known[to], e.next[to] = true, tcp.Ack
	}
}

func (e *entry) noteClose(from int, tcp *layers.TCP) {
	switch {
	case e.close.Kind != capture.Open:
	case tcp.RST:
		e.close.Kind, e.closer = capture.Reset, from
	case tcp.FIN:
		e.close.Kind, e.closer = capture.FIN, from
	}
}

// begin looks at a segment of a connection without data so far, and reports
// whether it is to be assembled. What does not begin as TLS is forgotten.
func (t *tracker) begin(e *entry, from int, tcp *layers.TCP) bool {
	if len(tcp.Payload) == 0 {
		if tcp.RST {
			t.finish(e)
		}
		return false
	}
	if !e.known[from] {
		e.known[from], e.next[from] = true, tcp.Seq
	}
	const enough = 6 // for handshake.Starts
	if tcp.Seq == e.next[from] && len(tcp.Payload) >= enough && !handshake.Starts(tcp.Payload) {
		t.finish(e)
		return false
	}
	e.stream = &stream{tracker: t, entry: e, first: from}
	return true
}

// assemble gives a segment to the assembler and looks what came of it.
func (t *tracker) assemble(e *entry, from int, tcp *layers.TCP, info gopacket.CaptureInfo) {
	t.current = e
	t.assembler.AssembleWithContext(e.key.netFlow(from), tcp, packetContext(info))
	t.recent.MoveToFront(e.place)
	if e.stream.closed || e.stream.talk.Done() {
		t.finish(e)
		return
	}
	t.charge(e, entryCost+streamCost+e.stream.talk.Size())
}

// finish ends the work on a connection: it keeps what was found and releases the
// rest. A connection without TLS leaves nothing behind.
func (t *tracker) finish(e *entry) {
	if e.over {
		return
	}
	e.over = true
	t.recent.Remove(e.place)
	t.openBytes -= e.cost
	s := e.stream
	if s == nil {
		delete(t.table, e.key)
		return
	}
	t.hangUp(e)
	e.stream = nil
	if !s.talk.TLS() || !t.keep(e, s) {
		delete(t.table, e.key)
	}
}

// forget removes a connection that is over, for a new one between the same ports.
func (t *tracker) forget(e *entry) {
	if _, ok := t.table[e.key]; ok {
		delete(t.table, e.key)
		t.foundBytes -= entryCost
	}
}

// hangUp makes the assembler forget a connection: it knows no other way than the
// end of both directions.
func (t *tracker) hangUp(e *entry) {
	t.current, t.hangingUp = e, true
	for from := range 2 {
		t.assembler.AssembleWithContext(e.key.netFlow(from), e.key.reset(from), packetContext{})
	}
	t.hangingUp = false
}

// keep adds a connection to those that were found, while there is room.
func (t *tracker) keep(e *entry, s *stream) bool {
	if t.foundBytes > t.maxFound {
		if e.close.Kind != capture.GivenUp {
			t.found.Dropped++
		}
		return false
	}
	c := capture.Connection{Start: e.start, MidStream: !e.syn[0] && !e.syn[1], Handshake: s.talk.Summary(e.opened), Close: e.close}
	client := c.Handshake.ClientEnd
	c.Client, c.Server = e.key.end(client), e.key.end(1-client)
	if e.closer != client {
		c.Close.By = handshake.Server
	}
	for i := range c.Handshake.Sides {
		t.intern(c.Handshake.Sides[i].Chain)
	}
	t.foundBytes += entryCost + foundCost + stepCost*len(c.Handshake.Steps)
	t.found.Connections = append(t.found.Connections, c)
	return true
}

// intern replaces certificates that were seen before by the bytes seen first.
func (t *tracker) intern(chain [][]byte) {
	for i, der := range chain {
		sum := sha256.Sum256(der)
		known, ok := t.certificates[sum]
		if !ok {
			t.certificates[sum] = der
			t.foundBytes += len(der) + entryCost
			continue
		}
		chain[i] = known
	}
}

// finishAll ends the work at the end of the capture: what still waits for missing
// packets is read without them.
func (t *tracker) finishAll() {
	t.current = nil
	t.assembler.FlushAll()
	for t.recent.Len() > 0 {
		t.finish(t.recent.Back().Value.(*entry))
	}
}
