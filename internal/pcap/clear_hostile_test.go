package pcap_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

// A flood is a capture that is made while it is read: frames, again and again, changed
// each time.
type flood struct {
	frames [][]byte
	times  int
	change func(n int, frame []byte)

	rest []byte
	next int
}

func (f *flood) Read(b []byte) (int, error) {
	if f.rest == nil {
		f.rest = binary.LittleEndian.AppendUint32(nil, 0xA1B2C3D4)
		f.rest = append(f.rest, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0)
	}
	if len(f.rest) == 0 {
		if f.next == f.times {
			return 0, io.EOF
		}
		for _, frame := range f.frames {
			f.change(f.next, frame)
			for _, n := range []int{f.next, 0, len(frame), len(frame)} {
				f.rest = binary.LittleEndian.AppendUint32(f.rest, uint32(n))
			}
			f.rest = append(f.rest, frame...)
		}
		f.next++
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Places in the frames of capturetest.
const (
	sourceAddress = 14 + 12
	targetAddress = 14 + 16
	sourcePort    = 14 + 20
	targetPort    = 14 + 22
	udpContent    = 14 + 28
)

// What a capture claims, repeats or never ends takes no more memory than it may, and
// what is left out is counted.
func TestHostileTransfers(t *testing.T) {
	const limit = 4 << 20
	one := func(f capturetest.Frame) []byte { return f.Data }
	request := one(capturetest.Datagram(t, time.Time{}, tftpClient, tftpServer, readRequest(phoneList, "blksize", "1400")))
	block := one(capturetest.Datagram(t, time.Time{}, tftpAnswer, tftpClient, op(3, 1, append([]byte{1, 0, 2}, make([]byte, 1397)...))))
	segments := httpFrames(t, get(phoneList), "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n\x01\x00\x02 lies")
	newClient := func(n int, frame []byte, address, port int) {
		binary.BigEndian.PutUint16(frame[address+2:], uint16(n/50_000))
		binary.BigEndian.PutUint16(frame[port:], uint16(1024+n%50_000))
	}
	for _, tt := range []struct {
		name    string
		flood   flood
		dropped bool
		states  []transfer.State
	}{
		{"open transfers", flood{frames: [][]byte{request, block}, times: 100_000, change: func(n int, f []byte) {
			if len(f) == len(request) {
				newClient(n, f, sourceAddress, sourcePort)
			} else {
				newClient(n, f, targetAddress, targetPort)
			}
		}}, true, []transfer.State{transfer.GivenUp, transfer.Incomplete}},
		{"an endless transfer", flood{frames: [][]byte{request, block}, times: 100_000, change: func(n int, f []byte) {
			if len(f) == len(block) {
				binary.BigEndian.PutUint16(f[udpContent+2:], uint16(n+1))
			}
		}}, true, []transfer.State{transfer.GivenUp, transfer.Incomplete}},
		{"blocks far ahead", flood{frames: [][]byte{request, block}, times: 60_000, change: func(n int, f []byte) {
			if len(f) == len(block) {
				binary.BigEndian.PutUint16(f[udpContent+2:], uint16(n+2))
			}
		}}, false, []transfer.State{transfer.Incomplete}},
		{"HTTP bodies that lie", flood{frames: [][]byte{one(segments[0]), one(segments[1]), one(segments[3]), one(segments[5])}, times: 30_000, change: func(n int, f []byte) {
			if f[sourceAddress+3] == 20 {
				newClient(n, f, sourceAddress, sourcePort)
			} else {
				newClient(n, f, targetAddress, targetPort)
			}
		}}, true, []transfer.State{transfer.GivenUp, transfer.Incomplete}},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c, err := pcap.Read(&tt.flood, pcap.Options{MaxMemory: limit})
		runtime.GC()
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		const buffers = 3 << 20
		if used := int(after.HeapAlloc) - int(before.HeapAlloc); used > limit+buffers {
			t.Errorf("%s: %d KB in use", tt.name, used>>10)
		}
		if (c.DownloadsDropped > 0) != tt.dropped || len(c.Downloads) == 0 {
			t.Errorf("%s: %d of %d downloads dropped", tt.name, c.DownloadsDropped, len(c.Downloads))
		}
		states := fmt.Sprint(tt.states)
		for _, d := range c.Downloads {
			known := false
			for _, s := range tt.states {
				known = known || s == d.State
			}
			if !known || d.Content != nil {
				t.Fatalf("%s: %s, want one of %s", tt.name, d.State, states)
			}
		}
		runtime.KeepAlive(c)
	}
}
