package trunk

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Certificate is a certificate and what matters of it on a trunk.
type Certificate struct {
	cert.Known
	File   string // where it was read
	Number int    // in the file, from 1

	name string // for people
	x    *x509.Certificate
	text *certs.Text
	err  error // why nothing more is known

	key       crypto.PublicKey
	selfNamed bool // subject and issuer are equal
	subject   string
	issuer    string
	skid      []byte
	akid      identifier
	usage     usage
	dns       []string
	algorithm x509.SignatureAlgorithm
	notBefore time.Time // the later end of what is known
	notAfter  time.Time // the earlier end
}

// An identifier is AuthorityKeyIdentifier: what it says of the issuer's certificate.
type identifier struct {
	key    []byte
	serial []byte // magnitude
	issuer []byte // GeneralNames in DER
}

// A usage is what a certificate may be used for.
type usage struct {
	limited  bool // it has a key usage
	key      x509.KeyUsage
	extended []string // identifiers; nil if it has none
	netscape bool     // it has a Netscape certificate type
}

// New returns a certificate that was read from a file.
func New(file string, c certs.Certificate) *Certificate {
	n := &Certificate{Known: c.Known, File: file, Number: c.Number, text: c.Text, name: nameOf(c.Subject)}
	n.subject, n.issuer = unordered(c.Subject), unordered(c.Issuer)
	n.selfNamed = n.subject == n.issuer
	if c.Full != nil {
		n.selfNamed = sameName(c.Full.RawSubject, c.Full.RawIssuer)
		n.readWhole()
	} else {
		n.readText()
	}
	return n
}

// Name is the common name, or the whole name if there is none.
func (c *Certificate) Name() string { return c.name }

// SelfSigned reports whether the certificate names itself as its issuer, and what it says
// of its issuer fits itself.
func (c *Certificate) SelfSigned() bool { return c.selfNamed && c.mayIssue(c) }

// TextOnly reports whether only text is known of it.
func (c *Certificate) TextOnly() bool { return c.Full == nil }

// PublicKey returns the key, nil if it is not known.
func (c *Certificate) PublicKey() crypto.PublicKey { return c.key }

// Validity returns when the certificate is valid: of text with an ambiguous zone what
// is certain. Both are zero if it is not known.
func (c *Certificate) Validity() (from, to time.Time) { return c.notBefore, c.notAfter }

// DNSNames are those of SubjectAltName.
func (c *Certificate) DNSNames() []string { return c.dns }

func nameOf(n cert.Name) string {
	if cn := strings.TrimSpace(n.Get("CN")); cn != "" {
		return cn
	}
	return n.CUCM()
}

// sameName compares names in DER as OpenSSL does: without regard to case, and to blanks
// at the ends and in a row.
func sameName(a, b []byte) bool {
	return bytes.Equal(a, b) || canonical(a) == canonical(b)
}

// canonical is a name in DER as OpenSSL compares it; the DER itself if it cannot be read.
func canonical(der []byte) string {
	input := cryptobyte.String(der)
	var sequence, set cryptobyte.String
	if !input.ReadASN1(&sequence, cbasn1.SEQUENCE) {
		return string(der)
	}
	var w strings.Builder
	for !sequence.Empty() {
		if !sequence.ReadASN1Element(&set, cbasn1.SET) {
			return string(der)
		}
		var one cryptobyte.Builder
		one.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(set) })
		name, err := cert.ParseName(one.BytesOrPanic())
		if err != nil {
			return string(der)
		}
		for _, a := range name {
			w.WriteString(attribute(a) + "\x01")
		}
		w.WriteByte(0)
	}
	return w.String()
}

func attribute(a cert.Attribute) string {
	return strings.ToUpper(a.Type) + "=" + lower(strings.Join(strings.Fields(a.Value), " "))
}

