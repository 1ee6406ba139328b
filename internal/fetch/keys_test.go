package fetch

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// issue makes an authority, in PEM, and a server's certificate by it.
func issue(t *testing.T, host string) ([]byte, *tls.Config) {
	t.Helper()
	caKey, ca := certificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	key, leaf := certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}}, ca, caKey)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), config
}

func certificate(t *testing.T, template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

// An identity is an SSH key in all the forms that tests need.
type identity struct {
	private any
	signer  ssh.Signer
	file    string // PEM, mode 0600
	public  string // a line of authorized_keys or, behind a host, of known_hosts
}

func newIdentity(t *testing.T, private any, err error) identity {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return identity{private, signer, writeFile(t, "id", pem.EncodeToMemory(block)), string(ssh.MarshalAuthorizedKey(signer.PublicKey()))}
}

func newEd25519(t *testing.T) identity {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return newIdentity(t, key, err)
}

func newRSA(t *testing.T) identity {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return newIdentity(t, key, err)
}

// knownHost writes a known_hosts file with a host's key.
func (i identity) knownHost(t *testing.T, port string) string {
	return writeFile(t, "known_hosts", []byte("[127.0.0.1]:"+port+" "+i.public))
}
