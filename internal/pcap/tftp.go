package pcap

import (
	"container/list"
	"time"
	"unsafe"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

// Transfers are TFTP requests that may still be answered, by the client's address and
// port: the server answers from any port of its own.
type transfers struct {
	clear  *clear
	open   map[[keyEnd]byte]*open
	ports  [1 << 16]uint32 // how many of open have the port
	active *list.List      // of *open, the one that was used last behind
	done   *list.List      // of those that only wait for packets that come late
	held   int             // bytes
	max    int
}

// An open is a transfer.
type open struct {
	*transfer.TFTP
	client, server [keyEnd]byte
	start, last    int64
	cost           int
	place          *list.Element
	in             *list.List
}

// openCost is an estimate of what a transfer takes, in bytes.
const openCost = int(unsafe.Sizeof(open{})) + int(unsafe.Sizeof(transfer.TFTP{})) + 256

func newTransfers(max int, c *clear) *transfers {
	return &transfers{clear: c, open: make(map[[keyEnd]byte]*open), active: list.New(), done: list.New(), max: max}
}

func portOf(end *[keyEnd]byte) uint16 { return word(end[16:]) }

// sameHost reports whether two ends have the same address.
func sameHost(a, b *[keyEnd]byte) bool { return string(a[:16]) == string(b[:16]) }

// request takes a read request.
func (t *transfers) request(d *decoder, at int64) {
	r, ok := transfer.ParseRequest(d.datagram.data)
	if !ok || !d.datagram.whole {
		return
	}
	t.clear.device(endOf(&d.src).Addr(), r.Name)
	o := t.open[d.src]
	if o != nil && o.in == t.active && o.server == d.dst && o.Again(r) {
		o.last = at
		return
	}
	if o != nil {
		t.finish(o, false)
	}
	o = &open{TFTP: transfer.NewTFTP(r), client: d.src, server: d.dst, start: at, last: at, in: t.active}
	o.place = t.active.PushBack(o)
	t.open[d.src] = o
	t.ports[portOf(&d.src)]++
	t.charge(o)
}

// answer takes a datagram for a client that has asked for something.
func (t *transfers) answer(d *decoder, at int64) {
	o := t.open[d.dst]
	if o == nil || !sameHost(&o.server, &d.src) {
		return
	}
	o.FromServer(d.datagram.from, d.datagram.data, d.datagram.whole)
	t.after(o, at)
}

// acknowledge takes a datagram of such a client.
func (t *transfers) acknowledge(d *decoder, at int64) {
	o := t.open[d.src]
	if o == nil || !sameHost(&o.server, &d.dst) {
		return
	}
	o.FromClient(d.datagram.to, d.datagram.data)
	t.after(o, at)
}

// after looks what came of a datagram.
func (t *transfers) after(o *open, at int64) {
	if o.in == t.active {
		o.last = at
	}
	if o.Unwanted() {
		t.finish(o, false)
		return
	}
	if o.in == t.active && o.Done() {
		o.in.Remove(o.place)
		o.in = t.done
		o.place = o.in.PushBack(o)
	} else {
		o.in.MoveToBack(o.place)
	}
	t.charge(o)
}

// charge sets what a transfer takes, and gives up others if that is too much: first
// those that are done, then the ones that were not used for the longest time.
func (t *transfers) charge(o *open) {
	cost := openCost + o.Size()
	t.held += cost - o.cost
	o.cost = cost
	for t.held > t.max && len(t.open) > 0 {
		if first := t.done.Front(); first != nil {
			t.finish(first.Value.(*open), false)
		} else {
			t.finish(t.active.Front().Value.(*open), true)
		}
	}
}

// finish ends a transfer.
func (t *transfers) finish(o *open, givenUp bool) {
	o.in.Remove(o.place)
	delete(t.open, o.client)
	t.ports[portOf(&o.client)]--
	t.held -= o.cost
	found := &t.clear.tracker.found
	r, wanted := o.Result()
	if !wanted {
		found.Other++
		return
	}
	if givenUp && (r.State == transfer.Incomplete || r.State == transfer.NoAnswer) {
		r.State, r.Content, r.Message, r.Code = transfer.GivenUp, nil, "", 0
		found.DownloadsDropped++
	}
	t.clear.download(&capture.Download{
		Result: r, Start: time.Unix(0, o.start), End: time.Unix(0, o.last), Protocol: capture.TFTP, Client: endOf(&o.client), Server: endOf(&o.server),
	})
}

// end ends the work at the end of the capture.
func (t *transfers) end() {
	for _, l := range []*list.List{t.done, t.active} {
		for l.Len() > 0 {
			t.finish(l.Front().Value.(*open), false)
		}
	}
}
