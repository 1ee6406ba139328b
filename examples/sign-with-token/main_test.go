//go:build cgo

package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
	"github.com/ctlinspect/ctlinspect/trust"
)

const data = "../../testdata/"

func readPEM(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(data + name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		t.Fatalf("%s holds no PEM", name)
	}
	return block.Bytes
}

func TestSign(t *testing.T) {
	env := softhsm.New(t)
	key, err := x509.ParsePKCS8PrivateKey(readPEM(t, "keys/etoken-b.pem"))
	if err != nil {
		t.Fatal(err)
	}
	env.Token(t, "SAST-B", "1234-test").Import(t, softhsm.Object{
		Key: key.(*rsa.PrivateKey), Certificate: readPEM(t, "certs/etoken-b.pem"), ID: []byte{1}, Label: "signer",
	})
	dir := t.TempDir()
	pin, out := filepath.Join(dir, "pin"), filepath.Join(dir, "CTLFile.tlv")
	if err := os.WriteFile(pin, []byte("1234-test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sign("pkcs11:token=SAST-B?module-path="+env.Module+"&pin-source="+pin, data+"lists/ctl-etoken.tlv", out); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	list, err := trust.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	if signer, err := list.Verify(); err != nil || signer.Number != 2 {
		t.Errorf("signed by %v, %v", signer, err)
	}
}
