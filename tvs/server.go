package tvs

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
)

// What the fields of a Server mean if they are zero.
const (
	DefaultConnections = 64
	DefaultIdle        = 10 * time.Second
)

// Bounds on one connection.
const (
	maxRequests = 1000            // then the server hangs up
	maxAge      = 5 * time.Minute // from the first byte to the last
)

// A Server answers phones, for labs and tests. It is bounded: in connections, in
// the size of a message ([MaxSize]), in the time that a client may take for a
// message, and in messages and time of one connection.
type Server struct {
	Certificate tls.Certificate
	// Answer answers a request; for nil the server hangs up. It is called by several
	// goroutines at a time.
	Answer func(request *Message) *Message
	// LegacyTLS allows TLS 1.0 and 1.1 and old cipher suites: 79xx phones speak
	// TLS 1.0 only [D].
	LegacyTLS bool
	// Connections is how many clients are served at a time; others wait. 0 is
	// DefaultConnections.
	Connections int
	// Idle is how long a client may take for the handshake, and for each message; 0 is
	// DefaultIdle.
	Idle time.Duration
	// Report is called for each connection that ends with an error, and for each request,
	// by several goroutines at a time; nil: for none.
	Report func(Served)
}

// A Served is a request that was answered, or why a connection ended.
type Served struct {
	Client          net.Addr
	Request, Answer *Message // nil if there was none
	Err             error    // nil for a request that was answered
}

// Serve answers clients until the context ends, then closes the listener and all
// connections and returns nil. It fails if the listener does.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	config := tlspeer.Server(s.LegacyTLS, s.Certificate)
	slots := make(chan struct{}, s.connections())
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case err != nil:
			l.Close()
			return err
		}
		clients.Go(func() {
			defer func() { <-slots }()
			s.serve(ctx, conn, config)
		})
	}
}

func (s *Server) connections() int {
	if s.Connections > 0 {
		return s.Connections
	}
	return DefaultConnections
}

func (s *Server) idle() time.Duration {
	if s.Idle > 0 {
		return s.Idle
	}
	return DefaultIdle
}

// serve serves one client.
func (s *Server) serve(ctx context.Context, tcp net.Conn, config *tls.Config) {
	defer tcp.Close()
	ctx, cancel := context.WithTimeout(ctx, maxAge)
	defer cancel()
	defer context.AfterFunc(ctx, func() { tcp.Close() })()
	conn := tls.Server(tcp, config)
	for range maxRequests {
		_ = tcp.SetDeadline(time.Now().Add(s.idle()))
		served := Served{Client: tcp.RemoteAddr()}
		if served.Request, served.Err = Read(conn); served.Err == nil {
			served.Answer, served.Err = s.answer(conn, served.Request)
		}
		if ended(ctx, served.Err) {
			return
		}
		if s.Report != nil {
			s.Report(served)
		}
		if served.Err != nil {
			return
		}
	}
}

// ended reports whether a connection ended as connections do.
func ended(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF))
}

var errUnanswered = errors.New("not a request that can be answered")

func (s *Server) answer(conn net.Conn, request *Message) (*Message, error) {
	answer := s.Answer(request)
	if answer == nil {
		return nil, errUnanswered
	}
	return answer, answer.Write(conn)
}
