package main

import (
	"fmt"

	"github.com/ctlinspect/ctlinspect/internal/terminal"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/report"
)

const verifyLong = `Check the signature of trust lists. Each list gets one line: who signed it and
with what, or why it is not verified.

"Verified" means that the list is complete and signed by a SAST that it contains
itself. Anybody can make such a list: whether a phone accepts it depends on the
list that the phone has (see "ctlinspect accept").

Exit codes: 0 all verified; 1 a list is not verified; 2 usage; 3 a file cannot
be read or is not a trust list.`

const verifyExample = `  ctlinspect verify CTLFile.tlv
  ctlinspect verify /srv/tftp
  find /backup -name '*.tlv' -print0 | ctlinspect verify --files-from -`

func (a *app) verifyCommand() *cobra.Command {
	var as kindFlag
	var files fileSet
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "verify [flags] FILE...",
		Short:             "Check who signed lists, one line per file",
		Long:              verifyLong,
		Example:           verifyExample,
		Args:              files.set,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := noURLs("verify", args); err != nil {
				return err
			}
			return a.eachFile(&files, as.kind, func(a *app, f *report.File) (int, error) { return exitCode(f), a.verify(f, asJSON) })
		},
	}
	cmd.Flags().Var(&as, "as", "treat as CTL or ITL if neither FILENAME nor the file name says")
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON, the same documents as show --json")
	files.addFlags(cmd)
	return cmd
}

// verify writes the line of a file. If it is not a trust list, standard error has
// the line.
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
