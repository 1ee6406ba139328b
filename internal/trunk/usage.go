package trunk

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
)

// keyUsage judges the key usage of a node's certificate; that of a CA is judged where
// its signature is. OpenSSL lets keyAgreement pass as well, but finds no cipher suite
// for a server without digitalSignature or, with RSA, keyEncipherment.
func (j *judge) keyUsage(c *Certificate, ca string, steps []Step) []Problem {
	if ca != "" || !c.usage.limited {
		return nil
	}
	signs := c.usage.key&x509.KeyUsageDigitalSignature != 0
	_, isRSA := c.key.(*rsa.PublicKey)
	switch {
	case !signs && isRSA && c.usage.key&x509.KeyUsageKeyEncipherment != 0:
		return []Problem{{Code: KeyUsage, Roles: Roles{Client: true}, Reason: "lacks digitalSignature in its key usage", Steps: steps}}
	case !signs:
		return []Problem{{Code: KeyUsage, Roles: both, Reason: "lacks digitalSignature in its key usage", Steps: steps}}
	case c.SelfSigned() && c.usage.key&x509.KeyUsageCertSign == 0:
		return []Problem{{Code: KeyUsage, Roles: both, Unknown: true, Reason: "signs itself, but lacks keyCertSign in its key usage; OpenSSL before 3.0 refuses that", Steps: steps}}
	}
	return nil
}

// leastRSA is the size of RSA keys in bits that OpenSSL's security levels ask for.
var leastRSA = [MaxLevel + 1]int{1024, 1024, 2048}

// strength judges key and signature of a node's certificate, or of that of a CA.
func (j *judge) strength(c *Certificate, ca string, steps []Step) []Problem {
	var list []Problem
	if p := j.keyStrength(c); p.Code != "" {
		p.Reason, p.Roles, p.Steps = of(ca, p.Reason), both, steps
		list = append(list, p)
	}
	if c.SelfSigned() {
		return list
	}
	if p := j.signatureStrength(c); p.Code != "" {
		p.Reason, p.Roles, p.Steps = of(ca, p.Reason), both, steps
		list = append(list, p)
	}
	return list
}

func (j *judge) keyStrength(c *Certificate) Problem {
	switch k := c.key.(type) {
	case *rsa.PublicKey:
		switch bits := k.N.BitLen(); {
		case bits < leastRSA[0]:
			return Problem{Code: SmallKey, Reason: fmt.Sprintf("has an RSA key of %d bits", bits)}
		case bits < leastRSA[j.Level]:
			return Problem{Code: SmallKey, Unknown: true, Reason: fmt.Sprintf("has an RSA key of %d bits; OpenSSL's security level %d asks for %d", bits, j.Level, leastRSA[j.Level])}
		case bits > certs.MaxKeyBits:
			return Problem{Code: UnknownKey, Unknown: true, Reason: fmt.Sprintf("has an RSA key of %d bits, more than %d", bits, certs.MaxKeyBits)}
		}
		return Problem{}
	case *ecdsa.PublicKey:
		if bits := k.Curve.Params().BitSize; bits >= 256 {
			return Problem{}
		}
	}
	kind, bits := cert.KeyType(c.key)
	return Problem{Code: UnknownKey, Unknown: true, Reason: fmt.Sprintf("has a key of type %s-%d, which CUCM is not known to use", kind, bits)}
}

func (j *judge) signatureStrength(c *Certificate) Problem {
	switch c.algorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return Problem{}
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		if j.Level == 0 {
			return Problem{}
		}
		return Problem{Code: WeakSignature, Unknown: true, Reason: fmt.Sprintf("is signed with SHA-1, which OpenSSL 3 refuses at security level %d", j.Level)}
	case x509.MD5WithRSA, x509.MD2WithRSA:
		return Problem{Code: WeakSignature, Reason: fmt.Sprintf("is signed with %v", c.algorithm)}
	}
	return Problem{Code: UnknownSign, Unknown: true, Reason: fmt.Sprintf("is signed with %s, which CUCM is not known to take", algorithmName(c))}
}

func algorithmName(c *Certificate) string {
	switch {
	case c.algorithm == x509.UnknownSignatureAlgorithm && c.text != nil && c.text.Algorithm != "":
		return "algorithm " + c.text.Algorithm
	case c.algorithm == x509.UnknownSignatureAlgorithm:
		return "an algorithm that is not known here"
	}
	return c.algorithm.String()
}
