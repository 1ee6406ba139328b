// Package cert reads X.509 certificates the way trust lists need them: what a
// record copies out of a certificate (names, serial number, key, signature), in
// the forms of the programs that write lists.
//
// It reads leniently. Phones and CUCM accept certificates that crypto/x509
// refuses: negative or non-minimal serial numbers, '_' or '@' in a
// PrintableString, bytes behind the end. One such certificate must not hide the
// rest of a list. [Strict] tells what crypto/x509 has against a certificate.
//
// Statements about forms carry the letters of package tlv: [A] arithmetic of
// published listings, [F] real files, [P] other implementations, [I] inferred,
// [?] unknown.
package cert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/internal/counts"
)

// A Certificate is the shallow reading of a certificate in DER: nothing in it
// has been checked but that the pieces are where they belong. The slices are
// parts of Raw.
type Certificate struct {
	Raw          []byte
	SerialNumber []byte    // magnitude, most significant byte first
	RawIssuer    []byte    // Name in DER, see ParseName
	RawSubject   []byte    // Name in DER, see ParseName
	NotBefore    time.Time // UTC, to the second; zero if it cannot be read
	NotAfter     time.Time // UTC, to the second; zero if it cannot be read
	RawKey       []byte    // SubjectPublicKeyInfo in DER
	Signature    []byte    // bits of the signature as they stand, without the count of unused bits
}

// ErrMalformed is the cause of every error of this package that speaks of the
// bytes of a certificate, a name or a key; but the errors of crypto/x509, which
// reads the keys of certificates that are not RSA, are left as they are.
var ErrMalformed = errors.New("malformed")

func malformed(what string) error { return fmt.Errorf("%w: no %s", ErrMalformed, what) }

// ErrPEM is the error of Read for a certificate in PEM. It is also ErrMalformed.
var ErrPEM = fmt.Errorf("%w: this is PEM, and DER is expected: decode it with encoding/pem first", ErrMalformed)

func isPEM(b []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(b), []byte("-----BEGIN ")) }

// Read reads a certificate in DER as far as it must to find its pieces. Bytes behind
// the certificate are let through. Times that cannot be read are zero.
func Read(der []byte) (*Certificate, error) {
	counts.Certificates.Add(1)
	c := &Certificate{Raw: der}
	input := cryptobyte.String(der)
	var whole, tbs, signature cryptobyte.String
	if !input.ReadASN1(&whole, asn1.SEQUENCE) {
		if isPEM(der) {
			return nil, ErrPEM
		}
		return nil, malformed("certificate")
	}
	if !whole.ReadASN1(&tbs, asn1.SEQUENCE) {
		return nil, malformed("TBSCertificate")
	}
	if err := c.readTBS(tbs); err != nil {
		return nil, err
	}
	if !whole.SkipASN1(asn1.SEQUENCE) || !whole.ReadASN1(&signature, asn1.BIT_STRING) || !signature.Skip(1) {
		return nil, malformed("certificate signature")
	}
	c.Signature = signature
	return c, nil
}

func (c *Certificate) readTBS(tbs cryptobyte.String) error {
	version := asn1.Tag(0).Constructed().ContextSpecific()
	var serial, issuer, validity, subject, key cryptobyte.String
	switch {
	case !tbs.SkipOptionalASN1(version) || !tbs.ReadASN1(&serial, asn1.INTEGER):
		return malformed("serial number")
	case !tbs.SkipASN1(asn1.SEQUENCE) || !tbs.ReadASN1Element(&issuer, asn1.SEQUENCE):
		return malformed("issuer")
	case !tbs.ReadASN1(&validity, asn1.SEQUENCE):
		return malformed("validity")
	case !tbs.ReadASN1Element(&subject, asn1.SEQUENCE):
		return malformed("subject")
	case !tbs.ReadASN1Element(&key, asn1.SEQUENCE):
		return malformed("public key")
	}
	c.SerialNumber = magnitude(serial)
	c.RawIssuer, c.RawSubject, c.RawKey = issuer, subject, key
	c.NotBefore, c.NotAfter = readTime(&validity), readTime(&validity)
	return nil
}

// magnitude is an INTEGER without the zero bytes in front that DER needs. Zero
// keeps one of them. What CUCM writes for a negative serial is unknown; here it
// is the bytes as they stand.
func magnitude(integer []byte) []byte {
	if m := bytes.TrimLeft(integer, "\x00"); len(m) > 0 || len(integer) == 0 {
		return m
	}
	return integer[:1]
}

// readTime reads a UTCTime or a GeneralizedTime. It reads what crypto/x509 does,
// times without seconds and with an offset from UTC included, and fractions.
func readTime(s *cryptobyte.String) time.Time {
	var value cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&value, &tag) {
		return time.Time{}
	}
	layouts := []string{"20060102150405Z0700"}
	if tag == asn1.UTCTime {
		layouts = []string{"060102150405Z0700", "0601021504Z0700"}
	}
	t := parseTime(layouts, string(value))
	if tag == asn1.UTCTime && t.Year() >= 2050 { // RFC 5280, 4.1.2.5.1
		t = t.AddDate(-100, 0, 0)
	}
	return t
}

func parseTime(layouts []string, value string) time.Time {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Strict returns why crypto/x509 refuses the certificate, nil if it does not.
func Strict(der []byte) error {
	_, err := x509.ParseCertificate(der)
	return err
}

// PublicKey returns the key: an *rsa.PublicKey, or what crypto/x509 knows. An RSA
// key is not judged: it may be too small, or have an exponent that nothing uses.
func (c *Certificate) PublicKey() (crypto.PublicKey, error) { return keyOrNil(parseKeyInfo(c.RawKey)) }

// Subject returns the subject; a name that cannot be read is empty.
func (c *Certificate) Subject() Name {
	n, _ := ParseName(c.RawSubject)
	return n
}

// Issuer returns the issuer; a name that cannot be read is empty.
func (c *Certificate) Issuer() Name {
	n, _ := ParseName(c.RawIssuer)
	return n
}
