package cert_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
)

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PublicKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}

func TestParseKeyRSA(t *testing.T) {
	tests := map[string]int{"capf-1024": 1024, "pub-2048": 2048, "etoken-b": 1024}
	for name, bits := range tests {
		c := read(t, readPEM(t, "certs/"+name+".pem"))
		b, err := c.KeyBytes()
		if err != nil {
			t.Fatal(err)
		}
		key, err := cert.ParseKey(b)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.PublicKey()
		if err != nil || !cert.SameKey(key, want) {
			t.Errorf("%s: ParseKey = %v, PublicKey = %v, %v", name, key, want, err)
		}
		if kind, n := cert.KeyType(key); kind != "RSA" || n != bits {
			t.Errorf("%s: KeyType = %s %d", name, kind, n)
		}
		if !bytes.Equal(x509.MarshalPKCS1PublicKey(key.(*rsa.PublicKey)), b) {
			t.Errorf("%s: the key encodes to other bytes", name)
		}
	}
}

func TestParseKeyEC(t *testing.T) {
	for size, curve := range map[int]elliptic.Curve{65: elliptic.P256(), 97: elliptic.P384(), 133: elliptic.P521()} {
		want := ecKey(t, curve)
		point, err := want.Bytes()
		if err != nil || len(point) != size {
			t.Fatalf("%d bytes, %v", len(point), err)
		}
		key, err := cert.ParseKey(point)
		if err != nil || !want.Equal(key) {
			t.Errorf("%d bytes: ParseKey = %v, %v", size, key, err)
		}
	}
	c := read(t, readPEM(t, "certs/tftp-ec.pem"))
	point, err := c.KeyBytes()
	if err != nil || len(point) != 97 {
		t.Fatalf("KeyBytes of P-384 has %d bytes, %v", len(point), err)
	}
	want, _ := c.PublicKey()
	if key, err := cert.ParseKey(point); err != nil || !cert.SameKey(key, want) {
		t.Errorf("ParseKey = %v, %v", key, err)
	}
}

func TestParseKeyMalformed(t *testing.T) {
	point, _ := ecKey(t, elliptic.P256()).Bytes()
	offCurve := bytes.Clone(point)
	offCurve[64] ^= 1
	rsaDER := func(n, e *big.Int) []byte {
		b, err := asn1.Marshal(struct{ N, E *big.Int }{n, e})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	n, e := big.NewInt(3233), big.NewInt(17)
	tests := map[string][]byte{
		"nothing":          nil,
		"garbage":          []byte("garbage"),
		"point cut off":    point[:64],
		"point off curve":  offCurve,
		"compressed point": append([]byte{2}, point[1:33]...),
		"one number":       sequence([]byte{2, 1, 7}),
		"modulus 0":        rsaDER(new(big.Int), e),
		"negative modulus": rsaDER(new(big.Int).Neg(n), e),
		"exponent 0":       rsaDER(n, new(big.Int)),
		"exponent -1":      rsaDER(n, big.NewInt(-1)),
		"exponent 2^31":    rsaDER(n, big.NewInt(1<<31)),
		"exponent 2^64":    rsaDER(n, new(big.Int).Lsh(e, 64)),
		"RSA cut off":      rsaDER(n, e)[:5],
	}
	for name, b := range tests {
		if key, err := cert.ParseKey(b); key != nil || !errors.Is(err, cert.ErrMalformed) {
			t.Errorf("%s: ParseKey = %v, %v; want ErrMalformed", name, key, err)
		}
	}
	if key, err := cert.ParseKey(rsaDER(n, big.NewInt(1<<31-1))); err != nil || key.(*rsa.PublicKey).E != 1<<31-1 {
		t.Errorf("exponent 2^31 - 1: %v, %v", key, err)
	}
}

func TestKeyType(t *testing.T) {
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key  crypto.PublicKey
		kind string
		bits int
	}{
		{&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1022), E: 3}, "RSA", 1023},
		{ecKey(t, elliptic.P256()), "EC", 256},
		{ecKey(t, elliptic.P521()), "EC", 521},
		{ed25519.PublicKey(make([]byte, 32)), "Ed25519", 256},
		{x25519.PublicKey(), "X25519", 256},
		{nil, "unknown", 0},
		{"a key", "unknown", 0},
	}
	for _, tt := range tests {
		if kind, bits := cert.KeyType(tt.key); kind != tt.kind || bits != tt.bits {
			t.Errorf("KeyType(%T) = %s, %d; want %s, %d", tt.key, kind, bits, tt.kind, tt.bits)
		}
	}
}

// Keys that are not where they belong give errors, and do not hide the names.
func TestCertificateKeyMalformed(t *testing.T) {
	oid := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}
	tests := map[string][]byte{
		"nothing":      sequence(),
		"no algorithm": sequence(sequence()),
		"no bits":      sequence(sequence(oid)),
		"empty bits":   sequence(sequence(oid), []byte{3, 0}),
		"no numbers":   sequence(sequence(oid), []byte{3, 1, 0}),
	}
	for name, key := range tests {
		p := partsOf(t, "pub-2048")
		p.key = key
		c := read(t, p.der())
		if k, err := c.PublicKey(); k != nil || !errors.Is(err, cert.ErrMalformed) {
			t.Errorf("%s: PublicKey = %v, %v", name, k, err)
		}
		if b, err := c.KeyBytes(); len(b) > 0 || name != "no numbers" && !errors.Is(err, cert.ErrMalformed) {
			t.Errorf("%s: KeyBytes = %x, %v", name, b, err)
		}
		if c.Subject().Get("CN") != "pub.example.com" {
			t.Errorf("%s: the subject is lost", name)
		}
	}
	p := partsOf(t, "tftp-ec")
	p.key = bytes.Clone(p.key)
	p.key[len(p.key)-1] ^= 1 // off the curve
	if k, err := read(t, p.der()).PublicKey(); k != nil || err == nil {
		t.Errorf("point off its curve: PublicKey = %v, %v", k, err)
	}
	p = partsOf(t, "pub-2048")
	p.key = sequence(sequence([]byte{6, 3, 0x2a, 3, 4}), []byte{3, 2, 0, 7})
	if k, err := read(t, p.der()).PublicKey(); k != nil || err == nil {
		t.Errorf("unknown algorithm: PublicKey = %v, %v", k, err)
	}
	if b, err := read(t, p.der()).KeyBytes(); err != nil || !bytes.Equal(b, []byte{7}) {
		t.Errorf("unknown algorithm: KeyBytes = %x, %v", b, err)
	}
}

func TestSameKey(t *testing.T) {
	one := &rsa.PublicKey{N: big.NewInt(15), E: 3}
	other := &rsa.PublicKey{N: big.NewInt(21), E: 3}
	for _, tt := range []struct {
		a, b crypto.PublicKey
		want bool
	}{
		{one, &rsa.PublicKey{N: big.NewInt(15), E: 3}, true},
		{one, other, false},
		{one, nil, false}, {nil, one, false}, {nil, nil, false},
		{one, ed25519.PublicKey(make([]byte, 32)), false},
		{"no key", "no key", false},
	} {
		if got := cert.SameKey(tt.a, tt.b); got != tt.want {
			t.Errorf("SameKey(%v, %v) = %v", tt.a, tt.b, got)
		}
	}
}
