package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/secret"
	"github.com/ctlinspect/ctlinspect/token"
)

// choosePIN returns where the PIN of a token comes from: a file, an environment
// variable or the URI, of which one at most may be given, else the terminal.
func (k *keyring) choosePIN(u token.URI) (token.PINSource, error) {
	s := k.flags
	inURI, err := u.PIN()
	if err != nil {
		return nil, badUsage(err)
	}
	if err := s.onePIN(inURI != nil); err != nil {
		return nil, err
	}
	file := s.pinFile
	if file == "" && u.PINSource != "" {
		if file, err = u.PINFile(); err != nil {
			return nil, badUsage(err)
		}
	}
	switch {
	case file == "" && s.pinFileRaw:
		return nil, misuse("--pin-file-raw goes with --pin-file, or pin-source in the URI")
	case file != "" && s.pinFileRaw:
		k.warnIfShared(file)
		return token.PINFromRawFile(file), nil
	case file != "":
		k.warnIfShared(file)
		return token.PINFromFile(file), nil
	case s.pinEnv != "":
		return token.PINFromEnv(s.pinEnv), nil
	case inURI != nil:
		return inURI, nil
	}
	return token.PINFromTerminal(), nil
}

// warnIfShared warns about a PIN file that other users may read. What is wrong
// with it otherwise is reported when it is read.
func (k *keyring) warnIfShared(file string) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS == "windows" {
		return
	}
	if mode := info.Mode().Perm(); mode&0o044 != 0 {
		k.app.warn(fmt.Sprintf("other users can read the PIN file (mode %04o): chmod 600 %s", mode, file))
	}
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
func (k *keyring) passphrase() ([]byte, error) {
	if k.flags.pinFile != "" {
		k.warnIfShared(k.flags.pinFile)
	}
	text, err := k.flags.readPassphrase()
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

// pinAdvice says which flags help with an error about a PIN.
func pinAdvice(err error) string {
	var odd secret.Odd
	switch {
	case errors.As(err, &odd):
		return "--pin-file FILE --pin-file-raw reads a PIN as it stands in the file"
	case errors.Is(err, token.ErrNoPIN):
		return "the PIN is typed at a terminal, or comes from --pin-file FILE, --pin-env NAME or pin-source=file:PATH in the URI"
	case errors.Is(err, token.ErrCountLow):
		return "--allow-low-count tries a PIN that is not typed; first find out why the last one was wrong"
	}
	return ""
}

// meantToken adds to the error for a key file that does not exist how a token of
// that name would be written.
func meantToken(err error, name string) error {
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(name, `/\.`) {
		return err
	}
	return fmt.Errorf("%w; if this is the label of a token, write %s", err, token.URI{Token: name})
}

// isTokenError reports whether err comes from a module, a token or a PIN.
func isTokenError(err error) bool {
	var failed *token.Error
	var selection *token.SelectionError
	var module *token.ModuleError
	return errors.As(err, &failed) || errors.As(err, &selection) || errors.As(err, &module)
}
