package draft

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A ToBeSigned is the document beside bytes that are to be signed elsewhere.
type ToBeSigned struct{ report.ToBeSigned }

// hashes are the digests that lists are signed with, as PKCS #11 and PKCS #1 know
// them: prefix precedes the digest in a DigestInfo (RFC 8017, 9.2, note 1).
var hashes = map[tlv.Digest]struct {
	hash              crypto.Hash
	mechanism, prefix string
}{
	tlv.DigestSHA1:   {crypto.SHA1, "CKM_SHA1_RSA_PKCS", "3021300906052b0e03021a05000414"},
	tlv.DigestSHA512: {crypto.SHA512, "CKM_SHA512_RSA_PKCS", "3051300d060960864801650304020305000440"},
}

func digestOf(hash crypto.Hash, b []byte) string {
	h := hash.New()
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// NewToBeSigned describes what the owner of the certificate is to sign.
func NewToBeSigned(d *Draft, s *trust.Signing, c *cert.Certificate) *ToBeSigned {
	h := s.Draft.Header
	hash := hashes[h.Digest()]
	value := digestOf(hash.hash, s.Unsigned.Bytes)
	t := &ToBeSigned{report.ToBeSigned{
		Head: report.NewHead(report.TypeToBeSigned), Kind: d.Kind, Size: len(s.Unsigned.Bytes),
		Digest: h.Digest(), DigestValue: value, DigestInfo: hash.prefix + value, Mechanism: hash.mechanism,
		SignatureOffset: s.Unsigned.Offset, SignatureSize: s.Unsigned.Size,
		Signer: h.SignerName(), SignerIssuer: h.CAName(), SignerSerial: h.SerialNumber().String(),
		SignerCertificate: c.Raw,
	}}
	if d.Old != nil {
		t.Old = d.Old.Raw()
	}
	return t
}

// ReadToBeSigned reads a document and checks it against the bytes that it
// describes.
func ReadToBeSigned(document, data []byte) (*ToBeSigned, error) {
	t := new(ToBeSigned)
	if err := json.Unmarshal(document, t); err != nil {
		return nil, err
	}
	if err := t.Check(report.TypeToBeSigned); err != nil {
		return nil, err
	}
	hash, ok := hashes[t.Digest]
	switch {
	case !ok:
		return nil, fmt.Errorf("digest %s, expected sha1 or sha512", t.Digest)
	case len(data) != t.Size || digestOf(hash.hash, data) != t.DigestValue:
		return nil, errors.New("it was written for other bytes: size or digest differ")
	}
	if _, ok := tlv.SignatureModulusOf(t.SignatureSize); !ok || t.SignatureOffset < 0 || t.SignatureOffset > len(data) {
		return nil, fmt.Errorf("a signature of %d bytes cannot start at offset %d", t.SignatureSize, t.SignatureOffset)
	}
	return t, nil
}

// Resume takes up the signing of the bytes again.
func (t *ToBeSigned) Resume(data []byte, c trust.Conditions) (*trust.Signing, error) {
	signer, err := cert.Read(t.SignerCertificate)
	if err != nil {
		return nil, fmt.Errorf("signerCertificate: %w", err)
	}
	key, err := signer.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("signerCertificate: %w", err)
	}
	if k, ok := key.(interface{ Size() int }); !ok || k.Size() != t.SignatureSize {
		return nil, fmt.Errorf("signerCertificate has no RSA key that makes signatures of %d bytes", t.SignatureSize)
	}
	return trust.Resume(tlv.Unsigned{Bytes: data, Offset: t.SignatureOffset, Size: t.SignatureSize}, key, c)
}

// DecodeSignature decodes a signature of size bytes: as it is, or in PEM, base64
// or hexadecimal.
func DecodeSignature(data []byte, size int) ([]byte, error) {
	if len(data) == size {
		return data, nil
	}
	if block, _ := pem.Decode(data); block != nil && len(block.Bytes) == size {
		return block.Bytes, nil
	}
	text := string(bytes.Join(bytes.Fields(data), nil))
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if b, err := decode(text); err == nil && len(b) == size {
			return b, nil
		}
	}
	return nil, fmt.Errorf("no signature of %d bytes, neither as it is nor in base64, hexadecimal or PEM", size)
}
