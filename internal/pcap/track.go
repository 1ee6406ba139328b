package pcap

import (
	"slices"
	"time"
	"unsafe"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

// A budget is Options.MaxMemory, divided: bytes for each part of the work.
type budget struct {
	found     int // connections that were found, and their certificates
	talking   int // handshakes under way
	waiting   int // entries of connections without data
	over      int // entries of connections that are over
	fragments int
	keys      int // secrets that the capture holds
	transfers int // TFTP transfers
}

func divide(memory int) budget {
	part := memory / 64
	return budget{
		found: 36 * part, talking: 10 * part, waiting: 3 * part, over: 4 * part, fragments: 2 * part, keys: part,
		transfers: 8 * part,
	}
}

// Estimates of what things take, in bytes.
const (
	flowCost = int(unsafe.Sizeof(flow{})) + 64
	// With its pointers, and what a report adds.
	foundCost = int(unsafe.Sizeof(capture.Connection{})) + 128
)

// A tracker follows the connections of a capture.
type tracker struct {
	budget budget
	table  *table
	queues [states]queue
	flows  []*flow // handshakes under way; the first is none
	spare  []uint32
	keys   *keylog.Log
	forgot bool // entries were removed for lack of memory

	found    capture.Capture
	counts   counts
	segments int // packets with a TCP segment
	shared   *shared
	held     int // bytes for found
	talking  int // bytes of flows

	datagrams int // packets with a datagram of UDP
	clear     *clear
}

// A flow is a connection of which something is read: a handshake unless http or sip is
// there.
type flow struct {
	halves [2]half
	talk   handshake.Conversation
	http   *httpFlow
	sip    *sipFlow
	close  capture.CloseKind
	closer int // the end that began to close
	cost   int
}

func newTracker(memory int, keys *keylog.Log) *tracker {
	t := &tracker{budget: divide(memory), table: newTable(), flows: make([]*flow, 1), keys: keys, counts: make(counts), shared: newShared()}
	t.clear = newClear(t)
	return t
}

// take takes a TCP segment that an end has sent.
func (t *tracker) take(k *key, from int, s *segment, at int64) {
	r := t.table.find(k)
	if s.has(flagSYN) {
		r = t.synchronize(r, k, from, s, at)
		if len(s.data) == 0 {
			return
		}
		s.seq++ // data with SYN (RFC 7413) follows it
	}
	if r == 0 {
		if r = t.late(k, from, s, at); r == 0 {
			return
		}
	}
	switch e := t.table.at(r); e.state {
	case over:
	case waiting:
		e.acknowledge(from, s)
		if t.begin(r, from, s) {
			t.segment(r, from, s, at)
		}
	case talking:
		t.segment(r, from, s, at)
	}
}

// synchronize takes a segment with SYN. A new sequence number means a new
// connection between the same ports. It returns the connection's entry.
func (t *tracker) synchronize(r ref, k *key, from int, s *segment, at int64) ref {
	if r != 0 && !s.has(flagACK) {
		if e := t.table.at(r); !e.syn[from] || e.isn[from] != s.seq {
			if t.finish(r) {
				t.forget(r)
			}
			r = 0
		}
	}
	if r == 0 {
		r = t.add(k, waiting, at)
		e := t.table.at(r)
		e.opened = uint8(from)
		if s.has(flagACK) {
			e.opened = uint8(1 - from)
		}
	}
	e := t.table.at(r)
	e.syn[from], e.isn[from] = true, s.seq
	e.known[from], e.next[from] = true, s.seq+1
	if e.state == talking {
		if h := &t.flows[e.flow].halves[from]; !h.known {
			h.begin(s.seq + 1)
		}
	}
	return r
}

// late takes a segment of an unknown connection. It returns an entry if a handshake
// begins here.
func (t *tracker) late(k *key, from int, s *segment, at int64) ref {
	switch {
	case handshake.Starts(s.data), startsClear(k, from, s.data):
		r := t.add(k, waiting, at)
		t.table.at(r).opened = uint8(from)
		return r
	case handshake.Continues(s.data) && !t.forgot:
		t.found.Established++
		t.add(k, over, at)
	}
	return 0
}

// add adds an entry, and makes room for it.
func (t *tracker) add(k *key, s state, at int64) ref {
	r := t.table.add(k)
	e := t.table.at(r)
	e.state, e.start = s, at
	t.queues[s].push(t.table, r)
	t.shorten(s)
	return r
}

// shorten forgets the oldest entries of a state if they are too many.
func (t *tracker) shorten(s state) {
	limit := t.budget.waiting
	if s == over {
		limit = t.budget.over
	}
	for q := &t.queues[s]; q.length*entryCost > limit && q.length > 1; {
		t.forget(q.oldest)
		t.forgot = true
	}
}

// forget removes an entry that is not talking.
func (t *tracker) forget(r ref) {
	t.queues[t.table.at(r).state].remove(t.table, r)
	t.table.remove(r)
}

// move moves an entry to another state.
func (t *tracker) move(r ref, s state) {
	e := t.table.at(r)
	t.queues[e.state].remove(t.table, r)
	e.state = s
	t.queues[s].push(t.table, r)
}

// acknowledge learns from an acknowledgement where the other direction begins, if
// its SYN is not in the capture.
func (e *entry) acknowledge(from int, s *segment) {
	if to := 1 - from; s.has(flagACK) && !e.known[to] {
		e.known[to], e.next[to] = true, s.ack
	}
}

// begin looks at a segment of a connection without data so far, and reports whether
// a handshake may begin. What does not begin as TLS is forgotten.
func (t *tracker) begin(r ref, from int, s *segment) bool {
	e := t.table.at(r)
	if len(s.data) == 0 {
		if s.has(flagRST) {
			t.forget(r)
		}
		return false
	}
	if !e.known[from] {
		e.known[from], e.next[from] = true, s.seq
	}
	const enough = 6 // for handshake.Starts
	isTLS := handshake.Starts(s.data)
	if !isTLS && !clearPort(&e.key) && s.seq == e.next[from] && len(s.data) >= enough {
		t.forget(r)
		return false
	}
	e.flow = t.newFlow()
	f := t.flows[e.flow]
	if !isTLS {
		t.clear.begin(f, e)
	}
	for end := range f.halves {
		if e.known[end] {
			f.halves[end].begin(e.next[end])
		}
	}
	t.move(r, talking)
	return true
}

// newFlow returns the number of a flow without content.
func (t *tracker) newFlow() uint32 {
	var n uint32
	if last := len(t.spare) - 1; last >= 0 {
		n, t.spare = t.spare[last], t.spare[:last]
	} else {
		n = uint32(len(t.flows))
		t.flows = append(t.flows, new(flow))
	}
	t.flows[n].talk.Keys = t.keys
	return n
}

// segment takes a segment of a connection with data, and looks what came of it.
func (t *tracker) segment(r ref, from int, s *segment, at int64) {
	e := t.table.at(r)
	f := t.flows[e.flow]
	if f.http != nil || f.sip != nil {
		t.clear.segment(r, from, s, at)
		return
	}
	f.noteEnd(from, s)
	f.halves[1-from].acknowledged(s)
	f.halves[from].receive(s.seq, s.data, func(lost int, data []byte) { f.deliver(from, lost, data) })
	t.used(r)
	if f.talk.Done() || f.halves[0].ended() && f.halves[1].ended() {
		t.finish(r)
		return
	}
	t.charge(f, flowCost+f.halves[0].size()+f.halves[1].size()+f.talk.Size())
}

// used notes that a connection under way is the one that was used last.
func (t *tracker) used(r ref) {
	q := &t.queues[talking]
	q.remove(t.table, r)
	q.push(t.table, r)
}

// acknowledged learns where a direction without data so far begins.
func (h *half) acknowledged(s *segment) {
	if !h.known && s.has(flagACK) {
		h.begin(s.ack)
	}
}

func (f *flow) deliver(from, lost int, data []byte) {
	f.talk.Lost(from, lost)
	f.talk.Data(from, data)
}

// noteEnd notes the end of a direction.
func (f *flow) noteEnd(from int, s *segment) {
	if !s.has(flagRST) && !s.has(flagFIN) {
		return
	}
	h := &f.halves[from]
	if s.has(flagRST) {
		s.data = nil // a message for people, if there is any
	}
	h.closing, h.last = true, s.seq+uint32(len(s.data))
	switch {
	case f.close != capture.Open || f.talk.Refused(): // an end is no news after an alert
	case s.has(flagRST):
		f.close, f.closer = capture.Reset, from
	default:
		f.close, f.closer = capture.FIN, from
	}
}

// charge sets what a flow takes, and gives up the oldest if that is too much.
func (t *tracker) charge(f *flow, cost int) {
	t.talking += cost - f.cost
	f.cost = cost
	for q := &t.queues[talking]; t.talking > t.budget.talking && q.length > 1; {
		t.giveUp(q.oldest)
	}
}

// giveUp finishes a connection for lack of memory. One that has closed was only
// kept for packets that come late.
func (t *tracker) giveUp(r ref) {
	f := t.flows[t.table.at(r).flow]
	switch {
	case f.http != nil || f.sip != nil:
		f.close = capture.GivenUp
	case f.close == capture.Open && !f.talk.Refused():
		t.found.Dropped++
		f.close = capture.GivenUp
	}
	t.finish(r)
}

// finish ends the work on a connection: both directions are read to their ends,
// what was found is kept, the rest released. A connection without TLS leaves
// nothing behind. It reports whether the entry is still there.
func (t *tracker) finish(r ref) bool {
	e := t.table.at(r)
	if e.state != talking {
		return true
	}
	f := t.flows[e.flow]
	t.move(r, over)
	var kept bool
	if f.http != nil || f.sip != nil {
		kept = t.clear.finish(e, f)
	} else {
		for end := range f.halves {
			f.halves[end].flush(func(lost int, data []byte) { f.deliver(end, lost, data) })
		}
		kept = f.talk.TLS() && t.keep(e, f)
	}
	t.release(e)
	if !kept {
		t.forget(r)
		return false
	}
	t.shorten(over)
	return true
}

// release makes a flow ready for another connection.
func (t *tracker) release(e *entry) {
	f := t.flows[e.flow]
	t.talking -= f.cost
	seen := [2][]byte{f.halves[0].seen[:0], f.halves[1].seen[:0]}
	*f = flow{}
	const worthKeeping, few = 8 << 10, 32
	for end := range seen {
		if cap(seen[end]) <= worthKeeping && len(t.spare) < few {
			f.halves[end].seen = seen[end]
		}
	}
	t.spare = append(t.spare, e.flow)
	e.flow = 0
}

// keep adds a connection to those that were found, if there is room.
func (t *tracker) keep(e *entry, f *flow) bool {
	if t.held > t.budget.found {
		if f.close != capture.GivenUp {
			t.found.Dropped++
		}
		return false
	}
	c := &capture.Connection{
		Start: time.Unix(0, e.start), MidStream: !e.syn[0] && !e.syn[1] && !t.forgot,
		Handshake: f.talk.Summary(int(e.opened)), Close: capture.Close{Kind: f.close},
	}
	client := c.Handshake.ClientEnd
	c.Client, c.Server = e.key.end(client), e.key.end(1-client)
	if f.closer != client {
		c.Close.By = handshake.Server
	}
	for end := range f.halves {
		side := handshake.Client
		if end != client {
			side = handshake.Server
		}
		c.Handshake.Sides[side].Conflicting = f.halves[end].odd
	}
	t.held += foundCost + t.shared.share(&c.Handshake)
	t.found.Connections = append(t.found.Connections, c)
	return true
}

// end ends the work at the end of the capture: what still waits for missing packets
// is read without them. Only what was found is left.
func (t *tracker) end() *capture.Capture {
	for q := &t.queues[talking]; q.length > 0; {
		t.finish(q.oldest)
	}
	t.clear.end()
	t.table, t.flows, t.shared, t.clear = nil, nil, nil, nil
	slices.SortStableFunc(t.found.Connections, func(a, b *capture.Connection) int { return a.Start.Compare(b.Start) })
	return &t.found
}
