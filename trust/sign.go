package trust

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Sign signs the list that the template describes and returns the whole file.
// The signer is the SAST record of the template that holds signer's public key;
// the header takes names and serial from it as they stand. The digest is the
// template's: SHA-1 or SHA-512.
//
// Signer is any [crypto.Signer] with an RSA key of 1024, 2048 or 4096 bits: a
// key in memory or on a token. If it is a [crypto.MessageSigner] it gets the
// message. It is asked once, when key, digest and lengths are known to fit.
//
// The finished list is read and verified before it is returned. Sign fails with
// [*UnlistedKeyError] if no SAST record holds the key, [*DigestError],
// [*KeyError], [*KeySizeError], [*SignatureError] if the signer returns a wrong
// signature, with the signer's own error, and as tlv.Template.Unsigned does.
func Sign(t *tlv.Template, signer crypto.Signer) ([]byte, error) {
	if _, err := signingKey(signer); err != nil {
		return nil, err
	}
	named := *t
	if err := NameSigner(&named, signer.Public()); err != nil {
		return nil, err
	}
	data, err := SignUnlisted(&named, signer)
	if err != nil {
		return nil, err
	}
	l, err := Read(data)
	if err == nil {
		_, err = l.Verify()
	}
	if err != nil {
		return nil, fmt.Errorf("the list just signed: %w", err)
	}
	return data, nil
}

// NameSigner makes the header of the template name the SAST record that holds
// the key. It fails with [*UnlistedKeyError] if there is none.
func NameSigner(t *tlv.Template, key crypto.PublicKey) error {
	for _, r := range t.Records {
		if r.Role() != tlv.RoleSAST {
			continue
		}
		if k, err := RecordKey(r); err == nil && cert.SameKey(k, key) {
			t.SignerName, t.SerialNumber, t.CAName = r.Subject(), r.SerialNumber(), r.Issuer()
			return nil
		}
	}
	return &UnlistedKeyError{}
}

// SignUnlisted signs like Sign, but takes the header as the template has it and
// does not ask for a record of the signer. Phones are not known to take a list
// that does not hold its own signer.
func SignUnlisted(t *tlv.Template, signer crypto.Signer) ([]byte, error) {
	return sign(t.Digest, signer, func(size int) (tlv.Unsigned, error) {
		sized := *t
		sized.SignatureSize = size
		return sized.Unsigned()
	})
}

// sign signs what unsigned returns for a signature of so many bytes.
func sign(d tlv.Digest, signer crypto.Signer, unsigned func(size int) (tlv.Unsigned, error)) ([]byte, error) {
	key, err := signingKey(signer)
	if err != nil {
		return nil, err
	}
	hash, err := HashOf(d)
	if err != nil || d == tlv.DigestLegacySHA512 {
		return nil, &DigestError{d}
	}
	u, err := unsigned(key.Size())
	if err != nil {
		return nil, err
	}
	signature, err := crypto.SignMessage(signer, rand.Reader, u.Bytes, hash)
	if err != nil {
		return nil, err
	}
	if err := CheckUnsigned(u, d, key, signature); err != nil {
		return nil, fmt.Errorf("the signer did not sign these bytes with the key it says: %w", err)
	}
	return u.Splice(signature)
}

// signingKey returns the public key, if signatures of it can be checked.
func signingKey(signer crypto.Signer) (*rsa.PublicKey, error) {
	key, ok := signer.Public().(*rsa.PublicKey)
	if !ok {
		return nil, &KeyError{Err: notRSA(signer.Public())}
	}
	return key, checkKeySize(key)
}

// CheckUnsigned checks a signature over the bytes that were to be signed. It
// fails with [*SignatureError], [*DigestError], [*KeySizeError] or [*KeyError].
func CheckUnsigned(u tlv.Unsigned, d tlv.Digest, key *rsa.PublicKey, signature []byte) error {
	hash, err := HashOf(d)
	if err != nil {
		return err
	}
	if err := checkKeySize(key); err != nil {
		return err
	}
	h := hash.New()
	h.Write(u.Bytes)
	return checkDigest(key, hash, h.Sum(nil), signature)
}
