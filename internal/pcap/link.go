package pcap

import "encoding/binary"

// A linkType is what packets of a file or interface begin with
// (www.tcpdump.org/linktypes.html).
type linkType uint32

const (
	linkNull       linkType = 0 // BSD loopback
	linkEthernet   linkType = 1
	linkPPP        linkType = 9
	linkRawBSD     linkType = 12
	linkRawOpenBSD linkType = 14
	linkPPPSerial  linkType = 50
	linkPPPEther   linkType = 51
	linkRaw        linkType = 101
	linkCiscoHDLC  linkType = 104
	linkLoop       linkType = 108 // OpenBSD loopback
	linkLinuxSLL   linkType = 113 // Linux "any"
	linkMPLS       linkType = 219
	linkIPv4       linkType = 228
	linkIPv6       linkType = 229
	linkPktap      linkType = 258 // macOS
	linkMPacket    linkType = 274
	linkLinuxSLL2  linkType = 276
)

// link reads a packet of a link type.
func (d *decoder) link(link linkType, b []byte) kind {
	switch link {
	case linkEthernet:
		return d.ethernet(b)
	case linkLinuxSLL:
		return d.after(b, 16, func(b []byte) kind { return d.etherType(word(b[14:]), b[16:]) })
	case linkLinuxSLL2:
		return d.after(b, 20, func(b []byte) kind { return d.etherType(word(b), b[20:]) })
	case linkNull, linkLoop:
		return d.loopback(b)
	case linkIPv4, linkIPv6, linkRaw, linkRawBSD, linkRawOpenBSD:
		return d.ip(b)
	case linkPPP, linkPPPSerial:
		return d.ppp(b)
	case linkCiscoHDLC:
		return d.ciscoHDLC(b)
	case linkPPPEther:
		return d.pppoe(b)
	case linkMPLS:
		return d.mpls(b)
	case linkMPacket:
		return d.after(b, 8, func(b []byte) kind { return d.ethernet(b[8:]) })
	case linkPktap:
		return d.pktap(b)
	}
	return kind{unknownLink, uint32(link)}
}

// after reads what follows at least n bytes.
func (d *decoder) after(b []byte, n int, read func([]byte) kind) kind {
	if len(b) < n {
		return kind{what: cutOff}
	}
	return read(b)
}

