package signed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Encrypt encrypts a configuration for the phone with this certificate, its LSC or
// MIC. It returns what the header says of it, and the content. The digest is that
// of the plain text, SHA-1 or SHA-512. random gives the AES key and the IV; nil
// is crypto/rand.
//
// It fails with *[UnsupportedError] if the phone's key is not RSA: how files are
// encrypted for phones with EC keys is unknown.
func Encrypt(plain []byte, phone *cert.Certificate, digest tlv.Digest, random io.Reader) (*tlv.Encryption, []byte, error) {
	if random == nil {
		random = rand.Reader
	}
	public, err := phone.PublicKey()
	if err != nil {
		return nil, nil, err
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, nil, notRSA(public)
	}
	secret := make([]byte, aesKeySize+aes.BlockSize)
	defer clear(secret[:aesKeySize])
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, nil, err
	}
	h, err := trust.HashOf(digest)
	if err != nil {
		return nil, nil, err
	}
	sum := h.New()
	sum.Write(plain)
	//lint:ignore SA1019 phones know PKCS #1 v1.5 only
	wrapped, err := rsa.EncryptPKCS1v15(random, key, secret[:aesKeySize])
	if err != nil {
		return nil, nil, err
	}
	e := &tlv.Encryption{
		Cipher: cipherAES128CBC, IV: secret[aesKeySize:], Padding: aes.BlockSize - len(plain)%aes.BlockSize,
		KeyAlgorithm: keyRSA, KeyBits: key.N.BitLen(), KeyPadding: keyPKCS1v15, Key: wrapped, Digest: digest, Hash: sum.Sum(nil),
	}
	content, err := encryptCBC(plain, e, secret[:aesKeySize])
	return e, content, err
}

func encryptCBC(plain []byte, e *tlv.Encryption, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	content := make([]byte, 0, len(plain)+e.Padding)
	content = append(content, plain...)
	content = append(content, bytes.Repeat([]byte{paddingByte}, e.Padding)...)
	cipher.NewCBCEncrypter(block, e.IV).CryptBlocks(content, content)
	return content, nil
}

// Short returns the short configuration that servers keep beside an encrypted
// one: it names the certificate that the other is encrypted for by the MD5 of
// its DER, and a phone that has it asks for the encrypted file [P].
func Short(phone *cert.Certificate) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<device>
  <fullConfig>false</fullConfig>
  <certHash>%x</certHash>
  <encrConfig>true</encrConfig>
</device>
`, md5.Sum(phone.Raw))
}
