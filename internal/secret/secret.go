// Package secret reads PINs, passphrases and passwords: typed at a terminal
// without an echo, from a file, or from the environment. No error holds any
// part of what was read.
package secret

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
)

// ErrNoTerminal is the cause of Ask's error if there is no terminal to ask at.
var ErrNoTerminal = errors.New("there is no terminal")

// Interrupted is the error of Ask if a signal ended the typing.
type Interrupted struct{ os.Signal }

func (i Interrupted) Error() string { return "interrupted by signal: " + i.Signal.String() }

// maxLength is more bytes than any secret has.
const maxLength = 4096

// Ask writes the question to the terminal that controls the process (/dev/tty,
// on Windows the console), whatever standard input is, and reads one line
// without echo. What was typed before the question is thrown away. Ctrl-C,
// SIGTERM, SIGHUP and SIGQUIT bring the echo back and end it with Interrupted.
// Ctrl-Z brings the echo back while the process is stopped; when it continues,
// the echo goes off again and the question is repeated. Without a terminal, or
// in the background, Ask fails at once with ErrNoTerminal.
//
// The question is written as it is: escape what comes from outside.
func Ask(question string) ([]byte, error) {
	t, err := open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	defer t.close()
	return t.ask(question)
}

// FromFile reads a file of at most 4096 bytes. One newline at its end, LF or
// CR LF, is not part of the secret. If the file does not exist, the error does
// not name it: the path may be the secret itself, given by mistake.
func FromFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the PIN file does not exist")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := io.ReadAll(io.LimitReader(f, maxLength+1))
	if err == nil && len(all) > maxLength {
		err = fmt.Errorf("%s is longer than any PIN", path)
	}
	if err != nil {
		clear(all)
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

// FromEnv is the value of an environment variable.
func FromEnv(name string) ([]byte, error) {
	value, ok := os.LookupEnv(name)
	if !ok {
		return nil, fmt.Errorf("the environment variable%s is not set", shown(name))
	}
	return []byte(value), nil
}

// shown is a name that can be printed. Anything that is not a valid name may be
// the secret itself, given by mistake.
func shown(name string) string {
	if regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		return " " + name
	}
	return ""
}

// A line is what was read at the terminal.
type line struct {
	text []byte
	err  error
}

// readLine reads up to a newline, one byte at a time, so that nothing that
// follows is taken and no buffer keeps a copy.
func readLine(r io.Reader) ([]byte, error) {
	text := make([]byte, 0, maxLength)
	one := make([]byte, 1)
	defer clear(one)
	for len(text) < maxLength {
		n, err := r.Read(one)
		switch {
		case n == 1 && one[0] == '\n', err == io.EOF && len(text) > 0:
			return text, nil
		case n == 1:
			text = append(text, one[0])
		case err != nil:
			clear(text)
			return nil, err
		}
	}
	clear(text)
	return nil, errors.New("the line is longer than any PIN")
}
