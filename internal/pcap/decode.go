package pcap

import (
	"encoding/binary"
	"net/netip"
)

// A key names a connection: its two ends in a fixed order, so that both directions
// have the same key. IPv4 addresses are in their IPv6 form. Layout: address, port,
// address, port.
type key [36]byte

const keyEnd = 18 // bytes of an address and a port

// end returns the address and port of an end.
func (k *key) end(i int) netip.AddrPort {
	b := k[i*keyEnd:]
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b)).Unmap(), word(b[16:]))
}

// newKey returns the key of a connection, and which of its ends is the source.
func newKey(src, dst *[keyEnd]byte) (k key, from int) {
	if string(src[:]) > string(dst[:]) {
		src, dst, from = dst, src, 1
	}
	copy(k[:], src[:])
	copy(k[keyEnd:], dst[:])
	return k, from
}

// A segment is a TCP segment.
type segment struct {
	seq, ack uint32
	flags    uint8
	data     []byte
}

// Flags of a segment.
const (
	flagFIN = 0x01
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

func (s *segment) has(flag uint8) bool { return s.flags&flag != 0 }

// A decoder finds the TCP segment or the datagram in a packet, through tunnels and
// fragments.
type decoder struct {
	fragments *fragments
	depth     int
	at        int64
	src, dst  [keyEnd]byte // of the innermost IP header
	segment   segment      // of the last packet that was tcp
	datagram  content      // of the last packet that was a datagram
}

// A content is that of a datagram.
type content struct {
	from, to uint16 // ports
	data     []byte
	whole    bool // the recorder did not cut it
}

// maxDepth bounds the headers inside each other.
const maxDepth = 12

// packet reads a packet. If it is tcp, its segment and ends are in d; if it is a
// datagram, that.
func (d *decoder) packet(p *packet) kind {
	if p.skipped.what != 0 {
		return p.skipped
	}
	d.depth, d.at = 0, p.at
	return d.link(p.link, p.data)
}

// inner reads a header inside of another.
func (d *decoder) inner(b []byte, read func([]byte) kind) kind {
	if d.depth++; d.depth > maxDepth {
		return kind{what: tooDeep}
	}
	return read(b)
}

// ip reads an IP packet of the version that it names.
func (d *decoder) ip(b []byte) kind {
	if d.depth++; d.depth > maxDepth {
		return kind{what: tooDeep}
	}
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return d.ipv4(b)
	case len(b) >= 40 && b[0]>>4 == 6:
		return d.ipv6(b)
	}
	return kind{what: cutOff}
}

// ipv4 reads a header of RFC 791. A total length of 0 is what cards that cut
// packets themselves leave.
func (d *decoder) ipv4(b []byte) kind {
	head, total := int(b[0]&15)*4, int(word(b[2:]))
	if head < 20 || head > len(b) || total != 0 && total < head {
		return kind{what: cutOff}
	}
	short := total > len(b)
	if total != 0 && !short {
		b = b[:total]
	}
	d.src, d.dst = address4(b[12:]), address4(b[16:])
	const moreFragments, offsetMask = 0x2000, 0x1FFF
	if w := word(b[6:]); w&(moreFragments|offsetMask) != 0 {
		k := fragmentKey{src: d.src, dst: d.dst, id: uint32(word(b[4:])), protocol: b[9]}
		return d.fragment(k, int(w&offsetMask)*8, w&moreFragments != 0, b[head:], short)
	}
	return d.protocol(b[9], b[head:])
}

func address4(b []byte) (a [keyEnd]byte) {
	a[10], a[11] = 0xFF, 0xFF
	copy(a[12:], b[:4])
	return a
}

// ipv6 reads a header of RFC 8200 and those that extend it.
func (d *decoder) ipv6(b []byte) kind {
	const head = 40
	length, next := int(word(b[4:])), b[6]
	copy(d.src[:], b[8:24])
	copy(d.dst[:], b[24:40])
	b = b[head:]
	short := length > len(b)
	if length != 0 && !short {
		b = b[:length]
	}
	for {
		var n int
		switch next {
		case 0, 43, 60, 135, 139, 140: // hop-by-hop, routing, destination, mobility, HIP, shim
			n = 8
			if len(b) >= 2 {
				n += int(b[1]) * 8
			}
		case 44:
			return d.fragment6(b, short)
		default:
			return d.protocol(next, b)
		}
		if len(b) < n {
			return kind{what: cutOff}
		}
		next, b = b[0], b[n:]
	}
}

// fragment6 reads a fragment header: protocol, reserved, offset and flag (u16),
// identification (u32).
func (d *decoder) fragment6(b []byte, short bool) kind {
	if len(b) < 8 {
		return kind{what: cutOff}
	}
	w := word(b[2:])
	if w&^6 == 0 {
		return d.protocol(b[0], b[8:]) // "atomic": not split at all
	}
	k := fragmentKey{src: d.src, dst: d.dst, id: binary.BigEndian.Uint32(b[4:]), protocol: b[0], six: true}
	return d.fragment(k, int(w&^7), w&1 != 0, b[8:], short)
}

// fragment keeps a fragment, and reads the datagram if that completes it.
func (d *decoder) fragment(k fragmentKey, offset int, more bool, b []byte, short bool) kind {
	if short {
		return kind{what: cutOff}
	}
	whole, odd := d.fragments.add(k, offset, more, b)
	switch {
	case odd:
		return kind{what: oddFragment}
	case whole == nil:
		return kind{what: fragment}
	}
	return d.protocol(k.protocol, whole)
}

// IP protocols.
const (
	protocolIPv4   = 4
	protocolTCP    = 6
	protocolUDP    = 17
	protocolIPv6   = 41
	protocolGRE    = 47
	protocolESP    = 50
	protocolAH     = 51
	protocolIPIP   = 94
	protocolEtherI = 97 // EtherIP
	protocolL2TPv3 = 115
	protocolMPLS   = 137
)

// protocol reads what an IP packet carries.
func (d *decoder) protocol(p uint8, b []byte) kind {
	switch p {
	case protocolTCP:
		return d.tcp(b)
	case protocolUDP:
		return d.udp(b)
	case protocolGRE:
		return d.inner(b, d.gre)
	case protocolIPv4, protocolIPv6, protocolIPIP:
		return d.ip(b)
	case protocolMPLS:
		return d.inner(b, d.mpls)
	case protocolEtherI:
		return d.after(b, 2, func(b []byte) kind { return d.inner(b[2:], d.ethernet) })
	case protocolAH:
		return d.authenticated(b)
	case protocolESP:
		return kind{encryptedTraffic, espTraffic}
	case protocolL2TPv3:
		return kind{unknownTunnel, l2tpv3Tunnel}
	}
	return kind{otherProtocol, uint32(p)}
}

// authenticated reads an authentication header (RFC 4302): protocol, length in
// words less 2, more.
func (d *decoder) authenticated(b []byte) kind {
	if len(b) < 2 || len(b) < 4*(int(b[1])+2) {
		return kind{what: cutOff}
	}
	next, rest := b[0], b[4*(int(b[1])+2):]
	return d.inner(rest, func(b []byte) kind { return d.protocol(next, b) })
}

// tcp reads a segment (RFC 9293).
func (d *decoder) tcp(b []byte) kind {
	if len(b) < 20 {
		return kind{what: cutOff}
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		return kind{what: cutOff}
	}
	copy(d.src[16:], b[0:2])
	copy(d.dst[16:], b[2:4])
	d.segment = segment{binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13], b[head:]}
	return kind{what: tcp}
}
