// Package capture holds what was found in a packet capture: its connections and
// their TLS handshakes. Package pcap finds them.
package capture

import (
	"net/netip"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/handshake"
)

// A Capture is what was found in a packet capture.
type Capture struct {
	Packets     int
	Truncated   int // packets of which the capture holds only the beginning
	Unread      int // packets with a link type that is not supported
	Connections []Connection
	Established int  // connections whose handshake took place before the capture
	Dropped     int  // connections that were not read, or not to their end, for lack of memory
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

// A Close describes how TCP ended a connection before its handshake was over.
type Close struct {
	Kind CloseKind
	By   handshake.Side // which side began it, for FIN and Reset
}

// A CloseKind is a way to end a connection.
type CloseKind string

// Ways to end a connection.
const (
	Open  CloseKind = ""      // it did not end in the capture, or not before the handshake was over
	FIN   CloseKind = "close" // one side closed it
	Reset CloseKind = "reset" // one side reset it
	// GivenUp: it was not read to its end, for lack of memory.
	GivenUp CloseKind = "given-up"
)
