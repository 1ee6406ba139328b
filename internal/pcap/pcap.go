// Package pcap reads the TLS handshakes in a packet capture: pcap and pcapng,
// also compressed with gzip; Ethernet with and without VLAN tags, Linux "any"
// (cooked v1 and v2), BSD loopback and raw IP; IPv4 and IPv6; any port.
//
// Most packets of a capture belong to no handshake. Whatever does not begin a
// connection or a handshake is forgotten at once, and so is a connection as soon
// as its handshake is over or it proves to be something else.
package pcap

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gopacket/gopacket"

	"github.com/ctlinspect/ctlinspect/internal/capture"
)

// MinMemory is the lowest value for Options.MaxMemory, in bytes.
const MinMemory = 1 << 20

// Options control how a capture is read.
type Options struct {
	// MaxMemory limits the bytes held for connections, certificates and packets
	// out of order: half of it for what was found, a quarter for handshakes under
	// way, a quarter for packets out of order.
	MaxMemory int
}

// Read reads a capture to its end. On an error it returns what was read so far.
// The error wraps ErrFormat if the input is not a capture.
func Read(r io.Reader, o Options) (*capture.Capture, error) {
	f, err := openFile(r)
	if err != nil {
		return &capture.Capture{}, err
	}
	t := newTracker(max(o.MaxMemory, MinMemory))
	err = t.read(f)
	t.finishAll()
	c := t.found
	slices.SortStableFunc(c.Connections, func(a, b capture.Connection) int { return a.Start.Compare(b.Start) })
	return &c, err
}

func (t *tracker) read(f file) error {
	d := newDecoder()
	for {
		data, info, link, err := f.next()
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
		if info.CaptureLength < info.Length {
			t.found.Truncated++
		}
		if firstLayer(link, data) == gopacket.LayerTypeZero {
			t.found.Unread++
			continue
		}
		if k, from, ok := d.segment(link, data); ok {
			t.segment(k, from, &d.tcp, info)
		}
	}
}
