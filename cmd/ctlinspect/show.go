package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/print"
)

const showLong = `Print trust lists the way "show ctl" and "show itl" do on a server.

A file is printed as CTL or ITL by its FILENAME field, else by its own name, else
by --as. "Last modified" is the list's own time stamp: a copy's modification time
says only when it was copied. Of a file that is not a trust list it prints what
could be read, then what is wrong and where.

With several files a line "==> NAME <==" stands before each; with --json one
document follows the other (see docs/json.md).`

// A showing is the flags of show.
type showing struct {
	as    kindFlag
	utc   bool
	brief bool
	json  bool
	color colorFlag
	at    timeFlag
}

func (a *app) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show [flags] FILE...",
		Short:             "Print lists the way `show ctl` and `show itl` do",
		Long:              showLong,
		Args:              needFiles,
		ValidArgsFunction: completeFiles,
	}
	a.addShow(cmd)
	return cmd
}

// addShow makes cmd print its files.
func (a *app) addShow(cmd *cobra.Command) {
	s := showing{color: "auto"}
	flags := cmd.Flags()
	flags.Var(&s.as, "as", "print as this list where neither FILENAME nor the file's name tells")
	flags.BoolVar(&s.utc, "utc", false, "print times in UTC instead of the local zone")
	flags.BoolVarP(&s.brief, "brief", "b", false, "print a line a record: number, role, name, key, expiry, hash")
	flags.BoolVarP(&s.json, "json", "j", false, "print JSON")
	flags.Var(&s.color, "color", "colour what has expired or will soon; auto: on a terminal, unless NO_COLOR is set")
	flags.Var(&s.at, "at", "with --brief, judge expiry at this date or time instead of now")
	cmd.MarkFlagsMutuallyExclusive("brief", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := a.show(&s, args)
		if a.exit == exitUnreadable {
			a.suggest(cmd, args[0])
		}
		return err
	}
}

// suggest names the command that was meant where a file is not there.
func (a *app) suggest(cmd *cobra.Command, name string) {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if meant := cmd.SuggestionsFor(name); len(meant) > 0 {
		fmt.Fprintf(a.stderr, "ctlinspect: did you mean the command %q?\n", meant[0])
	}
}

func (a *app) show(s *showing, names []string) error {
	first := true
	return a.eachFile(names, s.as.kind, func(f *inspect.File) error {
		if len(names) > 1 && !s.json {
			if err := a.fileHead(f.Name, &first); err != nil {
				return err
			}
		}
		if f.Guessed && f.List != nil {
			a.complain(fmt.Errorf("%s: neither FILENAME nor the name says which list this is, printed as a CTL; use --as itl for an ITL", f.Name))
		}
		return s.write(a.stdout, f)
	})
}

// fileHead writes the line in front of each of several files.
func (a *app) fileHead(name string, first *bool) error {
	blank := "\n"
	if *first {
		blank = ""
	}
	*first = false
	_, err := fmt.Fprintf(a.stdout, "%s==> %s <==\n", blank, print.Escape(name))
	return err
}

func (s *showing) write(w io.Writer, f *inspect.File) error {
	switch {
	case s.json:
		return print.JSON(w, f)
	case f.Data == nil && f.Err != nil && !f.Missing():
		return nil
	case s.brief && f.Data == nil:
		return nil
	case s.brief:
		return print.Brief(w, f, print.BriefOptions{Zone: s.zone(), Now: s.now(), Color: s.color.wanted(w)})
	}
	return print.Show(w, f, s.zone())
}

func (s *showing) zone() *time.Location {
	if s.utc {
		return time.UTC
	}
	return time.Local
}

func (s *showing) now() time.Time {
	if s.at.IsZero() {
		return time.Now()
	}
	return s.at.Time
}
