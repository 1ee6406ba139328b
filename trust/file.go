package trust

import (
	"crypto"
	"crypto/rsa"
	"errors"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// VerifyFile checks a file that is not a list with a list that verifies: the record
// with the role TFTP or CCM+TFTP that the header names as its signer [D][P], found
// by the rule that finds the signer of a list, must hold the key of the signature.
// Warnings are doubts about how phones read the file or that record, as in Accept.
//
// It fails with *[NoSignerError], *[NotSASTError] if the record has another role,
// *[AmbiguousError], *[KeyError], and as CheckFile does.
func VerifyFile(f *tlv.SignedFile, l *List) (*Verified, error) {
	s, err := findSigner(f.Header, l, tlv.RoleTFTP, tlv.RoleCCMTFTP)
	if err != nil {
		return nil, err
	}
	if err := CheckFile(f, s.key); err != nil {
		return nil, atRecord(err, s.index+1)
	}
	return &Verified{
		Number: s.index + 1, Record: l.Records[s.index], Key: s.key, Digest: f.Header.Digest(),
		Warnings: append(FileDoubts(f.Header, s.key), signerDoubts(l, s)...), signer: s,
	}, nil
}

// CheckFile checks the signature of a file with a key, whoever the file says has
// signed it. It fails as Verify does, without looking for a signer.
func CheckFile(f *tlv.SignedFile, key *rsa.PublicKey) error {
	if err := checkHeader(f.Header, f.Raw()); err != nil {
		return err
	}
	err := checkSignature(f.Header, f, key)
	var wrong *SignatureError
	if errors.As(err, &wrong) {
		wrong.File = true
	}
	return err
}

// SignerOf returns how a header names its signer.
func SignerOf(h tlv.Header) SignerID { return signerID(h) }

// SignFile signs a file that is not a list. The header is taken as the template has
// it: it names the signer as the lists that phones hold do. The signer is asked
// once, and its signature is checked. SignFile fails with *[KeyError],
// *[KeySizeError], *[DigestError], *[SignatureError] if the signer returns a wrong
// signature, with the signer's own error, and as tlv.SignedTemplate.Unsigned does.
func SignFile(t *tlv.SignedTemplate, signer crypto.Signer) ([]byte, error) {
	key, err := signingKey(signer.Public())
	if err != nil {
		return nil, err
	}
	if err := signingDigest(t.Digest); err != nil {
		return nil, err
	}
	sized := *t
	sized.SignatureSize = key.Size()
	u, err := sized.Unsigned()
	if err != nil {
		return nil, err
	}
	signature, err := ask(signer, t.Digest, u.Bytes)
	if err != nil {
		return nil, err
	}
	if err := checkBytes(u.Bytes, t.Digest, key, signature); err != nil {
		return nil, err
	}
	return u.Splice(signature)
}

// checkBytes checks a signature over bytes.
func checkBytes(b []byte, d tlv.Digest, key *rsa.PublicKey, signature []byte) error {
	hash, err := HashOf(d)
	if err != nil {
		return err
	}
	h := hash.New()
	h.Write(b)
	return checkDigest(key, hash, h.Sum(nil), signature)
}
