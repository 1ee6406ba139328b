package pcap

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// A key names a connection: its two ends in a fixed order, so that both
// directions have the same key. IPv4 addresses are in their IPv6 form.
type key struct {
	addr [2][16]byte
	port [2]uint16
}

func newKey(src, dst net.IP, srcPort, dstPort uint16) (k key, from int) {
	a, b := to16(src), to16(dst)
	if order := bytes.Compare(a[:], b[:]); order > 0 || order == 0 && srcPort > dstPort {
		return key{[2][16]byte{b, a}, [2]uint16{dstPort, srcPort}}, 1
	}
	return key{[2][16]byte{a, b}, [2]uint16{srcPort, dstPort}}, 0
}

func to16(ip net.IP) (a [16]byte) {
	if len(ip) == net.IPv4len {
		a[10], a[11] = 0xFF, 0xFF
		copy(a[12:], ip)
		return a
	}
	copy(a[:], ip)
	return a
}

// end returns the address and port of an end.
func (k *key) end(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(k.addr[i]).Unmap(), k.port[i])
}

func (k *key) netFlow(from int) gopacket.Flow {
	return gopacket.NewFlow(layers.EndpointIPv6, k.addr[from][:], k.addr[1-from][:])
}

// reset returns a segment that ends the connection in one direction.
func (k *key) reset(from int) *layers.TCP {
	const offset, rst = 5 << 4, 0x04
	var b [20]byte
	binary.BigEndian.PutUint16(b[0:], k.port[from])
	binary.BigEndian.PutUint16(b[2:], k.port[1-from])
	b[12], b[13] = offset, rst
	t := new(layers.TCP)
	// These bytes are a header: there is nothing to go wrong.
	_ = t.DecodeFromBytes(b[:], gopacket.NilDecodeFeedback)
	return t
}

// A decoder finds the TCP segment in a packet.
type decoder struct {
	tcp layers.TCP
	ip4 layers.IPv4
	ip6 layers.IPv6

	parsers map[gopacket.LayerType]*gopacket.DecodingLayerParser
	found   []gopacket.LayerType
	all     gopacket.DecodingLayerContainer
}

func newDecoder() *decoder {
	d := &decoder{parsers: make(map[gopacket.LayerType]*gopacket.DecodingLayerParser)}
	d.all = gopacket.DecodingLayerSparse(nil)
	for _, l := range []gopacket.DecodingLayer{
		&layers.Ethernet{}, &layers.Dot1Q{}, &layers.LinuxSLL{}, &layers.LinuxSLL2{}, &layers.Loopback{},
		&d.ip4, &d.ip6, &layers.IPv6ExtensionSkipper{}, &d.tcp,
	} {
		d.all = d.all.Put(l)
	}
	return d
}

// segment decodes a packet. The segment is in d.tcp until the next call.
func (d *decoder) segment(link layers.LinkType, data []byte) (k key, from int, ok bool) {
	first := firstLayer(link, data)
	p := d.parsers[first]
	if p == nil {
		p = gopacket.NewDecodingLayerParser(first)
		p.IgnoreUnsupported = true
		p.SetDecodingLayerContainer(d.all)
		d.parsers[first] = p
	}
	d.found = d.found[:0]
	// An error leaves the layers in front of it.
	_ = p.DecodeLayers(data, &d.found)
	n := len(d.found)
	if n < 2 || d.found[n-1] != layers.LayerTypeTCP {
		return key{}, 0, false
	}
	src, dst := d.ip6.SrcIP, d.ip6.DstIP
	for _, l := range d.found {
		switch l {
		case layers.LayerTypeIPv4:
			src, dst = d.ip4.SrcIP, d.ip4.DstIP
		case layers.LayerTypeIPv6:
			src, dst = d.ip6.SrcIP, d.ip6.DstIP
		}
	}
	k, from = newKey(src, dst, uint16(d.tcp.SrcPort), uint16(d.tcp.DstPort))
	return k, from, true
}

// Link types of raw IP beside layers.LinkTypeRaw: OpenBSD's, and that of other
// BSDs.
const (
	rawOpenBSD layers.LinkType = 14
	rawBSD     layers.LinkType = 12
)

// firstLayer says what a packet of a link type begins with; LayerTypeZero for one
// that is not read.
func firstLayer(link layers.LinkType, data []byte) gopacket.LayerType {
	switch link {
	case layers.LinkTypeEthernet:
		return layers.LayerTypeEthernet
	case layers.LinkTypeLinuxSLL:
		return layers.LayerTypeLinuxSLL
	case layers.LinkTypeLinuxSLL2:
		return layers.LayerTypeLinuxSLL2
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		return layers.LayerTypeLoopback
	case layers.LinkTypeIPv4:
		return layers.LayerTypeIPv4
	case layers.LinkTypeIPv6:
		return layers.LayerTypeIPv6
	case layers.LinkTypeRaw, rawBSD, rawOpenBSD:
		if len(data) > 0 && data[0]>>4 == 6 {
			return layers.LayerTypeIPv6
		}
		return layers.LayerTypeIPv4
	}
	return gopacket.LayerTypeZero
}
