package signed

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Causes of errors of [Decrypt].
var (
	// ErrNotEncrypted: the content is in clear.
	ErrNotEncrypted = errors.New("the file is not encrypted")
	// ErrDecryption: the key is not the phone's, or the file was changed. Which of
	// them is not said: it would help somebody who guesses.
	ErrDecryption = errors.New("cannot be decrypted: another key, or a damaged file")
)

// ErrKeyNeeded: the file is encrypted, and no key was given.
var ErrKeyNeeded = errors.New("the file is encrypted: the private key of the phone's certificate is needed")

// An UnsupportedError: a way of encryption that is not known here.
type UnsupportedError struct{ What string }

func (e *UnsupportedError) Error() string { return e.What }

// The one way of encryption that is known [P].
const (
	cipherAES128CBC = 0
	keyRSA          = 0
	keyPKCS1v15     = 1
	aesKeySize      = 16 // bytes
)

// paddingByte fills the last block of the plain text [P].
const paddingByte = 0x0d

// Decrypt returns the plain text of an encrypted file. The key is the phone's
// private key: an *rsa.PrivateKey, or another crypto.Decrypter that takes
// [rsa.PKCS1v15DecryptOptions] with the length of a session key. Not a byte is
// returned before the digest of all of it is checked.
//
// It fails with [ErrNotEncrypted], *[UnsupportedError], and [ErrDecryption] for
// everything that depends on the key. Decrypt does not look at the signature: use
// [Verify] first, or [Open].
func Decrypt(f *tlv.SignedFile, key crypto.PrivateKey) ([]byte, error) {
	e, ok := f.Header.Encryption()
	if !ok {
		return nil, ErrNotEncrypted
	}
	private, ok := key.(crypto.Decrypter)
	if !ok {
		return nil, noRSA(key)
	}
	if err := supported(f, e, private.Public()); err != nil {
		return nil, err
	}
	//lint:ignore SA1019 phones encrypt with PKCS #1 v1.5, in a form that needs no answer about the padding
	aesKey, err := private.Decrypt(rand.Reader, e.Key, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: aesKeySize})
	if err != nil || len(aesKey) != aesKeySize {
		return nil, ErrDecryption
	}
	defer clear(aesKey)
	block, err := aes.NewCipher(aesKey)
	if err != nil {
		return nil, ErrDecryption
	}
	plain := make([]byte, len(f.Content))
	cipher.NewCBCDecrypter(block, e.IV).CryptBlocks(plain, f.Content)
	text, padding := plain[:len(plain)-e.Padding], plain[len(plain)-e.Padding:]
	h, err := trust.HashOf(e.Digest)
	if err != nil {
		return nil, err
	}
	sum := h.New()
	sum.Write(text)
	good := subtle.ConstantTimeCompare(sum.Sum(nil), e.Hash) &
		subtle.ConstantTimeCompare(padding, bytes.Repeat([]byte{paddingByte}, len(padding)))
	if good != 1 {
		clear(plain)
		return nil, ErrDecryption
	}
	return text, nil
}

// noRSA is the error for a private key that decrypts nothing.
func noRSA(key crypto.PrivateKey) error {
	if k, ok := key.(interface{ Public() crypto.PublicKey }); ok {
		return notRSA(k.Public())
	}
	return notRSA(key)
}

func notRSA(public crypto.PublicKey) error {
	kind, _ := cert.KeyType(public)
	return &UnsupportedError{fmt.Sprintf("the phone's key is %s: how a file is encrypted for such a phone is unknown; only RSA is known", kind)}
}

// supported refuses what can be seen without a key.
func supported(f *tlv.SignedFile, e tlv.Encryption, public crypto.PublicKey) error {
	rsaKey, ok := public.(*rsa.PublicKey)
	switch n := len(f.Content); {
	case e.Cipher != cipherAES128CBC || len(e.IV) != aes.BlockSize:
		return &UnsupportedError{fmt.Sprintf("the content is encrypted with cipher %d; only 0, AES-128-CBC, is known", e.Cipher)}
	case e.KeyAlgorithm != keyRSA || e.KeyPadding != keyPKCS1v15:
		return &UnsupportedError{fmt.Sprintf("the AES key is encrypted with algorithm %d, padding %d; only 0 and 1, RSA with PKCS #1 v1.5, are known. How a key is wrapped for a phone with an EC key is unknown", e.KeyAlgorithm, e.KeyPadding)}
	case !ok:
		return notRSA(public)
	case e.KeyBits != rsaKey.N.BitLen() || len(e.Key) != rsaKey.Size():
		return &UnsupportedError{fmt.Sprintf("the file is encrypted for a key of %d bits, and this one has %d: it is another phone's, or an old certificate's", e.KeyBits, rsaKey.N.BitLen())}
	case n == 0 || n%aes.BlockSize != 0 || e.Padding < 1 || e.Padding > aes.BlockSize:
		return &UnsupportedError{fmt.Sprintf("%d bytes of content with %d of padding are not whole blocks of AES", n, e.Padding)}
	}
	if _, err := trust.HashOf(e.Digest); err != nil {
		return err
	}
	return nil
}
