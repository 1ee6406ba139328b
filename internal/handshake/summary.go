package handshake

// A Side is an end of a connection by its part in the handshake.
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

// A State says how far a handshake came.
type State string

// States.
const (
	// Complete: both sides have sent Finished.
	Complete State = "complete"
	// Hidden: TLS 1.3 was agreed, and the client went on after the ServerHello.
	// Certificates are encrypted; whether the handshake succeeded cannot be seen.
	Hidden State = "hidden"
	// Stopped: the handshake went no further, or the rest was not captured.
	Stopped State = "stopped"
)

// A Summary is what was seen of a handshake.
type Summary struct {
	ClientEnd  int    // which end is the client, 0 or 1
	Offered    uint16 // highest version of the ClientHello, 0 if that was not seen
	Version    uint16 // of the ServerHello, 0 if that was not seen
	Cipher     uint16 // of the ServerHello, if Version is not 0
	ServerName string // server_name of the ClientHello, as sent
	SSL2Hello  bool   // the ClientHello has the form of SSL 2.0
	Requested  bool   // the server asked for a certificate
	Resumed    bool   // an earlier session goes on, without certificates
	State      State
	Sides      [2]SideSummary // by Side
	Steps      []Step         // messages in the order of the capture, 64 at most
	Alerts     []Alert        // 8 at most
}

// A SideSummary is what one side sent.
type SideSummary struct {
	SentCertificate bool     // a Certificate message was seen, perhaps an empty one
	Chain           [][]byte // its certificates in DER, the side's own first, 32 at most
	Cut             bool     // the Certificate message is not whole: Chain holds its beginning
	Missing         int      // bytes that are not in the capture
	Garbage         bool     // it sent something that is not TLS
}

// A Step is a message.
type Step struct {
	From Side
	Name string // "ClientHello", "ChangeCipherSpec", "Finished (encrypted)"
}

// An Alert is an alert. What an encrypted one says cannot be seen.
type Alert struct {
	From      Side
	Encrypted bool
	BySize    bool // in TLS 1.3: encrypted data that has the size of an alert
	Fatal     bool
	Code      AlertCode
}

// Hello reports whether a hello of either side was seen.
func (s *Summary) Hello() bool { return s.Offered != 0 || s.Version != 0 }

// Summary returns what was seen so far. Which end is the client follows from the
// messages, or where they do not tell from opened, the end that opened the TCP
// connection.
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
		s.Sides[side(end, client)] = c.ends[end].summary()
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
	case c.tls13() && c.ends[client].data > 0:
		return Hidden
	case c.tls13():
		return Stopped
	case a.finished && b.finished, a.oneWay(b), b.oneWay(a):
		return Complete
	}
	return Stopped
}

// oneWay reports whether the end went on to data while nothing of the other
// direction is in the capture.
func (e *end) oneWay(other *end) bool { return e.finished && e.data > 0 && !other.began }

// resumed reports whether the handshake was a short one, without certificates.
func (c *Conversation) resumed() bool {
	for i := range c.ends {
		if c.ends[i].sent.SentCertificate || c.ends[i].missing > 0 {
			return false
		}
	}
	short := c.ends[0].finished && c.ends[1].finished && !c.saw(messageNames[serverHelloDone])
	return c.sum.Version != 0 && !c.tls13() && (c.echoed || short)
}

func (e *end) summary() SideSummary {
	s := e.sent
	s.Missing, s.Garbage = e.missing, e.garbage
	if e.message.kind == certificate && e.message.open && !s.SentCertificate {
		s.SentCertificate, s.Cut = true, true
		s.Chain, _ = readChain(e.message.body)
	}
	return s
}
