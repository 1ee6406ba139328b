package capturetest

import (
	"encoding/binary"
	"net"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// A Tunnel puts an Ethernet frame with IPv4 into another frame, as it travels
// between two switches, or in several.
type Tunnel func(t testing.TB, frame []byte) [][]byte

// ethernetHeader is the size of the header in front of the frame's IP packet.
const ethernetHeader = 14

// Tunnels are the tunnels that are known, by name.
var Tunnels = map[string]Tunnel{
	"GRE": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolGRE, frame[ethernetHeader:], &layers.GRE{Protocol: layers.EthernetTypeIPv4})
	},
	"GRE with key, checksum and number": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolGRE, frame[ethernetHeader:], &layers.GRE{
			Protocol: layers.EthernetTypeIPv4, KeyPresent: true, Key: 7, ChecksumPresent: true, SeqPresent: true, Seq: 9})
	},
	"GRE with a frame": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolGRE, frame, &layers.GRE{Protocol: layers.EthernetTypeTransparentEthernetBridging})
	},
	"ERSPAN type I": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolGRE, frame, &layers.GRE{Protocol: layers.EthernetTypeERSPAN})
	},
	"ERSPAN type II": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolGRE, frame, &layers.GRE{Protocol: layers.EthernetTypeERSPAN, SeqPresent: true, Seq: 3}, &layers.ERSPANII{Version: 1, SessionID: 5})
	},
	"ERSPAN type III": func(t testing.TB, frame []byte) [][]byte {
		head := make([]byte, 12)
		head[0] = 2 << 4
		return overIP(t, layers.IPProtocolGRE, append(head, frame...), &layers.GRE{Protocol: 0x22EB, SeqPresent: true, Seq: 3})
	},
	"ERSPAN type III with more": func(t testing.TB, frame []byte) [][]byte {
		head := make([]byte, 20)
		head[0], head[11] = 2<<4, 1
		return overIP(t, layers.IPProtocolGRE, append(head, frame...), &layers.GRE{Protocol: 0x22EB, SeqPresent: true, Seq: 3})
	},
	"ERSPAN type III with IP": func(t testing.TB, frame []byte) [][]byte {
		head := make([]byte, 12)
		head[0], head[10] = 2<<4, 2<<2
		return overIP(t, layers.IPProtocolGRE, append(head, frame[ethernetHeader:]...), &layers.GRE{Protocol: 0x22EB, SeqPresent: true, Seq: 3})
	},
	"VXLAN": func(t testing.TB, frame []byte) [][]byte {
		return overUDP(t, 4789, frame, &layers.VXLAN{ValidIDFlag: true, VNI: 100})
	},
	"VXLAN-GPE": func(t testing.TB, frame []byte) [][]byte {
		return overUDP(t, 4790, append([]byte{0x0C, 0, 0, 1, 0, 0, 1, 0}, frame[ethernetHeader:]...))
	},
	"Geneve": func(t testing.TB, frame []byte) [][]byte {
		return overUDP(t, 6081, frame, &layers.Geneve{Protocol: layers.EthernetTypeTransparentEthernetBridging, VNI: 100,
			Options: []*layers.GeneveOption{{Class: 1, Type: 2, Length: 8, Data: []byte{1, 2, 3, 4}}}})
	},
	"GTP": func(t testing.TB, frame []byte) [][]byte {
		ip := frame[ethernetHeader:]
		return overUDP(t, 2152, ip, &layers.GTPv1U{Version: 1, ProtocolType: 1, MessageType: 255, TEID: 1, MessageLength: uint16(len(ip))})
	},
	"GTP with number and extension": func(t testing.TB, frame []byte) [][]byte {
		ip := frame[ethernetHeader:]
		head := []byte{0x36, 255, 0, 0, 0, 0, 0, 1, 0, 9, 0, 0x85, 1, 0, 0, 0}
		return overUDP(t, 2152, append(head, ip...))
	},
	"PPPoE": func(t testing.TB, frame []byte) [][]byte {
		ip := frame[ethernetHeader:]
		return overEthernet(t, layers.EthernetTypePPPoESession, ip,
			&layers.PPPoE{Version: 1, Type: 1, SessionId: 5, Length: uint16(len(ip) + 2)}, &layers.PPP{PPPType: layers.PPPTypeIPv4})
	},
	"MPLS": func(t testing.TB, frame []byte) [][]byte {
		return overEthernet(t, layers.EthernetTypeMPLSUnicast, frame[ethernetHeader:], &layers.MPLS{Label: 16, TTL: 9}, &layers.MPLS{Label: 17, TTL: 9, StackBottom: true})
	},
	"MPLS with a frame": func(t testing.TB, frame []byte) [][]byte {
		return overEthernet(t, layers.EthernetTypeMPLSUnicast, append(make([]byte, 4), frame...), &layers.MPLS{Label: 17, TTL: 9, StackBottom: true})
	},
	"QinQ": func(t testing.TB, frame []byte) [][]byte {
		return overEthernet(t, layers.EthernetTypeQinQ, frame[ethernetHeader:], &layers.Dot1Q{VLANIdentifier: 10, Type: layers.EthernetTypeDot1Q}, &layers.Dot1Q{VLANIdentifier: 20, Type: layers.EthernetTypeIPv4})
	},
	"Cisco security group tag": func(t testing.TB, frame []byte) [][]byte {
		return overEthernet(t, 0x8909, append([]byte{1, 1, 0, 1, 0, 4, 8, 0}, frame[ethernetHeader:]...))
	},
	"provider backbone": func(t testing.TB, frame []byte) [][]byte {
		return overEthernet(t, 0x88E7, append([]byte{0, 0, 0, 9}, frame...))
	},
	"SNAP": func(t testing.TB, frame []byte) [][]byte {
		return overEthernet(t, layers.EthernetType(len(frame)), append([]byte{0xAA, 0xAA, 3, 0, 0, 0, 8, 0}, frame[ethernetHeader:]...))
	},
	"IP in IP": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolIPv4, frame[ethernetHeader:])
	},
	"EtherIP": func(t testing.TB, frame []byte) [][]byte {
		return overIP(t, layers.IPProtocolEtherIP, append([]byte{0x30, 0}, frame...))
	},
	"L2TP": func(t testing.TB, frame []byte) [][]byte {
		head := []byte{0x40, 2, 0, 0, 0, 1, 0, 1, 0xFF, 3, 0, 0x21}
		return overUDP(t, 1701, append(head, frame[ethernetHeader:]...))
	},
	"PPTP": func(t testing.TB, frame []byte) [][]byte {
		ip := frame[ethernetHeader:]
		head := binary.BigEndian.AppendUint16([]byte{0x30, 0x01, 0x88, 0x0B}, uint16(len(ip)+1))
		head = append(head, 0, 1, 0, 0, 0, 5, 0x21)
		return overIP(t, layers.IPProtocolGRE, append(head, ip...))
	},
	"TZSP": func(t testing.TB, frame []byte) [][]byte {
		return overUDP(t, 37008, append([]byte{1, 0, 0, 1, 0, 10, 1, 7, 1}, frame...))
	},
	"VXLAN in GRE in QinQ": func(t testing.TB, frame []byte) [][]byte {
		outer := overUDP(t, 4789, frame, &layers.VXLAN{ValidIDFlag: true, VNI: 100})[0]
		outer = overIP(t, layers.IPProtocolGRE, outer, &layers.GRE{Protocol: layers.EthernetTypeTransparentEthernetBridging})[0]
		return overEthernet(t, layers.EthernetTypeQinQ, outer[ethernetHeader:], &layers.Dot1Q{VLANIdentifier: 10, Type: layers.EthernetTypeIPv4})
	},
	"IPv4 fragments": func(t testing.TB, frame []byte) [][]byte { return fragments4(t, frame) },
	"IPv4 fragments backwards": func(t testing.TB, frame []byte) [][]byte {
		list := fragments4(t, frame)
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
		return list
	},
	"IPv6 fragments of IPv4": func(t testing.TB, frame []byte) [][]byte { return fragments6(t, frame) },
}

