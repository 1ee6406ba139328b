package handshake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
)

// A KeyUse says what became of the secrets that were given for a TLS 1.3
// connection.
type KeyUse string

// Uses of secrets.
const (
	KeysUnused KeyUse = "" // no secrets were given, or there was nothing to decrypt
	// KeysUsed: they decrypt the handshake.
	KeysUsed KeyUse = "used"
	// KeysMissing: the key log has no secrets of this connection.
	KeysMissing KeyUse = "missing"
	// KeysWrong: the key log has secrets of this connection, but a record does not
	// decrypt with them.
	KeysWrong KeyUse = "wrong"
	// KeysUnsupported: the cipher suite is not supported.
	KeysUnsupported KeyUse = "unsupported"
)

// A suite is a cipher suite of TLS 1.3 (RFC 8446, appendix B.4).
type suite struct {
	keySize int
	hash    func() hash.Hash
	aead    func(key []byte) (cipher.AEAD, error)
}

var suites = map[uint16]suite{
	tls.TLS_AES_128_GCM_SHA256:       {16, sha256.New, newGCM},
	tls.TLS_AES_256_GCM_SHA384:       {32, sha512.New384, newGCM},
	tls.TLS_CHACHA20_POLY1305_SHA256: {32, sha256.New, chacha20poly1305.New},
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// An opener decrypts the records that an end sends under one secret (RFC 8446,
// section 5.2). Whether it was the right one shows in each record.
type opener struct {
	aead   cipher.AEAD
	iv     []byte
	number uint64 // of the next record
	lost   bool   // records are missing: the number is only a lower bound
	opened bool   // a record was decrypted
}

// opener returns an opener for a secret, nil for one that cannot be of the suite.
func (s suite) opener(secret []byte) *opener {
	if len(secret) != s.hash().Size() {
		return nil
	}
	key, err := expandLabel(s.hash, secret, "key", s.keySize)
	if err != nil {
		return nil
	}
	aead, err := s.aead(key)
	if err != nil {
		return nil
	}
	iv, err := expandLabel(s.hash, secret, "iv", aead.NonceSize())
	if err != nil {
		return nil
	}
	return &opener{aead: aead, iv: iv}
}

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
func expandLabel(h func() hash.Hash, secret []byte, label string, length int) ([]byte, error) {
	label = "tls13 " + label
	info := binary.BigEndian.AppendUint16(nil, uint16(length))
	info = append(append(info, byte(len(label))), label...)
	return hkdf.Expand(h, secret, string(append(info, 0)), length)
}

// maxSkipped is how many records are assumed missing before one that does not
// decrypt is taken for one of another key.
const maxSkipped = 64

// open decrypts a record: the content, then its type, then zeros.
func (o *opener) open(header, body []byte) (kind contentType, content []byte, ok bool) {
	tries := 1
	if o.lost {
		tries = maxSkipped
	}
	for ; tries > 0; tries-- {
		plain, err := o.aead.Open(nil, o.nonce(), body, header)
		o.number++
		if err == nil {
			o.opened, o.lost = true, false
			return split(plain)
		}
	}
	return 0, nil, false
}

func (o *opener) nonce() []byte {
	n := make([]byte, len(o.iv))
	binary.BigEndian.PutUint64(n[len(n)-8:], o.number)
	for i := range n {
		n[i] ^= o.iv[i]
	}
	return n
}

// split removes padding and type from the end of a decrypted record.
func split(plain []byte) (kind contentType, content []byte, ok bool) {
	n := len(plain)
	for n > 0 && plain[n-1] == 0 {
		n--
	}
	if n == 0 {
		return 0, nil, false
	}
	return contentType(plain[n-1]), plain[:n-1], true
}

// useKeys looks for the secrets of the connection, once its ServerHello is known.
func (c *Conversation) useKeys() {
	if c.Keys == nil || c.Keys.Len() == 0 {
		return
	}
	secrets, ok := c.Keys.Find(c.random)
	if !ok {
		c.sum.Keys = KeysMissing
		return
	}
	s, ok := suites[c.sum.Cipher]
	if !ok {
		c.sum.Keys = KeysUnsupported
		return
	}
	client, server := &c.ends[c.client], &c.ends[1-c.client]
	c.arm(client, s, secrets.ClientHandshake, secrets.ClientTraffic)
	c.arm(server, s, secrets.ServerHandshake, secrets.ServerTraffic)
}

// arm makes an end's records readable: with one secret up to Finished, then with the
// other.
func (c *Conversation) arm(e *end, s suite, handshake, traffic []byte) {
	if handshake == nil {
		return
	}
	if e.opener = s.opener(handshake); e.opener == nil {
		c.sum.Keys = KeysWrong
		return
	}
	e.traffic = s.opener(traffic)
}

// openRecord decrypts a whole record and reads it.
func (c *Conversation) openRecord(from int) {
	e := &c.ends[from]
	o := e.opener
	kind, content, ok := o.open(e.head[:], e.body)
	e.body = e.body[:0]
	switch {
	case ok:
		if c.sum.Keys != KeysWrong {
			c.sum.Keys = KeysUsed
		}
		c.opened(from, kind, content)
	case c.early && from == c.client && !o.opened:
		o.number = 0 // early data, under a key of its own
	default:
		c.sum.Keys = KeysWrong
		e.opener = nil
		c.encryptedData(from, e.size)
	}
}

// opened reads the content of a decrypted record.
func (c *Conversation) opened(from int, kind contentType, content []byte) {
	e := &c.ends[from]
	switch kind {
	case handshakeRecord:
		if e.blind = e.blind && !e.plausible(content); !e.blind {
			c.messages(from, content)
		}
	case alertRecord:
		if len(content) == 2 {
			c.alert13(from, AlertCode(content[1]))
		}
	}
	if c.ends[0].finished && c.ends[1].finished {
		if e.after++; e.after > maxAfter {
			c.over = true
		}
	}
}

// maxAfter is how many records of an end are read after the handshake: the server
// refuses the client's certificate only then.
const maxAfter = 4

// alert13 notes a decrypted alert. In TLS 1.3 all are fatal but two, whatever level
// they name (RFC 8446, section 6).
func (c *Conversation) alert13(from int, code AlertCode) {
	if code == closeNotify && c.ends[0].finished && c.ends[1].finished {
		c.ends[from].over = true // how connections end
		return
	}
	a := Alert{Code: code, Fatal: code != closeNotify && code != userCanceled}
	c.addAlert(sentAlert{a, from})
	if a.Fatal {
		c.ends[from].over = true
	}
}

// finish13 notes a decrypted Finished: another secret follows.
func (c *Conversation) finish13(from int) {
	e := &c.ends[from]
	e.finished = true
	e.opener, e.traffic = e.traffic, nil
}

// readChain13 parses the body of a Certificate message of TLS 1.3: context (u8
// length), then u24 length, then certificates (u24 length) with extensions (u16
// length). Its results are those of readChain.
func readChain13(body []byte) (chain [][]byte, whole bool) {
	s := cryptobyte.String(body)
	var context cryptobyte.String
	var total uint32
	if !s.ReadUint8LengthPrefixed(&context) || !s.ReadUint24(&total) {
		return nil, false
	}
	whole = int(total) == len(s)
	for !s.Empty() && len(chain) < maxChain {
		var der, extensions cryptobyte.String
		if !s.ReadUint24LengthPrefixed(&der) {
			return chain, false
		}
		chain = append(chain, append([]byte(nil), der...))
		if !s.ReadUint16LengthPrefixed(&extensions) {
			return chain, false
		}
	}
	return chain, whole && s.Empty()
}
