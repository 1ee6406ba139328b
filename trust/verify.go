package trust

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // lists are signed with SHA-1 or SHA-512
	_ "crypto/sha512"
	"errors"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Bounds on the keys that signatures are checked with, in bits.
const (
	minKeyBits = 1024 // crypto/rsa refuses less
	maxKeyBits = 4096 // SIGNATUREMODULUS cannot say more
)

// A Verified says who signed a list whose signature is right.
type Verified struct {
	Number   int        // of the signer's record, from 1
	Record   tlv.Record // the signer's
	Key      *rsa.PublicKey
	Digest   tlv.Digest
	Warnings []string // what works but should not be

	signer signer
}

// Verify checks a list against itself, once: it finds the signer among the SAST
// records and checks the signature. On any error there is no result; [ReasonOf]
// and the types of errors say why. What a phone might read in two ways is
// refused. See the package documentation for what a verified list does not
// prove.
func (l *List) Verify() (*Verified, error) {
	l.verifying.Do(func() { l.verified, l.err = verify(l) })
	return l.verified, l.err
}

func verify(l *List) (*Verified, error) {
	if err := checkHeader(l.Header, l.Raw()); err != nil {
		return nil, err
	}
	s, err := findSigner(l.Header, l, tlv.RoleSAST)
	if err != nil {
		return nil, err
	}
	if err := l.CheckSignature(s.key); err != nil {
		return nil, atRecord(err, s.index+1)
	}
	v := &Verified{Number: s.index + 1, Record: l.Records[s.index], Key: s.key, Digest: l.Header.Digest()}
	v.signer = s
	v.Warnings = warnings(l, v)
	return v, nil
}

// atRecord puts the number of the signer's record into errors that have one.
func atRecord(err error, number int) error {
	var wrong *SignatureError
	var unusable *KeyError
	switch {
	case errors.As(err, &wrong):
		wrong.Number = number
	case errors.As(err, &unusable):
		unusable.Number = number
	}
	return err
}

// CheckSignature checks the signature of a list with a key, whoever the list
// says has signed it. It fails as Verify does, without looking for a signer.
func (l *List) CheckSignature(key *rsa.PublicKey) error {
	if err := checkHeader(l.Header, l.Raw()); err != nil {
		return err
	}
	if l.willSign != nil {
		return l.willBeSigned(key)
	}
	l.signed.Lock()
	defer l.signed.Unlock()
	if l.signedBy != nil && sameRSA(l.signedBy, key) {
		return nil
	}
	err := checkSignature(l.Header, l.List, key)
	if err == nil {
		l.signedBy = key
	}
	return err
}

// willBeSigned is CheckSignature of a draft.
func (l *List) willBeSigned(key *rsa.PublicKey) error {
	if !sameRSA(l.willSign, key) {
		return &SignatureError{}
	}
	return nil
}

// A signedFile is a list or another file that is signed.
type signedFile interface {
	Signed() (before, after []byte)
}

func checkSignature(header tlv.Header, f signedFile, key *rsa.PublicKey) error {
	if a := header.SignatureAlgorithm(); a != tlv.SignatureAlgorithmRSA {
		return &AlgorithmError{a}
	}
	hash, err := HashOf(header.Digest())
	if err != nil {
		return err
	}
	if err := checkKeySize(key); err != nil {
		return err
	}
	h := hash.New()
	before, after := f.Signed()
	h.Write(before)
	h.Write(after)
	return checkDigest(key, hash, h.Sum(nil), header.Signature())
}

func checkKeySize(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return &KeySizeError{bits}
	}
	return nil
}

// checkDigest is for keys that checkKeySize lets through.
func checkDigest(key *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) error {
	counts.Signatures.Add(1)
	err := rsa.VerifyPKCS1v15(key, hash, digest, signature)
	if errors.Is(err, rsa.ErrVerification) {
		return &SignatureError{}
	}
	if err != nil {
		return &KeyError{Err: err}
	}
	return nil
}

// HashOf returns the hash that a code stands for: SHA-1 or SHA-512. It fails with
// *[DigestError] for the others.
func HashOf(d tlv.Digest) (crypto.Hash, error) {
	switch d {
	case tlv.DigestSHA1:
		return crypto.SHA1, nil
	case tlv.DigestSHA512, tlv.DigestLegacySHA512:
		return crypto.SHA512, nil
	}
	return 0, &DigestError{d}
}

// checkHeader refuses headers that a phone might read in another way than
// package tlv: it may or may not look into containers for a field.
func checkHeader(h tlv.Header, raw []byte) error {
	if len(raw) == 0 {
		return errors.New("what was not read from a file has no bytes to verify: use tlv.Parse")
	}
	var seen [256]bool
	for _, f := range h.Fields {
		if f.Tag == tlv.HeaderPadding {
			break // a phone reads no further
		}
		if err := checkField(f, &seen); err != nil {
			return err
		}
	}
	return nil
}

func checkField(f tlv.HeaderField, seen *[256]bool) error {
	if seen[f.Tag] && f.Tag.Known() {
		return &AmbiguousError{fmt.Sprintf("the header has two fields %s", f.Tag)}
	}
	seen[f.Tag] = true
	for _, child := range f.Fields {
		if child.Tag == tlv.HeaderPadding {
			return &AmbiguousError{fmt.Sprintf("padding inside of %s may end the header or not", f.Tag)}
		}
		if err := checkField(child, seen); err != nil {
			return err
		}
	}
	return nil
}

// warnings are for a list whose signature is right.
func warnings(l *List, v *Verified) []string {
	w := slices.Concat(signatureDoubts(l.Header), signerDoubts(l, v.signer))
	if name, subject := l.Header.SignerName(), v.Record.Subject(); name != subject {
		w = append(w, fmt.Sprintf("SIGNERNAME is %q, the subject of the signer's record is %q", name, subject))
	}
	return w
}
