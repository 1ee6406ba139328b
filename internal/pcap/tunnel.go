package pcap

import "encoding/binary"

// gre reads a header of RFC 2784, 2890 and, in version 1, 2637 (PPTP): flags and
// version (u16), protocol (u16), and the fields that the flags announce.
func (d *decoder) gre(b []byte) kind {
	if len(b) < 4 {
		return kind{what: cutOff}
	}
	const checksum, routing, hasKey, sequence, acknowledgement = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080
	flags, protocol := word(b), word(b[2:])
	version := flags & 7
	if version > 1 || flags&routing != 0 {
		return kind{unknownTunnel, greTunnel}
	}
	n := 4
	for _, f := range []uint16{checksum, hasKey, sequence} {
		if flags&f != 0 {
			n += 4
		}
	}
	if version == 1 && flags&acknowledgement != 0 {
		n += 4
	}
	if len(b) < n {
		return kind{what: cutOff}
	}
	return d.inGRE(protocol, flags&sequence != 0, b[n:])
}

func (d *decoder) inGRE(protocol uint16, numbered bool, b []byte) kind {
	const ppp, wccp = 0x880B, 0x883E
	switch protocol {
	case etherERSPAN2:
		return d.erspan(numbered, b)
	case etherERSPAN3:
		return d.erspan3(b)
	case ppp:
		if len(b) == 0 {
			return kind{otherProtocol, protocolGRE} // an acknowledgement of PPTP
		}
		return d.ppp(b)
	case wccp:
		if len(b) > 0 && b[0]>>4 != 4 { // version 2 has a header of its own
			return d.after(b, 4, func(b []byte) kind { return d.ip(b[4:]) })
		}
		return d.ip(b)
	case 0:
		return kind{otherProtocol, protocolGRE} // a keepalive
	}
	switch k := d.etherType(protocol, b); {
	case k.what == otherEthernet, k.what == logicalLink && protocol < 1536:
		return kind{unknownTunnel, greTunnel}
	default:
		return k
	}
}

// erspan reads a mirrored frame. Type I is a bare frame and has no sequence number;
// type II has a header of 8 bytes, which begins with version 1.
func (d *decoder) erspan(numbered bool, b []byte) kind {
	const header = 8
	if numbered && len(b) > header && b[0]>>4 == 1 {
		b = b[header:]
	}
	return d.ethernet(b)
}

// erspan3 reads a mirrored frame of type III: a header of 12 bytes, which begins
// with version 2, and 8 more if its last bit says so.
func (d *decoder) erspan3(b []byte) kind {
	const header, optional = 12, 8
	if len(b) < header {
		return kind{what: cutOff}
	}
	content, n := b[10]>>2&31, header
	if b[11]&1 != 0 {
		n += optional
	}
	switch {
	case len(b) < n:
		return kind{what: cutOff}
	case b[0]>>4 != 2:
		return kind{unknownTunnel, erspanTunnel}
	case content == 0:
		return d.ethernet(b[n:])
	case content == 2:
		return d.ip(b[n:])
	}
	return kind{unknownTunnel, erspanTunnel}
}

// Ports of tunnels over UDP.
const (
	portL2TP     = 1701
	portGTP      = 2152
	portIPsec    = 4500
	portGRE      = 4754
	portVXLAN    = 4789
	portVXLANGPE = 4790
	portCAPWAP   = 5247
	portGeneve   = 6081
	portMPLS     = 6635
	portVXLANOld = 8472 // Linux, and some switches
	portTZSP     = 37008
)

// udp reads a datagram: ports (u16), length (u16), checksum. A tunnel is known by
// the port that it is sent to.
func (d *decoder) udp(b []byte) kind {
	if len(b) < 8 {
		return kind{what: cutOff}
	}
	from, to, length := word(b), word(b[2:]), int(word(b[4:]))
	head := b
	b = b[8:]
	if d.depth++; d.depth > maxDepth {
		return kind{what: tooDeep}
	}
	switch to {
	case portVXLAN, portVXLANOld:
		return d.vxlan(b)
	case portVXLANGPE:
		return d.vxlanGPE(b)
	case portGeneve:
		return d.geneve(b)
	case portGTP:
		return d.gtp(b)
	case portGRE:
		return d.gre(b)
	case portMPLS:
		return d.mpls(b)
	case portTZSP:
		return d.tzsp(b)
	case portL2TP:
		return d.l2tp(b)
	}
	switch {
	case to == portIPsec || from == portIPsec:
		return natTraversal(b)
	case to == portCAPWAP || from == portCAPWAP:
		return kind{unknownTunnel, capwapTunnel}
	case from == portL2TP:
		return d.l2tp(b)
	}
	d.datagram.whole = true
	switch content := length - 8; {
	case length == 0: // a jumbogram, or one that the card was to cut
	case content < 0:
		return kind{what: udp}
	case content > len(b):
		d.datagram.whole = false
	default:
		b = b[:content]
	}
	copy(d.src[16:], head[0:2])
	copy(d.dst[16:], head[2:4])
	d.datagram.from, d.datagram.to, d.datagram.data = from, to, b
	return kind{what: udpContent}
}

