package pcap_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

var (
	tftpClient = netip.MustParseAddrPort("10.1.1.20:50000")
	tftpServer = netip.MustParseAddrPort("10.1.1.10:69")
	tftpAnswer = netip.MustParseAddrPort("10.1.1.10:40000")
	began      = time.Date(2026, 11, 21, 1, 30, 0, 0, time.UTC)
)

const phoneList = "CTLSEP001122334455.tlv"

func listFile(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "lists", "ctl-etoken.tlv"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func op(code uint16, number int, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, code)
	return append(binary.BigEndian.AppendUint16(b, uint16(number)), data...)
}

func readRequest(name string, options ...string) []byte {
	b := []byte{0, 1}
	for _, word := range append([]string{name, "octet"}, options...) {
		b = append(append(b, word...), 0)
	}
	return b
}

// tftpFrames is a transfer as a server and a client make it.
func tftpFrames(t testing.TB, name string, data []byte, block, window int) []capturetest.Frame {
	t.Helper()
	at := began
	var frames []capturetest.Frame
	add := func(from, to netip.AddrPort, b []byte) {
		frames = append(frames, capturetest.Datagram(t, at, from, to, b))
		at = at.Add(time.Millisecond)
	}
	if block == 512 && window == 1 {
		add(tftpClient, tftpServer, readRequest(name))
	} else {
		options := []string{"blksize", fmt.Sprint(block), "windowsize", fmt.Sprint(window)}
		add(tftpClient, tftpServer, readRequest(name, options...))
		add(tftpAnswer, tftpClient, append([]byte{0, 6}, readRequest("", options...)[2+1+len("octet")+1:]...))
		add(tftpClient, tftpAnswer, op(4, 0, nil))
	}
	blocks := len(data)/block + 1
	for n := 1; n <= blocks; n++ {
		add(tftpAnswer, tftpClient, op(3, n, data[(n-1)*block:min(n*block, len(data))]))
		if n%window == 0 || n == blocks {
			add(tftpClient, tftpAnswer, op(4, n, nil))
		}
	}
	return frames
}

func httpFrames(t testing.TB, exchanges ...string) []capturetest.Frame {
	t.Helper()
	c := capturetest.Between("10.1.1.20:51000", "10.1.1.10:6970")
	var chunks []capturetest.Chunk
	for i, b := range exchanges {
		chunks = append(chunks, capturetest.Chunk{FromServer: i%2 == 1, Data: []byte(b)})
	}
	return capturetest.Frames(t, c.Segments(chunks))
}

