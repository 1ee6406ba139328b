package capturetest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A Connection is where segments go.
type Connection struct {
	Client, Server netip.AddrPort
	Start          time.Time
	ISN            [2]uint32 // first sequence number of client and server
	MSS            int       // bytes of data in a segment; 1460 if 0
}

// Between returns a connection between two addresses with ports.
func Between(client, server string) Connection {
	return Connection{
		Client: netip.MustParseAddrPort(client), Server: netip.MustParseAddrPort(server),
		Start: time.Date(2026, 11, 21, 1, 30, 0, 0, time.UTC),
		ISN:   [2]uint32{0xFFFFFF00, 1000}, // the client's numbers wrap around
	}
}

// A Segment is a TCP segment.
type Segment struct {
	Connection    *Connection
	FromServer    bool
	Seq, Ack      uint32
	SYN, FIN, RST bool
	Data          []byte
	At            time.Time
}

// Segments puts chunks into segments: the opening, data, the closing.
func (c Connection) Segments(chunks []Chunk) []Segment {
	b := builder{c: &c, next: c.ISN, at: c.Start}
	b.add(Segment{SYN: true})
	b.add(Segment{SYN: true, FromServer: true})
	b.add(Segment{})
	mss := c.MSS
	if mss == 0 {
		mss = 1460
	}
	for _, chunk := range chunks {
		for data := chunk.Data; len(data) > 0; {
			n := min(mss, len(data))
			b.add(Segment{FromServer: chunk.FromServer, Data: data[:n]})
			data = data[n:]
		}
		b.add(Segment{FromServer: !chunk.FromServer})
	}
	b.add(Segment{FIN: true})
	b.add(Segment{FIN: true, FromServer: true})
	b.add(Segment{})
	return b.segments
}

type builder struct {
	c        *Connection
	next     [2]uint32
	at       time.Time
	segments []Segment
}

func (b *builder) add(s Segment) {
	me, other := 0, 1
	if s.FromServer {
		me, other = 1, 0
	}
	s.Connection, s.Seq, s.Ack, s.At = b.c, b.next[me], b.next[other], b.at
	b.next[me] += uint32(len(s.Data))
	if s.SYN || s.FIN {
		b.next[me]++
	}
	b.at = b.at.Add(time.Millisecond)
	b.segments = append(b.segments, s)
}

// A Format says how a capture is written.
type Format struct {
	Link  layers.LinkType
	VLAN  bool // Ethernet with two tags
	Order binary.ByteOrder
	Nano  bool
	NG    bool
	Snap  int // bytes of a packet that are kept; all if 0

	Tunnel Tunnel // that frames travel in, or nil
}

// Ethernet is the plainest format.
var Ethernet = Format{Link: layers.LinkTypeEthernet, Order: binary.LittleEndian}

