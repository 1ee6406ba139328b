package handshake

import (
	"crypto/sha256"
	"crypto/tls"

	"golang.org/x/crypto/cryptobyte"
)

// A message is a handshake message as it arrives: a head of 4 bytes (type and u24
// length), then the body. Only the bodies that will be parsed are kept.
type message struct {
	head [4]byte
	have int // bytes of head
	kind messageType
	want int // bytes of the body still to come
	body []byte
	open bool // the head is complete, the body is not
}

// fill adds bytes to the body and returns the rest.
func (m *message) fill(b []byte) []byte {
	n := min(m.want, len(b))
	if m.kept() {
		m.body = append(m.body, b[:min(n, maxMessage-len(m.body))]...)
	}
	m.want -= n
	return b[n:]
}

func (m *message) kept() bool {
	return m.kind == clientHello || m.kind == serverHello || m.kind == certificate || m.kind == compressedChain
}

// messages reads a piece of a handshake record: parts of messages, or several.
func (c *Conversation) messages(from int, b []byte) {
	e := &c.ends[from]
	m := &e.message
	for len(b) > 0 && !e.secret {
		if !m.open {
			b = c.beginMessage(from, b)
		} else {
			b = m.fill(b)
		}
		if m.open && m.want == 0 {
			c.endMessage(from)
		}
	}
}

// plausible reports whether the first bytes of a record begin a message: a known
// type, and a length that a record can hold.
func (e *end) plausible(b []byte) bool {
	return len(b) >= 4 && e.names()[messageType(b[0])] != "" && b[1] == 0 && int(b[2])<<8|int(b[3]) <= maxRecord
}

// names are the messages that an end may send now.
func (e *end) names() map[messageType]string {
	if e.opener != nil {
		return encryptedNames
	}
	return messageNames
}

// chain parses a Certificate message of the version that was agreed.
func (c *Conversation) chain(body []byte) ([][]byte, bool) {
	if c.tls13() {
		return readChain13(body)
	}
	return readChain(body)
}

// beginMessage collects the head of a message and returns the rest. An unknown
// message type means that the message is encrypted: the capture began late.
func (c *Conversation) beginMessage(from int, b []byte) []byte {
	e := &c.ends[from]
	m := &e.message
	n := copy(m.head[m.have:], b)
	m.have += n
	if m.have < len(m.head) {
		return b[n:]
	}
	m.have = 0
	m.kind, m.want = messageType(m.head[0]), int(m.head[1])<<16|int(m.head[2])<<8|int(m.head[3])
	if e.names()[m.kind] == "" {
		if e.opener != nil {
			e.over = true // nothing of TLS 1.3 as it is known
			return nil
		}
		e.secret = true
		c.finish(from)
		return nil
	}
	m.open = true
	return b[n:]
}

// endMessage parses a complete message.
func (c *Conversation) endMessage(from int) {
	m := &c.ends[from].message
	name, body := c.ends[from].names()[m.kind], m.body
	c.part(from, m.kind)
	switch m.kind {
	case clientHello:
		c.readClientHello(body)
	case serverHello:
		if c.readServerHello(body) {
			name = "HelloRetryRequest"
		}
	case certificate:
		sent := &c.ends[from].sent
		chain, whole := c.chain(body)
		sent.SentCertificate, sent.Chain, sent.Cut = true, chain, !whole
	case certificateRequest:
		c.sum.Requested = true
	case compressedChain:
		sent := &c.ends[from].sent
		sent.SentCertificate, sent.Cut = true, true
	case finishedMessage:
		c.finish13(from)
	}
	c.step(from, name)
	*m = message{}
}

// Extensions (RFC 6066, RFC 8446).
const (
	serverNameExtension = 0
	preSharedExtension  = 41
	earlyDataExtension  = 42
	versionsExtension   = 43
)

