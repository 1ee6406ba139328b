package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/internal/terminal"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const extractLong = `Write each certificate of a list into DIR as PEM, named after record, role and
common name (01-SAST-NAME.pem), and list.json, which describes the list so
completely that "ctlinspect build --from" can rebuild it, except for the
signature.

DIR is created if it does not exist. Existing files are replaced only with
--force, and nothing is written outside of DIR. A list that fails verification
is extracted with a warning.

Exit codes:
  0  extracted
  1  the list has something that list.json cannot describe
  2  usage, or files exist already: --force replaces them
  3  the file cannot be read or is not a trust list, or DIR cannot be written`

const extractExample = `  ctlinspect extract CTLFile.tlv -d certs
  ctlinspect build --from certs/list.json --signer KEY.pem -o CTLFile.tlv`

func (a *app) extractCommand() *cobra.Command {
	var dir string
	var force bool
	cmd := &cobra.Command{
		Use:               "extract [flags] FILE -d DIR",
		Short:             "Write the certificates of a list as PEM, and list.json",
		Long:              extractLong,
		Example:           extractExample,
		Args:              oneFile,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if dir == "" {
				return misuse("name the folder to write into with -d DIR")
			}
			return a.extract(args[0], dir, force)
		},
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", "", "write into this folder `DIR`, created if it does not exist")
	cmd.Flags().BoolVarP(&force, "force", "f", false, "replace files in DIR")
	return cmd
}

// oneFile is the Args of commands that work on one list.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%d files named; give one", len(args))
	}
	return needFiles(cmd, args)
}

func (a *app) extract(name, dir string, force bool) error {
	return a.eachArg([]string{name}, tlv.KindUnknown, func(a *app, f *report.File) (int, error) {
		if f.List == nil {
			return exitUnreadable, nil
		}
		if f.Verified == nil {
			a.complain(fmt.Errorf("%s: extracted, though it is NOT VERIFIED: %w", f.Name, f.Reason))
		}
		return a.extractList(f.List.List, dir, force)
	})
}

func (a *app) extractList(l *tlv.List, dir string, force bool) (int, error) {
	d, files, err := listjson.Describe(l)
	var document []byte
	if err == nil {
		document, err = d.Encode()
	}
	if err != nil {
		a.complain(fmt.Errorf("refused: %w", err))
		return exitNo, nil
	}
	// The last file says that the others are there.
	files = append(files, listjson.File{Name: listjson.Name, PEM: document})
	if err := writeFiles(files, dir, force, a.inputs()); err != nil {
		a.complain(err)
		if errors.Is(err, safefile.ErrExists) || errors.Is(err, safefile.ErrInput) {
			return exitUsage, nil
		}
		return exitUnreadable, nil
	}
	for _, f := range files {
		if _, err := fmt.Fprintln(a.stdout, terminal.Escape(filepath.Join(dir, f.Name))); err != nil {
			return exitUnreadable, err
		}
	}
	if err := remakes(l, d, files); err != nil {
		a.complain(fmt.Errorf("list.json would not reproduce this list: %w", err))
		return exitNo, nil
	}
	return exitYes, nil
}

// writeFiles looks at all names before it writes any.
func writeFiles(files []listjson.File, dir string, force bool, inputs []string) error {
	folder, err := safefile.OpenFolder(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	folder.Inputs = safefile.FindInputs(inputs...)
	for _, do := range []func(f listjson.File) error{
		func(f listjson.File) error { return folder.MayWrite(f.Name, force) },
		func(f listjson.File) error { return folder.Write(f.Name, f.PEM, force) },
	} {
		for _, f := range files {
			if err := do(f); err != nil {
				return inFolder(err)
			}
		}
	}
	return nil
}

// inFolder says what to do about a file that is in the way.
func inFolder(err error) error {
	switch {
	case errors.Is(err, safefile.ErrExists):
		return fmt.Errorf("%w; --force replaces it", err)
	case errors.Is(err, safefile.ErrNotRegular), errors.Is(err, safefile.ErrLink), errors.Is(err, safefile.ErrInput):
		return fmt.Errorf("%w; use another folder", err)
	}
	return err
}

// remakes makes the list again from its description, as far as the signature.
func remakes(l *tlv.List, d *listjson.Document, files []listjson.File) error {
	t, err := d.Template(func(name string) ([]byte, error) {
		for _, f := range files {
			if f.Name == name {
				return f.PEM, nil
			}
		}
		return nil, os.ErrNotExist
	})
	if err != nil {
		return err
	}
	u, err := t.Unsigned()
	if err != nil {
		return err
	}
	before, after := l.Signed()
	if !bytes.Equal(u.Bytes, append(bytes.Clone(before), after...)) {
		return errors.New("its header has repeated fields, or padding where CUCM writes none")
	}
	return nil
}
