// Package keyfile reads private keys from files.
package keyfile

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/input"
)

// ErrPassphrase is the cause of the error for a passphrase that does not open
// the key.
var ErrPassphrase = errors.New("wrong passphrase")

// An Error: a file does not hold what it should.
type Error struct {
	Name string
	Err  error
}

func (e *Error) Error() string { return e.Name + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// read reads a file. Keys never come from standard input, which is for lists and
// signatures.
func read(name string) ([]byte, error) {
	if name == input.Stdin {
		return nil, input.ErrStdin
	}
	return input.ReadFile(name, nil)
}

// Key reads a private key in PEM: PKCS #1, PKCS #8, EC, or encrypted PKCS #8,
// for which the passphrase is asked. No error holds any of it. It fails with an
// [*Error], around that of passphrase too, or because the file cannot be read.
func Key(name string, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	data, err := read(name)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		key, err := parseKey(block, passphrase)
		if err != nil {
			return nil, &Error{name, err}
		}
		return key, nil
	}
	return nil, &Error{name, errors.New("no private key in PEM; expected -----BEGIN PRIVATE KEY-----")}
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
		return unlock(block.Bytes, passphrase)
	}
	return nil, fmt.Errorf("%s: expected PKCS #1 or PKCS #8", block.Type)
}
