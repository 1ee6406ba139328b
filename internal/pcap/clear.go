package pcap

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

// Ports of what phones send and fetch in the clear.
const (
	portTFTP = 69
	portHTTP = 6970 // files, as over TFTP
	portSIP  = 5060
)

// A clear follows what phones fetch and report in the clear.
type clear struct {
	tracker   *tracker
	transfers *transfers
	devices   map[capture.Device]bool
	contents  map[uint64][]byte
	alarms    map[uint64]*capture.Alarm
}

func newClear(t *tracker) *clear {
	c := &clear{tracker: t, devices: make(map[capture.Device]bool), contents: make(map[uint64][]byte), alarms: make(map[uint64]*capture.Alarm)}
	c.transfers = newTransfers(t.budget.transfers, c)
	return c
}

// An httpFlow is a connection that files are fetched over.
type httpFlow struct {
	transfer.HTTP
	server int // the end that is the server
	ack    uint32
	acked  bool // ack is known
	fin    bool // the server has closed its direction
	reset  bool // an end has reset the connection: the server may have had more to send
}

// A sipFlow is a connection that a phone reports over.
type sipFlow struct {
	transfer.SIP
	phone   int    // the end that is the phone
	odd     int    // bytes that were repeated with other content before the message
	now     int64  // time of the packet that is read
	last    []byte // an alarm that what follows may still contradict
	lastAt  int64
	lastOdd int // odd when its message began
}

// clearPort reports whether an end of a connection has a port of what is read in the
// clear.
func clearPort(k *key) bool {
	return isClear(word(k[keyEnd-2:])) || isClear(word(k[2*keyEnd-2:]))
}

func isClear(port uint16) bool { return port == portHTTP || port == portSIP }

// startsClear reports whether a segment of an unknown connection begins something to
// read: a request for a file, or a message of a phone.
func startsClear(k *key, from int, data []byte) bool {
	if len(data) == 0 {
		return false
	}
	switch word(k[(1-from)*keyEnd+keyEnd-2:]) {
	case portHTTP:
		return transfer.StartsHTTP(data)
	case portSIP:
		return transfer.StartsSIP(data)
	}
	return false
}

// begin makes a flow one of HTTP or SIP, by the port of the server.
func (c *clear) begin(f *flow, e *entry) {
	for _, server := range []int{1 - int(e.opened), int(e.opened)} { // a client may have any port
		switch e.key.end(server).Port() {
		case portHTTP:
			h := &httpFlow{server: server}
			h.MidStream = !e.syn[0] && !e.syn[1]
			h.Found = func(x *transfer.Exchange) { c.exchange(h, e, x) }
			h.Other = func(name string) {
				c.device(e.key.end(1-server).Addr(), name)
				c.tracker.found.Other++
			}
			f.http = h
			return
		case portSIP:
			f.sip = &sipFlow{phone: 1 - server}
			return
		}
	}
}

// segment takes a segment of a connection in the clear.
func (c *clear) segment(r ref, from int, s *segment, at int64) {
	t := c.tracker
	e := t.table.at(r)
	f := t.flows[e.flow]
	t.used(r)
	if f.sip != nil && from != f.sip.phone {
		if s.has(flagRST) {
			t.finish(r)
		}
		return
	}
	f.noteEnd(from, s)
	f.halves[1-from].acknowledged(s)
	if f.sip != nil {
		f.sip.now = at
	} else {
		f.http.Now = at
	}
	f.halves[from].receive(s.seq, s.data, func(lost int, data []byte) { c.deliver(e, f, from, lost, data) })
	if c.after(f, from, s) {
		t.finish(r)
		return
	}
	size := 0
	if f.http != nil {
		size = f.http.Size() + int(unsafe.Sizeof(httpFlow{}))
	} else {
		size = f.sip.Size() + len(f.sip.last)
	}
	t.charge(f, flowCost+f.halves[0].size()+f.halves[1].size()+size)
}

