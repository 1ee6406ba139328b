package token

import (
	"errors"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/internal/secret"
)

// A PINSource knows a PIN. It is asked at most once for each token.
type PINSource interface {
	// PIN returns the PIN of the token, which it may name to a person, together
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
// back and end it with ErrInterrupted; Ctrl-Z brings the echo back until the
// process continues. Without a terminal it fails at once.
func PINFromTerminal() PINSource { return typedPIN{} }

type typedPIN struct{}

func (typedPIN) Typed() bool { return true }

func (typedPIN) PIN(i Info) ([]byte, error) {
	pin, err := secret.Ask(prompt(i))
	var signal secret.Interrupted
	switch {
	case errors.As(err, &signal):
		return nil, &Error{Kind: ErrInterrupted, Token: i.name(), Text: "by signal: " + signal.String(), Next: "nothing was tried"}
	case err != nil:
		return nil, &Error{Kind: ErrNoPIN, Token: i.name(), Text: "it cannot be typed", Err: err,
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

// PINFromFile reads the file, of at most 4096 bytes, when the PIN is needed. One
// newline at the end, LF or CR LF, is not part of the PIN. A PIN that begins or
// ends with a blank, a tab, a quotation mark, a byte order mark or an invisible
// character is refused with ErrNoPIN before a try is spent on it.
func PINFromFile(path string) PINSource { return pinFromFile(path, secret.Check) }

// PINFromRawFile is PINFromFile without a look at how the PIN begins and ends.
func PINFromRawFile(path string) PINSource {
	return pinFromFile(path, func([]byte) error { return nil })
}

func pinFromFile(path string, check func([]byte) error) PINSource {
	return PINFunc(func(i Info) ([]byte, error) {
		pin, err := secret.FromFile(path)
		if err != nil {
			return nil, noPINFrom(i, err, "check the PIN file")
		}
		return checked(i, pin, check, "the PIN file does not look like a PIN")
	})
}

// PINFromEnv reads the environment variable when the PIN is needed, and refuses
// what PINFromFile refuses.
func PINFromEnv(name string) PINSource {
	return PINFunc(func(i Info) ([]byte, error) {
		pin, err := secret.FromEnv(name)
		if err != nil {
			return nil, noPINFrom(i, err, "set it, or give another source")
		}
		return checked(i, pin, secret.Check, "the environment variable does not look like a PIN")
	})
}

func checked(i Info, pin []byte, check func([]byte) error, text string) ([]byte, error) {
	if err := check(pin); err != nil {
		wipe(pin)
		return nil, &Error{Kind: ErrNoPIN, Token: i.name(), Text: text, Err: err, Next: "no try was spent; correct it"}
	}
	return pin, nil
}

func noPINFrom(i Info, err error, next string) error {
	return &Error{Kind: ErrNoPIN, Token: i.name(), Err: err, Next: next}
}

// PIN is the PIN that the URI names with pin-source or carries as pin-value;
// nil if it does neither. The error is a [*URIError] if pin-source names
// anything but a file.
func (u URI) PIN() (PINSource, error) {
	if u.pin != nil {
		return u.pin, nil
	}
	if u.PINSource == "" {
		return nil, nil
	}
	path, err := u.PINFile()
	if err != nil {
		return nil, err
	}
	return PINFromFile(path), nil
}

// PINFile is the path of the file that pin-source names; empty if there is no
// pin-source. The error is a [*URIError] if it names anything but a file.
func (u URI) PINFile() (string, error) {
	if u.PINSource == "" {
		return "", nil
	}
	path, err := pinFile(u.PINSource)
	if err != nil {
		return "", &URIError{Attribute: "pin-source", Err: err}
	}
	return path, nil
}

// PIN returns a copy, because the caller wipes it.
func (v pinValue) PIN(Info) ([]byte, error) { return v(), nil }

// Typed is false.
func (pinValue) Typed() bool { return false }

// Format shows nothing.
func (pinValue) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(PIN)") }
