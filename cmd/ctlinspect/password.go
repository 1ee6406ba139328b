package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/ctlinspect/ctlinspect/internal/print"
)

// askPassword asks at the terminal, whatever standard input is, without an
// echo. When ctx ends, the echo is back.
func askPassword(ctx context.Context, prompt string) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", fmt.Errorf("no terminal to ask for it (an agent or --identity needs none): %w", err)
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(out, print.Escape(prompt))
	defer fmt.Fprintln(out)
	return readPassword(ctx, fd, state)
}

func readPassword(ctx context.Context, fd int, state *term.State) (string, error) {
	type typed struct {
		text []byte
		err  error
	}
	done := make(chan typed, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		done <- typed{text, err}
	}()
	select {
	case t := <-done:
		return string(t.text), t.err
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(fd, state))
	}
}

func openTerminal() (in, out *os.File, err error) {
	names := []string{"/dev/tty", "/dev/tty"}
	if runtime.GOOS == "windows" {
		names = []string{"CONIN$", "CONOUT$"}
	}
	if in, err = os.OpenFile(names[0], os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile(names[1], os.O_RDWR, 0); err != nil {
		in.Close()
		return nil, nil, err
	}
	return in, out, nil
}
