package handshake

import "crypto/tls"

// A Conversation reads the two directions of a connection. The ends are numbered
// 0 and 1; which of them is the client follows from what they send. The zero
// Conversation is ready to use.
type Conversation struct {
	ends   [2]end
	known  bool // client follows from a message
	client int
	over   bool // nothing that follows is readable
	sum    Summary
	steps  []step
	alerts []sentAlert

	sessionID []byte // of the ClientHello
	echoed    bool   // the ServerHello has the same
}

// An end is one direction: the records that this end sends.
type end struct {
	head     [5]byte
	have     int // bytes of head
	record   contentType
	left     int  // bytes of the record still to come; 0 between records
	fresh    bool // none of the record's bytes has arrived yet
	hole     bool // bytes of the record are missing
	began    bool // a record was seen
	garbage  bool // it sent something that is not TLS
	lost     bool // where records begin is no longer known
	blind    bool // where messages begin is no longer known
	secret   bool // what follows is encrypted
	finished bool // a handshake message came encrypted
	data     int  // records of encrypted data so far
	missing  int
	alert    [2]byte
	message  message
	sent     SideSummary
}

type step struct {
	end  int
	name string
}

type sentAlert struct {
	Alert
	end int
}

// Data reads the next bytes that an end sent.
func (c *Conversation) Data(from int, b []byte) {
	e := &c.ends[from]
	for len(b) > 0 && !e.garbage && !c.over {
		if e.lost && !e.resume(b) {
			return
		}
		if e.left == 0 {
			b = c.header(from, b)
			continue
		}
		n := min(e.left, len(b))
		e.left -= n
		c.fragment(from, b[:n])
		b = b[n:]
	}
}

// header collects the header of a record and returns the rest.
func (c *Conversation) header(from int, b []byte) []byte {
	e := &c.ends[from]
	n := copy(e.head[e.have:], b)
	e.have += n
	if e.have < len(e.head) {
		return b[n:]
	}
	e.have = 0
	kind, length, ok := parseHeader(e.head[:])
	switch {
	case ok:
		e.record, e.left = kind, length
		c.beginRecord(from, length)
	case !e.began && isV2Hello(e.head[:]):
		e.record, e.left = v2Hello, v2Length(e.head[:])-3
		c.readV2Hello(from, e.head[3:])
	case e.missing > 0:
		e.lost = true
	default:
		e.garbage = true
	}
	e.began = true
	return b[n:]
}

// beginRecord notes what follows from the header of a record.
func (c *Conversation) beginRecord(from, length int) {
	e := &c.ends[from]
	e.fresh, e.hole = true, false
	switch {
	case e.record == changeCipherSpec && !c.tls13():
		e.secret = true
		c.step(from, "ChangeCipherSpec")
	case e.record == applicationData:
		c.encryptedData(from, length)
	case e.record == handshakeRecord && e.secret && !e.finished:
		c.finish(from)
	case e.record == alertRecord && e.secret:
		c.addAlert(sentAlert{Alert{Encrypted: true}, from})
	}
	if c.ends[0].finished && c.ends[1].finished {
		c.over = true
	}
}

// finish notes the first encrypted handshake message, which is Finished.
func (c *Conversation) finish(from int) {
	c.ends[from].finished = true
	c.step(from, "Finished (encrypted)")
}

// Sizes of a TLS 1.3 alert: level, description, content type and a tag of 16 or 8
// bytes. A Finished has at least 53.
const alertSize, shortAlertSize = 19, 11

// maxData is how many records of data an end may send before its handshake is
// considered over: the other direction is not in the capture.
const maxData = 8

// encryptedData notes a record that holds data, or in TLS 1.3 any content.
func (c *Conversation) encryptedData(from, length int) {
	e := &c.ends[from]
	if e.data == 0 {
		c.step(from, "encrypted data")
	}
	e.data++
	if e.data > maxData {
		c.over = true
	}
	if !c.tls13() || !c.known || from != c.client {
		return
	}
	if length == alertSize || length == shortAlertSize {
		c.addAlert(sentAlert{Alert{Encrypted: true, BySize: true}, from})
	}
	c.over = true
}

