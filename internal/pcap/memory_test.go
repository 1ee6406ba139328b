package pcap_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
)

// A stream is a capture that is made while it is read: head, then what each returns
// for 0, 1, 2 ... until that is nil. It notes the largest heap.
type stream struct {
	head []byte
	each func(i int) []byte

	rest []byte
	i    int
	size int
	next int // size at which the heap is measured again
	peak uint64
}

// measureEvery is how many bytes are read between two looks at the heap.
const measureEvery = 4 << 20

func (s *stream) Read(b []byte) (int, error) {
	if s.size >= s.next {
		s.next += measureEvery
		s.peak = max(s.peak, heap())
	}
	for len(s.rest) == 0 {
		if s.head != nil {
			s.rest, s.head = s.head, nil
			continue
		}
		if s.rest = s.each(s.i); s.rest == nil {
			return 0, io.EOF
		}
		s.i++
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	s.size += n
	return n, nil
}

// heap returns the bytes in use, garbage aside.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// up to n pieces are n pieces of a stream.
func upTo(n int, each func(i int) []byte) func(int) []byte {
	return func(i int) []byte {
		if i >= n {
			return nil
		}
		return each(i)
	}
}

func always(b []byte) func(int) []byte { return func(int) []byte { return b } }

// Headers of files without packets.
var (
	ngHead      = append(fullSection(), block(1, []byte{1, 0, 0, 0, 0, 0, 0, 0})...)
	classicHead = []byte{0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0}
)

func fullSection() []byte {
	body := binary.LittleEndian.AppendUint32(nil, 0x1A2B3C4D)
	body = append(body, 1, 0, 0, 0)
	return block(0x0A0D0D0A, append(body, bytes.Repeat([]byte{0xFF}, 8)...))
}

// packetHeader is what stands in front of a packet in a pcap file.
func packetHeader(n uint32) []byte {
	b := binary.LittleEndian.AppendUint32(make([]byte, 8), n)
	return binary.LittleEndian.AppendUint32(b, n)
}

// made returns the packets of a segment with its header, and a function that gives it
// other ports and addresses.
func made(t testing.TB, s capturetest.Segment) func(i int) []byte {
	t.Helper()
	b := capturetest.Ethernet.Write(t, []capturetest.Segment{s})[24:]
	const address, port = 16 + 14 + 12, 16 + 14 + 20
	client := 0
	if s.FromServer {
		client = 1
	}
	return func(i int) []byte {
		binary.BigEndian.PutUint32(b[address+4*client:], uint32(i))
		binary.BigEndian.PutUint16(b[port+2*client:], uint16(1024+i%60000))
		return b
	}
}

// What a capture contains or claims does not decide how much memory it takes.
func TestBoundedMemory(t *testing.T) {
	const limit = 4 << 20
	// The buffers in front of a file, and what the test itself holds.
	const buffers = 3 << 20
	chunks, _, _ := talk(t)
	segments := phone.Segments(chunks)
	syn, hello := made(t, segments[0]), made(t, segments[at(segments, false, 0)])
	fragment := fragmented(t)
	unique := uniqueServers(t)
	data := made(t, capturetest.Segment{Connection: &phone, Data: append([]byte{23, 3, 3, 0, 40}, make([]byte, 40)...), At: phone.Start})
	early := segments[at(segments, true, 0)]
	early.Seq += 1000
	ahead := made(t, early)
	zeros := make([]byte, 1<<20)
	tests := []struct {
		name  string
		head  []byte
		each  func(int) []byte
		check func(c *capture.Capture, err error) bool
	}{
		{"interfaces", fullSection(), upTo(600, always(bytes.Repeat(block(1, []byte{1, 0, 0, 0, 0, 0, 0, 0}), 5000))), nil},
		{"sections", nil, upTo(600, always(bytes.Repeat(fullSection(), 2000))), nil},
		{"names", ngHead, upTo(1000, always(block(4, make([]byte, 64000)))), nil},
		{"one huge block", append(ngHead, 4, 0, 0, 0, 0, 0, 0, 0x10), upTo(200, always(zeros)), func(c *capture.Capture, err error) bool { return err == nil && c.CutShort }},
		{"one huge packet", append(append([]byte{}, classicHead...), packetHeader(200<<20)...), upTo(200, always(zeros)),
			func(c *capture.Capture, err error) bool { return err == nil && c.Packets == 1 && c.Unread == 1 }},
		{"one huge packet block", append(append([]byte{}, ngHead...), hugePacket(100<<20)...), upTo(100, always(zeros)),
			func(c *capture.Capture, err error) bool { return err == nil && c.Packets == 1 && c.Unread == 1 }},
		{"large interfaces", fullSection(), upTo(100, always(block(1, make([]byte, 1<<20)))), nil},
		{"secrets", ngHead, upTo(2000, manySecrets), func(c *capture.Capture, err error) bool {
			return err == nil && c.Secrets > 0 && c.SecretsDropped > 0
		}},
		{"half-open connections", classicHead, upTo(300000, syn), func(c *capture.Capture, err error) bool {
			return err == nil && c.Dropped == 0 && c.Packets == 300000
		}},
		{"hellos", classicHead, upTo(100000, hello), func(c *capture.Capture, err error) bool { return err == nil && c.Dropped > 0 }},
		{"packets that come early", classicHead, upTo(100000, func(i int) []byte {
			return append(bytes.Clone(hello(i)), ahead(i)...)
		}), func(c *capture.Capture, err error) bool { return err == nil && c.Dropped > 0 }},
		{"encrypted data", classicHead, upTo(300000, data), func(c *capture.Capture, err error) bool { return err == nil && c.Established > 1000 }},
		{"fragments", classicHead, upTo(100000, fragment), func(c *capture.Capture, err error) bool {
			return err == nil && c.Unread == 100000
		}},
		{"kinds", classicHead, upTo(65536, func(i int) []byte {
			return append(packetHeader(14), binary.BigEndian.AppendUint16(make([]byte, 12), uint16(i))...)
		}), func(c *capture.Capture, err error) bool {
			return err == nil && len(c.Counts) < 300 && c.Packets == 65536
		}},
		{"certificates", classicHead, upTo(20000, unique), func(c *capture.Capture, err error) bool {
			return err == nil && c.Dropped > 0 && len(c.Connections) > 100 && c.Dropped+len(c.Connections) >= 20000
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := heap()
			s := &stream{head: tt.head, each: tt.each}
			c, err := pcap.Read(s, pcap.Options{MaxMemory: limit})
			if s.size < 4<<20 && s.i < 1000 {
				t.Errorf("only %d bytes were read: %v", s.size, err)
			}
			if used := int(s.peak) - int(before); used > limit+buffers {
				t.Errorf("%d MB in use", used>>20)
			} else {
				t.Logf("%d KB in use for %d MB", used>>10, s.size>>20)
			}
			if after := int(heap()) - int(before); after > limit {
				t.Errorf("%d MB held by the result", after>>20)
			}
			if tt.check != nil && !tt.check(c, err) {
				c.Connections = nil
				t.Errorf("%v, %+v", err, c)
			} else if tt.check == nil && (err != nil && !errors.Is(err, pcap.ErrFormat)) {
				t.Error(err)
			}
			runtime.KeepAlive(c)
		})
	}
}

// hugePacket is the beginning of a packet block, without data.
func hugePacket(n uint32) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{6, 0, 0, 0}, n+32)
	b = append(b, make([]byte, 12)...)
	b = binary.LittleEndian.AppendUint32(b, n)
	return binary.LittleEndian.AppendUint32(b, n)
}