// unordered is a name whose parts may be in any order, as those of text are. It serves
// to find certificates; whole ones are then compared exactly.
func unordered(n cert.Name) string {
	parts := make([]string, 0, len(n))
	for _, a := range n {
		parts = append(parts, attribute(a))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x00")
}

// lower is s with ASCII letters in lower case. Others are compared as they are: what
// CUCM does with them is not known.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func (c *Certificate) readWhole() {
	full := c.Full
	c.notBefore, c.notAfter = full.NotBefore, full.NotAfter
	if key, err := full.PublicKey(); err == nil {
		c.key = key
	}
	x, err := x509.ParseCertificate(full.Raw)
	if err != nil {
		c.err = fmt.Errorf("it cannot be read strictly (%w)", err)
		return
	}
	c.x, c.algorithm, c.dns, c.skid, c.key = x, x.SignatureAlgorithm, x.DNSNames, x.SubjectKeyId, x.PublicKey
	c.usage.key = x.KeyUsage
	for _, e := range x.Extensions {
		switch e.Id.String() {
		case oidKeyUsage:
			c.usage.limited = true
		case oidExtKeyUsage:
			c.usage.extended, c.err = readUsages(e.Value)
		case oidNetscape:
			c.usage.netscape = true
		case oidAuthority:
			c.akid = readIdentifier(e.Value)
		}
	}
	if len(x.UnhandledCriticalExtensions) > 0 {
		c.err = fmt.Errorf("it has the critical extension %s, which is not known here", x.UnhandledCriticalExtensions[0])
	}
}

// Extensions.
const (
	oidSubjectKey  = "2.5.29.14"
	oidKeyUsage    = "2.5.29.15"
	oidAltName     = "2.5.29.17"
	oidConstraints = "2.5.29.19"
	oidAuthority   = "2.5.29.35"
	oidExtKeyUsage = "2.5.29.37"
	oidNetscape    = "2.16.840.1.113730.1.1"
)

func readUsages(value []byte) ([]string, error) {
	var oids []asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(value, &oids); err != nil || len(rest) > 0 || len(oids) == 0 {
		return nil, fmt.Errorf("its extended key usage cannot be read")
	}
	list := make([]string, len(oids))
	for i, o := range oids {
		list[i] = o.String()
	}
	return list, nil
}

// readIdentifier reads AuthorityKeyIdentifier (RFC 5280, 4.2.1.1).
func readIdentifier(value []byte) (id identifier) {
	input := cryptobyte.String(value)
	var seq, key, issuer, serial cryptobyte.String
	context := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific() }
	if !input.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return id
	}
	var has bool
	if seq.ReadOptionalASN1(&key, &has, context(0)) && has {
		id.key = key
	}
	if seq.ReadOptionalASN1(&issuer, &has, context(1).Constructed()) && has {
		id.issuer = issuer
	}
	if seq.ReadOptionalASN1(&serial, &has, context(2)) && has {
		id.serial = bytes.TrimLeft(serial, "\x00")
	}
	return id
}

// keyUsages are the words that the text has for the bits of KeyUsage.
var keyUsages = map[string]x509.KeyUsage{
	"digitalSignature": x509.KeyUsageDigitalSignature, "nonRepudiation": x509.KeyUsageContentCommitment, "contentCommitment": x509.KeyUsageContentCommitment,
	"keyEncipherment": x509.KeyUsageKeyEncipherment, "dataEncipherment": x509.KeyUsageDataEncipherment, "keyAgreement": x509.KeyUsageKeyAgreement,
	"keyCertSign": x509.KeyUsageCertSign, "cRLSign": x509.KeyUsageCRLSign, "encipherOnly": x509.KeyUsageEncipherOnly, "decipherOnly": x509.KeyUsageDecipherOnly,
}

