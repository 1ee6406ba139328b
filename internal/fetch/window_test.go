package fetch

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// large is 20 blocks of 1428 bytes, the last one not full: a window of 16 and one
// of 4.
var large = content(19*wantedBlock + 100)

func windowed(s *session) {
	s.oack("blksize", "1428", "windowsize", "16")
	if s.ack(0) {
		s.windows(large, wantedBlock, wantedWindow)
	}
}

// A lossy ether loses packets by their names, each once.
type lossy struct {
	clients []string // "RRQ", "ACK 16"
	blocks  []int    // DATA from servers
	oack    bool
}

func (l *lossy) lose(_, _ netip.AddrPort, b []byte) bool {
	switch {
	case b[1] == opOACK:
		lost := l.oack
		l.oack = false
		return lost
	case b[1] == opDATA:
		return take(&l.blocks, int(b[2])<<8|int(b[3]))
	}
	return take(&l.clients, describe(b))
}

func take[T comparable](list *[]T, item T) bool {
	for i, x := range *list {
		if x == item {
			*list = append((*list)[:i:i], (*list)[i+1:]...)
			return true
		}
	}
	return false
}

// What the client sends, and when it has the file, for each packet that can be
// lost. The round trip is 20 ms, and known: a timeout is 100 ms.
func TestWindows(t *testing.T) {
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		lost lossy
		sent []string
		took time.Duration
	}{
		"nothing":                 {lossy{}, []string{"RRQ", "ACK 0", "ACK 16", "ACK 20"}, 60 * ms},
		"request":                 {lossy{clients: []string{"RRQ"}}, []string{"RRQ", "RRQ", "ACK 0", "ACK 16", "ACK 20"}, 160 * ms},
		"options":                 {lossy{oack: true}, []string{"RRQ", "RRQ", "ACK 0", "ACK 16", "ACK 20"}, 160 * ms},
		"ACK of the options":      {lossy{clients: []string{"ACK 0"}}, []string{"RRQ", "ACK 0", "ACK 0", "ACK 16", "ACK 20"}, 160 * ms},
		"first block of a window": {lossy{blocks: []int{1}}, []string{"RRQ", "ACK 0", "ACK 0", "ACK 16", "ACK 20"}, 80 * ms},
		"block in a window":       {lossy{blocks: []int{7}}, []string{"RRQ", "ACK 0", "ACK 6", "ACK 20"}, 60 * ms},
		"last block of a window":  {lossy{blocks: []int{16}}, []string{"RRQ", "ACK 0", "ACK 15", "ACK 20"}, 160 * ms},
		"last block":              {lossy{blocks: []int{20}}, []string{"RRQ", "ACK 0", "ACK 16", "ACK 19", "ACK 20"}, 180 * ms},
		"ACK of a window":         {lossy{clients: []string{"ACK 16"}}, []string{"RRQ", "ACK 0", "ACK 16", "ACK 16", "ACK 20"}, 160 * ms},
		"last ACK":                {lossy{clients: []string{"ACK 20"}}, []string{"RRQ", "ACK 0", "ACK 16", "ACK 20"}, 60 * ms},
		"twice the same":          {lossy{clients: []string{"ACK 0", "ACK 0"}}, []string{"RRQ", "ACK 0", "ACK 0", "ACK 0", "ACK 16", "ACK 20"}, 360 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			withRogue(t, windowed, func(t *testing.T, e *ether) {
				e.delay = 10 * ms
				c := e.client(t, Options{})
				if _, err := c.Get(t.Context(), at(t, rogueURL)); err != nil {
					t.Fatal(err)
				}
				e.sent, e.lose = nil, tt.lost.lose
				began := time.Now()
				got, err := c.Get(t.Context(), at(t, rogueURL))
				took := time.Since(began)
				if err != nil || string(got) != string(large) {
					t.Errorf("got %d bytes: %v", len(got), err)
				}
				if diff := cmp.Diff(tt.sent, e.sent); diff != "" || took != tt.took {
					t.Errorf("it took %s, want %s; sent\n%s", took, tt.took, diff)
				}
			})
		})
	}
}

// The timeout follows the round trip, within bounds.
func TestRoundTrip(t *testing.T) {
	const ms = time.Millisecond
	r := &roundTrip{}
	check := func(what string, want time.Duration) {
		t.Helper()
		if got := r.timeout(time.Second); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	check("nothing is known", firstWait)
	r.measured(200 * ms)
	check("once", 600*ms)
	for range 100 {
		r.measured(200 * ms)
	}
	if got := r.timeout(time.Second); got < 200*ms || got > 210*ms {
		t.Errorf("always the same: %s", got)
	}
	r.slower(800 * ms)
	check("an answer was missing", 800*ms)
	r.slower(9 * time.Second)
	check("many were", time.Second)
	for range 100 {
		r.measured(ms)
	}
	check("near", leastWait)
}

// Transfers from one server share what they learn; other servers are others.
func TestRoundTripIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEther().client(t, Options{})
		a, b := netip.AddrPortFrom(thisHost, 69), netip.AddrPortFrom(otherHost, 69)
		c.roundTripTo(a).measured(time.Second)
		if got := c.roundTripTo(a).timeout(time.Hour); got != 3*time.Second {
			t.Errorf("%s", got)
		}
		if got := c.roundTripTo(b).timeout(time.Hour); got != firstWait {
			t.Errorf("%s", got)
		}
	})
}
