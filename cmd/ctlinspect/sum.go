package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
)

const sumLong = `Print the size and the sums of files, to compare with what a phone or a server
shows: older phones show the MD5 of a list, newer ones the SHA-1.

Equal sums say that two files are the same. MD5 and SHA-1 do not prove who made
a file. Any file is summed, a trust list or not.`

func (a *app) sumCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "sum [flags] FILE...",
		Short:             "Print size, MD5, SHA-1 and SHA-512",
		Long:              sumLong,
		Args:              needFiles,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := errors.Join(onceStdin(args), noURLs("sum", args)); err != nil {
				return err
			}
			return a.sum(args, asJSON)
		},
	}
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON, a document a file")
	return cmd
}

func (a *app) sum(names []string, asJSON bool) error {
	first := true
	for _, name := range names {
		s, err := a.sumFile(name)
		if err != nil {
			a.complain(err)
			a.worst(exitUnreadable)
		}
		switch {
		case asJSON:
			err = report.Write(a.stdout, report.NewSums(name, s, err))
		case err != nil:
			continue
		default:
			err = a.writeSums(name, s, len(names) > 1, &first)
		}
		if err != nil {
			return outputError{fmt.Errorf("cannot write the output: %w", err)}
		}
	}
	return nil
}

// sumFile sums a file in one pass, without holding it in memory.
func (a *app) sumFile(name string) (compare.Sums, error) {
	r, w := io.Pipe()
	go func() {
		_, err := inspect.CopyFile(w, name, a.stdin)
		w.CloseWithError(err)
	}()
	return compare.Sum(r)
}

func (a *app) writeSums(name string, s compare.Sums, head bool, first *bool) error {
	if head {
		if err := a.fileHead(name, first); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "size    %d\nMD5     %x\nSHA-1   %x\nSHA-512 %x\n", *s.Size, s.MD5, s.SHA1, s.SHA512)
	return err
}
