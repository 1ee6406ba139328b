package pcap

import (
	"bytes"
	"container/list"
)

// A fragmentKey names a datagram of which fragments arrive.
type fragmentKey struct {
	src, dst [keyEnd]byte
	id       uint32
	protocol uint8
	six      bool
}

// Fragments are datagrams that are not whole yet.
type fragments struct {
	waiting map[fragmentKey]*datagram
	order   *list.List // of *datagram, the oldest first
	held    int        // bytes
	max     int        // bytes
	lost    int        // fragments of datagrams that were given up
}

// A datagram is the fragments of one so far, in order and without overlap.
type datagram struct {
	key   fragmentKey
	parts []part
	cost  int
	total int // size, once the last fragment has come; else 0
	place *list.Element
}

type part struct {
	offset int
	data   []byte
}

// Limits of a datagram, and an estimate of what a fragment takes beside its bytes.
const (
	maxDatagram  = 1 << 16
	maxParts     = 256
	datagramCost = 384
	partCost     = 64
)

func newFragments(max int) *fragments {
	return &fragments{waiting: make(map[fragmentKey]*datagram), order: list.New(), max: max}
}

// add adds a fragment and returns the datagram's content if it is whole now. Odd
// are fragments that do not fit together: none of that datagram is read.
func (f *fragments) add(k fragmentKey, offset int, more bool, b []byte) (whole []byte, odd bool) {
	if offset+len(b) > maxDatagram || more && len(b)%8 != 0 || len(b) == 0 {
		return nil, true
	}
	g := f.waiting[k]
	if g == nil {
		g = &datagram{key: k}
		g.place = f.order.PushBack(g)
		f.waiting[k] = g
		f.charge(g, datagramCost)
	}
	added, ok := g.add(offset, more, b)
	if !ok {
		f.drop(g)
		return nil, true
	}
	if added {
		f.charge(g, len(b)+partCost)
	}
	if whole = g.whole(); whole != nil {
		g.parts = nil
		f.drop(g)
	}
	return whole, false
}

// charge adds to what a datagram takes, and gives up the oldest if that is too much.
func (f *fragments) charge(g *datagram, n int) {
	g.cost += n
	f.held += n
	for f.held > f.max && f.order.Len() > 1 {
		oldest := f.order.Front().Value.(*datagram)
		if oldest == g {
			oldest = f.order.Back().Value.(*datagram)
		}
		f.drop(oldest)
	}
}

// drop forgets a datagram. Its fragments were not read.
func (f *fragments) drop(g *datagram) {
	f.lost += len(g.parts)
	f.held -= g.cost
	f.order.Remove(g.place)
	delete(f.waiting, g.key)
}

// end returns the number of fragments that were not read because others are missing.
func (f *fragments) end() int {
	for f.order.Len() > 0 {
		f.drop(f.order.Front().Value.(*datagram))
	}
	return f.lost
}

// add adds a fragment. A repeated one is not added; one that overlaps otherwise, or
// lies behind the end, is not ok.
func (g *datagram) add(offset int, more bool, b []byte) (added, ok bool) {
	end := offset + len(b)
	if !more {
		if g.total != 0 && g.total != end {
			return false, false
		}
		g.total = end
	}
	i := 0
	for i < len(g.parts) && g.parts[i].offset < offset {
		i++
	}
	if i < len(g.parts) && g.parts[i].offset == offset {
		return false, bytes.Equal(g.parts[i].data, b)
	}
	switch {
	case i > 0 && g.parts[i-1].end() > offset, i < len(g.parts) && g.parts[i].offset < end, len(g.parts) >= maxParts:
		return false, false
	}
	g.parts = append(g.parts, part{})
	copy(g.parts[i+1:], g.parts[i:])
	g.parts[i] = part{offset, bytes.Clone(b)}
	return true, g.total == 0 || g.parts[len(g.parts)-1].end() <= g.total
}

func (p part) end() int { return p.offset + len(p.data) }

// whole returns the content if no part is missing, else nil.
func (g *datagram) whole() []byte {
	next := 0
	for _, p := range g.parts {
		if p.offset != next {
			return nil
		}
		next = p.end()
	}
	if next == 0 || next != g.total {
		return nil
	}
	b := make([]byte, 0, next)
	for _, p := range g.parts {
		b = append(b, p.data...)
	}
	return b
}