// Write writes segments as a capture.
func (f Format) Write(t testing.TB, segments []Segment) []byte {
	t.Helper()
	var out bytes.Buffer
	write := f.open(t, &out)
	for _, s := range segments {
		packets := [][]byte{f.packet(t, s)}
		if f.Tunnel != nil {
			packets = f.Tunnel(t, packets[0])
		}
		for _, data := range packets {
			kept := data
			if f.Snap > 0 {
				kept = data[:min(f.Snap, len(data))]
			}
			if err := write(gopacket.CaptureInfo{Timestamp: s.At, CaptureLength: len(kept), Length: len(data)}, kept); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out.Bytes()
}

func (f Format) open(t testing.TB, w *bytes.Buffer) func(gopacket.CaptureInfo, []byte) error {
	t.Helper()
	switch {
	case f.NG:
		ng, err := pcapgo.NewNgWriter(w, f.Link)
		if err != nil {
			t.Fatal(err)
		}
		return func(info gopacket.CaptureInfo, data []byte) error {
			if err := ng.WritePacket(info, data); err != nil {
				return err
			}
			return ng.Flush()
		}
	case f.Order == binary.LittleEndian:
		p := pcapgo.NewWriter(w)
		if f.Nano {
			p = pcapgo.NewWriterNanos(w)
		}
		if err := p.WriteFileHeader(1<<16, f.Link); err != nil {
			t.Fatal(err)
		}
		return p.WritePacket
	}
	return f.bigEndian(w)
}

// bigEndian writes what pcapgo does not: the byte order of other machines.
func (f Format) bigEndian(w io.Writer) func(gopacket.CaptureInfo, []byte) error {
	magic, unit := uint32(0xA1B2C3D4), time.Microsecond
	if f.Nano {
		magic, unit = 0xA1B23C4D, time.Nanosecond
	}
	binary.Write(w, f.Order, []uint32{magic, 2<<16 | 4, 0, 0, 1 << 16, uint32(f.Link)})
	return func(info gopacket.CaptureInfo, data []byte) error {
		at := info.Timestamp
		fraction := time.Duration(at.Nanosecond()) / unit
		binary.Write(w, f.Order, []uint32{uint32(at.Unix()), uint32(fraction), uint32(len(data)), uint32(info.Length)})
		_, err := w.Write(data)
		return err
	}
}

// packet returns the bytes of a segment on the link.
func (f Format) packet(t testing.TB, s Segment) []byte {
	t.Helper()
	src, dst := s.Connection.Client, s.Connection.Server
	if s.FromServer {
		src, dst = dst, src
	}
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(src.Port()), DstPort: layers.TCPPort(dst.Port()),
		Seq: s.Seq, Ack: s.Ack, SYN: s.SYN, FIN: s.FIN, RST: s.RST, ACK: !s.SYN || s.FromServer, PSH: len(s.Data) > 0, Window: 64240,
	}
	var ip gopacket.NetworkLayer
	kind := layers.EthernetTypeIPv4
	if src.Addr().Is4() {
		ip = &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: src.Addr().AsSlice(), DstIP: dst.Addr().AsSlice()}
	} else {
		kind = layers.EthernetTypeIPv6
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP, SrcIP: src.Addr().AsSlice(), DstIP: dst.Addr().AsSlice()}
	}
	tcp.SetNetworkLayerForChecksum(ip)
	stack := append(f.linkLayers(kind), ip.(gopacket.SerializableLayer), tcp, gopacket.Payload(s.Data))
	out := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, stack...); err != nil {
		t.Fatal(err)
	}
	data := append(f.cooked(kind), out.Bytes()...)
	if short := 60 - len(data); short > 0 && f.Link == layers.LinkTypeEthernet {
		data = append(data, make([]byte, short)...) // the trailer of short frames
	}
	return data
}

func (f Format) linkLayers(kind layers.EthernetType) []gopacket.SerializableLayer {
	mac := []byte{2, 0, 0, 0, 0, 1}
	switch {
	case f.Link == layers.LinkTypeEthernet && f.VLAN:
		return []gopacket.SerializableLayer{
			&layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: layers.EthernetTypeQinQ},
			&layers.Dot1Q{VLANIdentifier: 10, Type: layers.EthernetTypeDot1Q},
			&layers.Dot1Q{VLANIdentifier: 200, Type: kind},
		}
	case f.Link == layers.LinkTypeEthernet:
		return []gopacket.SerializableLayer{&layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: kind}}
	}
	return nil
}

// cooked returns the header of link types that gopacket does not write.
func (f Format) cooked(kind layers.EthernetType) []byte {
	switch f.Link {
	case layers.LinkTypeLinuxSLL:
		b := []byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}
		return binary.BigEndian.AppendUint16(b, uint16(kind))
	case layers.LinkTypeLinuxSLL2:
		b := binary.BigEndian.AppendUint16(nil, uint16(kind))
		return append(b, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0)
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		family := uint32(layers.ProtocolFamilyIPv4)
		if kind == layers.EthernetTypeIPv6 {
			family = uint32(layers.ProtocolFamilyIPv6Darwin)
		}
		if f.Link == layers.LinkTypeLoop {
			return binary.BigEndian.AppendUint32(nil, family)
		}
		return binary.LittleEndian.AppendUint32(nil, family)
	}
	return nil
}
