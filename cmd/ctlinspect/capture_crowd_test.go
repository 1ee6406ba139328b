package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A crowd is a capture of many connections, made while it is read: the packets of one,
// each time from another client.
type crowd struct {
	connections int
	names       bool // each client has a certificate of its own
	packets     []byte
	clients     [][2]int // where each packet has the client's address and port

	rest []byte
	next int
}

// newCrowd makes a capture of the first packets of good.pcap; of all if packets is 0.
func newCrowd(b testing.TB, packets, connections int) *crowd {
	b.Helper()
	data, err := os.ReadFile(filepath.Join(captureDir, "good.pcap"))
	if err != nil {
		b.Fatal(err)
	}
	const fileHeader, packetHeader, source, destination, sourcePort, destinationPort = 24, 16, 26, 30, 34, 36
	c := &crowd{connections: connections, rest: data[:fileHeader]}
	at := fileHeader
	for at < len(data) && (packets == 0 || len(c.clients) < packets) {
		frame := at + packetHeader
		place := [2]int{frame + source, frame + sourcePort}
		if data[frame+source+3] != 20 { // the phone is 10.1.1.20
			place = [2]int{frame + destination, frame + destinationPort}
		}
		c.clients = append(c.clients, [2]int{place[0] - fileHeader, place[1] - fileHeader})
		at = frame + int(binary.LittleEndian.Uint32(data[at+8:]))
	}
	c.packets = data[fileHeader:at:at]
	return c
}

func (c *crowd) Read(b []byte) (n int, err error) {
	if len(c.rest) == 0 {
		if c.next == c.connections {
			return 0, io.EOF
		}
		for _, place := range c.clients {
			binary.BigEndian.PutUint32(c.packets[place[0]:], 0x0A020000+uint32(c.next/50000))
			binary.BigEndian.PutUint16(c.packets[place[1]:], uint16(10000+c.next%50000))
		}
		if c.names {
			copy(c.packets[bytes.Index(c.packets, []byte("SEP"))+3:], fmt.Sprintf("%012X", c.next))
		}
		c.next++
		c.rest = c.packets
	}
	n = copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// A scale notes the largest heap while something is written to it.
type scale struct {
	written, next int
	peak          uint64
}

func (s *scale) Write(b []byte) (int, error) {
	const often = 256 << 10
	if s.written += len(b); s.written >= s.next {
		s.next = s.written + often
		s.peak = max(s.peak, heap())
	}
	return len(b), nil
}

// heap returns the bytes in use, garbage aside.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Writing what was found takes no more memory than --max-memory either.
func TestCaptureMemory(t *testing.T) {
	const limit, buffers = 8 << 20, 3 << 20
	list := filepath.Join("..", "..", "testdata", "lists", "ctl-tokenless.tlv")
	for _, flag := range []string{"--json=false", "--json"} {
		c := newCrowd(t, 0, 10_000)
		c.names = true
		before, out := heap(), new(scale)
		if code := run(t.Context(), []string{"capture", "--max-memory", "8M", flag, "-", list}, c, out, io.Discard); code != exitNo {
			t.Errorf("exit code %d", code)
		}
		if out.written < 512<<10 || c.next != c.connections {
			t.Errorf("%s: %d connections were read, %d bytes written", flag, c.next, out.written)
		}
		if used := int(out.peak) - int(before); used > limit+buffers {
			t.Errorf("%s: %d MB in use", flag, used>>20)
		} else {
			t.Logf("%s: %d KB in use", flag, used>>10)
		}
	}
}

// BenchmarkCapture reads 100,000 handshakes (468 MB), and 2,000,000 connections that
// were never answered (152 MB).
func BenchmarkCapture(b *testing.B) {
	tests := []struct {
		name                       string
		packets, connections, code int
		flags                      []string
	}{
		{"handshakes", 0, 100_000, exitYes, nil},
		{"handshakes-json", 0, 100_000, exitYes, []string{"--json"}},
		{"syn", 1, 2_000_000, exitNo, nil},
	}
	list := filepath.Join("..", "..", "testdata", "lists", "ctl-tokenless.tlv")
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			for b.Loop() {
				c := newCrowd(b, tt.packets, tt.connections)
				b.SetBytes(int64(len(c.packets) * tt.connections))
				if code := run(b.Context(), append([]string{"capture", "-", list}, tt.flags...), c, io.Discard, io.Discard); code != tt.code {
					b.Fatalf("exit code %d", code)
				}
			}
		})
	}
}
