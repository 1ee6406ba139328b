package pcap_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
)

const vectors = "../../testdata"

// talk is a handshake of TLS 1.2 with certificates on both sides, and some data.
func talk(t testing.TB) (chunks []capturetest.Chunk, server, client tls.Certificate) {
	t.Helper()
	server = capturetest.Pair(t, vectors, "pub-2048", "pub-2048")
	server.Certificate = append(server.Certificate, capturetest.Pair(t, vectors, "sub-2048", "sub-2048").Certificate...)
	client = capturetest.Pair(t, vectors, "sub-2048", "sub-2048")
	chunks = capturetest.Handshake(t,
		&tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
		&tls.Config{Certificates: []tls.Certificate{client}, InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	return chunks, server, client
}

func read(t testing.TB, data []byte) *capture.Capture {
	t.Helper()
	c, err := pcap.Read(bytes.NewReader(data), pcap.Options{MaxMemory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var phone = capturetest.Between("10.1.1.20:51234", "10.1.1.10:2443")

// check wants one connection from the phone with both chains.
func check(t *testing.T, c *capture.Capture, server, client tls.Certificate) {
	t.Helper()
	if len(c.Connections) != 1 {
		t.Fatalf("%d connections", len(c.Connections))
	}
	got := c.Connections[0]
	if got.Client != phone.Client || got.Server != phone.Server {
		t.Errorf("from %s to %s", got.Client, got.Server)
	}
	if got.Handshake.State != handshake.Complete {
		t.Errorf("state %s, steps %v", got.Handshake.State, got.Handshake.Steps)
	}
	if diff := cmp.Diff(server.Certificate, got.Handshake.Sides[handshake.Server].Chain); diff != "" {
		t.Errorf("server: %s", diff)
	}
	if diff := cmp.Diff(client.Certificate, got.Handshake.Sides[handshake.Client].Chain); diff != "" {
		t.Errorf("client: %s", diff)
	}
}

func TestFormats(t *testing.T) {
	chunks, server, client := talk(t)
	formats := map[string]capturetest.Format{
		"microseconds":           {Link: layers.LinkTypeEthernet, Order: binary.LittleEndian},
		"nanoseconds":            {Link: layers.LinkTypeEthernet, Order: binary.LittleEndian, Nano: true},
		"big endian":             {Link: layers.LinkTypeEthernet, Order: binary.BigEndian},
		"big endian nanoseconds": {Link: layers.LinkTypeEthernet, Order: binary.BigEndian, Nano: true},
		"pcapng":                 {Link: layers.LinkTypeEthernet, NG: true},
		"two VLAN tags":          {Link: layers.LinkTypeEthernet, Order: binary.LittleEndian, VLAN: true},
		"cooked":                 {Link: layers.LinkTypeLinuxSLL, Order: binary.LittleEndian},
		"cooked v2":              {Link: layers.LinkTypeLinuxSLL2, NG: true},
		"raw":                    {Link: layers.LinkTypeRaw, Order: binary.LittleEndian},
		"raw of BSD":             {Link: 12, Order: binary.LittleEndian},
		"null":                   {Link: layers.LinkTypeNull, Order: binary.LittleEndian},
		"loop":                   {Link: layers.LinkTypeLoop, Order: binary.BigEndian},
	}
	for name, f := range formats {
		t.Run(name, func(t *testing.T) {
			c := read(t, f.Write(t, phone.Segments(chunks)))
			check(t, c, server, client)
			if !c.Connections[0].Start.Equal(phone.Start) {
				t.Errorf("start %s", c.Connections[0].Start)
			}
			six := capturetest.Between("[2001:db8::20]:51234", "[2001:db8::10]:5061")
			if f.Link == layers.LinkTypeIPv4 {
				return
			}
			c = read(t, f.Write(t, six.Segments(chunks)))
			if len(c.Connections) != 1 || c.Connections[0].Server != six.Server || c.Connections[0].Handshake.State != handshake.Complete {
				t.Errorf("IPv6: %+v", c.Connections)
			}
		})
	}
	t.Run("IPv4 link type", func(t *testing.T) {
		f := capturetest.Format{Link: layers.LinkTypeIPv4, Order: binary.LittleEndian}
		check(t, read(t, f.Write(t, phone.Segments(chunks))), server, client)
	})
	t.Run("gzip", func(t *testing.T) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(capturetest.Ethernet.Write(t, phone.Segments(chunks)))
		z.Close()
		check(t, read(t, b.Bytes()), server, client)
	})
}

// at returns the number of the n-th segment with data of a side.
func at(segments []capturetest.Segment, fromServer bool, n int) int {
	for i, s := range segments {
		if s.FromServer == fromServer && len(s.Data) > 0 {
			if n == 0 {
				return i
			}
			n--
		}
	}
	panic("not so many segments")
}

// What networks and recorders do to segments.
func TestDisorder(t *testing.T) {
	chunks, server, client := talk(t)
	small := phone
	small.MSS = 300
	tests := map[string]func([]capturetest.Segment) []capturetest.Segment{
		"as sent": func(s []capturetest.Segment) []capturetest.Segment { return s },
		"server's flight backwards": func(s []capturetest.Segment) []capturetest.Segment {
			first := at(s, true, 0)
			slices.Reverse(s[first : first+4])
			return s
		},
		"client's first segments swapped": func(s []capturetest.Segment) []capturetest.Segment {
			s[at(s, false, 0)], s[at(s, false, 1)] = s[at(s, false, 1)], s[at(s, false, 0)]
			return s
		},
		"everything twice": func(s []capturetest.Segment) []capturetest.Segment {
			var out []capturetest.Segment
			for _, one := range s {
				out = append(out, one, one)
			}
			return out
		},
		"retransmitted much later": func(s []capturetest.Segment) []capturetest.Segment {
			return append(s, s[at(s, true, 0)], s[at(s, false, 0)], s[at(s, true, 2)])
		},
		"overlapping": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, true, 1)
			both := s[i]
			both.Data = append(slices.Clone(s[i].Data), s[i+1].Data...)
			both.Seq -= 100
			both.Data = append(slices.Clone(s[i-1].Data[len(s[i-1].Data)-100:]), both.Data...)
			return slices.Insert(s, i+1, both)
		},
		"keep-alive": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, true, 1)
			alive := s[i]
			alive.Seq, alive.Data = alive.Seq-1, []byte{0}
			return slices.Insert(s, i, alive)
		},
		"keep-alive before the first data": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, true, 0)
			alive := s[i]
			alive.Seq, alive.Data = alive.Seq-1, []byte{0}
			return slices.Insert(s, i, alive)
		},
		"without the opening, the server's flight backwards": func(s []capturetest.Segment) []capturetest.Segment {
			first := at(s, true, 0)
			slices.Reverse(s[first : first+4])
			return s[3:]
		},
		"without the opening": func(s []capturetest.Segment) []capturetest.Segment { return s[3:] },
		"server's flight lost and sent again": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, true, 0)
			lost := slices.Clone(s[i : i+2])
			return slices.Insert(slices.Delete(s, i, i+2), i+3, lost...)
		},
		"the client's first data with its SYN": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, false, 0)
			s[0].Data = s[i].Data
			return slices.Delete(s, i, i+1)
		},
		"a reset with a message": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, true, 1)
			rst := s[i]
			rst.RST, rst.Data = true, []byte("no more of this")
			return slices.Insert(s, i, rst)
		},
		"a reset from far away": func(s []capturetest.Segment) []capturetest.Segment {
			i := at(s, true, 1)
			rst := s[i]
			rst.Seq, rst.RST, rst.Data = rst.Seq+500000, true, nil
			return slices.Insert(s, i, rst)
		},
		"the same ports before": func(s []capturetest.Segment) []capturetest.Segment {
			other := small
			other.ISN = [2]uint32{77, 78}
			before := other.Segments(chunks)[:2]
			return append(before, s...)
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			check(t, read(t, capturetest.Ethernet.Write(t, change(small.Segments(chunks)))), server, client)
		})
	}
}

