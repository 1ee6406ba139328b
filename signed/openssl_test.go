package signed_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// An independent reader decrypts ours: openssl, given the fields as they stand.
func TestOpenSSLDecrypts(t *testing.T) {
	openssl := testneed.Program(t, "openssl")
	want := read(t, plainName)
	for _, digest := range []tlv.Digest{tlv.DigestSHA1, tlv.DigestSHA512} {
		data, err := signed.Make(want, rsaKey(t, signerKey), certificate(t, signerCert), signed.Options{
			Filename: plainName + ".enc.sgn", Style: tlv.StyleCUCM, Digest: digest, Timestamp: made, EncryptTo: certificate(t, phoneCert),
		})
		if err != nil {
			t.Fatal(err)
		}
		f := parse(t, data)
		e, ok := f.Header.Encryption()
		if !ok {
			t.Fatal("not encrypted")
		}
		dir := t.TempDir()
		wrapped, content := filepath.Join(dir, "key"), filepath.Join(dir, "content")
		for name, b := range map[string][]byte{wrapped: e.Key, content: f.Content} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		key := output(t, openssl, "pkeyutl", "-decrypt", "-inkey", filepath.Join(vectors, phoneKey), "-in", wrapped)
		plain := output(t, openssl, "enc", "-d", "-aes-128-cbc", "-nopad", "-K", hex.EncodeToString(key), "-iv", hex.EncodeToString(e.IV), "-in", content)
		if text := plain[:len(plain)-e.Padding]; !bytes.Equal(text, want) {
			t.Errorf("openssl reads %.60q", text)
		}
		if padding := plain[len(plain)-e.Padding:]; !bytes.Equal(padding, bytes.Repeat([]byte{0x0d}, e.Padding)) {
			t.Errorf("padding % x", padding)
		}
		sum := output(t, openssl, "dgst", map[tlv.Digest]string{tlv.DigestSHA1: "-sha1", tlv.DigestSHA512: "-sha512"}[digest], "-binary", filepath.Join(vectors, plainName))
		if !bytes.Equal(sum, e.Hash) {
			t.Error("the digest is not that of the plain text")
		}
	}
}

func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return out
}
