package handshake

import "crypto/tls"

// A Side is the client or the server of a connection.
type Side uint8

// Sides.
const (
	Client Side = iota
	Server
)

// String returns "client" or "server".
func (s Side) String() string {
	if s == Server {
		return "server"
	}
	return "client"
}

// A State is how far a handshake got.
type State string

// States.
const (
	// Complete: both sides have sent Finished.
	Complete State = "complete"
	// Hidden: TLS 1.3 was agreed, and the client continued after the ServerHello.
	// Certificates and the result of the handshake are encrypted.
	Hidden State = "hidden"
	// Stopped: the handshake went no further, or the rest was not captured.
	Stopped State = "stopped"
)

// A Summary describes a handshake as far as it was seen.
type Summary struct {
	ClientEnd  int    // which end is the client, 0 or 1
	Offered    uint16 // highest version in the ClientHello, 0 if not seen
	Version    uint16 // from the ServerHello, 0 if not seen
	Cipher     uint16 // from the ServerHello, if Version is not 0
	ServerName string // server_name of the ClientHello, as sent
	SSL2Hello  bool   // the ClientHello has the SSL 2.0 form
	Requested  bool   // the server asked for a certificate
	Resumed    bool   // an earlier session is resumed, without certificates
	State      State
	Keys       KeyUse         // of the secrets for TLS 1.3
	Sides      [2]SideSummary // by Side
	Steps      []Step         // messages in the order of the capture, at most 64
	Alerts     []Alert        // at most 8
}

// A SideSummary is what one side sent.
type SideSummary struct {
	Chain           [][]byte // certificates in DER, the side's own first, at most 32
	Missing         int      // bytes that are not in the capture
	Conflicting     int      // bytes that were sent again with other content: the first are read
	SentCertificate bool     // a Certificate message was seen, possibly an empty one
	Cut             bool     // the Certificate message is incomplete: Chain holds its beginning
	Garbage         bool     // it sent something that is not TLS
}

// A Step is a message.
type Step struct {
	From Side
	Name string // "ClientHello", "ChangeCipherSpec", "Finished (encrypted)"
}

// An Alert is an alert. The content of an encrypted one is not visible.
type Alert struct {
	From      Side
	Encrypted bool
	BySize    bool // in TLS 1.3: an encrypted record of the size of an alert
	Fatal     bool
	Code      AlertCode
}

// A Visibility says whether a side's certificate can be seen, or why not.
type Visibility string

// Visibilities.
const (
	Visible   Visibility = "visible"   // its Certificate message is whole; it may be empty
	Partial   Visibility = "partial"   // its Certificate message is cut: the first certificates may be there
	Encrypted Visibility = "encrypted" // TLS 1.3 encrypts it
	NotSent   Visibility = "not-sent"  // a resumed session has none
	Unseen    Visibility = "unseen"    // the handshake stopped before, or packets are missing
)

// Certificate returns whether the certificate of a side can be seen. Only Visible
// allows a conclusion from what is in Sides.
func (s *Summary) Certificate(side Side) Visibility {
	sent := &s.Sides[side]
	switch {
	case sent.SentCertificate && !sent.Cut:
		return Visible
	case sent.SentCertificate:
		return Partial
	case s.Resumed:
		return NotSent
	case s.Version == tls.VersionTLS13 && (s.Keys != KeysUsed || s.State == Hidden):
		return Encrypted
	}
	return Unseen
}

// Summary returns what was seen so far. If no message shows which end is the
// client, it is opened, the end that opened the TCP connection.
func (c *Conversation) Summary(opened int) Summary {
	client := opened
	if c.known {
		client = c.client
	}
	s := c.sum
	s.ClientEnd = client
	s.State = c.state(client)
	s.Resumed = c.resumed()
	for end := range c.ends {
		s.Sides[side(end, client)] = c.summary(&c.ends[end])
	}
	for _, step := range c.steps {
		s.Steps = append(s.Steps, Step{side(step.end, client), step.name})
	}
	for _, a := range c.alerts {
		a.From = side(a.end, client)
		s.Alerts = append(s.Alerts, a.Alert)
	}
	return s
}

func side(end, client int) Side {
	if end == client {
		return Client
	}
	return Server
}

func (c *Conversation) state(client int) State {
	a, b := &c.ends[0], &c.ends[1]
	switch {
	case c.tls13():
		return c.state13(client)
	case a.finished && b.finished, a.oneWay(b), b.oneWay(a):
		return Complete
	}
	return Stopped
}

// state13 is state for TLS 1.3. A server refuses a client's certificate only after
// both have sent Finished.
func (c *Conversation) state13(client int) State {
	switch {
	case c.ends[0].finished && c.ends[1].finished && !c.Refused():
		return Complete
	case c.ends[client].data > 0:
		return Hidden
	}
	return Stopped
}

// oneWay reports whether the end sent data after its handshake, and nothing from
// the other direction is in the capture.
func (e *end) oneWay(other *end) bool { return e.finished && e.data > 0 && !other.began }

// resumed reports whether it was an abbreviated handshake, without certificates.
func (c *Conversation) resumed() bool {
	for i := range c.ends {
		if c.ends[i].sent.SentCertificate || c.ends[i].missing > 0 {
			return false
		}
	}
	if c.tls13() {
		return c.preShared
	}
	short := c.ends[0].finished && c.ends[1].finished && !c.saw(messageNames[serverHelloDone])
	return c.sum.Version != 0 && (c.echoed || short)
}

func (c *Conversation) summary(e *end) SideSummary {
	s := e.sent
	s.Missing, s.Garbage = e.missing, e.garbage
	if e.message.kind == certificate && e.message.open && !s.SentCertificate {
		s.SentCertificate, s.Cut = true, true
		s.Chain, _ = c.chain(e.message.body)
	}
	return s
}
