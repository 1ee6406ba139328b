package pcap_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
)

// The certificates of both sides are found in every tunnel.
func TestTunnels(t *testing.T) {
	chunks, server, client := talk(t)
	for name, tunnel := range capturetest.Tunnels {
		t.Run(name, func(t *testing.T) {
			f := capturetest.Ethernet
			f.Tunnel = tunnel
			c := read(t, f.Write(t, phone.Segments(chunks)))
			check(t, c, server, client)
			if c.Unread != 0 {
				t.Errorf("%d packets unread: %v", c.Unread, c.Counts)
			}
		})
	}
}

// Link types besides those that capturetest writes by itself.
func TestMoreLinkTypes(t *testing.T) {
	chunks, server, client := talk(t)
	ip := func(before ...byte) capturetest.Tunnel {
		return func(_ testing.TB, frame []byte) [][]byte { return [][]byte{append(before, frame[14:]...)} }
	}
	frame := func(before ...byte) capturetest.Tunnel {
		return func(_ testing.TB, frame []byte) [][]byte { return [][]byte{append(before, frame...)} }
	}
	tests := []struct {
		name   string
		link   layers.LinkType
		tunnel capturetest.Tunnel
	}{
		{"PPP", 9, ip(0, 0x21)},
		{"PPP with address", 9, ip(0xFF, 3, 0x21)},
		{"PPP in HDLC", 50, ip(0xFF, 3, 0, 0x21)},
		{"PPP with a frame", 9, frame(0, 0x31, 0, 1)},
		{"PPPoE", 51, ip(0x11, 0, 0, 5, 0, 0, 0, 0x21)},
		{"Cisco HDLC", 104, ip(0x0F, 0, 8, 0)},
		{"MPLS", 219, ip(0, 1, 1, 64)},
		{"preamble", 274, frame(0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xD5)},
		{"pktap", 258, frame(12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := capturetest.Ethernet
			f.Tunnel = tt.tunnel
			data := f.Write(t, phone.Segments(chunks))
			binary.LittleEndian.PutUint32(data[20:], uint32(tt.link))
			check(t, read(t, data), server, client)
		})
	}
}

// What cannot be read is counted by kind.
func TestUnread(t *testing.T) {
	chunks, _, _ := talk(t)
	segments := phone.Segments(chunks)
	broken := func(change func(outer []byte) []byte) capturetest.Tunnel {
		return func(t testing.TB, frame []byte) [][]byte {
			return [][]byte{change(capturetest.Tunnels["ERSPAN type III"](t, frame)[0])}
		}
	}
	header := func(ethernetType uint16, more ...byte) capturetest.Tunnel {
		return func(testing.TB, []byte) [][]byte {
			return [][]byte{append(binary.BigEndian.AppendUint16(make([]byte, 12), ethernetType), more...)}
		}
	}
	protocol := func(p byte, more ...byte) capturetest.Tunnel {
		ip := append(make([]byte, 20), more...)
		ip[0], ip[9] = 0x45, p
		return header(0x0800, ip...)
	}
	nested := func(n int) capturetest.Tunnel {
		var b []byte
		for range n {
			ip := make([]byte, 20)
			ip[0], ip[9] = 0x45, 4
			b = append(b, ip...)
		}
		return header(0x0800, b...)
	}
	tests := []struct {
		name   string
		tunnel capturetest.Tunnel
		kind   string
		unread bool
	}{
		{"ERSPAN of another version", broken(func(b []byte) []byte { b[14+20+8] = 3 << 4; return b }), "ERSPAN of an unknown version or content", true},
		{"ERSPAN cut off", broken(func(b []byte) []byte { return b[:14+20+8+4] }), "headers cut off or damaged", true},
		{"the first fragments only", func(t testing.TB, frame []byte) [][]byte {
			list := capturetest.Tunnels["IPv4 fragments"](t, frame)
			return list[:min(1, len(list)-1)]
		}, "IP fragments whose other parts are missing", true},
		{"MACsec", header(0x88E5, 1, 2, 3), "MACsec (encrypted)", true},
		{"IPsec", protocol(50, 1, 2, 3, 4), "ESP (IPsec, encrypted)", true},
		{"nested", nested(40), "more than 12 headers inside each other", true},
		{"ARP", header(0x0806, make([]byte, 28)...), "ARP", false},
		{"LLDP", header(0x88CC, 2), "LLDP", false},
		{"another Ethernet type", header(0x1234), "Ethernet type 0x1234", false},
		{"spanning tree", header(38, 0x42, 0x42, 3), "IEEE 802.2 LLC", false},
		{"ICMP", protocol(1, 8, 0), "ICMP", false},
		{"another protocol", protocol(200), "IP protocol 200", false},
		{"UDP", protocol(17, 0, 53, 0, 53, 0, 8, 0, 0), "UDP", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := capturetest.Ethernet
			f.Tunnel = tt.tunnel
			c := read(t, f.Write(t, segments))
			if len(c.Connections) != 0 || c.Packets == 0 {
				t.Errorf("%d packets, %d connections", c.Packets, len(c.Connections))
			}
			i := slices.IndexFunc(c.Counts, func(one capture.Count) bool { return one.Kind == tt.kind })
			if i < 0 {
				t.Fatalf("no %q in %+v", tt.kind, c.Counts)
			}
			unread := c.Unread
			if !tt.unread {
				unread = c.Packets - c.Unread
			}
			if got := c.Counts[i]; got.Unread != tt.unread || got.Packets != unread || unread == 0 {
				t.Errorf("%+v of %d packets, %d unread", got, c.Packets, c.Unread)
			}
		})
	}
}

