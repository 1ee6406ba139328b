package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A wire is one direction of a connection in memory. It keeps what was written
// until it is read, as TCP does and net.Pipe does not.
type wire struct {
	mu     sync.Mutex
	change *sync.Cond
	held   bytes.Buffer
	closed bool
}

func newWire() *wire {
	w := &wire{}
	w.change = sync.NewCond(&w.mu)
	return w
}

func (w *wire) Read(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.held.Len() == 0 && !w.closed {
		w.change.Wait()
	}
	if w.held.Len() == 0 {
		return 0, io.EOF
	}
	return w.held.Read(b)
}

func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, net.ErrClosed
	}
	w.change.Broadcast()
	return w.held.Write(b)
}

func (w *wire) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.change.Broadcast()
}

// A memoryConn is an end of a connection in memory.
type memoryConn struct {
	in, out *wire
}

func (c memoryConn) Read(b []byte) (int, error)     { return c.in.Read(b) }
func (c memoryConn) Write(b []byte) (int, error)    { return c.out.Write(b) }
func (memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2222} }
func (memoryConn) RemoteAddr() net.Addr             { return memoryConn{}.LocalAddr() }
func (memoryConn) SetDeadline(time.Time) error      { return nil }
func (memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (memoryConn) SetWriteDeadline(time.Time) error { return nil }

func (c memoryConn) Close() error {
	c.in.Close()
	c.out.Close()
	return nil
}

// A memoryServer takes connections in memory. Inside of a bubble of synctest the
// time of its clients stands still while anybody computes.
type memoryServer struct {
	conns chan net.Conn
	done  chan struct{}
}

func newMemoryServer(t *testing.T) *memoryServer {
	s := &memoryServer{make(chan net.Conn), make(chan struct{})}
	t.Cleanup(func() {
		s.Close()
		time.Sleep(time.Minute) // handlers notice that the client is gone
	})
	return s
}

func (s *memoryServer) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *memoryServer) Addr() net.Addr { return memoryConn{}.LocalAddr() }

func (s *memoryServer) Close() error {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	return nil
}

func (s *memoryServer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := newWire(), newWire()
	select {
	case s.conns <- memoryConn{a, b}:
		return memoryConn{b, a}, nil
	case <-s.done:
		return nil, errors.New("nobody listens")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client is a client that reaches this server only.
func (s *memoryServer) client(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.dial = s.dial
	return c
}
