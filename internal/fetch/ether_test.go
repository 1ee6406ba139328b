package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// An ether carries packets between UDP sockets in memory. Used in a bubble of
// synctest, time stands still while anybody computes.
type ether struct {
	delay time.Duration                                // of each packet
	lose  func(from, to netip.AddrPort, b []byte) bool // nil: no packet is lost

	mu      sync.Mutex
	sockets map[netip.AddrPort]*etherSocket
	next    uint16
	sent    []string // by clients: "RRQ", "ACK 4", "ERROR 5"
}

var (
	thisHost  = netip.MustParseAddr("127.0.0.1")
	otherHost = netip.MustParseAddr("127.0.0.2")
)

func newEther() *ether { return &ether{sockets: map[netip.AddrPort]*etherSocket{}, next: 40000} }

// open opens a socket, on any port for port 0.
func (e *ether) open(host netip.Addr, port uint16) *etherSocket {
	e.mu.Lock()
	defer e.mu.Unlock()
	if port == 0 {
		e.next++
		port = e.next
	}
	s := &etherSocket{ether: e, address: netip.AddrPortFrom(host, port), news: make(chan struct{}, 1)}
	e.sockets[s.address] = s
	return s
}

// An etherSocket is a socket that hears of refusals.
type etherSocket struct {
	ether    *ether
	address  netip.AddrPort
	client   bool
	deadline time.Time
	news     chan struct{}

	mu     sync.Mutex
	queue  []datagram
	closed bool
}

type datagram struct {
	from    netip.AddrPort
	data    []byte
	arrives time.Time
	err     error
}

func (s *etherSocket) put(d datagram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, d)
	s.wake()
}

func (s *etherSocket) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// first returns the packet that has arrived, or when to look again.
func (s *etherSocket) first() (d datagram, ready bool, again time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return datagram{err: net.ErrClosed}, true, again
	case len(s.queue) > 0 && !s.queue[0].arrives.After(time.Now()):
		d, s.queue = s.queue[0], s.queue[1:]
		return d, true, again
	case !s.deadline.IsZero() && !s.deadline.After(time.Now()):
		return datagram{err: os.ErrDeadlineExceeded}, true, again
	}
	again = s.deadline
	if len(s.queue) > 0 && (again.IsZero() || s.queue[0].arrives.Before(again)) {
		again = s.queue[0].arrives
	}
	return d, false, again
}

func (s *etherSocket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		d, ready, again := s.first()
		if ready {
			return copy(b, d.data), d.from, d.err
		}
		var timer <-chan time.Time
		if !again.IsZero() {
			timer = time.After(time.Until(again))
		}
		select {
		case <-s.news:
		case <-timer:
		}
	}
}

func (s *etherSocket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	e := s.ether
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.client {
		e.sent = append(e.sent, describe(b))
	}
	if e.lose != nil && e.lose(s.address, to, b) {
		return len(b), nil
	}
	arrives := time.Now().Add(e.delay)
	if other := e.sockets[to]; other != nil {
		other.put(datagram{from: s.address, data: append([]byte{}, b...), arrives: arrives})
	} else {
		s.put(datagram{err: &net.OpError{Op: "read", Net: "udp", Err: syscall.ECONNREFUSED}, arrives: arrives.Add(e.delay)})
	}
	return len(b), nil
}

// describe names what clients send.
func describe(b []byte) string {
	switch number := int(b[2])<<8 | int(b[3]); b[1] {
	case opRRQ:
		return "RRQ"
	case opACK:
		return fmt.Sprintf("ACK %d", number)
	default:
		return fmt.Sprintf("ERROR %d", number)
	}
}

func (s *etherSocket) SetReadDeadline(t time.Time) error { s.deadline = t; return nil }

func (s *etherSocket) Close() error {
	s.ether.mu.Lock()
	delete(s.ether.sockets, s.address)
	s.ether.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
	return nil
}

// client is a client in the ether.
func (e *ether) client(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.listen = func(netip.AddrPort) (packetConn, error) {
		s := e.open(thisHost, 0)
		s.client = true
		return s, nil
	}
	return c
}

// withRogue runs a test in a bubble, with a TFTP server that follows a script for
// each request.
func withRogue(t *testing.T, script func(s *session), test func(t *testing.T, e *ether)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newEther()
		listener := e.open(thisHost, 69)
		go serveRogue(e, listener, script)
		defer func() {
			time.Sleep(time.Hour) // scripts end
			listener.Close()
		}()
		test(t, e)
	})
}

const rogueURL = "tftp://127.0.0.1/CTLFile.tlv"
