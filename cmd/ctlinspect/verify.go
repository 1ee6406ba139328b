package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/terminal"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/trust"
)

const verifyLong = `Check the signature of trust lists: a line a file, who signed, with what, or why
not. Exit code 0 if all are verified.

"Verified" means that the list is whole and signed by a SAST that it holds
itself. It does not mean that a phone takes it: that depends on the list which
the phone has. Anybody can make a list that verifies.`

func (a *app) verifyCommand() *cobra.Command {
	var as kindFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "verify [flags] FILE...",
		Short:             "Check who signed lists, a line a file",
		Long:              verifyLong,
		Args:              needFiles,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := noURLs("verify", args); err != nil {
				return err
			}
			return a.eachFile(args, as.kind, func(f *inspect.File) error { return a.verify(f, asJSON) })
		},
	}
	cmd.Flags().Var(&as, "as", "call it this list where neither FILENAME nor the file's name tells")
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON, the same document as show --json")
	return cmd
}

// verify writes the line of a file. What is not a trust list has its line on
// standard error.
func (a *app) verify(f *inspect.File, asJSON bool) error {
	if asJSON {
		return report.Write(a.stdout, report.NewList(f))
	}
	if f.List == nil {
		return nil
	}
	line := terminal.Escape(f.Name) + ": " + terminal.Escape(verdict(f))
	_, err := fmt.Fprintln(a.stdout, terminal.Wrap(line, terminal.Width(a.stdout), "  "))
	return err
}

func verdict(f *inspect.File) string {
	if f.Verified == nil {
		return fmt.Sprintf("NOT VERIFIED (%s): %s", trust.ReasonOf(f.Reason), f.Reason)
	}
	v := f.Verified
	made := "no time stamp"
	if t, ok := f.List.Header.Timestamp(); ok {
		made = "made " + t.Format(time.RFC3339)
	}
	s := fmt.Sprintf("verified: %s signed by record %d, %s, RSA-%d with %s, %s",
		f.Kind, v.Number, signerName(v), v.Key.N.BitLen(), v.Digest, made)
	for _, w := range v.Warnings {
		s += "; warning: " + w
	}
	return s
}

func signerName(v *trust.Verified) string {
	return fmt.Sprintf("%s, serial %s", strings.TrimSpace(v.Record.Subject()), v.Record.SerialNumber())
}
