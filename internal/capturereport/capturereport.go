// Package capturereport checks the certificates of a packet capture against trust
// lists: which records hold the servers' certificates, and who issued the phones'. It
// says which phone downloaded which list, and what phones report about theirs.
package capturereport

import (
	"crypto/sha256"
	"net/netip"
	"slices"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
)

// A Verdict is what a capture says of the servers' certificates.
type Verdict string

// Verdicts.
const (
	// AllListed: every server certificate that was seen is in the lists.
	AllListed Verdict = "listed"
	// NotListed: one is not.
	NotListed Verdict = "not-listed"
	// NoneSeen: no server certificate could be seen.
	NoneSeen Verdict = "none-seen"
	// Incomplete: those that were seen are in the lists, but there are connections
	// whose server certificate could not be seen, or is not the only one that the
	// client may have seen, or that were not checked.
	Incomplete Verdict = "incomplete"
	// Unchecked: no list was named.
	Unchecked Verdict = "not-checked"
)

// A Report is a capture checked against lists.
type Report struct {
	Lists       []List
	Capture     *capture.Capture
	Connections []Connection
	Servers     []*Certificate // what servers sent as their own, each once, in the order of the capture
	Hidden      int            // connections whose server certificate TLS 1.3 encrypts
	Without     int            // other connections without a visible server certificate
	Conflicting int            // connections with segments that contradict each other

	Downloads []Download // of lists and signed files, by time
	Phones    []*Phone   // that asked for such files, or sent alarms, by name
}

// A Connection is a connection with its certificates.
type Connection struct {
	*capture.Connection
	Chains [2][]*Certificate // by handshake.Side, the side's own certificate first
}

// A Certificate is a certificate that was seen.
type Certificate struct {
	DER     []byte
	Matches []Match // records that belong to it

	Connections int              // for Report.Servers: in so many
	Addresses   []netip.AddrPort // for Report.Servers: sent from here, each once, 16 at most
	Seen        time.Time        // for Report.Servers: when last

	lists  *Lists
	issuer *Issuer // nil if nobody has asked yet
}

// Listed reports whether the certificate is in the lists.
func (c *Certificate) Listed() bool { return slices.ContainsFunc(c.Matches, Match.Listed) }

// Read reads the certificate; nil if it cannot be read. There may be very many: what
// was read is not kept.
func (c *Certificate) Read() *cert.Certificate {
	read, err := cert.Read(c.DER)
	if err != nil {
		return nil
	}
	return read
}

// Issuer finds out who issued the certificate, once.
func (c *Certificate) Issuer() Issuer {
	if c.issuer == nil {
		i := c.lists.Issuer(c.DER)
		c.issuer = &i
	}
	return *c.issuer
}

// nameOf is the common name of a subject or issuer, else all of it.
func nameOf(n cert.Name) string {
	if cn := n.Get("CN"); cn != "" {
		return "CN=" + cn
	}
	return n.String()
}

// Judge checks a capture against lists.
func Judge(c *capture.Capture, l *Lists) *Report {
	r := &Report{Capture: c, Lists: l.lists, Connections: make([]Connection, 0, len(c.Connections))}
	j := judge{l, make(map[[sha256.Size]byte]*Certificate), make(map[chainKey][]*Certificate)}
	for _, one := range c.Connections {
		conn := Connection{Connection: one}
		for side, sent := range conn.Handshake.Sides {
			conn.Chains[side] = j.chain(sent.Chain)
		}
		r.Connections = append(r.Connections, conn)
		r.count(conn)
	}
	r.judgeDownloads(l)
	return r
}

// A judge judges each certificate and each chain once.
type judge struct {
	lists  *Lists
	seen   map[[sha256.Size]byte]*Certificate
	chains map[chainKey][]*Certificate
}

// A chainKey is a chain in memory: connections share those that are equal.
type chainKey struct {
	first  *[]byte
	length int
}

func (j judge) chain(chain [][]byte) []*Certificate {
	if len(chain) == 0 {
		return nil
	}
	key := chainKey{&chain[0], len(chain)}
	judged, ok := j.chains[key]
	if !ok {
		for _, der := range chain {
			judged = append(judged, j.certificate(der))
		}
		j.chains[key] = judged
	}
	return judged
}

func (j judge) certificate(der []byte) *Certificate {
	sum := sha256.Sum256(der)
	if c := j.seen[sum]; c != nil {
		return c
	}
	c := &Certificate{DER: der, Matches: j.lists.Find(der), lists: j.lists}
	j.seen[sum] = c
	return c
}

const maxAddresses = 16

// count adds the server of a connection to the report.
func (r *Report) count(conn Connection) {
	chain := conn.Chains[handshake.Server]
	if conflicting(conn) {
		r.Conflicting++
	}
	switch {
	case len(chain) > 0:
	case conn.Handshake.Certificate(handshake.Server) == handshake.Encrypted:
		r.Hidden++
		return
	default:
		r.Without++
		return
	}
	own := chain[0]
	if own.Connections == 0 {
		r.Servers = append(r.Servers, own)
	}
	own.Connections++
	own.Seen = conn.Start
	if len(own.Addresses) < maxAddresses && !slices.Contains(own.Addresses, conn.Server) {
		own.Addresses = append(own.Addresses, conn.Server)
	}
}

// conflicting reports whether segments of a connection contradict each other: what
// the other end has seen is not known.
func conflicting(c Connection) bool {
	return c.Handshake.Sides[handshake.Server].Conflicting+c.Handshake.Sides[handshake.Client].Conflicting > 0
}

// Verdict returns what the capture says of the servers' certificates. A connection
// whose server certificate could not be seen is never part of a yes.
func (r *Report) Verdict() Verdict {
	switch {
	case len(r.Lists) == 0:
		return Unchecked
	case slices.ContainsFunc(r.Servers, func(c *Certificate) bool { return !c.Listed() }):
		return NotListed
	case len(r.Servers) == 0 && r.Capture.Dropped == 0:
		return NoneSeen
	case r.Capture.Dropped+r.Hidden+r.Without+r.Conflicting > 0:
		return Incomplete
	}
	return AllListed
}
