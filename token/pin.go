package token

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// A PINSource knows a PIN. It is asked at most once for each token.
type PINSource interface {
	// PIN gives the PIN of the token, which it may name to a person, together
	// with its PIN state. The bytes are overwritten after use. An error must
	// not hold any part of the PIN.
	PIN(Info) ([]byte, error)

	// Typed reports whether a person types the PIN at a terminal when PIN is
	// called, with the token named. Only such a source is used for a final
	// try, and for more than one token.
	Typed() bool
}

// PINFunc is a PINSource that is not typed.
type PINFunc func(Info) ([]byte, error)

// PIN calls f.
func (f PINFunc) PIN(i Info) ([]byte, error) { return f(i) }

// Typed is false.
func (PINFunc) Typed() bool { return false }

// PINFromTerminal asks at the terminal that controls the process (/dev/tty, on
// Windows the console), whatever standard input is. What is typed is not shown,
// and what was typed ahead is thrown away. Ctrl-C and SIGTERM bring the echo
// back and end it with ErrInterrupted. Without a terminal it fails at once.
func PINFromTerminal() PINSource { return terminal{} }

type terminal struct{}

func (terminal) Typed() bool { return true }

func (terminal) PIN(i Info) ([]byte, error) { return SecretFromTerminal(prompt(i), i.name()) }

// SecretFromTerminal asks for another secret than a PIN, a passphrase or a
// password, with the care of [PINFromTerminal]. The prompt is written as it is;
// errors speak of the name. They are [ErrInterrupted] and [ErrNoPIN].
func SecretFromTerminal(prompt, name string) ([]byte, error) {
	pin, err := readPIN(prompt)
	var signal stopped
	switch {
	case errors.As(err, &signal):
		return nil, &Error{Kind: ErrInterrupted, Token: name, Text: signal.Error(), Next: "nothing was tried"}
	case err != nil:
		return nil, &Error{Kind: ErrNoPIN, Token: name, Text: "it cannot be typed", Err: err,
			Next: "run the command at a terminal, or give a PIN file or an environment variable"}
	}
	return pin, nil
}

// prompt shows texts of the token quoted, as they could hold control characters.
func prompt(i Info) string {
	p := "PIN of " + i.name()
	switch i.PIN {
	case PINStateLow:
		p += ", a wrong PIN was entered before"
	case PINStateFinalTry:
		p += ", FINAL TRY: A WRONG PIN LOCKS THE TOKEN FOR GOOD"
	case PINStateNotReported:
		p += ", tries left not known"
	}
	return p + ": "
}

// PINFromFile reads the file when the PIN is needed. One newline at the end, LF
// or CR LF, is not part of the PIN.
func PINFromFile(path string) PINSource {
	return PINFunc(func(i Info) ([]byte, error) {
		pin, err := readPINFile(path)
		if err != nil {
			return nil, noPINFrom(i, err, "check the PIN file")
		}
		return pin, nil
	})
}

const maxPIN = 4096

func readPINFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		// The path may be the PIN itself, given by mistake.
		return nil, errors.New("the PIN file does not exist")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := io.ReadAll(io.LimitReader(f, maxPIN+1))
	if err == nil && len(all) > maxPIN {
		err = fmt.Errorf("%s is longer than any PIN", path)
	}
	if err != nil {
		wipe(all)
		return nil, err
	}
	return trimNewline(all), nil
}

func trimNewline(b []byte) []byte {
	if line, ok := bytes.CutSuffix(b, []byte("\r\n")); ok {
		return line
	}
	return bytes.TrimSuffix(b, []byte("\n"))
}

// PINFromEnv reads the environment variable when the PIN is needed.
func PINFromEnv(name string) PINSource {
	return PINFunc(func(i Info) ([]byte, error) {
		value, ok := os.LookupEnv(name)
		if !ok {
			return nil, noPINFrom(i, fmt.Errorf("the environment variable%s is not set", nameOf(name)), "set it, or give another source")
		}
		return []byte(value), nil
	})
}

// nameOf is a name that can be shown: what is none may be the PIN itself.
func nameOf(s string) string {
	if regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(s) {
		return " " + s
	}
	return ""
}

func noPINFrom(i Info, err error, next string) error {
	return &Error{Kind: ErrNoPIN, Token: i.name(), Err: err, Next: next}
}

// ChoosePIN gives the PIN source out of the ones that a command knows: a file,
// an environment variable, the URI's pin-source or pin-value. If none is given,
// the PIN is typed. More than one is an error, which is one of usage and not of
// the token.
func ChoosePIN(file, env string, u URI) (PINSource, error) {
	var given []string
	source := PINFromTerminal()
	choose := func(name string, s PINSource) { given, source = append(given, name), s }
	if file != "" {
		choose("a PIN file", PINFromFile(file))
	}
	if env != "" {
		choose("an environment variable", PINFromEnv(env))
	}
	if u.PINSource != "" {
		path, err := pinFile(u.PINSource)
		if err != nil {
			return nil, &URIError{Attribute: "pin-source", Err: err}
		}
		choose("the URI's pin-source", PINFromFile(path))
	}
	if u.HasPINValue() {
		choose("the URI's pin-value", u.pin)
	}
	if len(given) > 1 {
		return nil, fmt.Errorf("the PIN is given more than once (%s): give one", strings.Join(given, ", "))
	}
	return source, nil
}

// PIN gives a copy, because the caller wipes it.
func (s secret) PIN(Info) ([]byte, error) { return s(), nil }

// Typed is false.
func (secret) Typed() bool { return false }

// Format shows nothing.
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(PIN)") }
