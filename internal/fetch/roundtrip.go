package fetch

import (
	"net/netip"
	"sync"
	"time"
)

// How long to wait for an answer before a packet is sent again.
const (
	firstWait = 250 * time.Millisecond // nothing is known of the way to the server
	leastWait = 100 * time.Millisecond // servers need some time as well
)

// A roundTrip is how long answers of a server take, over all transfers from it
// (RFC 6298). It is safe for concurrent use.
type roundTrip struct {
	mu       sync.Mutex
	measures int
	mean     time.Duration
	variance time.Duration // mean deviation
	backoff  time.Duration // since the last measure a wait of this length was needed
}

// measured adds a measure of a packet that was sent once.
func (r *roundTrip) measured(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.measures++; r.measures == 1 {
		r.mean, r.variance = d, d/2
	} else {
		r.variance += ((r.mean - d).Abs() - r.variance) / 4
		r.mean += (d - r.mean) / 8
	}
	r.backoff = 0
}

// slower notes that an answer took longer than a timeout. Without it the timeout
// would stay too short: answers to what was sent twice are not measured.
func (r *roundTrip) slower(wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.backoff = max(r.backoff, wait)
}

// timeout returns how long to wait for an answer, longest at most.
func (r *roundTrip) timeout(longest time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := firstWait
	if r.measures > 0 {
		wait = max(r.mean+4*r.variance, leastWait)
	}
	return min(max(wait, r.backoff), longest)
}

// roundTripTo returns what is known of the way to a server.
func (c *Client) roundTripTo(server netip.AddrPort) *roundTrip {
	r, _ := c.roundTrips.LoadOrStore(server, &roundTrip{})
	return r.(*roundTrip)
}
