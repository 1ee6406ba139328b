package capturereport

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Kind says what a phone's certificate is.
type Kind string

// Kinds of certificate.
const (
	// LSC: signed with the key of a CAPF record. This is checked.
	LSC Kind = "LSC"
	// OtherCAPF: the issuer's name is that of a CAPF record, but the signature
	// could not be confirmed with its key: issued before CAPF got its present key,
	// or elsewhere.
	OtherCAPF Kind = "other-CAPF"
	// MIC: the issuer's name is that of a Cisco CA. No more is known: the CA's key
	// is not in the lists.
	MIC Kind = "MIC"
	// Unknown: neither.
	Unknown Kind = "unknown"
)

// An Issuer is who issued a certificate.
type Issuer struct {
	Kind Kind
	CAPF *Match // the CAPF record, for LSC and OtherCAPF
	Err  error  // for OtherCAPF what is wrong with the signature
}

// Issuer finds out who issued a phone's certificate.
func (l *Lists) Issuer(der []byte) Issuer {
	c, err := cert.Read(der)
	if err != nil {
		return Issuer{Kind: Unknown}
	}
	named := Issuer{Kind: Unknown}
	name := c.Issuer().CUCM()
	for _, r := range l.capf {
		names := named.CAPF == nil && name != "" && r.name == name
		if !names && !fits(c.Signature, r.key) {
			continue
		}
		m := r.at
		err := checkSignature(der, r.key)
		if err == nil {
			return Issuer{Kind: LSC, CAPF: &m}
		}
		if names {
			named = Issuer{OtherCAPF, &m, err}
		}
	}
	if named.Kind == Unknown && ciscoCA(c.Issuer()) {
		named.Kind = MIC
	}
	return named
}

// fits reports whether a signature may be one of a key: those of RSA have its size.
func fits(signature []byte, key crypto.PublicKey) bool {
	k, ok := key.(*rsa.PublicKey)
	return !ok || len(signature) == k.Size()
}

// issuerName is the name that certificates of a CAPF record name as issuer.
func issuerName(r tlv.Record) string {
	if c, err := cert.Read(r.Certificate()); err == nil {
		return c.Subject().CUCM()
	}
	return r.Subject()
}

// checkSignature checks that a certificate is signed with the key of a CAPF record.
// SHA-1 counts: old phones have no other. Certificates that crypto/x509 refuses do not.
func checkSignature(der []byte, key crypto.PublicKey) error {
	if key == nil {
		return errors.New("the CAPF record holds no key")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	return certs.CheckSignature(c, key)
}

// ciscoCA reports whether a name is one of the CAs that issue the certificates
// phones are made with. CUCM trusts them under CAP-RTP-001, CAP-RTP-002,
// Cisco_Manufacturing_CA and Cisco_Root_CA_2048 [D]; newer phones have theirs
// from Cisco Manufacturing CA SHA2 and ACT2 SUDI CA [I]: no page says so.
func ciscoCA(name cert.Name) bool {
	if !strings.HasPrefix(name.Get("O"), "Cisco") {
		return false
	}
	cn := name.Get("CN")
	return strings.HasPrefix(cn, "Cisco Manufacturing CA") || strings.HasPrefix(cn, "CAP-RTP-") ||
		strings.Contains(cn, "SUDI") || cn == "Cisco Root CA 2048"
}
