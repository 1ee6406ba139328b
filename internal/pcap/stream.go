package pcap

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"

	"github.com/ctlinspect/ctlinspect/internal/handshake"
)

// A packetContext is what the assembler wants to know of a packet.
type packetContext gopacket.CaptureInfo

// GetCaptureInfo returns the context.
func (p packetContext) GetCaptureInfo() gopacket.CaptureInfo { return gopacket.CaptureInfo(p) }

// A stream receives the data of a connection from the assembler.
type stream struct {
	tracker *tracker
	entry   *entry
	first   int // the end that the assembler takes for the client
	started [2]bool
	gap     [2]int // bytes in front of the first data, if the start did not come
	closed  bool
	talk    handshake.Conversation
}

// New is called by the assembler for a connection that it does not know.
func (t *tracker) New(_, _ gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	if t.hangingUp || t.current == nil || t.current.stream == nil {
		return nil
	}
	return t.current.stream
}

func (s *stream) end(dir reassembly.TCPFlowDirection) int {
	if dir == reassembly.TCPDirClientToServer {
		return s.first
	}
	return 1 - s.first
}

// window is how far from the expected place a segment may be, in bytes. The
// assembler is not made for more.
const window = 1 << 20

// Accept is called by the assembler for each segment.
func (s *stream) Accept(tcp *layers.TCP, _ gopacket.CaptureInfo, dir reassembly.TCPFlowDirection, next reassembly.Sequence, start *bool, _ reassembly.AssemblerContext) bool {
	const unknown = -1
	switch {
	case s.tracker.hangingUp && next == unknown:
		*start, tcp.Seq = true, s.entry.next[s.end(dir)]
		return true
	case s.tracker.hangingUp:
		tcp.Seq = uint32(next)
		return true
	case len(tcp.Payload) == 0 && !tcp.FIN && !tcp.RST:
		return false
	case next == unknown:
		return s.acceptFirst(s.end(dir), tcp, start)
	}
	distance := int32(tcp.Seq - uint32(next))
	return -window < distance && distance < window
}

// acceptFirst decides on a segment as long as the first data has not come.
func (s *stream) acceptFirst(end int, tcp *layers.TCP, start *bool) bool {
	e := s.entry
	if !e.known[end] {
		e.known[end], e.next[end] = true, tcp.Seq
	}
	distance := int32(tcp.Seq - e.next[end])
	if distance < 0 || distance >= window {
		return false
	}
	if distance == 0 {
		*start, s.started[end] = true, true
		return true
	}
	if s.gap[end] == 0 || int(distance) < s.gap[end] {
		s.gap[end] = int(distance)
	}
	return true
}

// ReassembledSG is called by the assembler with data in order.
func (s *stream) ReassembledSG(data reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	if s.tracker.hangingUp || s.talk.Done() {
		return
	}
	dir, _, _, skipped := data.Info()
	end := s.end(dir)
	if !s.started[end] {
		s.started[end], skipped = true, s.gap[end]
	}
	s.talk.Lost(end, skipped)
	length, _ := data.Lengths()
	s.talk.Data(end, data.Fetch(length))
}

// ReassemblyComplete is called by the assembler when both directions have ended.
func (s *stream) ReassemblyComplete(reassembly.AssemblerContext) bool {
	s.closed = true
	return true
}