func manySecrets(i int) []byte {
	const tlsKeyLog = 0x544C534B
	var text strings.Builder
	for k := range 20 {
		fmt.Fprintf(&text, "SERVER_HANDSHAKE_TRAFFIC_SECRET %064x %064x\n", i*20+k, i)
	}
	body := binary.LittleEndian.AppendUint32(nil, tlsKeyLog)
	body = binary.LittleEndian.AppendUint32(body, uint32(text.Len()))
	body = append(body, text.String()...)
	return block(10, append(body, make([]byte, (4-len(body)%4)%4)...))
}

// fragmented is the first fragment of many datagrams.
func fragmented(t testing.TB) func(int) []byte {
	t.Helper()
	s := phone.Segments([]capturetest.Chunk{{Data: make([]byte, 1200)}})
	f := capturetest.Ethernet
	f.Tunnel = capturetest.Tunnels["IPv4 fragments"]
	b := f.Write(t, s[3:4])[24:]
	b = b[:16+14+20+104]
	return func(i int) []byte {
		binary.BigEndian.PutUint32(b[16+14+12:], uint32(i))
		return b
	}
}

// uniqueServers are connections that end with the server's Certificate message, each
// with another certificate.
func uniqueServers(t testing.TB) func(int) []byte {
	t.Helper()
	der := bytes.Repeat([]byte{0x30}, 900)
	hello := message(1, append(append([]byte{3, 3}, make([]byte, 32)...), 0, 0, 2, 0, 0x2F, 1, 0))
	n := len(der)
	body := append([]byte{0, byte((n + 3) >> 8), byte(n + 3), 0, byte(n >> 8), byte(n)}, der...)
	segments := phone.Segments([]capturetest.Chunk{{Data: tlsRecord(22, hello)}, {FromServer: true, Data: append(tlsRecord(22, message(11, body)), tlsRecord(21, []byte{2, 40})...)}, {Data: tlsRecord(21, []byte{2, 48})}})
	var all []func(int) []byte
	for _, s := range segments {
		if len(s.Data) > 0 {
			all = append(all, made(t, s))
		}
	}
	return func(i int) (b []byte) {
		for _, one := range all {
			b = append(b, one(i)...)
		}
		binary.BigEndian.PutUint32(b[bytes.Index(b, der[:600])+100:], uint32(i))
		return b
	}
}

// A small file that expands without end is not read to the end.
func TestExpansion(t *testing.T) {
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	z.Write(classicHead)
	chunk := append(packetHeader(60), make([]byte, 60)...)
	chunk = bytes.Repeat(chunk, 1<<20/len(chunk))
	for range 300 {
		z.Write(chunk)
	}
	z.Close()
	c, err := pcap.Read(&small, pcap.Options{})
	if err == nil || !strings.Contains(err.Error(), "expands to more than 200 times its size") || c.Packets == 0 {
		t.Errorf("%v, %d packets", err, c.Packets)
	}
}