// A connection after the other between the same ports counts as two.
func TestPortsAgain(t *testing.T) {
	chunks, _, _ := talk(t)
	other := phone
	other.ISN = [2]uint32{77, 78}
	other.Start = phone.Start.Add(time.Hour)
	for _, cut := range []int{0, 6} { // the first one whole, and stopped without an end
		first := phone.Segments(chunks)
		first = first[:len(first)-cut]
		c := read(t, capturetest.Ethernet.Write(t, append(first, other.Segments(chunks)...)))
		if len(c.Connections) != 2 {
			t.Errorf("%d connections", len(c.Connections))
		}
	}
}

// Missing packets: what is whole is found, and what is missing is said.
func TestMissing(t *testing.T) {
	chunks, server, _ := talk(t)
	small := phone
	small.MSS = 300
	segments := small.Segments(chunks)
	i := at(segments, true, 4) // behind the server's own certificate
	c := read(t, capturetest.Ethernet.Write(t, slices.Delete(segments, i, i+1)))
	if len(c.Connections) != 1 {
		t.Fatalf("%d connections", len(c.Connections))
	}
	sent := c.Connections[0].Handshake.Sides[handshake.Server]
	if !sent.Cut || sent.Missing != 300 || len(sent.Chain) != 1 || !bytes.Equal(sent.Chain[0], server.Certificate[0]) {
		t.Errorf("cut %t, missing %d, %d certificates", sent.Cut, sent.Missing, len(sent.Chain))
	}
}

