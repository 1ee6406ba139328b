package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/internal/secret"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
)

// askPassword asks at the terminal, whatever standard input is, without an
// echo, which is back when it returns. It waits for the person, not for ctx.
func askPassword(_ context.Context, prompt string) (string, error) {
	password, err := secret.Ask(terminal.Escape(prompt))
	var signal secret.Interrupted
	switch {
	case errors.As(err, &signal):
		return "", fmt.Errorf("%w: no password was typed", context.Canceled)
	case err != nil:
		return "", fmt.Errorf("no terminal to ask for it (an agent or --identity needs none): %w", err)
	}
	return string(password), nil
}
