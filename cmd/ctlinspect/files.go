package main

import (
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/inorder"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A fileSet is the files that a command works on: its arguments and those that
// --files-from names, with the .tlv files in folders.
type fileSet struct {
	args      []string
	from      string
	separator string // goes to standard output between the results of two files

	// aside takes files that are not for the command's work on lists, and reports
	// whether it has taken one; nil takes none.
	aside func(name string) bool
}

// addFlags adds --files-from.
func (s *fileSet) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.from, "files-from", "", "also read file names from `FILE` (- for standard input), one per line or separated by NUL")
}

// set is the Args of commands that work on many files.
func (s *fileSet) set(_ *cobra.Command, args []string) error {
	s.args = args
	if s.from != "" {
		return nil
	}
	return needFiles(nil, args)
}

// several reports whether there may be more than one file.
func (s *fileSet) several() bool {
	return len(s.args) != 1 || s.from != "" || isFolder(s.args[0])
}

// A named is the name of a file to work on, or why there is none.
type named struct {
	name string
	err  error
}

// eachNamed does something with each file, several at a time; see each.
func (a *app) eachNamed(s *fileSet, do func(a *app, file named) error) error {
	if err := s.onceStdin(); err != nil {
		return err
	}
	if !s.several() {
		return outputFailure(do(a, named{name: s.args[0]})) // no need of more processors
	}
	names, end := s.names(a.stdin)
	defer end()
	return each(a, names, s.separator, do)
}

// each does something with each element, several at a time. Do writes by an app of its
// own, whose output comes out in the order of the elements, and whose exit code counts.
func each[T any](a *app, elements iter.Seq[T], separator string, do func(a *app, e T) error) error {
	start := *a
	var mu sync.Mutex // guards a.exit
	return inorder.Do(elements, inorder.Output{Stdout: a.stdout, Stderr: a.stderr, Separator: separator}, func(turn *inorder.Turn, e T) error {
		own := start
		own.exit, own.stdout, own.stderr, own.await = exitYes, turn.Stdout(), turn.Stderr(), turn.Await
		err := do(&own, e)
		mu.Lock()
		defer mu.Unlock()
		a.worst(own.exit)
		return outputFailure(err)
	})
}

// indices are the numbers from 0 to n-1.
func indices(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func outputFailure(err error) error {
	if err == nil {
		return nil
	}
	return outputError{fmt.Errorf("cannot write the output: %w", err)}
}

// eachFile reads and judges each file, several at a time; see eachNamed. Do returns
// the exit code of the file; one that cannot be read or is not a trust list has its
// own.
func (a *app) eachFile(s *fileSet, as tlv.Kind, do func(a *app, f *report.File) (int, error)) error {
	return a.eachNamed(s, func(a *app, file named) error {
		f := report.NewUnreadable(file.name, file.err, as)
		if file.err == nil {
			f = inspect.Open(file.name, a.stdin, as)
		}
		code, err := do(a, f)
		a.worst(code)
		if f.Err != nil {
			a.complain(f.Err)
			a.worst(exitUnreadable)
		}
		return err
	})
}

// eachArg is eachFile for the files that args name.
func (a *app) eachArg(args []string, as tlv.Kind, do func(a *app, f *report.File) (int, error)) error {
	return a.eachFile(&fileSet{args: args}, as, do)
}

func (s *fileSet) onceStdin() error {
	if s.from == input.Stdin {
		return onceStdin(append([]string{input.Stdin}, s.args...))
	}
	return onceStdin(s.args)
}

// names returns the files, and a function that ends the reading of --files-from.
func (s *fileSet) names(stdin io.Reader) (iter.Seq[named], func()) {
	list, err := s.open(stdin)
	end := func() {}
	if list != nil {
		end = func() { _ = list.Close() }
	}
	return func(yield func(named) bool) {
		for _, arg := range s.args {
			if !s.expand(arg, yield) {
				return
			}
		}
		if err != nil {
			yield(named{s.from, err})
			return
		}
		if list != nil {
			s.listed(s.from, list, yield)
		}
	}, end
}
