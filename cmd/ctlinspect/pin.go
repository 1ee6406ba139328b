package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/secret"
	"github.com/ctlinspect/ctlinspect/token"
)

// choosePIN returns where the PIN of a token comes from: a file, an environment
// variable or the URI, of which one at most may be given, else the terminal.
func (s *signerFlags) choosePIN(u token.URI) (token.PINSource, error) {
	inURI, err := u.PIN()
	if err != nil {
		return nil, badUsage(err)
	}
	if err := s.onePIN(inURI != nil); err != nil {
		return nil, err
	}
	switch {
	case s.pinFile != "":
		return token.PINFromFile(s.pinFile), nil
	case s.pinEnv != "":
		return token.PINFromEnv(s.pinEnv), nil
	case inURI != nil:
		return inURI, nil
	}
	return token.PINFromTerminal(), nil
}

func (s *signerFlags) onePIN(inURI bool) error {
	var given []string
	if s.pinFile != "" {
		given = append(given, "--pin-file")
	}
	if s.pinEnv != "" {
		given = append(given, "--pin-env")
	}
	if inURI {
		given = append(given, "the URI")
	}
	if len(given) > 1 {
		return misuse("the PIN is given more than once: by %s", strings.Join(given, " and "))
	}
	return nil
}

// passphrase is that of a key file. Failing to get it has the exit code of PIN
// problems.
func (s *signerFlags) passphrase() ([]byte, error) {
	text, err := s.readPassphrase()
	if err != nil {
		return nil, exitError{exitToken, fmt.Errorf("no passphrase: %w", err)}
	}
	return text, nil
}

func (s *signerFlags) readPassphrase() ([]byte, error) {
	switch {
	case s.pinFile != "":
		return secret.FromFile(s.pinFile)
	case s.pinEnv != "":
		return secret.FromEnv(s.pinEnv)
	}
	text, err := secret.Ask(fmt.Sprintf("passphrase of %q: ", s.signer))
	if errors.Is(err, secret.ErrNoTerminal) {
		err = fmt.Errorf("%w; use --pin-file FILE or --pin-env NAME", err)
	}
	return text, err
}

// isTokenError reports whether err comes from a module, a token or a PIN.
func isTokenError(err error) bool {
	var failed *token.Error
	var selection *token.SelectionError
	var module *token.ModuleError
	return errors.As(err, &failed) || errors.As(err, &selection) || errors.As(err, &module)
}
