// Package pcap reads the TLS handshakes in a packet capture, and what phones fetch and
// report in the clear: pcap and pcapng, also compressed with gzip; from Ethernet, Linux "any" (cooked v1 and v2), BSD
// loopback, PPP and raw IP; IPv4 and IPv6, also in fragments; any port for TLS. VLAN tags,
// MPLS, PPPoE and the tunnels that mirror ports or carry phones are opened: GRE,
// ERSPAN, VXLAN, Geneve, GTP, L2TP. Packets that cannot be read are counted by kind.
//
// Most packets of a capture belong to no handshake. Whatever does not begin a
// connection or a handshake is forgotten at once, and so is a connection as soon
// as its handshake is over or it proves to be something else.
//
// Every input is treated as hostile: what is held is bounded by Options.MaxMemory,
// whatever the file claims or contains, and what that leaves out is counted.
package pcap

import (
	"errors"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

// MinMemory is the lowest value for Options.MaxMemory, in bytes.
const MinMemory = 1 << 20

// Options control how a capture is read.
type Options struct {
	// MaxMemory limits the bytes held for connections, certificates, packets out of
	// order, fragments and secrets. Buffers of about 1.5 MB come on top.
	MaxMemory int
	// Keys holds the secrets of TLS 1.3 connections, or is nil. Read adds those that
	// the capture contains.
	Keys *keylog.Log
}

// Read reads a capture to its end. On an error it returns what was read so far.
// The error wraps ErrFormat if the input is not a capture.
func Read(r io.Reader, o Options) (*capture.Capture, error) {
	memory := max(o.MaxMemory, MinMemory)
	keys := o.Keys
	if keys == nil {
		keys = &keylog.Log{Max: divide(memory).keys}
	}
	f, err := openFile(r, keys)
	if err != nil {
		return &capture.Capture{}, err
	}
	t := newTracker(memory, keys)
	err = t.read(f)
	c := t.end()
	c.Secrets, c.SecretsDropped = keys.Len(), keys.Dropped
	return c, err
}

func (t *tracker) read(f file) error {
	d := &decoder{fragments: newFragments(t.budget.fragments)}
	defer t.count(d)
	var p packet
	for {
		err := f.next(&p)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			t.found.CutShort = true
			return nil
		case err != nil:
			return fmt.Errorf("after packet %d: %w", t.found.Packets, err)
		}
		t.found.Packets++
		if p.skipped.what == 0 && len(p.data) < p.length {
			t.found.Truncated++
		}
		k := d.packet(&p)
		switch k.what {
		case tcp:
		case udpContent:
			t.datagrams++
			t.clear.datagram(d, p.at)
			continue
		default:
			t.counts.add(k)
			continue
		}
		t.segments++
		connection, from := newKey(&d.src, &d.dst)
		t.take(&connection, from, &d.segment, p.at)
	}
}

// count counts the packets by kind.
func (t *tracker) count(d *decoder) {
	lost := d.fragments.end()
	t.counts[kind{what: fragment}] -= lost
	t.counts[kind{what: lostFragment}] += lost
	t.counts[kind{what: tcp}] += t.segments
	t.counts[kind{what: udp}] += t.datagrams
	t.found.Counts, t.found.Unread = t.counts.list()
}