// natTraversal tells IPsec in UDP (RFC 3948) from its key exchange and keepalives.
func natTraversal(b []byte) kind {
	if len(b) < 4 || binary.BigEndian.Uint32(b) == 0 {
		return kind{what: udp}
	}
	return kind{encryptedTraffic, espTraffic}
}

// vxlan reads a header of RFC 7348: flags, 8 bytes in all, then a frame.
func (d *decoder) vxlan(b []byte) kind {
	const valid = 0x08
	if len(b) < 8 || b[0]&valid == 0 {
		return kind{what: udp}
	}
	return d.ethernet(b[8:])
}

// vxlanGPE reads VXLAN with the protocol that follows in its fourth byte.
func (d *decoder) vxlanGPE(b []byte) kind {
	if len(b) < 8 {
		return kind{what: udp}
	}
	switch b[3] {
	case 1, 2:
		return d.ip(b[8:])
	case 3:
		return d.ethernet(b[8:])
	case 5:
		return d.mpls(b[8:])
	}
	return kind{unknownTunnel, vxlanTunnel}
}

// geneve reads a header of RFC 8926: version and length of options in words, flags,
// protocol (u16), 4 more bytes, options.
func (d *decoder) geneve(b []byte) kind {
	if len(b) < 8 || b[0]>>6 != 0 {
		return kind{what: udp}
	}
	n := 8 + 4*int(b[0]&0x3F)
	if len(b) < n {
		return kind{what: cutOff}
	}
	k := d.etherType(word(b[2:]), b[n:])
	if k.what == otherEthernet {
		return kind{unknownTunnel, geneveTunnel}
	}
	return k
}

// gtp reads GTP-U version 1 (3GPP TS 29.281): flags, message type, length (u16),
// tunnel (u32), and if a flag says so 4 bytes and extension headers.
func (d *decoder) gtp(b []byte) kind {
	const packetMessage, extended, optional = 255, 0x04, 0x07
	switch {
	case len(b) < 8:
		return kind{what: cutOff}
	case b[0]>>5 != 1 || b[0]&0x10 == 0:
		return kind{unknownTunnel, gtpTunnel}
	case b[1] != packetMessage:
		return kind{what: udp} // signalling
	}
	flags := b[0]
	b = b[8:]
	if flags&optional == 0 {
		return d.ip(b)
	}
	if len(b) < 4 {
		return kind{what: cutOff}
	}
	next := b[3]
	b = b[4:]
	for flags&extended != 0 && next != 0 {
		if len(b) == 0 || b[0] == 0 || len(b) < 4*int(b[0]) {
			return kind{what: cutOff}
		}
		n := 4 * int(b[0])
		next, b = b[n-1], b[n:]
	}
	return d.ip(b)
}

// l2tp reads L2TP version 2 (RFC 2661): flags and version (u16), and the fields
// that the flags announce.
func (d *decoder) l2tp(b []byte) kind {
	if len(b) < 6 {
		return kind{what: cutOff}
	}
	const control, length, sequence, offset = 0x8000, 0x4000, 0x0800, 0x0200
	flags := word(b)
	switch {
	case flags&15 == 3:
		return kind{unknownTunnel, l2tpv3Tunnel}
	case flags&15 != 2 || flags&control != 0:
		return kind{what: udp}
	}
	n := 6
	if flags&length != 0 {
		n += 2
	}
	if flags&sequence != 0 {
		n += 4
	}
	if flags&offset != 0 {
		if len(b) < n+2 {
			return kind{what: cutOff}
		}
		n += 2 + int(word(b[n:]))
	}
	if len(b) <= n {
		return kind{what: cutOff}
	}
	return d.ppp(b[n:])
}

// tzsp reads what routers stream to an analyser: version, type, protocol (u16), then
// tags: 0 is padding, 1 the end, others have a length.
func (d *decoder) tzsp(b []byte) kind {
	const ethernet, padding, end = 1, 0, 1
	if len(b) < 5 || b[0] != 1 || word(b[2:]) != ethernet {
		return kind{what: udp}
	}
	for b = b[4:]; len(b) > 0; {
		tag := b[0]
		switch b = b[1:]; {
		case tag == end:
			return d.ethernet(b)
		case tag == padding:
		case len(b) == 0 || len(b) < 1+int(b[0]):
			return kind{what: cutOff}
		default:
			b = b[1+int(b[0]):]
		}
	}
	return kind{what: cutOff}
}
