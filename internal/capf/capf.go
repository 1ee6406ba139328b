// Package capf looks whether a server is CAPF, the Certificate Authority Proxy
// Function, which issues the certificates of phones. It listens on TCP port 3804 and
// speaks TLS. As far as is known the server speaks first, and its first two bytes are
// 0x55 0x01; nothing more of the protocol is used, so nothing is asked for and no
// certificate is issued.
package capf

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
)

// Port is the TCP port of CAPF.
const Port = 3804

// greeting is how CAPF begins.
const greeting = "\x55\x01"

// A Probe is what was found out about a server.
type Probe struct {
	Server  *cert.Certificate // the server has its key; whose it is was not checked
	Version uint16            // of TLS
	Cipher  uint16            // cipher suite of TLS
	Asked   bool              // it asked for the client's certificate
	First   []byte            // the first bytes that it sent, two at most
	Err     error             // why there are no two bytes
}

// Speaks reports whether the server speaks CAPF.
func (p *Probe) Speaks() bool { return string(p.First) == greeting }

// Look connects to the server at an address, HOST:PORT, waits for its first two
// bytes, and hangs up, all within the timeout. It fails if there is no TLS
// connection.
func Look(ctx context.Context, address string, timeout time.Duration, o tlspeer.Options) (*Probe, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := tlspeer.Dial(ctx, address, o)
	if err != nil {
		return nil, err
	}
	defer conn.HangUp()
	defer context.AfterFunc(ctx, conn.HangUp)()
	state := conn.ConnectionState()
	p := &Probe{Version: state.Version, Cipher: state.CipherSuite, Asked: conn.Asked()}
	if p.Server, err = cert.Read(state.PeerCertificates[0].Raw); err != nil {
		return nil, err
	}
	first := make([]byte, len(greeting))
	n, err := io.ReadFull(conn, first)
	if p.First = first[:n]; err != nil {
		p.Err = silence(ctx, err, conn)
	}
	return p, nil
}

// errSilent is for a server that waits for the client.
var errSilent = errors.New("it waits in silence; CAPF speaks first")

// silence has words for an error of reading.
func silence(ctx context.Context, err error, conn *tlspeer.Conn) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it closed the connection without sending anything")
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return errSilent
	case ctx.Err() != nil:
		return conn.Explain(ctx.Err())
	}
	return conn.Explain(err)
}
