package keyfile

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"

	"github.com/ctlinspect/ctlinspect/internal/input"
)

const testdata = "../../testdata"

const secret = "correct horse"

func file(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func must(t testing.TB) func([]byte, error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func never(t testing.TB) func() ([]byte, error) {
	return func() ([]byte, error) {
		t.Error("the passphrase was asked for")
		return nil, errors.New("no passphrase")
	}
}

func token(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := Key(testdata+"/keys/etoken-a.pem", never(t))
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func TestKey(t *testing.T) {
	key := token(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain := must(t)(x509.MarshalPKCS8PrivateKey(key))
	for name, tt := range map[string]struct {
		data []byte
		want crypto.Signer
	}{
		"PKCS #1":             {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), key},
		"PKCS #8":             {block("PRIVATE KEY", plain), key},
		"EC":                  {block("EC PRIVATE KEY", must(t)(x509.MarshalECPrivateKey(ec))), ec},
		"behind other blocks": {slices.Concat([]byte("text\n"), block("EC PARAMETERS", []byte{6, 0}), block("CERTIFICATE", nil), block("PRIVATE KEY", plain)), key},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Key(file(t, tt.data), never(t))
			if err != nil {
				t.Fatal(err)
			}
			if !got.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(tt.want.Public()) {
				t.Error("another key")
			}
		})
	}
}

func encrypted(t testing.TB, opts *pkcs8.Opts) []byte {
	t.Helper()
	return must(t)(pkcs8.MarshalPrivateKey(token(t), []byte(secret), opts))
}

var scrypt = &pkcs8.Opts{Cipher: pkcs8.AES256CBC, KDFOpts: pkcs8.ScryptOpts{SaltSize: 8, CostParameter: 16384, BlockSize: 8, ParallelizationParameter: 1}}

// The passphrase is asked for once and wiped.
func TestEncryptedKey(t *testing.T) {
	for name, der := range map[string][]byte{"PBKDF2": encrypted(t, nil), "scrypt": encrypted(t, scrypt)} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			given := []byte(secret)
			key, err := Key(file(t, block("ENCRYPTED PRIVATE KEY", der)), func() ([]byte, error) {
				asked++
				return given, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !token(t).Equal(key) {
				t.Error("another key")
			}
			if asked != 1 || !bytes.Equal(given, make([]byte, len(secret))) {
				t.Errorf("asked %d times, %q is left", asked, given)
			}
		})
	}
}