// readClientHello parses the message as far as possible.
func (c *Conversation) readClientHello(body []byte) {
	s := cryptobyte.String(body)
	var version uint16
	var id, ciphers, compression cryptobyte.String
	if !s.ReadUint16(&version) {
		return
	}
	c.offer(version)
	if !s.CopyBytes(c.random[:]) || !s.ReadUint8LengthPrefixed(&id) || !s.ReadUint16LengthPrefixed(&ciphers) ||
		!s.ReadUint8LengthPrefixed(&compression) {
		return
	}
	c.sessionID = append([]byte(nil), id...)
	eachExtension(s, func(kind uint16, data cryptobyte.String) {
		switch kind {
		case serverNameExtension:
			c.readServerName(data)
		case versionsExtension:
			c.readOffers(data)
		case earlyDataExtension:
			c.early = true
		}
	})
}

func eachExtension(s cryptobyte.String, do func(uint16, cryptobyte.String)) {
	var extensions, data cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&extensions) {
		return
	}
	var kind uint16
	for extensions.ReadUint16(&kind) && extensions.ReadUint16LengthPrefixed(&data) {
		do(kind, data)
	}
}

func (c *Conversation) readServerName(data cryptobyte.String) {
	const hostName = 0
	var list, name cryptobyte.String
	var kind uint8
	if data.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&kind) && kind == hostName && list.ReadUint16LengthPrefixed(&name) {
		c.sum.ServerName = string(name[:min(len(name), 255)])
	}
}

func (c *Conversation) readOffers(data cryptobyte.String) {
	var list cryptobyte.String
	var version uint16
	if !data.ReadUint8LengthPrefixed(&list) {
		return
	}
	for list.ReadUint16(&version) {
		c.offer(version)
	}
}

// offer notes a version that the client offers. GREASE values (RFC 8701) are not
// versions.
func (c *Conversation) offer(version uint16) {
	if version <= tls.VersionTLS13 {
		c.sum.Offered = max(c.sum.Offered, version)
	}
}

// retryRandom is the random of a ServerHello that is a HelloRetryRequest
// (RFC 8446, 4.1.3).
var retryRandom = sha256.Sum256([]byte("HelloRetryRequest"))

// readServerHello parses the message as far as possible and reports whether it is
// a HelloRetryRequest.
func (c *Conversation) readServerHello(body []byte) (retry bool) {
	s := cryptobyte.String(body)
	var version, cipher uint16
	var random []byte
	var id cryptobyte.String
	if !s.ReadUint16(&version) {
		return false
	}
	c.sum.Version = version
	if !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&id) || !s.ReadUint16(&cipher) || !s.Skip(1) {
		return false
	}
	c.sum.Cipher = cipher
	eachExtension(s, func(kind uint16, data cryptobyte.String) {
		switch kind {
		case versionsExtension:
			data.ReadUint16(&c.sum.Version)
		case preSharedExtension:
			c.preShared = true
		}
	})
	c.echoed = len(id) > 0 && string(id) == string(c.sessionID)
	retry = [32]byte(random) == retryRandom
	if !retry && c.tls13() {
		c.useKeys()
	}
	return retry
}

// readV2Hello reads the version of an SSL 2.0 ClientHello. The rest is skipped.
func (c *Conversation) readV2Hello(from int, version []byte) {
	c.is(from, Client)
	c.sum.SSL2Hello = true
	c.offer(uint16(version[0])<<8 | uint16(version[1]))
	c.step(from, messageNames[clientHello])
}

// readChain parses the body of a Certificate message: u24 length, then
// certificates with u24 lengths. It returns the complete ones, and whether all of
// them are.
func readChain(body []byte) (chain [][]byte, whole bool) {
	s := cryptobyte.String(body)
	var total uint32
	if !s.ReadUint24(&total) {
		return nil, false
	}
	whole = int(total) == len(s)
	for !s.Empty() && len(chain) < maxChain {
		var der cryptobyte.String
		if !s.ReadUint24LengthPrefixed(&der) {
			return chain, false
		}
		chain = append(chain, append([]byte(nil), der...))
	}
	return chain, whole && s.Empty()
}
