package certs

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// MaxKeyBits bounds what checking a signature of a certificate costs: larger keys of RSA
// are not used.
const MaxKeyBits = 8192

// CheckSignature checks that a certificate is signed with a key. Names, validity and what
// the key may be used for are other questions. SHA-1 counts; algorithms that crypto/x509
// refuses are an [x509.InsecureAlgorithmError].
func CheckSignature(c *x509.Certificate, key crypto.PublicKey) error {
	if k, ok := key.(*rsa.PublicKey); ok && k.N.BitLen() > MaxKeyBits {
		return fmt.Errorf("the issuer's key has %d bits, more than %d", k.N.BitLen(), MaxKeyBits)
	}
	issuer := x509.Certificate{PublicKey: key}
	return issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}
