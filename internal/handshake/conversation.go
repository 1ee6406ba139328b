package handshake

import (
	"crypto/tls"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

// A Conversation reads the two directions of a connection. The ends are numbered
// 0 and 1; which of them is the client follows from what they send. The zero
// Conversation is ready to use.
type Conversation struct {
	Keys *keylog.Log // secrets that may belong to it, or nil

	ends   [2]end
	known  bool // client follows from a message
	client int
	over   bool // nothing that follows is readable
	sum    Summary
	steps  []step
	alerts []sentAlert

	sessionID []byte   // of the ClientHello
	echoed    bool     // the ServerHello has the same
	random    [32]byte // of the ClientHello
	early     bool     // the ClientHello announces early data
	preShared bool     // the ServerHello accepts a pre-shared key
}

// An end is one direction: the records that this end sends.
type end struct {
	head     [5]byte
	have     int // bytes of head
	record   contentType
	left     int     // bytes of the record still to come; 0 between records
	fresh    bool    // none of the record's bytes has arrived yet
	hole     bool    // bytes of the record are missing
	began    bool    // a record was seen
	garbage  bool    // it sent something that is not TLS
	lost     bool    // where records begin is no longer known
	blind    bool    // where messages begin is no longer known
	secret   bool    // what follows is encrypted
	finished bool    // Finished was sent
	over     bool    // nothing that follows from this end is readable
	data     int     // records of encrypted data so far
	size     int     // bytes of the record
	opener   *opener // decrypts its records, or nil
	traffic  *opener // replaces it after Finished
	body     []byte  // of the record that is to be decrypted
	after    int     // records that were decrypted after the handshake
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
	for len(b) > 0 && !e.garbage && !e.over && !c.over {
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
	e.fresh, e.hole, e.size = true, false, length
	switch {
	case e.record == applicationData && e.opener != nil:
	case e.record == changeCipherSpec && !c.tls13():
		e.secret = true
		c.step(from, "ChangeCipherSpec")
	case e.record == applicationData:
		c.encryptedData(from, length)
	case e.record == handshakeRecord && e.secret && !e.finished:
		c.finish(from)
	case e.record == alertRecord && (e.secret || length > plainAlertSize):
		e.secret = true // also if the ChangeCipherSpec is missing
		c.addAlert(sentAlert{Alert{Encrypted: true}, from})
	}
	if c.ends[0].finished && c.ends[1].finished && !c.tls13() {
		c.over = true
	}
}

// finish notes the first encrypted handshake message, which is Finished.
func (c *Conversation) finish(from int) {
	c.ends[from].finished = true
	c.step(from, "Finished (encrypted)")
}

// plainAlertSize is the size of an alert that is not encrypted: level and
// description.
const plainAlertSize = 2

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
	if server := &c.ends[1-from]; server.opener != nil && !server.finished {
		c.ends[from].over = true
		return
	}
	c.over = true
}

// fragment reads a piece of a record.
func (c *Conversation) fragment(from int, b []byte) {
	e := &c.ends[from]
	fresh := e.fresh
	e.fresh = false
	switch {
	case e.record == applicationData && e.opener != nil:
		c.encrypted(from, b)
	case e.secret || e.hole || e.record == v2Hello:
	case e.record == handshakeRecord:
		if e.blind && fresh {
			e.blind = !e.plausible(b)
		}
		if !e.blind {
			c.messages(from, b)
		}
	case e.record == alertRecord && e.size == plainAlertSize:
		c.plainAlert(from, b)
	}
}

// encrypted collects a record that can be decrypted.
func (c *Conversation) encrypted(from int, b []byte) {
	e := &c.ends[from]
	if e.hole {
		e.opener.lost = true
		return
	}
	e.body = append(e.body, b...)
	if e.left == 0 {
		c.openRecord(from)
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
	e.over = a.Fatal
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
	e.body = e.body[:0]
	if e.opener != nil {
		e.opener.lost = true
	}
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
		c.step(from, e.names()[e.message.kind]+" (not whole)")
	}
	if e.message.open && e.message.kind == certificate && !e.sent.SentCertificate {
		e.sent.SentCertificate, e.sent.Cut = true, true
		e.sent.Chain, _ = c.chain(e.message.body)
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

// openerCost is an estimate of what the keys of an end take, in bytes.
const openerCost = 2048

// Size returns the number of bytes that the conversation holds besides its own
// size.
func (c *Conversation) Size() int {
	n := len(c.sessionID) + len(c.sum.ServerName) + 32*len(c.steps)
	for i := range c.ends {
		e := &c.ends[i]
		n += cap(e.message.body) + cap(e.body)
		if e.opener != nil {
			n += openerCost
		}
		for _, der := range e.sent.Chain {
			n += len(der)
		}
	}
	return n
}

// Done reports whether nothing that follows can add to the summary. After a fatal
// alert the other end may still have something to say, or have said it in packets
// that come late.
func (c *Conversation) Done() bool {
	return c.over || c.ends[0].garbage || c.ends[1].garbage || c.ends[0].over && c.ends[1].over
}

// Refused reports whether an end sent a fatal alert.
func (c *Conversation) Refused() bool {
	return slices.ContainsFunc(c.alerts, func(a sentAlert) bool { return a.Fatal })
}

// TLS reports whether a handshake was seen.
func (c *Conversation) TLS() bool { return len(c.steps) > 0 || c.ends[0].tls() || c.ends[1].tls() }

func (e *end) tls() bool { return e.began && !e.garbage }
