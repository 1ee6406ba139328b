package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/token"
)

// serveCommand is what the process runs that holds a PKCS #11 module. People have
// no use for it.
func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "serve",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(*cobra.Command, []string) error { return badUsage(token.Serve()) },
	}
}

// openModule opens a module in a process of its own. Its environment is that of
// this one without the variable that holds the PIN.
func openModule(c token.Config, pinEnv string) (*token.Module, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, exitError{exitToken, fmt.Errorf("cannot start the process that holds the PKCS #11 module: %w", err)}
	}
	c.Helper = exec.Command(self, "token", "serve")
	c.Helper.Args[0] = "ctlinspect"
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); pinEnv == "" || name != pinEnv {
			c.Helper.Env = append(c.Helper.Env, variable)
		}
	}
	return token.Open(c)
}

// closeModule shuts the module down. A crash now is an error, although the work
// is done; a module that hangs or complains has a warning.
func (a *app) closeModule(m *token.Module, err *error) {
	switch problem := m.Close(); {
	case problem == nil:
	case *err == nil && errors.Is(problem, token.ErrModuleCrashed):
		*err = fmt.Errorf("the output is complete; afterwards %w", problem)
	default:
		a.warn(problem.Error())
	}
}
