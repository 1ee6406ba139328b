package capturetest

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A Frame is a packet on Ethernet.
type Frame struct {
	At   time.Time
	Data []byte
	Snap int // bytes that are kept; all if 0
}

// Frames returns the frames of segments.
func Frames(t testing.TB, segments []Segment) []Frame {
	t.Helper()
	var list []Frame
	for _, s := range segments {
		list = append(list, Frame{At: s.At, Data: Ethernet.packet(t, s)})
	}
	return list
}

// Datagram returns the frame of a datagram of UDP.
func Datagram(t testing.TB, at time.Time, from, to netip.AddrPort, data []byte) Frame {
	t.Helper()
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
	udp.SetNetworkLayerForChecksum(ip)
	stack := append(Ethernet.linkLayers(layers.EthernetTypeIPv4), ip, udp, gopacket.Payload(data))
	out := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, stack...); err != nil {
		t.Fatal(err)
	}
	return Frame{At: at, Data: out.Bytes()}
}

// WriteFrames writes frames as a capture.
func WriteFrames(t testing.TB, frames []Frame) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(1<<16, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		kept := f.Data
		if f.Snap > 0 {
			kept = kept[:min(f.Snap, len(kept))]
		}
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: f.At, CaptureLength: len(kept), Length: len(f.Data)}, kept); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}
