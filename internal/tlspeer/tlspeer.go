// Package tlspeer is TLS with CUCM's servers and with phones of any age. Whose
// certificate a server has is not checked here: phones compare it with their lists,
// and so must the caller.
package tlspeer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
)

// LegacyWarning is what old TLS gives up.
const LegacyWarning = "old TLS is allowed: TLS 1.0 and 1.1, key exchange by RSA, CBC, 3DES and RC4. " +
	"Somebody on the path may be able to read the connection or to change it; use it for old servers only"

// Options are what a client speaks and shows.
type Options struct {
	Legacy      bool             // TLS 1.0 and 1.1 and old cipher suites as well
	Certificate *tls.Certificate // of the client, nil for none
}

// A Conn is a connection to a server.
type Conn struct {
	*tls.Conn
	options Options
	asked   bool // the server asked for a certificate
}

// Asked reports whether the server asked for the client's certificate.
func (c *Conn) Asked() bool { return c.asked }

// config takes any server. The handshake proves that it has the key of its
// certificate.
func (c *Conn) config() *tls.Config {
	config := common(c.options.Legacy)
	config.InsecureSkipVerify = true
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.asked = true
		if c.options.Certificate == nil {
			return new(tls.Certificate), nil
		}
		return c.options.Certificate, nil
	}
	return config
}

// Server returns what a server speaks: TLS 1.2 and 1.3; with legacy TLS 1.0 and 1.1
// and old cipher suites as well. It asks for the certificate
// of the client and takes any, or none.
func Server(legacy bool, certificate tls.Certificate) *tls.Config {
	c := common(legacy)
	c.Certificates = []tls.Certificate{certificate}
	c.ClientAuth = tls.RequestClientCert
	c.SessionTicketsDisabled = true
	return c
}

func common(legacy bool) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, Renegotiation: tls.RenegotiateNever}
	if legacy {
		c.MinVersion = tls.VersionTLS10
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			c.CipherSuites = append(c.CipherSuites, s.ID)
		}
	}
	return c
}

// Dial connects and shakes hands. The deadline of the context stays on the
// connection, so that no server can hold it longer. Errors are for people.
func Dial(ctx context.Context, address string, o Options) (*Conn, error) {
	c := &Conn{options: o}
	tcp, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, c.Explain(err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = tcp.SetDeadline(deadline)
	}
	c.Conn = tls.Client(tcp, c.config())
	if err := c.HandshakeContext(ctx); err != nil {
		tcp.Close()
		return nil, c.Explain(err)
	}
	return c, nil
}

// HangUp closes the connection without a goodbye, for which a server could make us
// wait.
func (c *Conn) HangUp() { c.NetConn().Close() }

// A Fault is what a person can do something about.
type Fault uint8

// Faults.
const (
	FaultOther       Fault = iota
	FaultVersions          // no version or cipher suite in common; legacy TLS was not allowed
	FaultCertificate       // the server refused the client's certificate, or that there is none
)

// An Error has words for people.
type Error struct {
	Fault Fault
	text  string
	err   error
}

func (e *Error) Error() string { return e.text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// Explain says in plain words why there is no connection, or why it ended.
func (c *Conn) Explain(err error) error {
	var timeout net.Error
	var dns *net.DNSError
	var op *net.OpError
	var header tls.RecordHeaderError
	e := &Error{text: err.Error(), err: err}
	switch {
	case errors.As(err, &dns):
		e.text = "cannot find the host"
	case errors.Is(err, context.Canceled):
		e.text = "interrupted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.text = "no answer in time"
	case errors.As(err, &header):
		e.text = "it does not speak TLS"
	case errors.Is(err, io.EOF):
		e.text = "it closed the connection during the handshake"
	case errors.As(err, &op) && op.Op == "dial":
		e.text = "cannot connect: " + op.Err.Error()
	case says(err, "certificate required", "bad certificate", "unknown certificate", "unsupported certificate", "revoked certificate", "expired certificate"),
		c.asked && says(err, "remote error"):
		e.Fault, e.text = FaultCertificate, "it wants the certificate of a phone that it knows ("+err.Error()+")"
	case says(err, "protocol version", "handshake failure", "insufficient security") && !c.options.Legacy:
		e.Fault, e.text = FaultVersions, "no TLS version or cipher suite in common ("+err.Error()+")"
	}
	return e
}

// says reports whether an error of crypto/tls, whose alerts have no type, holds one
// of the texts.
func says(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(err.Error(), s) })
}
