package lint

import (
	"bytes"
	"crypto"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Subject is a list under judgement, with what rules have found out about it
// so far. It is for one goroutine.
type Subject struct {
	Options
	List    *trust.List
	Records []Record

	sasts     memo[sasts]
	nonsecure memo[bool]
	style     memo[tlv.Style]
	visits    int // records that Each has yielded, for the test that counts
}

// sasts are the SAST records, one for each certificate.
type sasts struct {
	records    []Record
	identities map[any]bool
}

// A memo is a value that is found when it is asked for, and once.
type memo[T any] struct {
	value T
	found bool
}

func (m *memo[T]) get(find func() T) T {
	if !m.found {
		m.value, m.found = find(), true
	}
	return m.value
}

// NewSubject prepares a list. Nothing is looked at before a rule asks.
func NewSubject(l *trust.List, o Options) *Subject {
	if o.Kind == tlv.KindUnknown {
		o.Kind = l.Header.Kind()
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	s := &Subject{Options: o, List: l}
	s.Records = make([]Record, len(l.Records))
	certificates := make(map[string]*Certificate)
	for i, r := range l.Records {
		s.Records[i] = Record{r, i + 1, s, nil}
		if der := r.Certificate(); der != nil {
			s.Records[i].certificate = once(certificates, der, l, i)
		}
	}
	return s
}

// once returns the certificate of these bytes, the same for the same bytes.
func once(certificates map[string]*Certificate, der []byte, l *trust.List, i int) *Certificate {
	c, ok := certificates[string(der)]
	if !ok {
		c = &Certificate{der: der, list: l, index: i}
		certificates[string(der)] = c
	}
	return c
}

// Each yields the records in turn.
func (s *Subject) Each(yield func(Record) bool) {
	for _, r := range s.Records {
		if s.visits++; !yield(r) {
			return
		}
	}
}

// Verify verifies the list, once.
func (s *Subject) Verify() (*trust.Verified, error) { return s.List.Verify() }

// Span is Options.Days as a duration.
func (s *Subject) Span() time.Duration { return time.Duration(s.Days) * 24 * time.Hour }

// Header returns the place of a header field, or of the header.
func (s *Subject) Header(path ...tlv.HeaderTag) Place {
	f, _ := s.List.Header.Field(path...)
	return Place{Offset: f.Offset}
}

// A Record is a record under judgement.
type Record struct {
	tlv.Record
	Number      int // from 1
	subject     *Subject
	certificate *Certificate // nil if there is none; shared by records
}

// At returns the place of a field of the record, or of the record.
func (r Record) At(tag tlv.RecordTag) Place {
	if f, ok := r.Field(tag); ok {
		return Place{r.Number, f.Offset}
	}
	return Place{r.Number, r.Offset}
}

// Has reports whether the record has the field.
func (r Record) Has(tag tlv.RecordTag) bool {
	_, ok := r.Field(tag)
	return ok
}

func (r Record) holder() Holder {
	h := Holder{Role: r.Role(), Host: r.DNSName(), Subject: r.Subject(), Serial: r.SerialNumber()}
	if c := r.Parsed(); c != nil && c.Err == nil {
		h.NotAfter = c.NotAfter
	}
	return h
}

// Parsed returns the certificate of the record, nil if it has none.
func (r Record) Parsed() *Certificate {
	if r.certificate != nil {
		r.certificate.load()
	}
	return r.certificate
}

// Key returns the public key: that of the certificate, else of PUBLICKEY; nil if
// there is none that can be read.
func (r Record) Key() crypto.PublicKey {
	if c := r.Parsed(); c != nil {
		return c.key()
	}
	key, err := cert.ParseKey(r.PublicKey())
	if err != nil {
		return nil
	}
	return key
}

// identity tells certificates apart, so that one in two records counts once.
func (r Record) identity() any {
	if r.certificate != nil {
		return r.certificate
	}
	return string(r.PublicKey()) + string(r.CertHash())
}

// A Certificate is a certificate as far as it can be read.
type Certificate struct {
	*cert.Certificate       // nil if Err is not
	Err               error // why it cannot be read, as Go says it

	der     []byte
	list    *trust.List // with the certificate in the record at index
	index   int
	loaded  bool
	strict  memo[error]
	public  memo[crypto.PublicKey]
	subject memo[name]
	issuer  memo[name]
}

func (c *Certificate) load() {
	if !c.loaded {
		c.Certificate, c.Err = c.list.Certificate(c.index)
		c.loaded = true
	}
}

// Strict returns why crypto/x509 refuses the certificate, nil if it does not.
func (c *Certificate) Strict() error {
	return c.strict.get(func() error { return cert.Strict(c.der) })
}

// key returns the public key, nil if it cannot be read.
func (c *Certificate) key() crypto.PublicKey {
	return c.public.get(func() crypto.PublicKey {
		key, err := c.list.Key(c.index)
		if err != nil {
			return nil
		}
		return key
	})
}

// subjectName returns the subject of a certificate that could be read.
func (c *Certificate) subjectName() name {
	return c.subject.get(func() name { return newName(c.Subject()) })
}

// issuerName returns the issuer of a certificate that could be read.
func (c *Certificate) issuerName() name {
	return c.issuer.get(func() name {
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			return c.subjectName()
		}
		return newName(c.Issuer())
	})
}

// signatureOID is what the certificate was signed with, in DER; nil if it cannot
// be read.
func (c *Certificate) signatureOID() []byte {
	input := cryptobyte.String(c.der)
	var whole, algorithm, oid cryptobyte.String
	if !input.ReadASN1(&whole, asn1.SEQUENCE) || !whole.SkipASN1(asn1.SEQUENCE) ||
		!whole.ReadASN1(&algorithm, asn1.SEQUENCE) || !algorithm.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
		return nil
	}
	return oid
}
