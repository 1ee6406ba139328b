package keylog_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

func hex(b byte, n int) string { return strings.Repeat(fmt.Sprintf("%02x", b), n) }

func TestAdd(t *testing.T) {
	log := strings.Join([]string{
		"# a comment",
		"",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(1, 32) + " " + hex(0xA1, 32),
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " + hex(1, 32) + " " + strings.ToUpper(hex(0xA2, 32)) + "\r",
		"CLIENT_TRAFFIC_SECRET_0 " + hex(2, 32) + " " + hex(0xB1, 48),
		"SERVER_TRAFFIC_SECRET_0 " + hex(2, 32) + " " + hex(0xB2, 48),
		"CLIENT_RANDOM " + hex(3, 32) + " " + hex(0xC1, 48),
		"EXPORTER_SECRET " + hex(1, 32) + " " + hex(0xD1, 32),
		"SOMETHING_ELSE " + hex(4, 32) + " " + hex(0xE1, 32),
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(5, 31) + " " + hex(0xA1, 32),
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(5, 32) + " " + hex(0xA1, 31),
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(5, 32) + " xy" + hex(0xA1, 31),
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(5, 32) + " " + hex(0xA1, 32) + " more",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(5, 32) + " " + hex(0xA1, 1000),
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(6, 32) + " " + hex(0xF1, 32), // without an end
	}, "\n")
	var l keylog.Log
	lines, err := l.Add(strings.NewReader(log))
	if err != nil || lines != 7 || l.Len() != 3 || l.Dropped != 0 {
		t.Errorf("%d lines of %d connections, %d dropped, %v", lines, l.Len(), l.Dropped, err)
	}
	fill := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	for random, want := range map[byte]keylog.Secrets{
		1: {ServerHandshake: fill(0xA1, 32), ClientHandshake: fill(0xA2, 32)},
		2: {ClientTraffic: fill(0xB1, 48), ServerTraffic: fill(0xB2, 48)},
		6: {ServerHandshake: fill(0xF1, 32)},
	} {
		got, ok := l.Find([32]byte(fill(random, 32)))
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%d: %t %s", random, ok, diff)
		}
	}
	for _, random := range []byte{3, 4, 5} {
		if _, ok := l.Find([32]byte(fill(random, 32))); ok {
			t.Errorf("%d: found", random)
		}
	}
}

func TestNoLog(t *testing.T) {
	for _, text := range []string{"", "\n\n", "# only a comment\n", "hello world\n", strings.Repeat("x", 100000), "\xd4\xc3\xb2\xa1"} {
		var l keylog.Log
		if n, err := l.Add(strings.NewReader(text)); n != 0 || !errors.Is(err, keylog.ErrFormat) {
			t.Errorf("%.20q: %d, %v", text, n, err)
		}
	}
	wrong := errors.New("disk on fire")
	var l keylog.Log
	if _, err := l.Add(io.MultiReader(strings.NewReader("# x\n"), broken{wrong})); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Beyond Max nothing is kept, and that is counted.
func TestMax(t *testing.T) {
	l := keylog.Log{Max: 10000}
	for i := range 1000 {
		line := fmt.Sprintf("SERVER_HANDSHAKE_TRAFFIC_SECRET %064x %s\n", i, hex(1, 32))
		if _, err := l.Add(strings.NewReader(line)); err != nil {
			t.Fatal(err)
		}
	}
	if l.Len()+l.Dropped != 1000 || l.Len() < 10 || l.Len() > 100 {
		t.Errorf("%d connections, %d dropped", l.Len(), l.Dropped)
	}
}

// What crypto/tls writes.
func TestGo(t *testing.T) {
	var out bytes.Buffer
	pair := capturetest.Pair(t, "../../testdata", "pub-2048", "pub-2048")
	capturetest.Handshake(t, &tls.Config{Certificates: []tls.Certificate{pair}}, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &out})
	var l keylog.Log
	if lines, err := l.Add(&out); err != nil || lines < 4 || l.Len() != 1 {
		t.Errorf("%d lines of %d connections, %v", lines, l.Len(), err)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte("SERVER_HANDSHAKE_TRAFFIC_SECRET " + hex(1, 32) + " " + hex(0xA1, 32) + "\n"))
	f.Add([]byte("CLIENT_RANDOM " + hex(3, 32) + " " + hex(0xC1, 48) + "\r\n# x\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l keylog.Log
		lines, err := l.Add(bytes.NewReader(data))
		if l.Len() > lines || lines > len(data)/128+1 || (lines == 0) != errors.Is(err, keylog.ErrFormat) {
			t.Errorf("%d lines of %d connections, %v", lines, l.Len(), err)
		}
	})
}
