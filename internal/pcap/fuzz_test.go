package pcap_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
)

// Whatever the file: no panic, and never more connections than packets.
func FuzzRead(f *testing.F) {
	chunks, _, _ := talk(f)
	small := phone
	small.MSS = 300
	segments := small.Segments(chunks)
	segments[4], segments[5] = segments[5], segments[4]
	for _, format := range []capturetest.Format{
		capturetest.Ethernet,
		{Link: layers.LinkTypeEthernet, NG: true, VLAN: true},
		{Link: layers.LinkTypeLinuxSLL2, NG: true},
	} {
		f.Add(format.Write(f, segments))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := pcap.Read(bytes.NewReader(data), pcap.Options{})
		if len(c.Connections)+c.Established+c.Dropped > c.Packets {
			t.Errorf("%d packets: %+v", c.Packets, c)
		}
	})
}

// Segments in any order, with any numbers and flags: the assembler is not led
// astray, and nothing is found that was not sent.
func FuzzSegments(f *testing.F) {
	chunks, _, _ := talk(f)
	small := phone
	small.MSS = 200
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0})
	f.Add([]byte{7, 3, 0, 0, 8, 4, 1, 0, 9, 5, 0, 2, 3, 6, 100, 0})
	f.Fuzz(func(t *testing.T, moves []byte) {
		segments := small.Segments(chunks)
		for ; len(moves) >= 4; moves = moves[4:] {
			i, j := int(moves[0])%len(segments), int(moves[1])%len(segments)
			segments[i], segments[j] = segments[j], segments[i]
			segments[i].Seq += uint32(int8(moves[2])) << (moves[3] & 24)
			segments[j].FIN = moves[3]&1 != 0
			segments[j].RST = moves[3]&2 != 0
			segments[j].SYN = moves[3]&4 != 0
		}
		c := read(t, capturetest.Ethernet.Write(t, segments))
		if len(c.Connections)+c.Established+c.Dropped > len(segments) {
			t.Errorf("%+v", c)
		}
	})
}

// FuzzPacket reads a packet of any link type: no panic, and it counts as one kind.
func FuzzPacket(f *testing.F) {
	chunks, _, _ := talk(f)
	hello := phone.Segments(chunks)[3:4]
	for _, tunnel := range capturetest.Tunnels {
		format := capturetest.Ethernet
		format.Tunnel = tunnel
		f.Add(uint16(layers.LinkTypeEthernet), format.Write(f, hello)[24+16:])
	}
	for link, b := range map[uint16]string{9: "\xff\x03\x00\x21E", 51: "\x11\x00\x00\x05\x00\x00\x00\x21E", 113: "", 219: "\x00\x01\x01\x40E", 258: "\x0c\x00\x00\x00\x01\x00\x00\x00\x65\x00\x00\x00E"} {
		f.Add(link, []byte(b))
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		if len(data) > 1<<17 {
			return
		}
		head := binary.LittleEndian.AppendUint32(append([]byte{}, classicHead[:20]...), uint32(link))
		c := read(t, slices.Concat(head, packetHeader(uint32(len(data))), data))
		if c.Packets != 1 || len(c.Counts) != 1 || c.Counts[0].Packets != 1 || c.Unread > 1 || len(c.Connections) > 1 {
			t.Errorf("%+v", c)
		}
	})
}
