package certs_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/certs"
)

func TestCheckSignature(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), SignatureAlgorithm: x509.SHA1WithRSA}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.CheckSignature(c, &key.PublicKey); err != nil {
		t.Error(err)
	}
	if err := certs.CheckSignature(c, &other.PublicKey); !errors.Is(err, rsa.ErrVerification) {
		t.Errorf("another key: %v", err)
	}
	large := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), certs.MaxKeyBits), E: 3}
	if err := certs.CheckSignature(c, large); err == nil || !strings.Contains(err.Error(), "the issuer's key has 8193 bits, more than 8192") {
		t.Errorf("a large key: %v", err)
	}
	c.SignatureAlgorithm = x509.MD5WithRSA
	var weak x509.InsecureAlgorithmError
	if err := certs.CheckSignature(c, &key.PublicKey); !errors.As(err, &weak) {
		t.Errorf("MD5: %v", err)
	}
}
