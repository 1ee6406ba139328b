package pcap

import (
	"bytes"
	"slices"
)

// A half is one direction of a connection: it puts segments in order.
type half struct {
	known   bool   // next is known
	next    uint32 // sequence number that is expected next
	closing bool   // a FIN or RST was seen, with sequence number last
	last    uint32
	seen    []byte  // the bytes before next, to compare others with
	waiting []piece // segments that came early, by sequence number
	held    int     // bytes in waiting
	odd     int     // bytes that came again with other content
}

// A piece is the data of a segment that came early.
type piece struct {
	seq  uint32
	data []byte
}

const (
	// window is how far from the expected place a segment may be, in bytes.
	window = 1 << 20
	// maxWaiting and maxHeld bound the segments that wait for a missing one. A
	// handshake is a few packets: more are not waited for.
	maxWaiting = 64
	maxHeld    = 256 << 10
	// maxSeen is how many bytes are kept for comparison.
	maxSeen = 64 << 10
)

// distance returns how far seq is behind the expected place; it is negative in
// front of it.
func (h *half) distance(seq uint32) int { return int(int32(seq - h.next)) }

// begin notes the sequence number of the first byte.
func (h *half) begin(seq uint32) { h.known, h.next = true, seq }

// receive takes the data of a segment. Deliver is given data in order, with the
// number of missing bytes in front of it.
func (h *half) receive(seq uint32, data []byte, deliver func(lost int, data []byte)) {
	if !h.known {
		h.begin(seq)
	}
	d := h.distance(seq)
	switch {
	case d <= -window || d >= window || len(data) == 0:
		return
	case d == -1 && len(data) == 1:
		return // a keep-alive, of any content
	case d > 0:
		h.wait(seq, data)
		if len(h.waiting) > maxWaiting || h.held > maxHeld {
			h.pass(deliver)
		}
		return
	}
	h.advance(seq, data, deliver)
	h.catchUp(deliver)
}

// advance takes data that begins at the expected place or in front of it.
func (h *half) advance(seq uint32, data []byte, deliver func(lost int, data []byte)) {
	behind := -h.distance(seq)
	again := min(behind, len(data))
	h.compare(behind, data[:again])
	data = data[again:]
	if len(data) == 0 {
		return
	}
	h.next += uint32(len(data))
	h.remember(data)
	deliver(0, data)
}

// compare compares data that came again, from so many bytes before the expected
// place on, with what came first.
func (h *half) compare(behind int, again []byte) {
	if over := behind - len(h.seen); over > 0 { // no longer held
		again = again[min(over, len(again)):]
		behind = len(h.seen)
	}
	first := h.seen[len(h.seen)-behind:]
	first = first[:min(len(first), len(again))]
	if again = again[:len(first)]; bytes.Equal(first, again) {
		return
	}
	for i := range first {
		if first[i] != again[i] {
			h.odd++
		}
	}
}

// remember keeps data for comparison.
func (h *half) remember(data []byte) {
	if len(h.seen)+len(data) > 2*maxSeen {
		h.seen = append(h.seen[:0], h.seen[max(0, len(h.seen)-maxSeen):]...)
	}
	h.seen = append(h.seen, data[max(0, len(data)-maxSeen):]...)
}

// wait keeps a segment that came early. One that came before is only compared.
func (h *half) wait(seq uint32, data []byte) {
	i, _ := slices.BinarySearchFunc(h.waiting, h.distance(seq), func(p piece, d int) int { return h.distance(p.seq) - d })
	if i < len(h.waiting) && h.waiting[i].seq == seq && len(h.waiting[i].data) >= len(data) {
		for k, octet := range data {
			if octet != h.waiting[i].data[k] {
				h.odd++
			}
		}
		return
	}
	h.waiting = slices.Insert(h.waiting, i, piece{seq, bytes.Clone(data)})
	h.held += len(data)
}

// catchUp takes the waiting segments whose turn has come.
func (h *half) catchUp(deliver func(lost int, data []byte)) {
	for len(h.waiting) > 0 && h.distance(h.waiting[0].seq) <= 0 {
		p := h.waiting[0]
		h.waiting = slices.Delete(h.waiting, 0, 1)
		h.held -= len(p.data)
		h.advance(p.seq, p.data, deliver)
	}
}

// pass gives up the bytes that the first waiting segment waits for.
func (h *half) pass(deliver func(lost int, data []byte)) {
	p := h.waiting[0]
	deliver(h.distance(p.seq), nil)
	h.next, h.seen = p.seq, h.seen[:0]
	h.catchUp(deliver)
}

// flush takes everything that waits, without what is missing.
func (h *half) flush(deliver func(lost int, data []byte)) {
	for len(h.waiting) > 0 {
		h.pass(deliver)
	}
}

// ended reports whether everything up to the end was received.
func (h *half) ended() bool { return h.closing && h.known && h.next == h.last }

// size returns the bytes held.
func (h *half) size() int {
	const pieceCost = 64
	return cap(h.seen) + h.held + pieceCost*cap(h.waiting)
}