// Every packet is counted, and once.
func TestCounts(t *testing.T) {
	chunks, _, _ := talk(t)
	var data []byte
	for name, tunnel := range capturetest.Tunnels {
		if strings.HasPrefix(name, "IPv4 fragments") {
			continue // of several connections with the same numbers
		}
		f := capturetest.Ethernet
		f.Tunnel = tunnel
		one := f.Write(t, phone.Segments(chunks))
		if data != nil {
			one = one[24:]
		}
		data = append(data, one...)
	}
	c := read(t, data)
	sum := 0
	for _, one := range c.Counts {
		sum += one.Packets
	}
	if sum != c.Packets || c.Packets == 0 {
		t.Errorf("%d packets, counted %d: %+v", c.Packets, sum, c.Counts)
	}
}

// All versions of pcap 2: in the old ones the two lengths of a packet are swapped.
func TestVersions(t *testing.T) {
	chunks, server, client := talk(t)
	for minor, swapped := range map[uint16][]bool{0: {true}, 1: {true}, 2: {true}, 3: {false, true}, 4: {false}, 5: {false}, 99: {false}} {
		for _, swap := range swapped {
			f := capturetest.Ethernet
			f.Snap = 2000
			data := f.Write(t, phone.Segments(chunks))
			binary.LittleEndian.PutUint16(data[6:], minor)
			for at := 24; swap && at < len(data); {
				n := binary.LittleEndian.Uint32(data[at+8:])
				binary.LittleEndian.PutUint32(data[at+8:], n+4)
				binary.LittleEndian.PutUint32(data[at+12:], n)
				at += 16 + int(n)
			}
			c := read(t, data)
			check(t, c, server, client)
			if swap != (c.Truncated == c.Packets) {
				t.Errorf("2.%d: %d of %d packets truncated", minor, c.Truncated, c.Packets)
			}
		}
	}
	data := capturetest.Ethernet.Write(t, nil)
	binary.LittleEndian.PutUint16(data[4:], 3)
	if _, err := pcap.Read(bytes.NewReader(data), pcap.Options{}); err == nil || !strings.Contains(err.Error(), "pcap version 3 is not supported") {
		t.Error(err)
	}
}

// The header of old Linux systems has 8 bytes more in each packet.
func TestPatchedPcap(t *testing.T) {
	chunks, server, client := talk(t)
	data := capturetest.Ethernet.Write(t, phone.Segments(chunks))
	out := slices.Clone(data[:24])
	binary.LittleEndian.PutUint32(out, 0xA1B2CD34)
	for at := 24; at < len(data); {
		n := int(binary.LittleEndian.Uint32(data[at+8:]))
		out = append(append(out, data[at:at+16]...), make([]byte, 8)...)
		out = append(out, data[at+16:at+16+n]...)
		at += 16 + n
	}
	check(t, read(t, out), server, client)
}

