package main

import (
	"fmt"

	"github.com/ctlinspect/ctlinspect/internal/terminal"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/report"
)

const verifyLong = `Check the signature of trust lists: a line a file, who signed, with what, or why
not. Exit code 0 if all are verified.

"Verified" means that the list is whole and signed by a SAST that it holds
itself. It does not mean that a phone takes it: that depends on the list which
the phone has. Anybody can make a list that verifies.`

func (a *app) verifyCommand() *cobra.Command {
	var as kindFlag
	var files fileSet
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "verify [flags] FILE...",
		Short:             "Check who signed lists, a line a file",
		Long:              verifyLong,
		Example:           "  ctlinspect verify CTLFile.tlv ITLFile.tlv\n  ctlinspect verify --json *.tlv",
		Args:              files.set,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := noURLs("verify", args); err != nil {
				return err
			}
			return a.eachFile(&files, as.kind, func(a *app, f *report.File) (int, error) { return exitCode(f), a.verify(f, asJSON) })
		},
	}
	cmd.Flags().Var(&as, "as", "call it this list where neither FILENAME nor the file's name tells")
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON, the same document as show --json")
	files.addFlags(cmd)
	return cmd
}

// verify writes the line of a file. What is not a trust list has its line on
// standard error.
func (a *app) verify(f *report.File, asJSON bool) error {
	if asJSON {
		return report.WriteList(a.stdout, f)
	}
	if f.List == nil {
		return nil
	}
	line := terminal.Escape(f.Name) + ": " + terminal.Escape(report.Verdict(f))
	_, err := fmt.Fprintln(a.stdout, terminal.Wrap(line, terminal.Width(a.stdout), "  "))
	return err
}
