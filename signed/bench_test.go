package signed_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/sha512"
	"runtime"
	"testing"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func build(tb testing.TB, size int, encrypt bool) []byte {
	tb.Helper()
	o := signed.Options{Filename: plainName + ".sgn", Style: tlv.StyleCertutils, Digest: tlv.DigestSHA512, Timestamp: made}
	if encrypt {
		o.EncryptTo = certificate(tb, phoneCert)
	}
	data, err := signed.Make(bytes.Repeat([]byte("x"), size), rsaKey(tb, signerKey), certificate(tb, signerCert), o)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// A file of 10 KB beside one SHA-512 and one rsa.VerifyPKCS1v15.
func BenchmarkVerify(b *testing.B) {
	data, l := build(b, 10<<10, false), list(b)
	if _, err := l.Verify(); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		f := parse(b, data)
		key := &rsaKey(b, signerKey).PublicKey
		before, after := f.Signed()
		for b.Loop() {
			h := sha512.New()
			h.Write(before)
			h.Write(after)
			if err := rsa.VerifyPKCS1v15(key, crypto.SHA512, h.Sum(nil), f.Header.Signature()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			f, err := tlv.ParseSigned(data)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := signed.Verify(f, l); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// 2 MiB beside crypto/cipher's CBC and one SHA-512 over the same bytes. The key of
// the phone is used once in Decrypt and not in bare.
func BenchmarkDecrypt(b *testing.B) {
	f := parse(b, build(b, 2<<20, true))
	e, _ := f.Header.Encryption()
	key := rsaKey(b, phoneKey)
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(f.Content)))
		block, err := aes.NewCipher(make([]byte, 16))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			plain := make([]byte, len(f.Content))
			cipher.NewCBCDecrypter(block, e.IV).CryptBlocks(plain, f.Content)
			sha512.Sum512(plain)
		}
	})
	b.Run("Decrypt", func(b *testing.B) {
		b.SetBytes(int64(len(f.Content)))
		for b.Loop() {
			if _, err := signed.Decrypt(f, key); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A file of 2 MiB costs its plain text once beside the file itself.
func TestMemory(t *testing.T) {
	data, key := build(t, 2<<20, true), rsaKey(t, phoneKey)
	l := list(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := tlv.ParseSigned(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := signed.Open(f, key, l); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20+256<<10 {
		t.Errorf("%d bytes were allocated for a file of %d", n, len(data))
	}
}
