package token

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// readPIN shows the prompt at the terminal and reads one line without echo.
func readPIN(prompt string) ([]byte, error) {
	in, out, err := openTerminal()
	if err != nil {
		return nil, fmt.Errorf("there is no terminal: %w", err)
	}
	defer in.Close()
	defer out.Close()

	// Before the echo goes off, so that no signal falls in between.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	restore, err := echoOff(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	defer restore()
	if _, err := io.WriteString(out, prompt); err != nil {
		return nil, err
	}
	defer func() { _, _ = io.WriteString(out, "\n") }() // the typed one was not shown
	return readOrStop(int(in.Fd()), signals)
}

// stopped is the signal that ended the typing.
type stopped struct{ os.Signal }

func (s stopped) Error() string { return "by signal: " + s.String() }

type line struct {
	text []byte
	err  error
}

// readOrStop leaves the reading goroutine behind when a signal comes first: a
// terminal cannot be made to give up a read, and the program is about to end.
func readOrStop(fd int, signals <-chan os.Signal) ([]byte, error) {
	lines := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		lines <- line{text, err}
	}()
	select {
	case s := <-signals:
		return nil, stopped{s}
	case l := <-lines:
		return l.text, l.err
	}
}