func word(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// ethernet reads a frame: two addresses (12 bytes), type (u16).
func (d *decoder) ethernet(b []byte) kind {
	if len(b) < 14 {
		return kind{what: cutOff}
	}
	return d.etherType(word(b[12:]), b[14:])
}

// Ethernet types.
const (
	etherIPv4    = 0x0800
	etherIPv6    = 0x86DD
	etherBridged = 0x6558 // Transparent Ethernet Bridging: a whole frame
	etherPPPoE   = 0x8864
	etherMPLS    = 0x8847
	etherMPLSUp  = 0x8848
	etherPBB     = 0x88E7
	etherMACsec  = 0x88E5
	etherETag    = 0x893F
	etherCMD     = 0x8909 // Cisco MetaData, with security group tags
	etherERSPAN2 = 0x88BE // also type I
	etherERSPAN3 = 0x22EB
)

// etherType reads what follows an Ethernet type. A value below 1536 is a length.
func (d *decoder) etherType(t uint16, b []byte) kind {
	for {
		tag := 0
		switch t {
		case 0x8100, 0x88A8, 0x9100, 0x9200, 0x9300: // VLAN tags, QinQ
			tag = 2
		case etherETag, etherCMD:
			tag = 6
		default:
			return d.untagged(t, b)
		}
		if len(b) < tag+2 {
			return kind{what: cutOff}
		}
		t, b = word(b[tag:]), b[tag+2:]
	}
}

func (d *decoder) untagged(t uint16, b []byte) kind {
	switch t {
	case etherIPv4, etherIPv6:
		return d.ip(b)
	case etherPPPoE:
		return d.pppoe(b)
	case etherMPLS, etherMPLSUp:
		return d.mpls(b)
	case etherBridged:
		return d.inner(b, d.ethernet)
	case etherPBB:
		return d.after(b, 4, func(b []byte) kind { return d.inner(b[4:], d.ethernet) })
	case etherMACsec:
		return kind{encryptedTraffic, macsecTraffic}
	}
	if t < 1536 {
		return d.logicalLink(b)
	}
	return kind{otherEthernet, uint32(t)}
}

// logicalLink reads an IEEE 802.2 header; with SNAP it names an Ethernet type.
func (d *decoder) logicalLink(b []byte) kind {
	if len(b) >= 8 && [6]byte(b) == [6]byte{0xAA, 0xAA, 3} && word(b[6:]) >= 1536 {
		return d.inner(b[6:], func(b []byte) kind { return d.etherType(word(b), b[2:]) })
	}
	return kind{what: logicalLink}
}

// loopback reads the address family that BSD puts in front, in the byte order of
// the machine.
func (d *decoder) loopback(b []byte) kind {
	if len(b) < 4 {
		return kind{what: cutOff}
	}
	family := binary.LittleEndian.Uint32(b)
	if family > 0xFFFF {
		family = binary.BigEndian.Uint32(b)
	}
	switch family {
	case 2, 10, 24, 28, 30: // IPv4; IPv6 of Linux, the BSDs and macOS
		return d.ip(b[4:])
	}
	return kind{what: logicalLink}
}

// pppoe reads version and code (u16), session (u16), length (u16), then PPP.
func (d *decoder) pppoe(b []byte) kind {
	return d.after(b, 6, func(b []byte) kind { return d.ppp(b[6:]) })
}

// ppp reads address and control (FF 03, optional), protocol (1 or 2 bytes).
func (d *decoder) ppp(b []byte) kind {
	if len(b) >= 2 && b[0] == 0xFF && b[1] == 3 {
		b = b[2:]
	}
	if len(b) < 2 {
		return kind{what: cutOff}
	}
	protocol, n := uint16(b[0]), 1
	if b[0]&1 == 0 {
		protocol, n = word(b), 2
	}
	switch b = b[n:]; protocol {
	case 0x0021, 0x0057:
		return d.ip(b)
	case 0x0031:
		return d.pppBridged(b)
	case 0x0281:
		return d.mpls(b)
	case 0x0053, 0x003D, 0x00FD, 0x002D, 0x002F: // encrypted, split, compressed
		return kind{unknownTunnel, pppTunnel}
	}
	return kind{what: logicalLink}
}

// pppBridged reads flags and type of a bridged frame (RFC 3518).
func (d *decoder) pppBridged(b []byte) kind {
	if len(b) < 2 || b[1] != 1 {
		return kind{unknownTunnel, pppTunnel}
	}
	return d.inner(b[2:], d.ethernet)
}

// ciscoHDLC reads address, control, Ethernet type (u16).
func (d *decoder) ciscoHDLC(b []byte) kind {
	return d.after(b, 4, func(b []byte) kind { return d.etherType(word(b[2:]), b[4:]) })
}

// pktap reads the header of macOS: its length, a type, and the link type of what
// follows (u32 each, little-endian).
func (d *decoder) pktap(b []byte) kind {
	if len(b) < 12 {
		return kind{what: cutOff}
	}
	n, link := binary.LittleEndian.Uint32(b), linkType(binary.LittleEndian.Uint32(b[8:]))
	if n < 12 || uint64(n) > uint64(len(b)) || link == linkPktap {
		return kind{what: cutOff}
	}
	return d.link(link, b[n:])
}

// mpls reads labels of 4 bytes up to the last. What follows does not say what it
// is: IP begins with its version, a pseudowire with 0 or an Ethernet frame.
func (d *decoder) mpls(b []byte) kind {
	for {
		if len(b) < 5 {
			return kind{what: cutOff}
		}
		last := b[2]&1 != 0
		if b = b[4:]; last {
			break
		}
	}
	switch b[0] >> 4 {
	case 4, 6:
		return d.ip(b)
	case 0:
		if len(b) > 4+14 && knownFrame(b[4:]) {
			return d.inner(b[4:], d.ethernet)
		}
	}
	if knownFrame(b) {
		return d.inner(b, d.ethernet)
	}
	return kind{unknownTunnel, mplsTunnel}
}

// knownFrame reports whether b looks like an Ethernet frame with IP, a tag or ARP.
func knownFrame(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	switch word(b[12:]) {
	case etherIPv4, etherIPv6, 0x8100, 0x88A8, 0x0806, etherMPLS:
		return true
	}
	return false
}
