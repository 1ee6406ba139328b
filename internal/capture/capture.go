// Package capture holds what was found in a packet capture: its connections and
// their TLS handshakes, the files that were fetched in the clear, and alarms. Package
// pcap finds them.
package capture

import (
	"net/netip"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
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

	Downloads []*Download // of trust lists and signed files, by the time of their start
	Devices   []Device    // names of phones that files were asked for with, each once
	Other     int         // files of other kinds that were asked for
	Blind     int         // HTTP connections of which packets are missing: requests may be, too
	Alarms    []*Alarm    // by the time of the first
	// DownloadsDropped and AlarmsDropped were not kept, or not read to their end, for
	// lack of memory. AlarmsOdd were not read because segments contradict each other,
	// AlarmsCut because the recorder had cut them.
	DownloadsDropped, AlarmsDropped, AlarmsOdd, AlarmsCut int
}

// A Protocol is how a file travels.
type Protocol string

// Protocols.
const (
	TFTP Protocol = "TFTP"
	HTTP Protocol = "HTTP"
)

// A Download is a file that was asked for in the clear. Equal contents are in memory
// once.
type Download struct {
	transfer.Result
	Start, End     time.Time // of the request, and of the last packet that belongs to it
	Client, Server netip.AddrPort
	Protocol       Protocol
	MidStream      bool // HTTP: the connection began before the capture
}

// A Device is the name of a phone in the name of a file that was asked for from an
// address.
type Device struct {
	Address netip.Addr
	Name    string
}

// An Alarm is a message of a phone about its trust lists.
type Alarm struct {
	At            time.Time // of the first
	Phone, Server netip.AddrPort
	Text          string
	Again         int // how many equal ones followed from that address
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