// The client's alert stands in the capture before the server's certificate, or a
// packet is missing in front of that: the certificate is found.
func TestAlertFirst(t *testing.T) {
	hello := capturetest.Chunk{Data: tlsRecord(22, message(1, append(make([]byte, 34), 0, 0, 2, 0, 0x2F, 1, 0)))}
	hello.Data[9], hello.Data[10] = 3, 3
	answer := capturetest.Chunk{FromServer: true, Data: tlsRecord(22, message(2, append(append([]byte{3, 3}, make([]byte, 33)...), 0, 0x2F, 0)))}
	_, server, _ := talk(t)
	der := server.Certificate[0]
	n := len(der)
	body := append([]byte{0, byte((n + 3) >> 8), byte(n + 3), 0, byte(n >> 8), byte(n)}, der...)
	certificate := capturetest.Chunk{FromServer: true, Data: tlsRecord(22, message(11, body))}
	alert := capturetest.Chunk{Data: tlsRecord(21, []byte{2, 48})}
	segments := phone.Segments([]capturetest.Chunk{hello, answer, certificate, alert})
	first, second, refusal := at(segments, true, 0), at(segments, true, 1), at(segments, false, 1)
	tests := map[string]func() []capturetest.Segment{
		"the alert first": func() []capturetest.Segment {
			s := slices.Clone(segments)
			s[second], s[refusal] = s[refusal], s[second]
			return s
		},
		"the alert first, then nothing more": func() []capturetest.Segment {
			s := slices.Clone(segments)
			s[second], s[refusal] = s[refusal], s[second]
			return s[:refusal+1]
		},
		"the alert and both ends first": func() []capturetest.Segment {
			s := slices.Clone(segments)
			late := s[second]
			return append(slices.Delete(s, second, second+1), late)
		},
		"the server's hello is missing": func() []capturetest.Segment {
			return slices.Delete(slices.Clone(segments), first, first+1)
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			c := read(t, capturetest.Ethernet.Write(t, change()))
			if len(c.Connections) != 1 {
				t.Fatalf("%d connections", len(c.Connections))
			}
			h := c.Connections[0].Handshake
			if chain := h.Sides[handshake.Server].Chain; len(chain) != 1 || !bytes.Equal(chain[0], der) {
				t.Errorf("%d certificates, steps %v", len(chain), h.Steps)
			}
			if len(h.Alerts) != 1 || h.Alerts[0].Code != 48 || h.State != handshake.Stopped {
				t.Errorf("%s, %+v", h.State, h.Alerts)
			}
		})
	}
}

// tlsRecord is a record of TLS 1.2, message a handshake message.
func tlsRecord(kind byte, body []byte) []byte {
	return append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

func message(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// Segments that contradict others: what came first is read, and the bytes that
// differ are counted.
func TestConflicts(t *testing.T) {
	chunks, server, client := talk(t)
	small := phone
	small.MSS = 300
	segments := small.Segments(chunks)
	forge := func(s capturetest.Segment) capturetest.Segment {
		s.Data = slices.Clone(s.Data)
		for i := 10; i < 20; i++ {
			s.Data[i] ^= 0xFF
		}
		return s
	}
	i := at(segments, true, 2)
	tests := map[string]struct {
		segments []capturetest.Segment
		odd      int
	}{
		"sent again, the same":            {slices.Insert(slices.Clone(segments), i+1, segments[i]), 0},
		"sent again, another":             {slices.Insert(slices.Clone(segments), i+1, forge(segments[i])), 10},
		"two early ones":                  {slices.Concat(segments[:i-1], segments[i:i+1], []capturetest.Segment{forge(segments[i])}, segments[i-1:i], segments[i+1:]), 10},
		"an early one, then over it":      {slices.Concat(segments[:i-1], segments[i:i+1], []capturetest.Segment{joined(segments[i-1], forge(segments[i]))}, segments[i+1:]), 10},
		"much later, of what was read on": {slices.Insert(slices.Clone(segments), i+4, forge(segments[i])), 10},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := read(t, capturetest.Ethernet.Write(t, tt.segments))
			if len(c.Connections) != 1 {
				t.Fatalf("%d connections", len(c.Connections))
			}
			sides := c.Connections[0].Handshake.Sides
			if got := sides[handshake.Server].Conflicting; got != tt.odd || sides[handshake.Client].Conflicting != 0 {
				t.Errorf("%d bytes differ, want %d", got, tt.odd)
			}
			if name != "an early one, then over it" {
				check(t, c, server, client)
			}
		})
	}
}

// joined is two segments in one.
func joined(a, b capturetest.Segment) capturetest.Segment {
	a.Data = slices.Concat(a.Data, b.Data)
	return a
}
