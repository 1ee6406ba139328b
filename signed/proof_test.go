package signed_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"io"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// vectorNames are all files of the tool.
func vectorNames(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(vectors, "sha*", "*.sgn"))
	if err != nil || len(names) != 6 {
		t.Fatalf("%d files, want 6: %v", len(names), err)
	}
	for i, name := range names {
		if names[i], err = filepath.Rel(vectors, name); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// unwrap decrypts an AES key.
func unwrap(t *testing.T, key *rsa.PrivateKey, wrapped []byte) []byte {
	t.Helper()
	//lint:ignore SA1019 phones encrypt with PKCS #1 v1.5
	secret, err := key.Decrypt(nil, wrapped, &rsa.PKCS1v15DecryptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// From the same AES key and IV comes what the tool wrote, but for the wrapped key,
// whose padding is random.
func TestEncryptEqualsTheTools(t *testing.T) {
	for _, digest := range []tlv.Digest{tlv.DigestSHA1, tlv.DigestSHA512} {
		text, _ := digest.MarshalText()
		f := parse(t, read(t, string(text)+"/"+plainName+".enc.sgn"))
		want, _ := f.Header.Encryption()
		key := rsaKey(t, phoneKey)
		secret := unwrap(t, key, want.Key)
		random := io.MultiReader(bytes.NewReader(secret), bytes.NewReader(want.IV), bytes.NewReader(bytes.Repeat([]byte{7}, 4096)))
		got, content, err := signed.Encrypt(read(t, plainName), certificate(t, phoneCert), digest, random)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unwrap(t, key, got.Key), secret) || !bytes.Equal(content, f.Content) || !bytes.Equal(got.IV, want.IV) || !bytes.Equal(got.Hash, want.Hash) {
			t.Errorf("%s: other bytes", text)
		}
		want.Key, want.IV, want.Hash, got.Key, got.IV, got.Hash = nil, nil, nil, nil, nil, nil
		if got.Padding != want.Padding || got.KeyBits != want.KeyBits || got.Digest != want.Digest || got.KeyPadding != want.KeyPadding {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// Of a file with any byte changed in several ways, or cut anywhere, not a byte comes
// out.
func TestNothingComesOutOfAnotherFile(t *testing.T) {
	key, l := rsaKey(t, phoneKey), list(t)
	for _, name := range vectorNames(t) {
		data := read(t, name)
		check := func(what string, i int, changed []byte) {
			f, err := tlv.ParseSigned(changed)
			if err != nil {
				return
			}
			if plain, v, err := signed.Open(f, key, l); err == nil || v != nil || len(plain) > 0 {
				t.Fatalf("%s, %s %d: %d bytes, %v, %v", name, what, i, len(plain), v, err)
			}
		}
		for i := range data {
			for _, x := range []byte{0x01, 0x80, 0xff} {
				changed := bytes.Clone(data)
				changed[i] ^= x
				check("changed at", i, changed)
			}
			check("cut at", i, data[:i])
		}
		check("longer by", 1, append(bytes.Clone(data), 0))
	}
}

// A file that decrypts to whole blocks with a wrong digest, a wrong padding or under
// another key has one error, so that nobody learns which it was.
func TestOneErrorOfDecryption(t *testing.T) {
	f := parse(t, read(t, "sha1/"+plainName+".enc.sgn"))
	e, _ := f.Header.Encryption()
	secret := unwrap(t, rsaKey(t, phoneKey), e.Key)
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	plain := make([]byte, len(f.Content))
	cipher.NewCBCDecrypter(block, e.IV).CryptBlocks(plain, f.Content)
	for what, at := range map[string]int{"the last byte of the padding": len(plain) - 1, "the first byte of the padding": len(plain) - e.Padding, "the text": 0} {
		changed := bytes.Clone(plain)
		changed[at] ^= 1
		cipher.NewCBCEncrypter(block, e.IV).CryptBlocks(changed, changed)
		data := append(bytes.Clone(f.Raw()[:f.Header.Length()]), changed...)
		if got, err := signed.Decrypt(parse(t, data), rsaKey(t, phoneKey)); err != signed.ErrDecryption || len(got) > 0 {
			t.Errorf("%s: %d bytes, %v", what, len(got), err)
		}
	}
}

func BenchmarkOpenMemory(b *testing.B) {
	data, key, l := build(b, 2<<20, true), rsaKey(b, phoneKey), list(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := tlv.ParseSigned(data)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := signed.Open(f, key, l); err != nil {
			b.Fatal(err)
		}
	}
}
