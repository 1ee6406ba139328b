package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/terminal"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/report"
)

const showLong = `Print trust lists the way "show ctl" and "show itl" do on a server.

The FILENAME field says whether a list is a CTL or an ITL, else the file's name,
else --as. "Last modified" is the list's own time stamp, because a copy's
modification time only says when it was copied. A file that is not a trust list
is printed as far as it could be read; the error names the place. If a list
fails verification, standard error says why.

A folder stands for the .tlv files in it and below. With several files, a line
"==> NAME <==" precedes each; --json prints one document per line (see
docs/json.md).`

const showExample = `  ctlinspect show CTLFile.tlv
  ctlinspect show --brief CTLFile.tlv ITLFile.tlv
  ctlinspect show --json lists | jq -r '.file + " " + .sha1'`

// A showing is the flags of show.
type showing struct {
	files fileSet
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
		Example:           showExample,
		ValidArgsFunction: completeFiles,
	}
	a.addShow(cmd)
	return cmd
}

// addShow makes cmd print its files.
func (a *app) addShow(cmd *cobra.Command) {
	s := showing{color: "auto"}
	flags := cmd.Flags()
	flags.Var(&s.as, "as", "treat as CTL or ITL if neither FILENAME nor the file name says")
	flags.BoolVar(&s.utc, "utc", false, "print times in UTC instead of the local time zone")
	flags.BoolVarP(&s.brief, "brief", "b", false, "one line per record: number, role, name, key, expiry, hash")
	flags.BoolVarP(&s.json, "json", "j", false, "print JSON, one document per file")
	flags.Var(&s.color, "color", "colour expired certificates; auto: on a terminal, unless NO_COLOR is set")
	flags.Var(&s.at, "at", "with --brief, judge expiry at this date or time instead of now")
	s.files.addFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("brief", "json")
	cmd.Args = s.files.set
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := errors.Join(noURLs("show", args), misspelt(cmd, args)); err != nil {
			return err
		}
		return a.show(&s)
	}
}

// misspelt is an error that names the command that was probably meant, if there is
// no file of that name.
func misspelt(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || !bare(args[0]) || !missing(args[0]) {
		return nil
	}
	name := args[0]
	if meant := cmd.SuggestionsFor(name); len(meant) > 0 {
		return misuse("there is neither a command nor a file %q; did you mean the command %q?", name, meant[0])
	}
	return nil
}

// bare reports whether a name could be a command as well as a file: it has no
// folder and no dot.
func bare(name string) bool { return !strings.ContainsAny(name, `./\`) && name != input.Stdin }

func missing(name string) bool {
	_, err := os.Stat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// noURLs is an error for a URL among the names of files.
func noURLs(command string, names []string) error {
	for _, name := range names {
		if (fetch.IsURL(name) || fetch.HoldsPassword(name)) && missing(name) {
			return misuse("%s: %s reads files; fetch the list with ctlinspect fetch", fetch.Redact(name), command)
		}
	}
	return nil
}

func (a *app) show(s *showing) error {
	heads := s.files.several() && !s.json
	if heads {
		s.files.separator = "\n"
	}
	return a.eachFile(&s.files, s.as.kind, func(a *app, f *report.File) (int, error) {
		if heads && (f.Data != nil || errors.Is(f.Err, fs.ErrNotExist)) {
			if err := a.fileHead(f.Name); err != nil {
				return exitYes, err
			}
		}
		if d := inspect.SignedInstead(f); d != nil {
			f.Err = nil
			return signedCode(d), a.writeSigned(d, s.json, false)
		}
		if f.Guessed && f.List != nil {
			a.complain(fmt.Errorf("%s: neither FILENAME nor the name says which list this is, printed as a CTL; use --as itl for an ITL", f.Name))
		}
		if f.Reason != nil && !s.brief && !s.json {
			a.complain(fmt.Errorf("%s: NOT VERIFIED: %w", f.Name, f.Reason))
		}
		return exitCode(f), s.write(a.stdout, f, a.now)
	})
}

// fileHead writes the line in front of each of several files.
func (a *app) fileHead(name string) error {
	_, err := fmt.Fprintf(a.stdout, "==> %s <==\n", terminal.Escape(name))
	return err
}

func (s *showing) write(w io.Writer, f *report.File, now func() time.Time) error {
	switch {
	case s.json:
		return report.WriteList(w, f)
	case f.Data == nil && (!errors.Is(f.Err, fs.ErrNotExist) || bare(f.Name)):
		return nil
	case s.brief && f.Data == nil:
		return nil
	case s.brief:
		return report.Brief(w, f, report.BriefOptions{Zone: s.zone(), Now: s.when(now), Terminal: terminalOf(w, s.color)})
	}
	return report.Show(w, f, s.zone())
}

func (s *showing) zone() *time.Location {
	if s.utc {
		return time.UTC
	}
	return time.Local
}

func (s *showing) when(now func() time.Time) time.Time {
	if s.at.IsZero() {
		return now()
	}
	return s.at.Time
}