func TestSnapLength(t *testing.T) {
	chunks, _, _ := talk(t)
	f := capturetest.Ethernet
	f.Snap = 200
	c := read(t, f.Write(t, phone.Segments(chunks)))
	if c.Truncated == 0 || len(c.Connections) != 1 {
		t.Fatalf("%d truncated, %d connections", c.Truncated, len(c.Connections))
	}
	h := c.Connections[0].Handshake
	if h.Version != tls.VersionTLS12 || !h.Sides[handshake.Server].Cut || h.Sides[handshake.Server].Missing == 0 {
		t.Errorf("%+v", h)
	}
}

// A capture that begins late.
func TestLate(t *testing.T) {
	chunks, server, _ := talk(t)
	segments := phone.Segments(chunks)
	t.Run("with the server's flight", func(t *testing.T) {
		c := read(t, capturetest.Ethernet.Write(t, segments[at(segments, true, 0):]))
		if len(c.Connections) != 1 || !c.Connections[0].MidStream || c.Connections[0].Server != phone.Server {
			t.Fatalf("%+v", c.Connections)
		}
		if diff := cmp.Diff(server.Certificate, c.Connections[0].Handshake.Sides[handshake.Server].Chain); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("with data", func(t *testing.T) {
		last := 0
		for i, s := range segments {
			if len(s.Data) > 0 && s.Data[0] == 23 {
				last = i
				break
			}
		}
		c := read(t, capturetest.Ethernet.Write(t, segments[last:]))
		if len(c.Connections) != 0 || c.Established != 1 {
			t.Errorf("%d connections, %d established", len(c.Connections), c.Established)
		}
	})
}

// How TCP ended a handshake that stopped.
func TestClose(t *testing.T) {
	chunks, _, _ := talk(t)
	whole := phone.Segments(chunks)
	hello := at(whole, false, 0)
	end := func(fromServer, rst bool) []capturetest.Segment {
		s := whole[hello+1]
		s.FromServer, s.RST, s.FIN = fromServer, rst, !rst
		if !fromServer {
			s.Seq = whole[hello].Seq + uint32(len(whole[hello].Data))
		}
		return append(slices.Clone(whole[:hello+2]), s)
	}
	tests := []struct {
		fromServer, rst bool
		want            capture.Close
	}{
		{true, true, capture.Close{Kind: capture.Reset, By: handshake.Server}},
		{false, true, capture.Close{Kind: capture.Reset, By: handshake.Client}},
		{true, false, capture.Close{Kind: capture.FIN, By: handshake.Server}},
		{false, false, capture.Close{Kind: capture.FIN, By: handshake.Client}},
	}
	for _, tt := range tests {
		c := read(t, capturetest.Ethernet.Write(t, end(tt.fromServer, tt.rst)))
		if len(c.Connections) != 1 || c.Connections[0].Close != tt.want || c.Connections[0].Handshake.State != handshake.Stopped {
			t.Errorf("%+v: %+v", tt.want, c.Connections)
		}
	}
}

func TestNoTLS(t *testing.T) {
	talks := [][]capturetest.Chunk{
		{{Data: []byte("REGISTER sip:cucm SIP/2.0\r\n\r\n")}, {FromServer: true, Data: []byte("SIP/2.0 200 OK\r\n\r\n")}},
		{{FromServer: true, Data: []byte("220 mail.example.com ESMTP\r\n")}, {Data: []byte("EHLO x\r\n")}},
		{{Data: []byte{0, 0}}, {Data: []byte{0, 1, 2, 3, 4, 5}}},
		{},
	}
	var all []capturetest.Segment
	for i, chunks := range talks {
		c := capturetest.Between(fmt.Sprintf("10.1.1.20:%d", 40000+i), "10.1.1.10:5060")
		all = append(all, c.Segments(chunks)...)
	}
	c := read(t, capturetest.Ethernet.Write(t, all))
	if len(c.Connections) != 0 || c.Established != 0 || c.Dropped != 0 || c.Packets != len(all) {
		t.Errorf("%+v", c)
	}
}

func TestNoCapture(t *testing.T) {
	for _, data := range []string{"", "x", "GIF89a", "\x01\x00\x02\x01\x02 a trust list", "\xd4\xc3\xb2\xa1", "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00", "\x1f\x8b", "\x1f\x8b\x08\x00\x00"} {
		c, err := pcap.Read(bytes.NewReader([]byte(data)), pcap.Options{})
		if err == nil || c == nil || len(c.Connections) != 0 {
			t.Errorf("%q: %v, %+v", data, err, c)
		}
	}
	for data, want := range map[string]string{
		"":                             "the capture is empty",
		"\xd4\xc3\xb2\xa1\x02\x00\x04": "ends inside its header",
		"\x0a\x0d\x0d\x0a\x1c\x00\x00": "ends inside its header",
	} {
		if _, err := pcap.Read(bytes.NewReader([]byte(data)), pcap.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
	_, err := pcap.Read(bytes.NewReader([]byte("text, no capture")), pcap.Options{})
	if !errors.Is(err, pcap.ErrFormat) {
		t.Error(err)
	}
}

// A file cut anywhere is read up to there; damage inside is an error.
func TestBrokenFiles(t *testing.T) {
	chunks, server, client := talk(t)
	for _, f := range []capturetest.Format{capturetest.Ethernet, {Link: layers.LinkTypeEthernet, NG: true}} {
		data := f.Write(t, phone.Segments(chunks))
		c := read(t, data[:len(data)-10])
		check(t, c, server, client)
		if !c.CutShort {
			t.Error("a file cut short is not said to be")
		}
	}
	data := capturetest.Ethernet.Write(t, phone.Segments(chunks))
	copy(data[24+8:], "\xff\xff\xff\x7f") // the first packet's length
	c, err := pcap.Read(bytes.NewReader(data), pcap.Options{})
	if err == nil || len(c.Connections) != 0 {
		t.Errorf("%v, %+v", err, c)
	}
	wrong := errors.New("disk on fire")
	_, err = pcap.Read(io.MultiReader(bytes.NewReader(data[:24]), broken{wrong}), pcap.Options{})
	if !errors.Is(err, wrong) {
		t.Error(err)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestOtherLinkType(t *testing.T) {
	f := capturetest.Format{Link: layers.LinkTypeLinuxUSB, Order: binary.LittleEndian}
	c := read(t, f.Write(t, phone.Segments(nil)))
	if c.Unread != c.Packets || c.Packets == 0 {
		t.Errorf("%d of %d unread", c.Unread, c.Packets)
	}
}

// opened is the beginning of many connections: as far as part of the server's
// flight, with a gap in it that makes packets wait.
func opened(t testing.TB, chunks []capturetest.Chunk, n int) []capturetest.Segment {
	t.Helper()
	var all []capturetest.Segment
	for i := range n {
		c := capturetest.Between(fmt.Sprintf("10.2.%d.20:%d", i>>8, 40000+i&0xFF), "10.1.1.10:2443")
		c.MSS = 400
		segments := c.Segments(chunks)
		first := at(segments, true, 0)
		all = append(append(all, segments[:first+1]...), segments[first+2:first+4]...)
	}
	return all
}

// Too many handshakes at once: the oldest are given up, and that is said.
func TestMemory(t *testing.T) {
	chunks, server, client := talk(t)
	data := capturetest.Ethernet.Write(t, append(opened(t, chunks, 3000), phone.Segments(chunks)...))
	c, err := pcap.Read(bytes.NewReader(data), pcap.Options{MaxMemory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if c.Dropped == 0 || c.Dropped > 3001 || len(c.Connections) == 0 || c.Connections[0].Close.Kind != capture.GivenUp {
		t.Errorf("%d dropped, %d found", c.Dropped, len(c.Connections))
	}
	c = read(t, data)
	if c.Dropped != 0 || len(c.Connections) != 3001 {
		t.Errorf("with enough memory: %d dropped, %d found", c.Dropped, len(c.Connections))
	}
	last := c.Connections[slices.IndexFunc(c.Connections, func(c *capture.Connection) bool { return c.Client == phone.Client })]
	check(t, &capture.Capture{Connections: []*capture.Connection{last}}, server, client)
}

// Half-open connections alone drop nothing: there is nothing to be seen in them.
func TestScan(t *testing.T) {
	var all []capturetest.Segment
	for i := range 20000 {
		c := capturetest.Between(fmt.Sprintf("10.0.%d.%d:%d", i>>8, i&0xFF, 1024+i), "10.1.1.10:2443")
		all = append(all, c.Segments(nil)[0])
	}
	c, err := pcap.Read(bytes.NewReader(capturetest.Ethernet.Write(t, all)), pcap.Options{MaxMemory: 1 << 20})
	if err != nil || c.Dropped != 0 || len(c.Connections) != 0 {
		t.Errorf("%v, %+v", err, c)
	}
}
