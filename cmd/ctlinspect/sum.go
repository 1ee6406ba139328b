package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
)

const sumLong = `Print the size and the sums of files, to compare with what a phone or a server
shows: older phones show the MD5 of a list, newer ones the SHA-1.

Equal sums say that two files are the same. MD5 and SHA-1 do not prove who made
a file. Any file is summed, a trust list or not.`

// sums are what sum prints of a file.
type sums struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
	Size   int64  `json:"size"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA512 string `json:"sha512"`
}

func (a *app) sumCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "sum [flags] FILE...",
		Short:             "Print size, MD5, SHA-1 and SHA-512",
		Long:              sumLong,
		Args:              needFiles,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := onceStdin(args); err != nil {
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
			continue
		}
		if len(names) > 1 && !asJSON {
			err = a.fileHead(name, &first)
		}
		if err == nil {
			err = s.write(a.stdout, asJSON)
		}
		if err != nil {
			return outputError{fmt.Errorf("cannot write the output: %w", err)}
		}
	}
	return nil
}

// sumFile sums a file in one pass, without holding it in memory.
func (a *app) sumFile(name string) (sums, error) {
	r, w := io.Pipe()
	go func() {
		_, err := inspect.CopyFile(w, name, a.stdin)
		w.CloseWithError(err)
	}()
	s, err := compare.Sum(r)
	if err != nil {
		return sums{}, err
	}
	return sums{
		Schema: "ctlinspect/1", File: name, Size: *s.Size,
		MD5: fmt.Sprintf("%x", s.MD5), SHA1: fmt.Sprintf("%x", s.SHA1), SHA512: fmt.Sprintf("%x", s.SHA512),
	}, nil
}

func (s sums) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	_, err := fmt.Fprintf(w, "size    %d\nMD5     %s\nSHA-1   %s\nSHA-512 %s\n", s.Size, s.MD5, s.SHA1, s.SHA512)
	return err
}
