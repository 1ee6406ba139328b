package trust

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // lists are signed with SHA-1 or SHA-512
	_ "crypto/sha512"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Bounds on the keys that signatures are checked with, in bits.
const (
	minKeyBits = 1024 // crypto/rsa refuses less
	maxKeyBits = 8192
)

// A Verified says who signed a list whose signature is right.
type Verified struct {
	Number   int        // of the signer's record, from 1
	Record   tlv.Record // the signer's
	Key      *rsa.PublicKey
	Digest   tlv.Digest
	Warnings []string // what works but should not be
}

// Verify checks a list against itself: it finds the signer among the SAST
// records and checks the signature. On any error there is no result; [ReasonOf]
// and the types of errors say why. See the package documentation for what a
// verified list does not prove.
func Verify(l *tlv.List) (*Verified, error) {
	number, err := findSigner(l)
	if err != nil {
		return nil, err
	}
	signer := l.Records[number-1]
	key, err := signerKey(signer, number)
	if err != nil {
		return nil, err
	}
	if err := CheckSignature(l, key); err != nil {
		var wrong *SignatureError
		if errors.As(err, &wrong) {
			wrong.Number = number
		}
		return nil, err
	}
	v := &Verified{Number: number, Record: signer, Key: key, Digest: l.Header.Digest()}
	if v.Digest == tlv.LegacySHA512 {
		v.Warnings = append(v.Warnings, "digest code 4 for SHA-512, written by an open-source tool before 2021: phones expect 3")
	}
	return v, nil
}

// CheckSignature checks the signature of a list with a key, whoever the list
// says has signed it. It fails as Verify does, without looking for a signer.
func CheckSignature(l *tlv.List, key *rsa.PublicKey) error {
	if tag, ok := l.Header.Repeated(); ok {
		return &AmbiguousError{fmt.Sprintf("the header has two fields %s", tag)}
	}
	if a := l.Header.SignatureAlgorithm(); a != tlv.RSA {
		return &AlgorithmError{a}
	}
	hash, ok := digestHash(l.Header.Digest())
	if !ok {
		return &DigestError{l.Header.Digest()}
	}
	h := hash.New()
	before, after := l.Signed()
	h.Write(before)
	h.Write(after)
	return checkDigest(key, hash, h.Sum(nil), l.Header.Signature())
}

func checkDigest(key *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) error {
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return &KeySizeError{bits}
	}
	err := rsa.VerifyPKCS1v15(key, hash, digest, signature)
	if errors.Is(err, rsa.ErrVerification) {
		return &SignatureError{}
	}
	if err != nil {
		return &KeyError{Err: err}
	}
	return nil
}

func digestHash(d tlv.Digest) (crypto.Hash, bool) {
	switch d {
	case tlv.SHA1:
		return crypto.SHA1, true
	case tlv.SHA512, tlv.LegacySHA512:
		return crypto.SHA512, true
	}
	return 0, false
}

// findSigner returns the number of the signer's record, from 1.
func findSigner(l *tlv.List) (int, error) {
	found, other := 0, 0
	for i, r := range l.Records {
		switch {
		case !Names(l.Header, r):
		case r.Role() != tlv.SAST:
			other = i + 1
		case found == 0:
			found = i + 1
		case !sameKey(r, l.Records[found-1]):
			return 0, &AmbiguousError{fmt.Sprintf("records %d and %d both name the signer and have different keys", found, i+1)}
		}
	}
	switch {
	case found > 0:
		return found, checkRepeated(l.Records[found-1], found)
	case other > 0:
		return 0, &NotSASTError{other, l.Records[other-1].Role()}
	}
	return 0, &NoSignerError{signerID(l.Header)}
}

// Names reports whether the header names the certificate of the record as the
// signer: issuer and serial are there and equal, byte for byte.
func Names(h tlv.Header, r tlv.Record) bool {
	caName, _ := h.Field(tlv.HeaderSignerID, tlv.HeaderCAName)
	issuer, ok := r.Field(tlv.RecordIssuerName)
	serial := h.SerialNumber()
	return ok && len(serial) > 0 && serial.Equal(r.SerialNumber()) && bytes.Equal(trimNUL(caName.Value), trimNUL(issuer.Value))
}

func trimNUL(b []byte) []byte { return bytes.TrimSuffix(b, []byte{0}) }

func checkRepeated(r tlv.Record, number int) error {
	if tag, ok := r.Repeated(); ok {
		return &AmbiguousError{fmt.Sprintf("record %d, the signer, has two fields %s", number, tag)}
	}
	return nil
}

func sameKey(a, b tlv.Record) bool {
	if bytes.Equal(a.Certificate(), b.Certificate()) && bytes.Equal(a.PublicKey(), b.PublicKey()) {
		return true
	}
	x, err := RecordKey(a)
	if err != nil {
		return false
	}
	y, err := RecordKey(b)
	return err == nil && keysEqual(x, y)
}

func keysEqual(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// RecordKey returns the key of a record: that of its certificate, or of
// PUBLICKEY where there is no certificate.
func RecordKey(r tlv.Record) (crypto.PublicKey, error) {
	if der := r.Certificate(); der != nil {
		c, err := cert.Read(der)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		return c.PublicKey()
	}
	if b := r.PublicKey(); b != nil {
		return cert.ParseKey(b)
	}
	return nil, errors.New("neither CERTIFICATE nor PUBLICKEY")
}

func signerKey(r tlv.Record, number int) (*rsa.PublicKey, error) {
	key, err := RecordKey(r)
	if err != nil {
		return nil, &KeyError{number, err}
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		kind, _ := cert.KeyType(key)
		return nil, &KeyError{number, fmt.Errorf("it is %s, and lists are signed with RSA", kind)}
	}
	return k, nil
}
