//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package secret

import (
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/term"
)

// A tty is the console.
type tty struct{ in, out *os.File }

func open() (*tty, error) {
	from, to := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		from, to = "CONIN$", "CONOUT$"
	}
	in, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, err
	}
	return &tty{in, out}, nil
}

func (t *tty) close() {
	_ = t.in.Close()
	_ = t.out.Close()
}

// ask leaves turning the echo off to term.ReadPassword and only remembers how
// things were, for when a signal ends the typing.
func (t *tty) ask(question string) ([]byte, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	fd := int(t.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	defer func() { _ = term.Restore(fd, before) }()
	if _, err := io.WriteString(t.out, question); err != nil {
		return nil, err
	}
	defer func() { _, _ = io.WriteString(t.out, "\n") }() // the typed one was not shown
	lines := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		lines <- line{text, err}
	}()
	select {
	case s := <-signals:
		return nil, Interrupted{s}
	case l := <-lines:
		return l.text, l.err
	}
}