// after notes what a segment says beside its data. It reports whether the connection is
// over.
func (c *clear) after(f *flow, from int, s *segment) bool {
	if f.sip != nil {
		h := &f.halves[f.sip.phone]
		if !f.sip.Busy() {
			f.sip.odd = h.odd
			h.shrink()
		}
		return h.ended()
	}
	h, server := f.http, &f.halves[f.http.server]
	if from != h.server && s.has(flagACK) && (!h.acked || int32(s.ack-h.ack) > 0) {
		h.ack, h.acked = s.ack, true
	}
	if h.acked && server.known {
		h.Acked(int64(int32(server.next - h.ack)))
	}
	h.Odd = f.halves[0].odd + f.halves[1].odd
	h.fin = h.fin || from == h.server && s.has(flagFIN)
	h.reset = h.reset || s.has(flagRST)
	if h.fin && !h.reset && server.ended() {
		h.Closed()
	}
	return h.Done() || f.halves[0].ended() && f.halves[1].ended()
}

func (c *clear) deliver(e *entry, f *flow, from, lost int, data []byte) {
	if f.sip != nil {
		if lost > 0 {
			f.sip.Lost()
		}
		c.lastAlarm(e, f)
		f.sip.Data(data, func(alarm []byte) {
			c.lastAlarm(e, f)
			f.sip.last, f.sip.lastAt, f.sip.lastOdd = bytes.Clone(alarm), f.sip.now, f.sip.odd
		})
		return
	}
	h := f.http
	h.Odd = f.halves[0].odd + f.halves[1].odd
	end := transfer.Client
	if from == h.server {
		end = transfer.Server
	}
	h.Lost(end, lost)
	h.Data(end, data)
}

// lastAlarm keeps the alarm that was read last, unless its segments contradict each
// other.
func (c *clear) lastAlarm(e *entry, f *flow) {
	s := f.sip
	switch {
	case s.last == nil:
	case f.halves[s.phone].odd != s.lastOdd:
		c.tracker.found.AlarmsOdd++
	default:
		c.alarm(e.key.end(s.phone), e.key.end(1-s.phone), s.last, s.lastAt)
	}
	s.last = nil
}

// finish ends a connection. It reports whether it stays known: one that was given up
// may go on.
func (c *clear) finish(e *entry, f *flow) bool {
	t, givenUp := c.tracker, f.close == capture.GivenUp
	for end := range f.halves {
		f.halves[end].flush(func(lost int, data []byte) { c.deliver(e, f, end, lost, data) })
	}
	if f.sip != nil {
		c.lastAlarm(e, f)
		if givenUp && f.sip.Busy() {
			t.found.AlarmsDropped++
		}
		return !givenUp
	}
	f.http.Odd = f.halves[0].odd + f.halves[1].odd
	if givenUp && f.http.Busy() {
		t.found.DownloadsDropped++
	}
	if f.http.Done() {
		t.found.Blind++
	}
	f.http.Finish(givenUp)
	return !givenUp
}

// exchange keeps a file that was fetched over HTTP.
func (c *clear) exchange(h *httpFlow, e *entry, x *transfer.Exchange) {
	c.download(&capture.Download{
		Result: x.Result, Start: time.Unix(0, x.Start), End: time.Unix(0, max(x.Start, x.End)), Protocol: capture.HTTP,
		Client: e.key.end(1 - h.server), Server: e.key.end(h.server), MidStream: h.MidStream,
	})
}

// Estimates of what is kept takes in bytes, with what a report adds.
const (
	downloadCost = int(unsafe.Sizeof(capture.Download{})) + 256
	alarmCost    = int(unsafe.Sizeof(capture.Alarm{})) + 1024
	contentCost  = 512
	deviceCost   = 128
)

// room reports whether there is memory for more, and takes it.
func (t *tracker) room(n int) bool {
	if t.held+n > t.budget.found {
		return false
	}
	t.held += n
	return true
}

