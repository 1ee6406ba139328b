package main

import (
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/keyfile"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/token"
)

// signerFlags say who signs, and where PINs come from.
type signerFlags struct {
	signer        string // pkcs11: URI or key file
	certificate   string
	module        string
	pinFile       string
	pinFileRaw    bool
	pinEnv        string
	allowLowCount bool
	allowFinalTry bool
}

func (s *signerFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&s.signer, "signer", "", "the `SIGNER`, a pkcs11: URI (see token list) or a key file in PEM")
	flags.StringVar(&s.certificate, "signer-cert", "", "certificate `FILE` of a signer that is a key file")
	flags.StringVar(&s.module, "module", "", "load this PKCS #11 module `FILE` (default that of the URI, else the usual ones)")
	flags.StringVar(&s.pinFile, "pin-file", "", "read the PIN or passphrase from this `FILE`; one trailing newline is ignored")
	flags.BoolVar(&s.pinFileRaw, "pin-file-raw", false, "blanks, quotes and BOM at the ends of the PIN file belong to the PIN")
	flags.StringVar(&s.pinEnv, "pin-env", "", "read the PIN or passphrase from the environment variable `NAME`")
	flags.BoolVar(&s.allowLowCount, "allow-low-count", false, "log in after a wrong PIN with one that is not typed")
	flags.BoolVar(&s.allowFinalTry, "allow-final-try", false, "log in even if one more wrong PIN locks the token for good; the PIN must be typed")
}

func isTokenURI(s string) bool { return len(s) >= 7 && strings.EqualFold(s[:7], "pkcs11:") }

// A keyring opens what certificates and keys are asked for. It has one PKCS #11
// module at most.
type keyring struct {
	app    *app
	flags  *signerFlags
	module *token.Module
	path   string // the module that was asked for, "" for the usual ones
}

// close ends the use of the module; err is how the work itself ended.
func (k *keyring) close(err *error) {
	if k.module != nil {
		k.app.closeModule(k.module, err)
	}
}

// A signer is who signs: the key, the certificate if it is known.
type signer struct {
	key         crypto.Signer // of a token also a crypto.MessageSigner
	certificate *cert.Certificate
}

// signer finds who signs. No PIN is asked for yet.
func (k *keyring) signer() (*signer, error) {
	switch {
	case k.flags.signer == "":
		return nil, misuse("--signer is missing: a pkcs11: URI (see ctlinspect token list) or a key file")
	case isTokenURI(k.flags.signer):
		return k.tokenSigner()
	}
	return k.fileSigner()
}

// publicSigner is the certificate of who is to sign elsewhere.
func (k *keyring) publicSigner() (*cert.Certificate, error) {
	switch {
	case isTokenURI(k.flags.signer):
		return k.tokenCertificate(k.flags.signer)
	case k.flags.certificate != "" && k.flags.signer == "":
		return certs.ReadOne(k.flags.certificate)
	}
	return nil, misuse("--to-be-signed signs nothing: name the signer's certificate with --signer-cert, or a pkcs11: URI with --signer, not a key")
}

func (k *keyring) fileSigner() (*signer, error) {
	if err := k.flags.onePIN(false); err != nil {
		return nil, err
	}
	key, err := keyfile.Key(k.flags.signer, k.passphrase)
	if err != nil {
		return nil, k.pinError(meantToken(err, k.flags.signer))
	}
	s := &signer{key: key}
	if k.flags.certificate == "" {
		return s, nil
	}
	if s.certificate, err = certs.ReadOne(k.flags.certificate); err != nil {
		return nil, err
	}
	public, err := s.certificate.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.flags.certificate, err)
	}
	if !cert.SameKey(key.Public(), public) {
		return nil, misuse("%s is not the certificate of the key %s", k.flags.certificate, k.flags.signer)
	}
	return s, nil
}

// pinError gives a wrong passphrase the exit code of PIN problems.
func (k *keyring) pinError(err error) error {
	if errors.Is(err, keyfile.ErrPassphrase) {
		return exitError{exitToken, err}
	}
	return err
}

func (k *keyring) tokenSigner() (*signer, error) {
	if k.flags.certificate != "" {
		return nil, misuse("--signer-cert goes with a key file: the certificate of a token is read from the token")
	}
	c, read, err := k.onToken(k.flags.signer)
	if err != nil {
		return nil, err
	}
	s, err := k.module.Signer(c)
	if err != nil {
		return nil, err
	}
	return &signer{s, read}, nil
}

func (k *keyring) tokenCertificate(uri string) (*cert.Certificate, error) {
	_, read, err := k.onToken(uri)
	return read, err
}

// onToken finds the one certificate that the URI chooses.
func (k *keyring) onToken(s string) (token.Certificate, *cert.Certificate, error) {
	uri, err := k.open(s)
	if err != nil {
		return token.Certificate{}, nil, err
	}
	c, err := k.module.FindCertificate(uri)
	if err != nil {
		return c, nil, err
	}
	read, err := cert.Read(c.DER)
	if err != nil {
		return c, nil, fmt.Errorf("certificate of %s: %w", c.URI(), err)
	}
	return c, read, nil
}

// open parses a URI and sees that the module is open. The PIN source is that of
// the signer, whichever URI opens the module.
func (k *keyring) open(s string) (token.URI, error) {
	uri, err := token.ParseURI(s)
	if err != nil {
		return uri, badUsage(err)
	}
	for _, w := range uri.Warnings() {
		k.app.warn(w)
	}
	path := k.flags.module
	if path == "" {
		path = uri.ModulePath
	}
	if s != k.flags.signer && (uri.PINSource != "" || uri.HasPINValue()) {
		return uri, misuse("pin-source and pin-value belong to the URI of --signer: no PIN is needed to read a certificate")
	}
	if k.module != nil {
		if path != k.path && path != "" {
			return uri, misuse("all tokens of a run are reached through one module: %q and %q were asked for", k.path, path)
		}
		return uri, nil
	}
	source, err := k.pinSource()
	if err != nil {
		return uri, err
	}
	k.path = path
	k.module, err = openModule(token.Config{
		Module: path, ModuleName: uri.ModuleName, PIN: source,
		AllowLowCount: k.flags.allowLowCount, AllowFinalTry: k.flags.allowFinalTry, Warn: k.app.warn,
	}, k.flags.pinEnv)
	return uri, err
}

func (k *keyring) pinSource() (token.PINSource, error) {
	var uri token.URI
	if isTokenURI(k.flags.signer) {
		var err error
		if uri, err = token.ParseURI(k.flags.signer); err != nil {
			return nil, badUsage(err)
		}
	}
	return k.choosePIN(uri)
}

// record looks up the certificate of an entry and returns its record.
func (k *keyring) record(d *draft.Draft, e draft.Entry) (tlv.Record, error) {
	var c *cert.Certificate
	var err error
	if e.TokenURI != "" {
		c, err = k.tokenCertificate(e.TokenURI)
	} else {
		c, err = certs.ReadOne(e.File)
	}
	if err != nil {
		return tlv.Record{}, err
	}
	return d.Record(e, c)
}
