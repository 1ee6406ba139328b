package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [-d DIR]",
		Short: "Write the man page, or with -d one for each command into DIR",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.man(cmd.Root(), dir)
		},
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", "", "write ctlinspect.1, ctlinspect-show.1 ... into this folder, which is made if it is not there")
	return cmd
}

func (a *app) man(root *cobra.Command, dir string) error {
	header := &doc.GenManHeader{Section: "1", Source: "ctlinspect", Manual: "User Commands"}
	root.DisableAutoGenTag = true
	root.InitDefaultCompletionCmd()
	var err error
	if dir != "" {
		if err = os.MkdirAll(dir, 0o755); err == nil {
			err = doc.GenManTree(root, header, dir)
		}
	} else {
		err = doc.GenMan(root, header, a.stdout)
	}
	if err != nil {
		return outputError{fmt.Errorf("cannot write the man page: %w", err)}
	}
	return nil
}