// fragment reads a piece of a record.
func (c *Conversation) fragment(from int, b []byte) {
	e := &c.ends[from]
	fresh := e.fresh
	e.fresh = false
	switch {
	case e.secret || e.hole || e.record == v2Hello:
	case e.record == handshakeRecord:
		if e.blind && fresh {
			e.blind = !plausible(b)
		}
		if !e.blind {
			c.messages(from, b)
		}
	case e.record == alertRecord:
		c.plainAlert(from, b)
	}
}

func (c *Conversation) plainAlert(from int, b []byte) {
	e := &c.ends[from]
	for _, octet := range b {
		e.alert[0], e.alert[1] = e.alert[1], octet
	}
	if e.left > 0 {
		return
	}
	a := Alert{Fatal: e.alert[0] == 2, Code: AlertCode(e.alert[1])}
	c.addAlert(sentAlert{a, from})
	if a.Fatal {
		c.over = true
	}
}

func (c *Conversation) addAlert(a sentAlert) {
	if len(c.alerts) < maxAlerts {
		c.alerts = append(c.alerts, a)
		c.step(a.end, "alert")
	}
}

func (c *Conversation) step(from int, name string) {
	if len(c.steps) < maxSteps {
		c.steps = append(c.steps, step{from, name})
	}
}

func (c *Conversation) saw(name string) bool {
	for _, s := range c.steps {
		if s.name == name {
			return true
		}
	}
	return false
}

// part learns from a message whether its sender is the client or the server.
func (c *Conversation) part(from int, kind messageType) {
	switch kind {
	case helloRequest, serverHello, serverKeyExchange, serverHelloDone, certificateRequest, certificateStatus, newSessionTicket:
		c.is(from, Server)
	case clientHello, clientKeyExchange, certificateVerify, certificateURL:
		c.is(from, Client)
	}
}

// is notes which side an end is; the first message that shows it decides.
func (c *Conversation) is(end int, s Side) {
	if c.known {
		return
	}
	c.known = true
	c.client = end
	if s == Server {
		c.client = 1 - end
	}
}

func (c *Conversation) tls13() bool { return c.sum.Version == tls.VersionTLS13 }

// Lost notes that the next n bytes of an end are not in the capture. Reading
// resumes where a record or a message begins.
func (c *Conversation) Lost(from, n int) {
	e := &c.ends[from]
	if n <= 0 || e.garbage || c.over {
		return
	}
	e.missing += n
	e.hole = true
	if !e.secret {
		e.blind = true
		c.cut(from)
	}
	if n <= e.left {
		e.left -= n
		return
	}
	e.left, e.have, e.lost = 0, 0, true
}

// cut ends a message that will stay incomplete. The beginning of a chain of
// certificates is useful; that of a hello would mislead, as its versions are at
// the end.
func (c *Conversation) cut(from int) {
	e := &c.ends[from]
	if e.message.open {
		c.part(from, e.message.kind)
		c.step(from, messageNames[e.message.kind]+" (not whole)")
	}
	if e.message.open && e.message.kind == certificate && !e.sent.SentCertificate {
		e.sent.SentCertificate, e.sent.Cut = true, true
		e.sent.Chain, _ = readChain(e.message.body)
	}
	e.message = message{}
}

// resume reports whether b, which follows missing bytes, begins a record: packets
// often do.
func (e *end) resume(b []byte) bool {
	kind, length, ok := parseHeader(b)
	e.lost = !ok || length == 0 || kind == heartbeat
	return !e.lost
}

// Size returns the number of bytes that the conversation holds besides its own
// size.
func (c *Conversation) Size() int {
	n := len(c.sessionID) + len(c.sum.ServerName) + 32*len(c.steps)
	for i := range c.ends {
		e := &c.ends[i]
		n += cap(e.message.body)
		for _, der := range e.sent.Chain {
			n += len(der)
		}
	}
	return n
}

// Done reports whether nothing that follows can add to the summary.
func (c *Conversation) Done() bool {
	return c.over || c.ends[0].garbage || c.ends[1].garbage
}

// TLS reports whether a handshake was seen.
func (c *Conversation) TLS() bool { return len(c.steps) > 0 || c.ends[0].tls() || c.ends[1].tls() }

func (e *end) tls() bool { return e.began && !e.garbage }