var (
	outerMAC = net.HardwareAddr{2, 0, 0, 0, 1, 1}
	outerA   = net.IP{192, 0, 2, 1}
	outerB   = net.IP{192, 0, 2, 2}
)

func serialize(t testing.TB, stack ...gopacket.SerializableLayer) []byte {
	t.Helper()
	out := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, stack...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func overEthernet(t testing.TB, kind layers.EthernetType, payload []byte, heads ...gopacket.SerializableLayer) [][]byte {
	t.Helper()
	// Not as a layer: gopacket writes lengths instead of some types.
	frame := append(append([]byte{}, outerMAC...), outerMAC...)
	frame = binary.BigEndian.AppendUint16(frame, uint16(kind))
	return [][]byte{append(frame, serialize(t, append(heads, gopacket.Payload(payload))...)...)}
}

func overIP(t testing.TB, protocol layers.IPProtocol, payload []byte, heads ...gopacket.SerializableLayer) [][]byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: outerA, DstIP: outerB}
	return overEthernet(t, layers.EthernetTypeIPv4, payload, append([]gopacket.SerializableLayer{ip}, heads...)...)
}

func overUDP(t testing.TB, port layers.UDPPort, payload []byte, heads ...gopacket.SerializableLayer) [][]byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: outerA, DstIP: outerB}
	udp := &layers.UDP{SrcPort: 50000, DstPort: port}
	udp.SetNetworkLayerForChecksum(ip)
	return overEthernet(t, layers.EthernetTypeIPv4, payload, append([]gopacket.SerializableLayer{ip, udp}, heads...)...)
}

// fragmentSize is the size of all fragments but the last, in bytes.
const fragmentSize = 104

// identification is that of the next datagram.
var identification uint16

// fragments4 splits the frame's IPv4 packet.
func fragments4(t testing.TB, frame []byte) (list [][]byte) {
	t.Helper()
	head := ethernetHeader + 20
	total := int(binary.BigEndian.Uint16(frame[ethernetHeader+2:]))
	payload := frame[head : ethernetHeader+total]
	identification++
	for offset := 0; offset < len(payload); offset += fragmentSize {
		end := min(offset+fragmentSize, len(payload))
		one := append(append([]byte{}, frame[:head]...), payload[offset:end]...)
		w := uint16(offset / 8)
		if end < len(payload) {
			w |= 0x2000
		}
		binary.BigEndian.PutUint16(one[ethernetHeader+2:], uint16(20+end-offset))
		binary.BigEndian.PutUint16(one[ethernetHeader+4:], identification)
		binary.BigEndian.PutUint16(one[ethernetHeader+6:], w)
		list = append(list, one)
	}
	return list
}

// fragments6 puts the frame's IPv4 packet into IPv6 and splits that.
func fragments6(t testing.TB, frame []byte) (list [][]byte) {
	t.Helper()
	payload := frame[ethernetHeader:]
	identification++
	for offset := 0; offset < len(payload); offset += fragmentSize {
		end := min(offset+fragmentSize, len(payload))
		ip := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolIPv6Fragment, SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
		part := &layers.IPv6Fragment{NextHeader: layers.IPProtocolIPv4, FragmentOffset: uint16(offset / 8), MoreFragments: end < len(payload), Identification: uint32(identification)}
		list = append(list, overEthernet(t, layers.EthernetTypeIPv6, payload[offset:end], ip, part)...)
	}
	return list
}
