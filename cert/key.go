package cert

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 keys are recognised, and not used
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// oidRSA is the content of the OBJECT IDENTIFIER 1.2.840.113549.1.1.1.
const oidRSA = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"

// parseKeyInfo reads a SubjectPublicKeyInfo. RSA keys are read here because
// crypto/x509 insists on details that phones do not.
func parseKeyInfo(der []byte) (crypto.PublicKey, error) {
	algorithm, bits, err := splitKeyInfo(der)
	if err != nil {
		return nil, err
	}
	if string(algorithm) == oidRSA {
		return parseRSA(bits)
	}
	return x509.ParsePKIXPublicKey(der)
}

// splitKeyInfo returns the content of the algorithm's OBJECT IDENTIFIER, and the
// key itself.
func splitKeyInfo(der []byte) (oid, key []byte, err error) {
	input := cryptobyte.String(der)
	var info, algorithm, identifier, bits cryptobyte.String
	if !input.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!algorithm.ReadASN1(&identifier, asn1.OBJECT_IDENTIFIER) {
		return nil, nil, malformed("key algorithm")
	}
	if !info.ReadASN1(&bits, asn1.BIT_STRING) || !bits.Skip(1) {
		return nil, nil, malformed("key bits")
	}
	return identifier, bits, nil
}

// KeyBytes returns the key as PUBLICKEY holds it: an RSAPublicKey of PKCS #1 in
// DER, or for EC the point of X9.62.
func (c *Certificate) KeyBytes() ([]byte, error) {
	_, bits, err := splitKeyInfo(c.RawKey)
	return bits, err
}

// ParseKey reads the value of PUBLICKEY: an RSAPublicKey of PKCS #1 in DER
// [A][F], or an uncompressed EC point of P-256, P-384 or P-521 (65, 97 or 133
// bytes, first byte 4) [P].
func ParseKey(b []byte) (crypto.PublicKey, error) {
	if len(b) > 0 && b[0] == 4 {
		return keyOrNil(parsePoint(b))
	}
	return keyOrNil(parseRSA(b))
}

// keyOrNil makes no key of a nil pointer to one, which crypto/x509 returns with
// some errors too, and which KeyType and Equal would follow.
func keyOrNil(key crypto.PublicKey, err error) (crypto.PublicKey, error) {
	if err != nil {
		return nil, err
	}
	return key, nil
}

func parseRSA(der []byte) (*rsa.PublicKey, error) {
	input := cryptobyte.String(der)
	var sequence cryptobyte.String
	var n, e big.Int
	if !input.ReadASN1(&sequence, asn1.SEQUENCE) || !sequence.ReadASN1Integer(&n) || !sequence.ReadASN1Integer(&e) {
		return nil, malformed("RSA key")
	}
	if n.Sign() <= 0 || e.Sign() <= 0 || !e.IsInt64() || e.Int64() > math.MaxInt32 {
		return nil, fmt.Errorf("%w: RSA key with an impossible modulus or exponent", ErrMalformed)
	}
	return &rsa.PublicKey{N: &n, E: int(e.Int64())}, nil
}

func parsePoint(b []byte) (*ecdsa.PublicKey, error) {
	curves := map[int]elliptic.Curve{65: elliptic.P256(), 97: elliptic.P384(), 133: elliptic.P521()}
	curve := curves[len(b)]
	if curve == nil {
		return nil, fmt.Errorf("%w: EC point of %d bytes, expected 65, 97 or 133", ErrMalformed, len(b))
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return key, nil
}

// SameKey reports whether both are the same public key. No key is the same as
// none.
func SameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && k.Equal(b)
}

// KeyType returns the kind of key and its size in bits: "RSA", "EC", "Ed25519",
// "X25519", "DSA", or "unknown" with 0.
func KeyType(key crypto.PublicKey) (string, int) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "EC", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 8 * len(k)
	case *dsa.PublicKey:
		return "DSA", k.P.BitLen()
	case *ecdh.PublicKey:
		return "X25519", 8 * len(k.Bytes())
	}
	return "unknown", 0
}
