package cert_test

import (
	"errors"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// inside reports whether part is a piece of whole, not a copy of it.
func inside(whole, part []byte) bool {
	if len(part) == 0 {
		return true
	}
	at := cap(whole) - cap(part)
	return at >= 0 && at+len(part) <= len(whole) && &whole[at] == &part[0]
}

// Garbage gives an error, never a panic. What is read lies inside of the input,
// and is what crypto/x509 reads where it reads the certificate.
func FuzzRead(f *testing.F) {
	for _, der := range certificates(f) {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		sameAsStrict(t, der)
		c, err := cert.Read(der)
		if err != nil {
			if c != nil || !errors.Is(err, cert.ErrMalformed) {
				t.Errorf("Read = %v, %v", c, err)
			}
			return
		}
		for _, part := range [][]byte{c.Raw, c.SerialNumber, c.RawIssuer, c.RawSubject, c.RawKey, c.Signature} {
			if !inside(der, part) {
				t.Errorf("%x is not a piece of the input", part)
			}
		}
		useAll(t, c)
	})
}

// useAll calls what reads further into a certificate.
func useAll(t *testing.T, c *cert.Certificate) {
	if key, err := c.PublicKey(); (key == nil) == (err == nil) {
		t.Errorf("PublicKey = %v, %v", key, err)
	}
	if b, err := c.KeyBytes(); err == nil && !inside(c.Raw, b) {
		t.Error("KeyBytes is not a piece of the input")
	}
	for _, style := range []tlv.Style{tlv.StyleCUCM, tlv.StyleCTLClient, tlv.StyleCertutils} {
		r, err := c.Record(style, tlv.RoleSAST, cert.Host{})
		if err == nil && len(c.SerialNumber) > 0 && !r.SerialNumber().Matches(c.SerialNumber) {
			t.Errorf("%s: serial %s of a certificate with %x", style, r.SerialNumber(), c.SerialNumber)
		}
	}
}

// Keys of records come from anywhere.
func FuzzParseKey(f *testing.F) {
	for _, der := range certificates(f) {
		b, err := read(f, der).KeyBytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := cert.ParseKey(b)
		if err != nil {
			if !errors.Is(err, cert.ErrMalformed) {
				t.Errorf("%v does not wrap ErrMalformed", err)
			}
			return
		}
		if kind, bits := cert.KeyType(key); kind == "unknown" || bits == 0 {
			t.Errorf("KeyType = %s, %d", kind, bits)
		}
	})
}
