// Package fetch fetches trust lists from TFTP servers, over HTTP and from phones
// over SSH. A [Request] is what a person asks for: hosts, phones, URLs. A [Client]
// fetches single files, or all files of a request.
//
// A [Location] is one of
//
//	tftp://HOST[:PORT]/NAME                   port 69
//	http://HOST[:PORT]/NAME                   CUCM: port 6970
//	https://HOST[:PORT]/NAME                  CUCM: ports 6971 and 6972
//	ssh://USER@PHONE[:PORT]/tmp/CTLFile.tlv   port 22
//
// Whatever a server sends: a file has at most [MaxSize] bytes, a lost packet or a
// silent server costs a bounded time, and only the bytes of the file come back, no
// name and no path.
//
// The TFTP client is part of this package (RFC 1350, 2347, 2348, 2349,
// 7440; octet mode).
// The module pack.ag/tftp sends a request only once, accepts data from any address
// and port, cannot be canceled, and never closes its sockets.
package fetch

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// MaxSize is the largest file that is fetched, in bytes. Phones fail on lists over
// 64 KiB [D].
const MaxSize = 2 << 20

// What the fields of Options mean if they are zero.
const (
	DefaultTimeout = 5 * time.Second
	DefaultTries   = 5
	DefaultMaxTime = 2 * time.Minute
)

// Options say how files are fetched. The zero value is ready for use: it cannot
// ask for a password, and trusts the system's certificates and known_hosts.
type Options struct {
	Timeout time.Duration // how long a server may be silent; 0 is DefaultTimeout
	// Tries is how many timeouts end a transfer over TFTP or SSH, and how often a
	// request is sent over HTTP. 0 is DefaultTries.
	Tries int
	// MaxTime limits the time for one file, against servers that send just
	// enough to go on forever. 0 is DefaultMaxTime, or twice what all tries take if
	// that is longer.
	MaxTime time.Duration

	CAFile   string // HTTPS: PEM certificates to trust instead of the system's
	Insecure bool   // HTTPS: accept any certificate

	Identity   string // SSH: private key file; without one the agent's keys are used
	KnownHosts string // SSH: without it ~/.ssh/known_hosts
	LegacySSH  bool   // SSH: offer the old algorithms too, see [LegacySSHWarning]

	// Password asks for a password or a passphrase. The prompt may hold text
	// from the server. It is called by one goroutine at a time. Nil: no passwords.
	Password func(ctx context.Context, prompt string) (string, error)
	// Warn reports what a person should know about a transfer that continues.
	// It is called by one goroutine at a time. Nil: no warnings.
	Warn func(message string)
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Tries <= 0 {
		o.Tries = DefaultTries
	}
	if o.MaxTime <= 0 {
		o.MaxTime = max(DefaultMaxTime, 2*o.Timeout*time.Duration(o.Tries))
	}
	return o
}

// A Client fetches files. It is safe for concurrent use.
type Client struct {
	options Options
	roots   *x509.CertPool      // of CAFile; nil: the system's
	pinned  []*x509.Certificate // of CAFile
	http    *http.Client
	asking  chan struct{} // holds a token while nobody asks or warns
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	listen  func(server netip.AddrPort) (packetConn, error)

	roundTrips sync.Map // netip.AddrPort: *roundTrip
	addresses  sync.Map // string: netip.Addr

	warnOnce sync.Once // of what LegacySSH gives up
}

// New returns a client. It fails if CAFile cannot be used.
func New(o Options) (*Client, error) {
	c := &Client{options: o.withDefaults(), asking: make(chan struct{}, 1), dial: (&net.Dialer{}).DialContext, listen: listenUDP}
	c.asking <- struct{}{}
	if o.CAFile != "" {
		if err := c.readCAFile(); err != nil {
			return nil, err
		}
	}
	c.http = c.newHTTPClient()
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Get fetches one file with a client of its own. See [Client.Get].
func Get(ctx context.Context, l Location, o Options) ([]byte, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Get(ctx, l)
}

// Get fetches the file at a location: at most MaxSize bytes, whole, or an [*Error].
// The result is not nil, though a file can be empty.
func (c *Client) Get(ctx context.Context, l Location) ([]byte, error) {
	data, err := c.get(ctx, l)
	if err == nil {
		return data, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = &failure{reason: Canceled, message: "canceled", cause: cause}
	}
	return nil, &Error{l.String(), err}
}

func (c *Client) get(ctx context.Context, l Location) ([]byte, error) {
	switch l.Scheme {
	case SchemeTFTP:
		ctx, cancel := context.WithTimeout(ctx, c.options.MaxTime)
		defer cancel()
		return c.getTFTP(ctx, l)
	case SchemeSSH:
		return c.getSSH(ctx, l)
	}
	return c.getHTTP(ctx, l)
}

func (c *Client) warn(format string, args ...any) {
	if c.options.Warn == nil {
		return
	}
	<-c.asking
	defer func() { c.asking <- struct{}{} }()
	c.options.Warn(fmt.Sprintf(format, args...))
}

// resolve returns the address of a host, IPv4 before IPv6. A host is looked up
// once.
func (c *Client) resolve(ctx context.Context, host string) (netip.Addr, error) {
	if known, ok := c.addresses.Load(host); ok {
		return known.(netip.Addr), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, fail(Unreachable, err, "cannot find the host %q", host)
	}
	addr := addrs[max(0, slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Unmap().Is4() }))].Unmap()
	c.addresses.Store(host, addr)
	return addr, nil
}

// readSmall reads a local file of at most 1 MiB.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readLimited(f, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
