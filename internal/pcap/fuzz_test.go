package pcap_test

import (
	"bytes"
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
