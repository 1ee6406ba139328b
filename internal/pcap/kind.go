package pcap

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/capture"
)

// A kind is what a packet turned out to be.
type kind struct {
	what   what
	number uint32 // link type, Ethernet type or protocol
}

// A what is a kind without its number.
type what uint8

// Kinds of packets that are not read, as far as unread goes, and of other packets.
const (
	_ what = iota
	unknownLink
	unknownInterface
	tooLarge
	tooDeep
	cutOff
	encryptedTraffic
	unknownTunnel
	lostFragment
	oddFragment
	unread // up to here it is not known whether the packet has a TCP segment

	tcp
	udpContent // a datagram, in decoder.datagram; counted as udp
	fragment   // kept until the datagram is whole
	udp
	otherProtocol
	otherEthernet
	logicalLink
	otherKinds
)

// String describes packets of the kind: "ARP".
func (k kind) String() string {
	switch k.what {
	case unknownLink:
		return name(linkNames, k.number, "link type %d")
	case otherEthernet:
		return name(etherNames, k.number, "Ethernet type 0x%04x")
	case otherProtocol:
		return name(protocolNames, k.number, "IP protocol %d")
	case unknownTunnel, encryptedTraffic:
		return name(tunnelNames, k.number, "tunnel %d")
	}
	return kindNames[k.what]
}

var kindNames = map[what]string{
	unknownInterface: "from interfaces that the file does not describe",
	tooLarge:         "larger than 256 KB",
	tooDeep:          "more than 12 headers inside each other",
	cutOff:           "headers cut off or damaged",
	lostFragment:     "IP fragments whose other parts are missing",
	oddFragment:      "IP fragments that contradict each other or are too many",
	tcp:              "TCP",
	fragment:         "IP fragments",
	udp:              "UDP",
	logicalLink:      "IEEE 802.2 LLC",
	otherKinds:       "other kinds",
}

func name(names map[uint32]string, number uint32, format string) string {
	if s, ok := names[number]; ok {
		return s
	}
	return fmt.Sprintf(format, number)
}

// Tunnels and encryption that are not read, or could not be.
const (
	greTunnel uint32 = iota
	erspanTunnel
	mplsTunnel
	pppTunnel
	l2tpv3Tunnel
	capwapTunnel
	vxlanTunnel
	geneveTunnel
	gtpTunnel
	espTraffic
	macsecTraffic
)

var tunnelNames = map[uint32]string{
	greTunnel: "GRE with unknown content", erspanTunnel: "ERSPAN of an unknown version or content", mplsTunnel: "MPLS with unknown content",
	pppTunnel: "PPP with unknown content", l2tpv3Tunnel: "L2TPv3", capwapTunnel: "CAPWAP data", vxlanTunnel: "VXLAN with unknown content",
	geneveTunnel: "Geneve with unknown content", gtpTunnel: "GTP of an unknown version", espTraffic: "ESP (IPsec, encrypted)", macsecTraffic: "MACsec (encrypted)",
}

// Link types that people meet and that are not read (www.tcpdump.org/linktypes.html).
var linkNames = map[uint32]string{
	105: "link type 105 (IEEE 802.11)", 119: "link type 119 (IEEE 802.11 with Prism header)", 127: "link type 127 (IEEE 802.11 with radiotap header)",
	163: "link type 163 (IEEE 802.11 with AVS header)", 192: "link type 192 (PPI)", 189: "link type 189 (USB)", 220: "link type 220 (USB)",
	239: "link type 239 (NFLOG)", 252: "link type 252 (data exported by Wireshark)",
}

var etherNames = map[uint32]string{
	0x0806: "ARP", 0x88CC: "LLDP", 0x888E: "IEEE 802.1X", 0x8809: "LACP", 0x8863: "PPPoE discovery", 0x9000: "loopback test",
}

var protocolNames = map[uint32]string{
	1: "ICMP", 2: "IGMP", 58: "ICMPv6", 59: "IPv6 without content", 88: "EIGRP", 89: "OSPF", 103: "PIM", 112: "VRRP", 132: "SCTP",
}

// Counts are the packets of each kind.
type counts map[kind]int

// maxKinds bounds the kinds that are told apart.
const maxKinds = 256

func (c counts) add(k kind) {
	if _, known := c[k]; !known && len(c) >= maxKinds {
		k = kind{what: otherKinds}
	}
	c[k]++
}

// list returns the counts, the largest first, and the number of packets that were
// not read.
func (c counts) list() (list []capture.Count, unreadable int) {
	for k, n := range c {
		if n == 0 {
			continue
		}
		one := capture.Count{Kind: k.String(), Packets: n, Unread: k.what < unread}
		if one.Unread {
			unreadable += n
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b capture.Count) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Kind, b.Kind))
	})
	return list, unreadable
}
