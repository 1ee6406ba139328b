package signed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

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

// shortConfig is what ParseShort looks for.
type shortConfig struct {
	FullConfig string `xml:"fullConfig"`
	CertHash   string `xml:"certHash"`
	EncrConfig string `xml:"encrConfig"`
}

// ParseShort is the inverse of [Short]: it returns the MD5 of the certificate that
// the encrypted configuration is for, 16 bytes, nil if there is none that can be
// read. It returns false for content that does not send a phone to an encrypted
// file.
func ParseShort(content []byte) (certHash []byte, ok bool) {
	if len(content) > maxShort || !bytes.Contains(content, []byte("encrConfig")) {
		return nil, false
	}
	var c shortConfig
	d := xml.NewDecoder(bytes.NewReader(content))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // its words are ASCII
	if err := d.Decode(&c); err != nil || strings.TrimSpace(c.EncrConfig) != "true" || strings.TrimSpace(c.FullConfig) != "false" {
		return nil, false
	}
	certHash, err := hex.DecodeString(strings.TrimSpace(c.CertHash))
	if err != nil || len(certHash) != md5.Size {
		return nil, true
	}
	return certHash, true
}

// maxShort is far more than a short configuration has.
const maxShort = 64 << 10
