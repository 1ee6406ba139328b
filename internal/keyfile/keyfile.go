// Package keyfile reads private keys and certificates from files.
package keyfile

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/youmark/pkcs8"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
)

// ErrPassphrase is the cause of the error for a passphrase that does not open
// the key.
var ErrPassphrase = errors.New("wrong passphrase")

// Key reads a private key in PEM: PKCS #1, PKCS #8, EC, or encrypted PKCS #8,
// for which the passphrase is asked. No error holds any of it.
func Key(name string, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	data, err := inspect.ReadFile(name, nil)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if !bytes.HasSuffix([]byte(block.Type), []byte("PRIVATE KEY")) {
			continue
		}
		key, err := parseKey(block, passphrase)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return key, nil
	}
	return nil, fmt.Errorf("%s: no private key in PEM; expected -----BEGIN PRIVATE KEY-----", name)
}

func parseKey(block *pem.Block, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	key, err := parseKeyBlock(block, passphrase)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

func parseKeyBlock(block *pem.Block, passphrase func() ([]byte, error)) (any, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errors.New("encrypted in the old way of OpenSSL; convert it: openssl pkcs8 -topk8 -in OLD -out NEW")
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return decrypt(block.Bytes, passphrase)
	}
	return nil, fmt.Errorf("%s: expected PKCS #1 or PKCS #8", block.Type)
}

func decrypt(der []byte, passphrase func() ([]byte, error)) (any, error) {
	secret, err := passphrase()
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	key, err := pkcs8.ParsePKCS8PrivateKey(der, secret)
	if err != nil {
		return nil, fmt.Errorf("%w, or a way of encryption that is not supported: %w", ErrPassphrase, err)
	}
	return key, nil
}

// Certificates reads the certificates of a file: PEM, several in one file too,
// or one in DER.
func Certificates(name string) ([]*cert.Certificate, error) {
	data, err := inspect.ReadFile(name, nil)
	if err != nil {
		return nil, err
	}
	var list []*cert.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := cert.Read(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", name, len(list)+1, err)
		}
		list = append(list, c)
	}
	if len(list) > 0 {
		return list, nil
	}
	c, err := cert.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: no certificate, neither PEM nor DER", name)
	}
	return []*cert.Certificate{c}, nil
}

// Certificate reads the one certificate of a file.
func Certificate(name string) (*cert.Certificate, error) {
	list, err := Certificates(name)
	if err != nil {
		return nil, err
	}
	if len(list) > 1 {
		return nil, fmt.Errorf("%s holds %d certificates: put the one that is meant into a file of its own", name, len(list))
	}
	return list[0], nil
}