func TestWrongPassphrase(t *testing.T) {
	name := file(t, block("ENCRYPTED PRIVATE KEY", encrypted(t, nil)))
	cause := errors.New("no terminal")
	for _, tt := range []struct {
		name   string
		secret string
		err    error
		want   error
	}{
		{"wrong", "battery staple", nil, ErrPassphrase},
		{"empty", "", nil, ErrPassphrase},
		{"not there", "", cause, cause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := Key(name, func() ([]byte, error) { return []byte(tt.secret), tt.err })
			if key != nil || !errors.Is(err, tt.want) {
				t.Fatalf("Key = %v, %v, want %v", key, err, tt.want)
			}
			if !strings.HasPrefix(err.Error(), name) || strings.Contains(err.Error(), "staple") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestBadKeys(t *testing.T) {
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large := slices.Repeat([]byte("-----BEGIN X PRIVATE KEY-----\n"), input.MaxSize/32)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"empty":          {nil, "no private key in PEM"},
		"certificate":    {block("CERTIFICATE", []byte{0x30, 0}), "no private key in PEM"},
		"begun often":    {large, "no private key in PEM"},
		"DER":            {must(t)(x509.MarshalPKCS8PrivateKey(token(t))), "no private key in PEM"},
		"damaged":        {block("PRIVATE KEY", []byte{0x30, 0x03, 2, 1, 0}), "asn1"},
		"other kind":     {block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1")), "OPENSSH PRIVATE KEY: expected PKCS #1 or PKCS #8"},
		"old encryption": {[]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"), "openssl pkcs8 -topk8"},
		"cannot sign":    {block("PRIVATE KEY", must(t)(x509.MarshalPKCS8PrivateKey(x25519))), "cannot sign"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Key(file(t, tt.data), never(t))
			var wrong *Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// scheme is the outside of an encrypted key.
type scheme struct {
	Algorithm struct {
		PBES2  asn1.ObjectIdentifier
		Params struct {
			Derivation struct {
				Algorithm asn1.ObjectIdentifier
				Params    asn1.RawValue
			}
			Cipher struct {
				Algorithm asn1.ObjectIdentifier
				IV        []byte
			}
		}
	}
	Data []byte
}

// changed is an encrypted key with something in it changed.
func changed(t testing.TB, opts *pkcs8.Opts, change func(*scheme)) []byte {
	t.Helper()
	var s scheme
	if _, err := asn1.Unmarshal(encrypted(t, opts), &s); err != nil {
		t.Fatal(err)
	}
	change(&s)
	return block("ENCRYPTED PRIVATE KEY", must(t)(asn1.Marshal(s)))
}

func costs(t testing.TB, numbers ...int64) func(*scheme) {
	return func(s *scheme) {
		b := must(t)(asn1.Marshal([]byte("saltsalt")))
		for _, n := range numbers {
			b = append(b, must(t)(asn1.Marshal(n))...)
		}
		s.Algorithm.Params.Derivation.Params = asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: b}
	}
}

// A key that asks for any time or memory is refused before its passphrase is
// asked for.
func TestDearKeys(t *testing.T) {
	for name, data := range map[string][]byte{
		"rounds":         changed(t, nil, costs(t, maxRounds+1)),
		"all rounds":     changed(t, nil, costs(t, 1<<62)),
		"negative":       changed(t, nil, costs(t, -1<<63)),
		"scrypt N":       changed(t, scrypt, costs(t, 1<<40, 8, 1)),
		"scrypt r":       changed(t, scrypt, costs(t, 16384, 1<<40, 1)),
		"scrypt N r":     changed(t, scrypt, costs(t, 1<<20, 1<<20, 1)),
		"scrypt p":       changed(t, scrypt, costs(t, 16384, 8, maxThreads+1)),
		"scrypt memory":  changed(t, scrypt, costs(t, 1<<19, 8, 1)),
		"scrypt product": changed(t, scrypt, costs(t, 1<<21, 1<<21, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Key(file(t, data), never(t))
			var wrong *Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "too long or too much memory") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Keys that a library could fall over give an error.
func TestHostileKeys(t *testing.T) {
	for name, data := range map[string][]byte{
		"no vector":       changed(t, nil, func(s *scheme) { s.Algorithm.Params.Cipher.IV = nil }),
		"long vector":     changed(t, nil, func(s *scheme) { s.Algorithm.Params.Cipher.IV = make([]byte, 1000) }),
		"half a block":    changed(t, nil, func(s *scheme) { s.Data = s.Data[:len(s.Data)-1] }),
		"no data":         changed(t, nil, func(s *scheme) { s.Data = nil }),
		"no costs":        changed(t, nil, costs(t)),
		"no scrypt costs": changed(t, scrypt, costs(t, 2)),
		"zero costs":      changed(t, scrypt, costs(t, 0, 0, 0)),
		"no rounds":       changed(t, nil, costs(t, 0)),
		"not PBES2":       changed(t, nil, func(s *scheme) { s.Algorithm.PBES2 = oidPBKDF2 }),
		"no derivation":   changed(t, nil, func(s *scheme) { s.Algorithm.Params.Derivation.Algorithm = oidPBES2 }),
		"empty":           block("ENCRYPTED PRIVATE KEY", nil),
		"no sequence":     block("ENCRYPTED PRIVATE KEY", []byte{0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF}),
	} {
		t.Run(name, func(t *testing.T) {
			key, err := Key(file(t, data), func() ([]byte, error) { return []byte(secret), nil })
			var wrong *Error
			if key != nil || !errors.As(err, &wrong) {
				t.Errorf("Key = %v, %v", key, err)
			}
		})
	}
}

var oidPBES2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}

func TestNotRead(t *testing.T) {
	large := file(t, make([]byte, input.MaxSize+1))
	for name, want := range map[string]error{filepath.Join(t.TempDir(), "nosuch"): fs.ErrNotExist, large: input.ErrTooLarge, "-": nil} {
		if _, err := Key(name, never(t)); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
	}
}
