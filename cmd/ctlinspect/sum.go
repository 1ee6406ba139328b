package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/report"
)

const sumLong = `Print the size and the hashes of files, to compare with what a phone or a server
shows: older phones show the MD5 of a list, newer ones the SHA-1. The files need
not be trust lists.

Equal hashes mean that two files are the same. MD5 and SHA-1 do not prove who
made a file.

Exit codes: 0 all read; 2 usage; 3 a file cannot be read.`

const sumExample = `  ctlinspect sum CTLFile.tlv
  ctlinspect sum --json CTLFile.tlv ITLFile.tlv`

func (a *app) sumCommand() *cobra.Command {
	var asJSON bool
	var files fileSet
	cmd := &cobra.Command{
		Use:               "sum [flags] FILE...",
		Short:             "Print size, MD5, SHA-1 and SHA-512",
		Long:              sumLong,
		Example:           sumExample,
		Args:              files.set,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := noURLs("sum", args); err != nil {
				return err
			}
			return a.sum(&files, asJSON)
		},
	}
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON, one document per file")
	files.addFlags(cmd)
	return cmd
}

func (a *app) sum(files *fileSet, asJSON bool) error {
	heads := files.several() && !asJSON
	if heads {
		files.separator = "\n"
	}
	return a.eachNamed(files, func(a *app, file named) error {
		sums, err := a.sumFile(file)
		if err != nil {
			a.complain(err)
			a.worst(exitUnreadable)
		}
		switch {
		case asJSON:
			return report.Write(a.stdout, report.NewSums(file.name, sums, err))
		case err != nil:
			return nil
		case heads:
			if err := a.fileHead(file.name); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(a.stdout, "size    %d\nMD5     %x\nSHA-1   %x\nSHA-512 %x\n", *sums.Size, sums.MD5, sums.SHA1, sums.SHA512)
		return err
	})
}

func (a *app) sumFile(file named) (compare.Sums, error) {
	if file.err != nil {
		return compare.Sums{}, file.err
	}
	data, err := input.ReadFile(file.name, a.stdin)
	if err != nil {
		return compare.Sums{}, err
	}
	return compare.Sum(bytes.NewReader(data))
}
