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
	Packets   int
	Truncated int     // packets of which the capture holds only the beginning
	Unread    int     // packets that could not be read, of any kind in Counts that is Unread
	Counts    []Count // packets by kind, the most frequent first
	Secrets   int     // connections that TLS secrets are known of, from a key log or from the capture

	// SecretsDropped is the number of secrets that were not kept, for lack of memory.
	SecretsDropped int
	Connections    []*Connection // by the time of their start
	Established    int           // connections whose handshake took place before the capture
	Dropped        int           // connections that were not read, or not to their end, for lack of memory
	CutShort       bool          // the file ends inside a packet
}

// A Count is the number of packets of one kind.
type Count struct {
	Kind    string // "TCP", "ARP", "link type 105 (IEEE 802.11)"
	Packets int
	Unread  bool // they could not be read: whether they hold TLS is not known
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
