package trust_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"testing"

	"github.com/ctlinspect/ctlinspect/trust"
)

// Verify beside the bare operations over the same bytes: one SHA-512 and one
// rsa.VerifyPKCS1v15 with a 2048-bit key.
func BenchmarkVerify(b *testing.B) {
	l := readList(b, "ctl-sha512")
	b.Run("bare", func(b *testing.B) {
		c, err := x509.ParseCertificate(l.Records[0].Certificate())
		if err != nil {
			b.Fatal(err)
		}
		key := c.PublicKey.(*rsa.PublicKey)
		before, after := l.Signed()
		signed := append(bytes.Clone(before), after...)
		for b.Loop() {
			digest := sha512.Sum512(signed)
			if err := rsa.VerifyPKCS1v15(key, crypto.SHA512, digest[:], l.Header.Signature()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			if _, err := trust.NewList(l.List).Verify(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
