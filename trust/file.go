package trust

import (
	"crypto"
	"crypto/rsa"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// FileSigner finds the record of a list that signs files, TFTP or CCM+TFTP, and
// that the header of a file names as its signer [D][P]. It returns its number,
// from 1, and its key, by the rule that finds the signer of a list. It fails with
// *[NoSignerError], *[NotSASTError] if the record has another role,
// *[AmbiguousError], *[KeyError].
func FileSigner(f *tlv.SignedFile, l *List) (number int, key *rsa.PublicKey, err error) {
	return findSigner(f.Header, l, tlv.RoleTFTP, tlv.RoleCCMTFTP)
}

// CheckFile checks the signature of a file with a key, whoever the file says has
// signed it. It fails as Verify does, without looking for a signer.
func CheckFile(f *tlv.SignedFile, key *rsa.PublicKey) error {
	if err := checkHeader(f.Header, f.Raw()); err != nil {
		return err
	}
	return checkSignature(f.Header, f, key)
}

// SignerOf returns how a header names its signer.
func SignerOf(h tlv.Header) SignerID { return signerID(h) }

// SignFile signs a file that is not a list. The header is taken as the template has
// it: it names the signer as the lists that phones hold do. The signer is asked
// once, and its signature is checked. SignFile fails with *[KeyError],
// *[KeySizeError], *[DigestError], *[SignatureError] if the signer returns a wrong
// signature, with the signer's own error, and as tlv.SignedTemplate.Unsigned does.
func SignFile(t *tlv.SignedTemplate, signer crypto.Signer) ([]byte, error) {
	return sign(t.Digest, signer, func(size int) (tlv.Unsigned, error) {
		sized := *t
		sized.SignatureSize = size
		return sized.Unsigned()
	})
}
