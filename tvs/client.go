package tvs

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
)

// DefaultTimeout is how long a server may take if a Client says nothing else.
const DefaultTimeout = 5 * time.Second

// A Client asks servers. The zero value is ready for use.
type Client struct {
	// Timeout is how long connection, handshake and answer may take together; 0 is
	// DefaultTimeout.
	Timeout time.Duration
	// LegacyTLS allows TLS 1.0 and 1.1 and the cipher suites of old servers, such as
	// AES256-SHA with TLS 1.0 [S].
	LegacyTLS bool
	// Certificate is the client's. Phones show their LSC or MIC; whether CUCM insists
	// is unknown [?].
	Certificate *tls.Certificate
	// Device is who asks; "" is DefaultDevice.
	Device string
	// Verify asks by VERIFY in place of QUERY.
	Verify bool
}

// An Exchange is what a server said.
type Exchange struct {
	// Server is the server's certificate. Nothing was checked but that the server has
	// its key: a phone listens only if a TVS record of its lists holds it [S].
	Server  *cert.Certificate
	Version uint16 // of TLS
	Cipher  uint16 // cipher suite of TLS
	Asked   bool   // the server asked for the client's certificate
	// Request and Reply are the messages; Reply is nil if there was none.
	Request, Reply *Message
	// Answer is what the reply means, nil if Err says why there is none.
	Answer *Answer
	Err    error
}

// Ask asks the server at an address, HOST:PORT, one question. If there was no TLS
// connection the error says why, and Exchange is nil. After that Exchange.Err is
// what went wrong: ErrAnswer, a [*ParseError], or no answer.
func (c *Client) Ask(ctx context.Context, address string, q Question) (*Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	conn, err := tlspeer.Dial(ctx, address, tlspeer.Options{Legacy: c.LegacyTLS, Certificate: c.Certificate})
	if err != nil {
		return nil, err
	}
	defer conn.HangUp()
	defer context.AfterFunc(ctx, conn.HangUp)()
	state := conn.ConnectionState()
	e := &Exchange{Version: state.Version, Cipher: state.CipherSuite, Asked: conn.Asked()}
	if e.Server, err = cert.Read(state.PeerCertificates[0].Raw); err != nil {
		return nil, err
	}
	if e.Request, err = c.request(q); err != nil {
		return nil, err
	}
	if e.Reply, e.Err = exchange(conn, e.Request); e.Err != nil {
		e.Err = noAnswer(ctx, e.Err, conn)
		return e, nil
	}
	e.Answer, e.Err = Judge(q, e.Request, e.Reply)
	return e, nil
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return DefaultTimeout
}

// request is the question for a session of its own.
func (c *Client) request(q Question) (*Message, error) {
	var session [4]byte
	if _, err := rand.Read(session[:]); err != nil {
		return nil, err
	}
	device := c.Device
	if device == "" {
		device = DefaultDevice
	}
	if c.Verify {
		return q.Verify(binary.BigEndian.Uint32(session[:]), device), nil
	}
	return q.Query(binary.BigEndian.Uint32(session[:]), device), nil
}

func exchange(conn io.ReadWriter, request *Message) (*Message, error) {
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	return Read(conn)
}

// ErrNoAnswer is the cause of Exchange.Err if the server closed the connection.
var ErrNoAnswer = errors.New("the server closed the connection without an answer")

// noAnswer has words for an error of reading or writing.
func noAnswer(ctx context.Context, err error, conn *tlspeer.Conn) error {
	var parse *ParseError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return ErrNoAnswer
	case errors.As(err, &parse), errors.Is(err, ErrTooLong):
		return err
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return conn.Explain(err)
}
