package signed_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const vectors = "../testdata/signed"

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, data []byte) *tlv.SignedFile {
	t.Helper()
	f, err := tlv.ParseSigned(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func list(t testing.TB) *trust.List {
	t.Helper()
	l, err := trust.Read(read(t, "ITLFile.tlv"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func pemBlock(t testing.TB, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(read(t, name))
	if block == nil {
		t.Fatalf("%s: no PEM", name)
	}
	return block.Bytes
}

func certificate(t testing.TB, name string) *cert.Certificate {
	t.Helper()
	c, err := cert.Read(pemBlock(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rsaKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	der := pemBlock(t, name)
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

const (
	signerCert = "../certs/pub-2048.pem"
	signerKey  = "../keys/pub-2048.pem"
	phoneCert  = "lsc.pem"
	phoneKey   = "lsc.key.pem"
	plainName  = "SEP001122334455.cnf.xml"
)

var made = time.Unix(1730000400, 0)

func TestVectors(t *testing.T) {
	key := rsaKey(t, phoneKey)
	for _, digest := range []string{"sha1", "sha512"} {
		for _, name := range []string{plainName + ".sgn", plainName + ".enc.sgn", "short.cnf.xml.sgn"} {
			f := parse(t, read(t, digest+"/"+name))
			content, v, err := signed.Open(f, key, list(t))
			if err != nil {
				t.Errorf("%s/%s: %v", digest, name, err)
				continue
			}
			if v.Number != 2 || v.Record.Role() != tlv.RoleTFTP || len(v.Warnings) > 0 {
				t.Errorf("%s/%s: record %d, %v, warnings %v", digest, name, v.Number, v.Record.Role(), v.Warnings)
			}
			want := read(t, plainName)
			if strings.HasPrefix(name, "short") {
				want = signed.Short(certificate(t, phoneCert))
			}
			if !bytes.Equal(content, want) {
				t.Errorf("%s/%s: content %.60q", digest, name, content)
			}
			if _, err := signed.VerifyWith(f, certificate(t, signerCert)); err != nil {
				t.Errorf("%s/%s: %v", digest, name, err)
			}
		}
	}
}

// Files made with the key, the time and the content of the tool's own output equal it.
func TestMakeEqualsTool(t *testing.T) {
	for _, digest := range []tlv.Digest{tlv.DigestSHA1, tlv.DigestSHA512} {
		for name, content := range map[string][]byte{
			plainName + ".sgn":  read(t, plainName),
			"short.cnf.xml.sgn": signed.Short(certificate(t, phoneCert)),
		} {
			text, _ := digest.MarshalText()
			want := read(t, string(text)+"/"+name)
			got, err := signed.Make(content, rsaKey(t, signerKey), certificate(t, signerCert), signed.Options{
				Filename: plainName + ".sgn", Style: tlv.StyleCertutils, Digest: digest, Timestamp: made,
			})
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s %s: other bytes, error %v", text, name, err)
			}
		}
	}
}

// Content of every length around a block comes back, and of 2 MiB.
func TestEncryptSizes(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 2 << 20} {
		content := bytes.Repeat([]byte("x"), n)
		data, err := signed.Make(content, rsaKey(t, signerKey), certificate(t, signerCert), signed.Options{
			Filename: plainName + ".enc.sgn", Style: tlv.StyleCertutils, Digest: tlv.DigestSHA512, Timestamp: made, EncryptTo: certificate(t, phoneCert),
		})
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		f := parse(t, data)
		if len(f.Content) != n/16*16+16 {
			t.Errorf("%d bytes: content of %d", n, len(f.Content))
		}
		if got, _, err := signed.Open(f, rsaKey(t, phoneKey), list(t)); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: %d come back, error %v", n, len(got), err)
		}
		plain, err := signed.Make(content, rsaKey(t, signerKey), certificate(t, signerCert), signed.Options{
			Filename: plainName + ".sgn", Digest: tlv.DigestSHA1, Timestamp: made,
		})
		if err != nil || !bytes.Equal(parse(t, plain).Content, content) {
			t.Errorf("%d bytes in clear: %v", n, err)
		}
	}
}

// Of a file with a changed byte nothing verifies and nothing is decrypted.
func TestEveryByteChanged(t *testing.T) {
	key, l := rsaKey(t, phoneKey), list(t)
	for _, name := range []string{"sha1/" + plainName + ".enc.sgn", "sha512/" + plainName + ".enc.sgn", "sha1/" + plainName + ".sgn", "sha512/short.cnf.xml.sgn"} {
		data := read(t, name)
		f := parse(t, data)
		e, encrypted := f.Header.Encryption()
		for i := range data {
			changed := bytes.Clone(data)
			changed[i] ^= 1 << (i % 8)
			g, err := tlv.ParseSigned(changed)
			if err != nil {
				continue
			}
			if v, err := signed.Verify(g, l); err == nil {
				t.Fatalf("%s: byte %d changed, verified by record %d", name, i, v.Number)
			}
			// The signature and the names of the signer have no part in the encryption.
			if !encrypted || i < f.Header.Length() && !within(changed, i, e) {
				continue
			}
			if plain, err := signed.Decrypt(g, key); err == nil || len(plain) > 0 {
				t.Fatalf("%s: byte %d changed, %d bytes decrypted, %v", name, i, len(plain), err)
			}
		}
	}
}

// within reports whether byte i belongs to what decides about the plain text.
func within(data []byte, i int, e tlv.Encryption) bool {
	for _, part := range [][]byte{e.IV, e.Key, e.Hash} {
		at := bytes.Index(data, part[:8])
		if at >= 0 && i >= at && i < at+len(part) {
			return true
		}
	}
	return false
}

func TestVerifyRefuses(t *testing.T) {
	f := parse(t, read(t, "sha1/"+plainName+".sgn"))
	l := list(t)
	other, err := os.ReadFile("../testdata/lists/itl-8.6.tlv")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := trust.Read(other)
	if err != nil {
		t.Fatal(err)
	}
	tampered, err := os.ReadFile("../testdata/lists/bad-signature.tlv")
	if err != nil {
		t.Fatal(err)
	}
	bad, err := trust.Read(tampered)
	if err != nil {
		t.Fatal(err)
	}
	var absent *signed.NoRecordError
	if _, err := signed.Verify(f, stranger); !errors.As(err, &absent) {
		t.Errorf("another cluster's list: %v", err)
	}
	if _, err := signed.Verify(f); !errors.As(err, &absent) {
		t.Errorf("no list: %v", err)
	}
	if v, err := signed.Verify(f, stranger, l); err != nil || v.List != 1 {
		t.Errorf("the second list vouches: %v, %v", v, err)
	}
	if v, err := signed.Verify(f, l, bad); err != nil && v != nil || err == nil && v.List != 0 {
		t.Errorf("an unverified list beside: %v, %v", v, err)
	}
	if _, err := signed.Verify(f, bad); err == nil {
		t.Error("a list that does not verify vouches")
	}
	var name *signed.NameError
	if err := signed.CheckName(f, plainName+".sgn"); err != nil {
		t.Error(err)
	}
	if err := signed.CheckName(f, "SEP001122334466.cnf.xml.sgn"); !errors.As(err, &name) {
		t.Errorf("another name: %v", err)
	}
	if _, err := signed.VerifyWith(f, certificate(t, phoneCert)); err == nil {
		t.Error("another certificate verifies")
	}
}

// The signer's record under another role does not vouch.
func TestVerifyRole(t *testing.T) {
	data, err := signed.Make([]byte("x"), rsaKey(t, "../keys/itlrecovery.pem"), certificate(t, "../certs/ITLRecovery.pem"),
		signed.Options{Filename: "ringlist.xml.sgn", Style: tlv.StyleCertutils, Digest: tlv.DigestSHA1, Timestamp: made})
	if err != nil {
		t.Fatal(err)
	}
	var role *signed.RoleError
	if _, err := signed.Verify(parse(t, data), list(t)); !errors.As(err, &role) || role.Role != tlv.RoleSAST || role.Number != 1 {
		t.Errorf("a SAST signs files: %v", err)
	}
}

// What depends on the key has one error, so that nobody learns from it.
func TestDecryptionErrors(t *testing.T) {
	data := read(t, "sha512/"+plainName+".enc.sgn")
	f := parse(t, data)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Decrypt(f, stranger); err != signed.ErrDecryption {
		t.Errorf("another key: %v", err)
	}
	h := f.Header
	e, _ := h.Encryption()
	for _, part := range [][]byte{e.Key, e.IV, e.Hash, f.Content} {
		changed := bytes.Replace(data, part, append(bytes.Clone(part[:len(part)-1]), part[len(part)-1]^1), 1)
		if _, err := signed.Decrypt(parse(t, changed), rsaKey(t, phoneKey)); err != signed.ErrDecryption {
			t.Errorf("%d bytes changed at the end: %v", len(part), err)
		}
	}
	var unsupported *signed.UnsupportedError
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Decrypt(f, ec); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "EC") {
		t.Errorf("EC key: %v", err)
	}
	if _, err := signed.Decrypt(f, rsaKey(t, "../keys/pub-1024.pem")); !errors.As(err, &unsupported) {
		t.Errorf("key of another size: %v", err)
	}
	if _, err := signed.Decrypt(parse(t, read(t, "sha1/"+plainName+".sgn")), stranger); !errors.Is(err, signed.ErrNotEncrypted) {
		t.Errorf("a file in clear: %v", err)
	}
	if _, _, err := signed.Open(f, nil, list(t)); !errors.Is(err, signed.ErrKeyNeeded) {
		t.Errorf("no key: %v", err)
	}
}

func TestEncryptForEC(t *testing.T) {
	var unsupported *signed.UnsupportedError
	if _, _, err := signed.Encrypt(nil, certificate(t, "../certs/tftp-ec.pem"), tlv.DigestSHA1, nil); !errors.As(err, &unsupported) {
		t.Errorf("%v", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, digest := range []string{"sha1", "sha512"} {
		f.Add(read(f, digest+"/"+plainName+".enc.sgn"))
	}
	key, l, want := rsaKey(f, phoneKey), list(f), read(f, plainName)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tlv.ParseSigned(data)
		if err != nil {
			return
		}
		if plain, err := signed.Decrypt(file, key); err == nil && !bytes.Equal(plain, want) {
			t.Errorf("%d bytes decrypted", len(plain))
		} else if err != nil && len(plain) > 0 {
			t.Error("plain text with an error")
		}
		if v, err := signed.Verify(file, l); err == nil && !slices.ContainsFunc([]string{"sha1", "sha512"}, func(d string) bool {
			return bytes.Equal(data, read(t, d+"/"+plainName+".enc.sgn"))
		}) {
			t.Errorf("verified by record %d", v.Number)
		}
	})
}

func ExampleVerify() {
	data, err := os.ReadFile("../testdata/signed/sha512/SEP001122334455.cnf.xml.sgn")
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := tlv.ParseSigned(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	itl, err := os.ReadFile("../testdata/signed/ITLFile.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := trust.Read(itl)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := signed.Verify(f, l)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Header.Filename(), "is signed by record", v.Number, v.Record.Role(), "with", v.Digest)
	// Output: SEP001122334455.cnf.xml.sgn is signed by record 2 TFTP with SHA-512
}
