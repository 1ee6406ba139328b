package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/token"
)

// askPassword asks at the terminal, whatever standard input is, without an
// echo, which is back when it returns. It waits for the person, not for ctx.
func askPassword(_ context.Context, prompt string) (string, error) {
	secret, err := token.SecretFromTerminal(terminal.Escape(prompt), "password")
	var failed *token.Error
	switch {
	case errors.Is(err, token.ErrInterrupted):
		return "", fmt.Errorf("%w: no password was typed", context.Canceled)
	case errors.As(err, &failed):
		return "", fmt.Errorf("no terminal to ask for it (an agent or --identity needs none): %w", failed.Err)
	}
	return string(secret), err
}
