package lint

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Subject is a list under judgement, with what rules have found out about it
// so far. It is for one goroutine.
type Subject struct {
	Options
	List    *tlv.List
	Records []Record

	verify func() (*trust.Verified, error)
	sasts  func() []Record // one for each certificate
}

// NewSubject prepares a list. Nothing is looked at before a rule asks.
func NewSubject(l *tlv.List, o Options) *Subject {
	if o.Kind == tlv.UnknownKind {
		o.Kind = l.Header.Kind()
	}
	s := &Subject{Options: o, List: l}
	s.Records = make([]Record, len(l.Records))
	certificates := make(map[string]*Certificate)
	for i, r := range l.Records {
		s.Records[i] = Record{r, i + 1, s, nil}
		if der := r.Certificate(); der != nil {
			s.Records[i].certificate = once(certificates, der)
		}
	}
	s.sasts = sync.OnceValue(s.findSASTs)
	s.verify = sync.OnceValues(func() (*trust.Verified, error) { return trust.Verify(l) })
	return s
}

// once returns the certificate of these bytes, the same for the same bytes.
func once(certificates map[string]*Certificate, der []byte) *Certificate {
	c, ok := certificates[string(der)]
	if !ok {
		c = newCertificate(der)
		certificates[string(der)] = c
	}
	return c
}

// Verify is trust.Verify, done once.
func (s *Subject) Verify() (*trust.Verified, error) { return s.verify() }

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

	load    func()
	strict  func() error
	key     func() crypto.PublicKey
	subject func() cert.Name
	issuer  func() cert.Name
}

// read is replaced by the test that counts.
var read = cert.Read

// newCertificate reads nothing yet.
func newCertificate(der []byte) *Certificate {
	c := &Certificate{}
	c.load = sync.OnceFunc(func() { c.Certificate, c.Err = read(der) })
	c.strict = sync.OnceValue(func() error { return cert.Strict(der) })
	c.key = sync.OnceValue(c.readKey)
	c.subject = sync.OnceValue(func() cert.Name { return c.Subject() })
	c.issuer = sync.OnceValue(func() cert.Name {
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			return c.subject()
		}
		return c.Issuer()
	})
	return c
}

func (c *Certificate) readKey() crypto.PublicKey {
	if c.Err != nil {
		return nil
	}
	key, err := c.PublicKey()
	if err != nil {
		return nil
	}
	return key
}

// Strict returns why crypto/x509 refuses the certificate, nil if it does not.
func (c *Certificate) Strict() error { return c.strict() }

// signatureOID is what the certificate was signed with, "" if it cannot be read.
func (c *Certificate) signatureOID() string {
	input := cryptobyte.String(c.Raw)
	var whole, algorithm cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !input.ReadASN1(&whole, cbasn1.SEQUENCE) || !whole.SkipASN1(cbasn1.SEQUENCE) ||
		!whole.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) {
		return ""
	}
	return oid.String()
}
