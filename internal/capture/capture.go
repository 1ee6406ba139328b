// Package capture reads TLS handshakes out of packet captures: pcap and pcapng,
// also compressed with gzip; Ethernet with and without VLAN tags, Linux "any"
// (cooked v1 and v2), BSD loopback and raw IP; IPv4 and IPv6; any port.
//
// Most packets of a capture are no handshakes. Whatever does not begin a
// connection or a handshake is forgotten at once, and so is a connection as soon
// as its handshake is over or it proves to be something else.
package capture

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"

	"github.com/ctlinspect/ctlinspect/internal/handshake"
)

// MinMemory is the least for Options.MaxMemory, in bytes.
const MinMemory = 1 << 20

// Options say how to read.
type Options struct {
	// MaxMemory bounds the bytes that connections, their certificates and packets
	// out of order may hold, all together: half of it for what was found, a
	// quarter for handshakes under way, a quarter for packets out of order.
	MaxMemory int
}

// A Capture is what was found.
type Capture struct {
	Packets     int
	Truncated   int // packets of which the capture holds the beginning only
	Unread      int // packets of link types that are not read
	Connections []Connection
	Established int  // connections whose handshake took place before the capture
	Dropped     int  // connections that were not, or not to their end, looked at for want of memory
	CutShort    bool // the file ends inside a packet
}

// A Connection is a TCP connection with a TLS handshake.
type Connection struct {
	Start          time.Time // of its first packet in the capture
	Client, Server netip.AddrPort
	MidStream      bool // its beginning is not in the capture
	Handshake      handshake.Summary
	Close          Close
}

// A Close says how TCP ended the connection before its handshake was over.
type Close struct {
	Kind CloseKind
	By   handshake.Side // who began, for FIN and Reset
}

// A CloseKind is a way to end a connection.
type CloseKind string

// Ways to end a connection.
const (
	Open  CloseKind = ""      // it did not end in the capture, or not before the handshake was over
	FIN   CloseKind = "close" // one side closed it
	Reset CloseKind = "reset" // one side reset it
	// GivenUp: it was not read to its end, for want of memory.
	GivenUp CloseKind = "given-up"
)

// Read reads a capture to its end. On an error it returns what was read up to
// there. An error that wraps ErrFormat says that this is no capture.
func Read(r io.Reader, o Options) (*Capture, error) {
	f, err := openFile(r)
	if err != nil {
		return &Capture{}, err
	}
	t := newTracker(max(o.MaxMemory, MinMemory))
	err = t.read(f)
	t.finishAll()
	c := t.found
	slices.SortStableFunc(c.Connections, func(a, b Connection) int { return a.Start.Compare(b.Start) })
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
			return fmt.Errorf("behind packet %d: %w", t.found.Packets, err)
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