// download keeps a file. Equal contents are kept once.
func (c *clear) download(d *capture.Download) {
	t := c.tracker
	c.device(d.Client.Addr(), d.Name)
	n := downloadCost + len(d.Name) + len(d.Message)
	if d.Content != nil {
		sum := maphash.Bytes(t.shared.seed, d.Content)
		if known, ok := c.contents[sum]; ok && bytes.Equal(known, d.Content) {
			d.Content = known
		} else {
			d.Content = slices.Clip(d.Content)
			n += cap(d.Content) + contentCost
			c.contents[sum] = d.Content
		}
	}
	if !t.room(n) {
		t.found.DownloadsDropped++
		return
	}
	t.found.Downloads = append(t.found.Downloads, d)
}

// device notes the name of a phone in the name of a file: SEP and 12 hexadecimal
// digits.
func (c *clear) device(address netip.Addr, name string) {
	device := transfer.Device(name)
	if device == "" {
		return
	}
	one := capture.Device{Address: address, Name: device}
	if c.devices[one] || !c.tracker.room(deviceCost) {
		return
	}
	c.devices[one] = true
	c.tracker.found.Devices = append(c.tracker.found.Devices, one)
}

// alarm keeps an alarm. Equal ones of a phone are kept once.
func (c *clear) alarm(phone, server netip.AddrPort, text []byte, at int64) {
	t := c.tracker
	var m maphash.Hash
	m.SetSeed(t.shared.seed)
	m.Write(phone.Addr().AsSlice())
	m.Write(text)
	if a := c.alarms[m.Sum64()]; a != nil && a.Phone.Addr() == phone.Addr() && a.Text == string(text) {
		a.Again++
		return
	}
	if !t.room(alarmCost + len(text)) {
		t.found.AlarmsDropped++
		return
	}
	a := &capture.Alarm{At: time.Unix(0, at), Phone: phone, Server: server, Text: string(text)}
	c.alarms[m.Sum64()] = a
	t.found.Alarms = append(t.found.Alarms, a)
}

// datagram takes a datagram: of TFTP, or a message of a phone.
func (c *clear) datagram(d *decoder, at int64) {
	u := &d.datagram
	switch {
	case u.to == portTFTP && len(u.data) > 1 && binary.BigEndian.Uint16(u.data) == 1:
		c.transfers.request(d, at)
		return
	case u.to == portSIP:
		c.report(d, at)
		return
	}
	if c.transfers.ports[u.to] > 0 {
		c.transfers.answer(d, at)
	}
	if c.transfers.ports[u.from] > 0 {
		c.transfers.acknowledge(d, at)
	}
}

// report takes a message of a phone in a datagram.
func (c *clear) report(d *decoder, at int64) {
	if !d.datagram.whole {
		if bytes.Contains(d.datagram.data, []byte("DeviceTLInfo")) || bytes.Contains(d.datagram.data, []byte("x-cisco-alarm")) {
			c.tracker.found.AlarmsCut++
		}
		return
	}
	if alarm := transfer.Alarm(d.datagram.data); alarm != nil {
		c.alarm(endOf(&d.src), endOf(&d.dst), alarm, at)
	}
}

func endOf(b *[keyEnd]byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[:])).Unmap(), word(b[16:]))
}

// end ends the work at the end of the capture.
func (c *clear) end() {
	c.transfers.end()
	found := &c.tracker.found
	slices.SortStableFunc(found.Downloads, func(a, b *capture.Download) int { return a.Start.Compare(b.Start) })
	slices.SortStableFunc(found.Alarms, func(a, b *capture.Alarm) int { return a.At.Compare(b.At) })
	slices.SortFunc(found.Devices, func(a, b capture.Device) int {
		return cmp.Or(a.Address.Compare(b.Address), strings.Compare(a.Name, b.Name))
	})
}

// shrink keeps less for comparison.
func (h *half) shrink() {
	const few = 4 << 10
	if cap(h.seen) > 2*few {
		h.seen = bytes.Clone(h.seen[max(0, len(h.seen)-few):])
	}
}