func readFrames(t testing.TB, frames []capturetest.Frame) *capture.Capture {
	t.Helper()
	c, err := pcap.Read(bytes.NewReader(capturetest.WriteFrames(t, frames)), pcap.Options{MaxMemory: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// only returns the only download of a capture.
func only(t testing.TB, c *capture.Capture) *capture.Download {
	t.Helper()
	if len(c.Downloads) != 1 {
		t.Fatalf("%d downloads: %+v", len(c.Downloads), c.Downloads)
	}
	return c.Downloads[0]
}

func get(name string) string { return "GET /" + name + " HTTP/1.1\r\nHost: 10.1.1.10:6970\r\n\r\n" }

func ok(data []byte) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-length: %d\r\nCache-Control: no-store\r\nContent-type: */*\r\n\r\n%s", len(data), data)
}

func chunked(data []byte, size int) string {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	for len(data) > 0 {
		n := min(size, len(data))
		fmt.Fprintf(&b, "%x;note=1\r\n%s\r\n", n, data[:n])
		data = data[n:]
	}
	b.WriteString("0\r\nTrailer: x\r\n\r\n")
	return b.String()
}

// wholeTransfers are transfers of the list, each in another way.
func wholeTransfers(t testing.TB) map[string][]capturetest.Frame {
	data := listFile(t)
	untilClose := "HTTP/1.0 200 OK\r\n\r\n" + string(data)
	return map[string][]capturetest.Frame{
		"TFTP":            tftpFrames(t, phoneList, data, 512, 1),
		"TFTP blksize":    tftpFrames(t, phoneList, data, 1428, 1),
		"TFTP windowsize": tftpFrames(t, phoneList, data, 512, 4),
		"HTTP":            httpFrames(t, get(phoneList), ok(data)),
		"HTTP chunked":    httpFrames(t, get(phoneList), chunked(data, 1000)),
		"HTTP until end":  httpFrames(t, get(phoneList), untilClose),
	}
}

func TestWholeTransfers(t *testing.T) {
	data := listFile(t)
	for name, frames := range wholeTransfers(t) {
		c := readFrames(t, frames)
		d := only(t, c)
		if d.State != transfer.Received || !bytes.Equal(d.Content, data) || d.Name != phoneList {
			t.Errorf("%s: %s %q, %d bytes, %s", name, d.State, d.Name, len(d.Content), d.Message)
		}
		if d.Client.Addr() != tftpClient.Addr() || d.Server.Addr() != tftpServer.Addr() || !d.Start.Before(d.End) {
			t.Errorf("%s: %s %s %s %s", name, d.Client, d.Server, d.Start, d.End)
		}
		if len(c.Devices) != 1 || c.Devices[0].Name != "SEP001122334455" {
			t.Errorf("%s: %v", name, c.Devices)
		}
	}
}

// Each packet twice, as mirror ports show them; and each pair of neighbours the other
// way round.
func TestTransfersRepeatedAndReordered(t *testing.T) {
	data := listFile(t)
	for name, frames := range wholeTransfers(t) {
		var twice []capturetest.Frame
		for _, f := range frames {
			twice = append(twice, f, f)
		}
		if d := only(t, readFrames(t, twice)); d.State != transfer.Received || !bytes.Equal(d.Content, data) {
			t.Errorf("%s, each packet twice: %s, %s", name, d.State, d.Message)
		}
		for i := 2; i < len(frames); i++ {
			swapped := slices.Clone(frames)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			for _, d := range readFrames(t, swapped).Downloads {
				if d.Content != nil && !bytes.Equal(d.Content, data) {
					t.Errorf("%s, packets %d and %d swapped: %s, wrong content", name, i-1, i, d.State)
				}
			}
		}
	}
}

// Whatever is missing, cut or changed: content that is reported is the list, and a list
// of which a part is missing is never received.
func TestTransfersWithLosses(t *testing.T) {
	data := listFile(t)
	for name, frames := range wholeTransfers(t) {
		for i := range frames {
			lost := slices.Delete(slices.Clone(frames), i, i+1)
			checkDamaged(t, fmt.Sprintf("%s without packet %d", name, i), readFrames(t, lost), data)
			cut := slices.Clone(frames)
			cut[i].Snap = 60
			checkDamaged(t, fmt.Sprintf("%s with packet %d cut", name, i), readFrames(t, cut), data)
			begin := frames[i:]
			checkDamaged(t, fmt.Sprintf("%s from packet %d on", name, i), readFrames(t, begin), data)
			end := frames[:i]
			checkDamaged(t, fmt.Sprintf("%s up to packet %d", name, i), readFrames(t, end), data)
		}
	}
}

func checkDamaged(t *testing.T, what string, c *capture.Capture, data []byte) {
	t.Helper()
	for _, d := range c.Downloads {
		whole := d.State == transfer.Received || d.State == transfer.Sent
		if whole != (d.Content != nil) || whole && !bytes.Equal(d.Content, data) {
			t.Errorf("%s: %s, %d of %d bytes, %s", what, d.State, len(d.Content), len(data), d.Message)
		}
		if !whole && d.State != transfer.Refused && d.Message == "" && d.State != transfer.NoAnswer {
			t.Errorf("%s: %s without a reason", what, d.State)
		}
	}
}

// A part that comes again with other content, before or after the first: what the phone
// has read is not known.
func TestTransfersWithConflicts(t *testing.T) {
	for name, frames := range wholeTransfers(t) {
		for i, f := range frames {
			if len(f.Data) < 400 {
				continue
			}
			other := f
			other.Data = slices.Clone(f.Data)
			other.Data[len(other.Data)-1] ^= 1
			for _, order := range [][]capturetest.Frame{{f, other}, {other, f}} {
				d := only(t, readFrames(t, slices.Concat(frames[:i], order, frames[i+1:])))
				if d.State != transfer.Conflicting || d.Content != nil {
					t.Errorf("%s, packet %d: %s", name, i, d.State)
				}
			}
			if d := only(t, readFrames(t, append(slices.Clone(frames), other))); d.Protocol == capture.TFTP && d.State != transfer.Conflicting {
				t.Errorf("%s, packet %d at the end: %s", name, i, d.State)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	tftp := func(frames ...[]byte) []capturetest.Frame {
		list := []capturetest.Frame{capturetest.Datagram(t, began, tftpClient, tftpServer, readRequest(phoneList, "blksize", "1000"))}
		for _, b := range frames {
			from, to := tftpAnswer, tftpClient
			if b[0] == 0xFF {
				from, to, b = tftpClient, tftpAnswer, b[1:]
			}
			list = append(list, capturetest.Datagram(t, began.Add(time.Second), from, to, b))
		}
		return list
	}
	data := listFile(t)
	for _, tt := range []struct {
		what   string
		frames []capturetest.Frame
		state  transfer.State
		code   int
	}{
		{"TFTP not found", tftp(op(5, 1, []byte("File not found\x00"))), transfer.Refused, 1},
		{"TFTP no answer", tftp(), transfer.NoAnswer, 0},
		{"TFTP ended by the phone", tftp(op(3, 1, data[:512]), append([]byte{0xFF}, op(5, 3, []byte("full\x00"))...)), transfer.Aborted, 3},
		{"TFTP one block, size of blocks not known", tftp(op(3, 1, data[:400]), append([]byte{0xFF}, op(4, 1, nil)...)), transfer.Incomplete, 0},
		{"TFTP blocks of two sizes", tftp(op(3, 1, data[:400]), op(3, 2, data[400:1000])), transfer.Conflicting, 0},
		{"HTTP not found", httpFrames(t, get(phoneList), "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n"), transfer.Refused, 404},
		{"HTTP busy", httpFrames(t, get(phoneList), "HTTP/1.1 503 Busy\r\n\r\n"), transfer.Refused, 503},
		{"HTTP part", httpFrames(t, get(phoneList), "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\n"+string(data[:4])), transfer.Refused, 206},
		{"HTTP no answer", httpFrames(t, get(phoneList)), transfer.NoAnswer, 0},
		{"HTTP body ends early", httpFrames(t, get(phoneList), ok(data)[:3000]), transfer.Incomplete, 0},
		{"HTTP two sizes", httpFrames(t, get(phoneList), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"), transfer.Incomplete, 0},
		{"HTTP size and chunks", httpFrames(t, get(phoneList), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nabcde"), transfer.Incomplete, 0},
		{"HTTP gzip", httpFrames(t, get(phoneList), "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"), transfer.Unreadable, 0},
		{"HTTP garbage", httpFrames(t, get(phoneList), "hello\r\n\r\n"), transfer.Unreadable, 0},
	} {
		d := only(t, readFrames(t, tt.frames))
		if d.State != tt.state || d.Code != tt.code || d.Content != nil {
			t.Errorf("%s: %s %d %q", tt.what, d.State, d.Code, d.Message)
		}
	}
}

// A body without a size ends with the connection: not if that is reset.
func TestResetIsNoEnd(t *testing.T) {
	c := capturetest.Between("10.1.1.20:51000", "10.1.1.10:6970")
	data := listFile(t)
	segments := c.Segments([]capturetest.Chunk{{Data: []byte(get(phoneList))}, {FromServer: true, Data: []byte("HTTP/1.0 200 OK\r\n\r\n" + string(data))}})
	for i := range segments {
		if s := &segments[i]; s.FIN && s.FromServer {
			s.FIN, s.RST = false, true
		}
	}
	if d := only(t, readFrames(t, capturetest.Frames(t, segments))); d.State != transfer.Incomplete || d.Content != nil {
		t.Errorf("%s", d.State)
	}
}

// Several files over one connection, asked for before the first is answered.
func TestSeveralOverOneConnection(t *testing.T) {
	data := listFile(t)
	frames := httpFrames(t, get(phoneList)+get("SEP001122334455.cnf.xml")+get("ITLFile.tlv")+get("SEP001122334455.cnf.xml.sgn"),
		ok(data)+ok([]byte("<device/>"))+"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"+chunked(data[:700], 100))
	c := readFrames(t, frames)
	if len(c.Downloads) != 3 || c.Other != 1 || len(c.Devices) != 1 {
		t.Fatalf("%+v, %d others", c.Downloads, c.Other)
	}
	for i, want := range []struct {
		name  string
		state transfer.State
		size  int64
	}{{phoneList, transfer.Received, int64(len(data))}, {"ITLFile.tlv", transfer.Refused, 0}, {"SEP001122334455.cnf.xml.sgn", transfer.Received, 700}} {
		if d := c.Downloads[i]; d.Name != want.name || d.State != want.state || d.Size != want.size {
			t.Errorf("%s %s %d, want %v", d.Name, d.State, d.Size, want)
		}
	}
}

// A request that is sent twice is answered from two ports: the client takes one.
func TestTwoAnswers(t *testing.T) {
	data := []byte("\x01\x00\x02\x01\x02 first")
	other := netip.MustParseAddrPort("10.1.1.10:40001")
	request := capturetest.Datagram(t, began, tftpClient, tftpServer, readRequest("CTLFile.tlv"))
	first := capturetest.Datagram(t, began, tftpAnswer, tftpClient, op(3, 1, []byte("\x01\x00\x02\x01\x02 second")))
	second := capturetest.Datagram(t, began, other, tftpClient, op(3, 1, data))
	ack := capturetest.Datagram(t, began, tftpClient, other, op(4, 1, nil))
	d := only(t, readFrames(t, []capturetest.Frame{request, request, first, second, ack}))
	if d.State != transfer.Received || !bytes.Equal(d.Content, data) {
		t.Errorf("%s %q", d.State, d.Content)
	}
	if d := only(t, readFrames(t, []capturetest.Frame{request, request, first, second})); d.State != transfer.Conflicting {
		t.Errorf("%s without an acknowledgement", d.State)
	}
}

const alarmBody = `<?xml version="1.0"?><x-cisco-alarm><Alarm Name="DeviceTLInfo"><ParameterList><String name="DeviceName">SEP001122334455</String><String name="StatusCode">3</String></ParameterList></Alarm></x-cisco-alarm>`

func refer(body string) string {
	return fmt.Sprintf("REFER sip:10.1.1.10 SIP/2.0\r\nContent-Type: application/x-cisco-alarm+xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func TestAlarms(t *testing.T) {
	port := netip.MustParseAddrPort("10.1.1.20:5060")
	server := netip.MustParseAddrPort("10.1.1.10:5060")
	c := capturetest.Between("10.1.1.20:52000", "10.1.1.10:5060")
	c.MSS = 100
	other := "REGISTER sip:10.1.1.10 SIP/2.0\r\nContent-Length: 0\r\n\r\n"
	overTCP := capturetest.Frames(t, c.Segments([]capturetest.Chunk{{Data: []byte(other + refer(alarmBody))}, {Data: []byte("\r\n\r\n" + refer(alarmBody) + other)}}))
	overUDP := capturetest.Datagram(t, began, port, server, []byte(refer(alarmBody)))
	check := func(what string, frames []capturetest.Frame, alarms, again int) *capture.Capture {
		t.Helper()
		c := readFrames(t, frames)
		if len(c.Alarms) != alarms || alarms > 0 && (c.Alarms[0].Text != alarmBody || c.Alarms[0].Again != again || c.Alarms[0].Phone.Addr() != port.Addr() || c.Alarms[0].Server != server) {
			t.Errorf("%s: %+v", what, c.Alarms)
		}
		return c
	}
	check("TCP", overTCP, 1, 1)
	check("UDP", []capturetest.Frame{overUDP, overUDP}, 1, 1)
	check("TCP from the middle on", overTCP[3:], 1, 1)
	check("TCP without a packet", slices.Delete(slices.Clone(overTCP), 6, 7), 1, 0)
	cut := overUDP
	cut.Snap = 200
	if c := check("UDP cut", []capturetest.Frame{cut}, 0, 0); c.AlarmsCut != 1 {
		t.Errorf("%d cut", c.AlarmsCut)
	}
	changed := slices.Clone(overTCP)
	twice := overTCP[6]
	twice.Data = slices.Clone(twice.Data)
	twice.Data[len(twice.Data)-1] ^= 1
	if c := check("TCP with a conflict", slices.Insert(changed, 7, twice), 1, 0); c.AlarmsOdd != 1 {
		t.Errorf("%d odd", c.AlarmsOdd)
	}
}

// BenchmarkReadClear reads what an hour of a TFTP server with phones is made of, 40,000
// times: downloads over TFTP and HTTP, alarms, and voice.
func BenchmarkReadClear(b *testing.B) {
	data := listFile(b)
	c := capturetest.Between("10.1.1.20:52000", "10.1.1.10:5060")
	alarms := capturetest.Frames(b, c.Segments([]capturetest.Chunk{{Data: []byte(refer(alarmBody))}}))
	voice := capturetest.Datagram(b, began, netip.MustParseAddrPort("10.1.1.20:20000"), netip.MustParseAddrPort("10.1.1.30:20002"), make([]byte, 172))
	frames := slices.Concat(tftpFrames(b, phoneList, data, 512, 1), httpFrames(b, get(phoneList), ok(data)), alarms, slices.Repeat([]capturetest.Frame{voice}, 20))
	size := 0
	var raw [][]byte
	for _, f := range frames {
		raw = append(raw, f.Data)
		size += 16 + len(f.Data)
	}
	const phones = 40_000
	b.SetBytes(int64(phones * size))
	for b.Loop() {
		in := &flood{frames: raw, times: phones, change: func(n int, f []byte) {
			address, port := sourceAddress, sourcePort
			if f[sourceAddress+3] != 20 {
				address, port = targetAddress, targetPort
			}
			binary.BigEndian.PutUint16(f[address+1:], uint16(n/20_000))
			binary.BigEndian.PutUint16(f[port:], uint16(40_000+n%20_000)) // no port of a tunnel
		}}
		c, err := pcap.Read(in, pcap.Options{MaxMemory: 224 << 20})
		if err != nil || len(c.Downloads) != 2*phones || c.DownloadsDropped+c.AlarmsDropped > 0 {
			b.Fatalf("%v, %d downloads, %d dropped", err, len(c.Downloads), c.DownloadsDropped)
		}
	}
}
