package trust

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"sync"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A List is a trust list together with what has been found out about it. Its
// signature is checked at most once, and each certificate is read at most once,
// when somebody asks. A List is safe for concurrent use as long as nobody
// changes the tlv.List in it.
type List struct {
	*tlv.List

	verifying sync.Once
	verified  *Verified
	err       error

	signed   sync.Mutex
	signedBy *rsa.PublicKey // checks the signature
	willSign *rsa.PublicKey // of a draft: its signature counts as one of this key

	shared *certificates // by other lists too

	mu   sync.Mutex
	keys map[int]keyOf // PUBLICKEY of records without a certificate, by index
}

// certificates are certificates that have been read, by their DER.
type certificates struct {
	mu    sync.Mutex
	byDER map[string]*certificate
}

type certificate struct {
	*cert.Certificate
	err error
	key keyOf
}

type keyOf struct {
	crypto.PublicKey
	err error
}

// ErrNoCertificate is the error of [List.Certificate] for a record that holds no
// certificate.
var ErrNoCertificate = errors.New("no CERTIFICATE")

// Read reads a list. It fails as [tlv.Parse] does, with a [*tlv.ParseError].
func Read(data []byte) (*List, error) {
	l, err := tlv.Parse(data)
	if err != nil {
		return nil, err
	}
	return NewList(l), nil
}

// NewList makes a List of a list that was read already. It looks at nothing yet.
func NewList(l *tlv.List) *List {
	return &List{List: l, shared: &certificates{byDER: make(map[string]*certificate)}}
}

// Certificate returns the certificate of the record with the index i, from 0. It
// fails with [ErrNoCertificate] or as [cert.Read] does. Records that hold the
// same bytes share one certificate.
func (l *List) Certificate(i int) (*cert.Certificate, error) {
	c := l.certificate(i)
	if c == nil {
		return nil, ErrNoCertificate
	}
	return c.Certificate, c.err
}

// certificate returns nil if the record has none.
func (l *List) certificate(i int) *certificate {
	der := l.Records[i].Certificate()
	if der == nil {
		return nil
	}
	return l.shared.get(der)
}

func (s *certificates) get(der []byte) *certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.byDER[string(der)]
	if !ok {
		c = readCertificate(der)
		s.byDER[string(der)] = c
	}
	return c
}

func readCertificate(der []byte) *certificate {
	c := new(certificate)
	c.Certificate, c.err = cert.Read(der)
	if c.err != nil {
		c.key.err = fmt.Errorf("certificate: %w", c.err)
		return c
	}
	c.key.PublicKey, c.key.err = c.PublicKey()
	return c
}

// Key returns the key of the record with the index i, from 0: that of its
// certificate, or of PUBLICKEY if it has no certificate.
func (l *List) Key(i int) (crypto.PublicKey, error) {
	if c := l.certificate(i); c != nil {
		return c.key.PublicKey, c.key.err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k, ok := l.keys[i]
	if !ok {
		k.PublicKey, k.err = publicKey(l.Records[i])
		if l.keys == nil {
			l.keys = make(map[int]keyOf)
		}
		l.keys[i] = k
	}
	return k.PublicKey, k.err
}

// publicKey reads PUBLICKEY.
func publicKey(r tlv.Record) (crypto.PublicKey, error) {
	if b := r.PublicKey(); b != nil {
		return cert.ParseKey(b)
	}
	return nil, errors.New("neither CERTIFICATE nor PUBLICKEY")
}
