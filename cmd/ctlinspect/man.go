package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/docs/man"
)

const manLong = `Print the manual page, or write the pages of all commands into DIR. "make
install" installs them.`

func (a *app) manCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "man [-d DIR]",
		Short:   "Print the manual page, or write all of them",
		Long:    manLong,
		Example: "  ctlinspect man | man -l -\n  ctlinspect man -d /usr/local/share/man/man1",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.man(dir); err != nil {
				return outputError{fmt.Errorf("cannot write the manual page: %w", err)}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", "", "write the pages of all commands into `DIR`, created if it does not exist")
	return cmd
}

func (a *app) man(dir string) error {
	if dir == "" {
		page, err := man.Pages.ReadFile("ctlinspect.1")
		if err == nil {
			_, err = a.stdout.Write(page)
		}
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	names, err := fs.Glob(man.Pages, "*.1")
	if err != nil {
		return err
	}
	for _, name := range names {
		page, err := man.Pages.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), page, 0o644); err != nil {
			return err
		}
	}
	return nil
}