// algorithms are the signature algorithms by the identifiers in the text.
var algorithms = map[string]x509.SignatureAlgorithm{
	"1.2.840.113549.1.1.4": x509.MD5WithRSA, "1.2.840.113549.1.1.5": x509.SHA1WithRSA, "1.2.840.113549.1.1.11": x509.SHA256WithRSA,
	"1.2.840.113549.1.1.12": x509.SHA384WithRSA, "1.2.840.113549.1.1.13": x509.SHA512WithRSA,
	"1.2.840.10045.4.1": x509.ECDSAWithSHA1, "1.2.840.10045.4.3.2": x509.ECDSAWithSHA256, "1.2.840.10045.4.3.3": x509.ECDSAWithSHA384, "1.2.840.10045.4.3.4": x509.ECDSAWithSHA512,
}

// zones is how far the times of a text are off whose zone is not known.
const zones = 14 * time.Hour

func (c *Certificate) readText() {
	if key, err := cert.ParseKey(c.Key); err == nil {
		c.key = key
	}
	t := c.text
	switch {
	case t == nil || !t.Whole:
		c.err = fmt.Errorf("the text about it is not whole: copy it to its end, or give the certificate in PEM")
	case c.key == nil:
		c.err = fmt.Errorf("the text about it has no whole key: copy it to its end, or give the certificate in PEM")
	case t.NotBefore.IsZero() || t.NotAfter.IsZero():
		c.err = fmt.Errorf("the text about it has no time that can be read: give the certificate in PEM")
	}
	if c.err != nil {
		return
	}
	c.algorithm, c.notBefore, c.notAfter = algorithms[t.Algorithm], t.NotBefore, t.NotAfter
	if !t.Exact {
		c.notBefore, c.notAfter = c.notBefore.Add(zones), c.notAfter.Add(-zones)
	}
	for _, e := range t.Extensions {
		c.readExtension(e)
	}
}

func (c *Certificate) readExtension(e certs.TextExtension) {
	switch e.OID {
	case oidKeyUsage:
		c.usage.limited = true
		for _, v := range e.Values {
			c.usage.key |= keyUsages[v]
		}
	case oidExtKeyUsage:
		c.usage.extended = e.Values
	case oidAltName:
		c.dns = e.Values
	case oidSubjectKey:
		c.skid, _ = hex.DecodeString(e.Values[0])
	case oidAuthority:
		c.akid.key, _ = hex.DecodeString(e.Values[0])
	case oidNetscape:
		c.usage.netscape = true
	case oidConstraints:
	default:
		if e.Critical {
			c.err = fmt.Errorf("it has the critical extension %s, which is not known here", e.OID)
		}
	}
}

// is reports whether both are the same certificate. Of one that is known as text serial
// number, names and key have to be the same.
func (c *Certificate) is(o *Certificate) bool {
	if c.Full != nil && o.Full != nil {
		return bytes.Equal(c.Full.Raw, o.Full.Raw)
	}
	return len(c.Key) > 0 && bytes.Equal(c.Key, o.Key) && c.subject == o.subject && c.issuer == o.issuer && c.sameSerial(o)
}

func (c *Certificate) sameSerial(o *Certificate) bool {
	for _, a := range c.Serials {
		for _, b := range o.Serials {
			if bytes.Equal(bytes.TrimLeft(a, "\x00"), bytes.TrimLeft(b, "\x00")) {
				return true
			}
		}
	}
	return false
}

// mayIssue reports whether what c says of its issuer fits o.
func (c *Certificate) mayIssue(o *Certificate) bool {
	id := c.akid
	switch {
	case c.issuer != o.subject, c.Full != nil && o.Full != nil && !sameName(c.Full.RawIssuer, o.Full.RawSubject),
		len(id.key) > 0 && len(o.skid) > 0 && !bytes.Equal(id.key, o.skid),
		len(id.serial) > 0 && !slices.ContainsFunc(o.Serials, func(s tlv.Serial) bool { return bytes.Equal(bytes.TrimLeft(s, "\x00"), id.serial) }):
		return false
	}
	return len(id.issuer) == 0 || o.Full != nil && bytes.Contains(id.issuer, o.Full.RawIssuer)
}

// IssuerName is the common name of the issuer, or its whole name.
func (c *Certificate) IssuerName() string { return nameOf(c.Issuer) }
