package pcap_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
)

// benchmarkSize is the size of the capture, in bytes.
const benchmarkSize = 200 << 20

// writeBig writes what a busy interface sees: handshakes followed by much data of
// the same connections, and other traffic of which nothing is wanted.
func writeBig(b *testing.B) (name string, handshakes int) {
	b.Helper()
	name = filepath.Join(b.TempDir(), "big.pcap")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	defer out.Flush()
	w := pcapgo.NewWriter(out)
	if err := w.WriteFileHeader(1<<16, layers.LinkTypeEthernet); err != nil {
		b.Fatal(err)
	}
	chunks, _, _ := talk(b)
	burst := frames(b, chunks)
	data := frames(b, []capturetest.Chunk{{FromServer: true, Data: make([]byte, 1400)}})[3]
	encrypted := frames(b, []capturetest.Chunk{{FromServer: true, Data: append([]byte{23, 3, 3, 5, 0x73}, make([]byte, 1395)...)}})[3]
	for size, n := 24, uint16(1024); size < benchmarkSize; n++ {
		write := func(f frame) {
			binary.BigEndian.PutUint16(f.data[f.clientPort:], n)
			size += 16 + len(f.data)
			if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: phone.Start, CaptureLength: len(f.data), Length: len(f.data)}, f.data); err != nil {
				b.Fatal(err)
			}
		}
		for _, f := range burst {
			write(f)
		}
		handshakes++
		for range 100 {
			write(encrypted)
			write(data)
		}
	}
	return name, handshakes
}

// A frame is a packet on Ethernet.
type frame struct {
	data       []byte
	clientPort int // where the client's port stands
}

// frames returns the packets of a connection but its end.
func frames(b *testing.B, chunks []capturetest.Chunk) []frame {
	b.Helper()
	const fileHeader, packetHeader, ports = 24, 16, 14 + 20
	var list []frame
	for _, s := range phone.Segments(chunks) {
		f := frame{capturetest.Ethernet.Write(b, []capturetest.Segment{s})[fileHeader+packetHeader:], ports}
		if s.FromServer {
			f.clientPort += 2
		}
		if !s.FIN {
			list = append(list, f)
		}
	}
	return list
}

// BenchmarkRead reads a capture of 200 MB.
func BenchmarkRead(b *testing.B) {
	name, handshakes := writeBig(b)
	b.SetBytes(benchmarkSize)
	var peak uint64
	for b.Loop() {
		stop := watchHeap(&peak)
		c, err := readFile(b, name)
		stop()
		if err != nil || len(c.Connections) != handshakes || c.Dropped > 0 {
			b.Fatalf("%v, %d of %d connections", err, len(c.Connections), handshakes)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
}

func readFile(b *testing.B, name string) (*capture.Capture, error) {
	b.Helper()
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	return pcap.Read(f, pcap.Options{MaxMemory: 64 << 20})
}

// BenchmarkPcapgo is the bare operation: the same file, packet by packet.
func BenchmarkPcapgo(b *testing.B) {
	name, _ := writeBig(b)
	b.SetBytes(benchmarkSize)
	for b.Loop() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		r, err := pcapgo.NewReader(bufio.NewReaderSize(f, 1<<20))
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, _, err = r.ZeroCopyReadPacketData()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		f.Close()
	}
}

// watchHeap notes the largest heap until stop is called.
func watchHeap(peak *uint64) (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			*peak = max(*peak, m.HeapInuse)
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-gone }
}
