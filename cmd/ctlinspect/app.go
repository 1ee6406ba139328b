package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Exit codes.
const (
	exitYes        = 0 // verified
	exitNo         = 1 // not verified
	exitUsage      = 2
	exitUnreadable = 3 // not readable, or not a trust list; or the output cannot be written
	exitToken      = 4 // token or PIN
)

// clock is the only source of the time; tests set it.
var clock = time.Now

// An app is one run of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	exit           int           // the worst so far
	started        bool          // flags and arguments are fine
	transport      fetch.Options // of files that come over the network
	args           []string      // of the run
	now            func() time.Time
	await          func() error // waits for the files before, if several are worked on at a time; else nil
}

// run runs the command and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &results{Writer: stdout}
	a := &app{stdin: stdin, stdout: out, stderr: stderr, now: clock, args: args}
	root := a.rootCommand()
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completeValues(root)
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	a.markStart(root)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !a.started {
		err = usageError{err}
	}
	if err != nil {
		a.fail(cmd, err)
	}
	a.lost(out, err)
	return a.exit
}

// inputs are names of files that no output may replace.
func (a *app) inputs() []string { return inputsOf(a.args) }

// markStart notes when the command itself starts. Errors before that are about
// flags and arguments.
func (a *app) markStart(cmd *cobra.Command) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return do(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.markStart(sub)
	}
}

// A usageError: the command line makes no sense. Its message is followed by a
// pointer to the help.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// misuse makes a usageError of a message.
func misuse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// badUsage makes a usageError of err, nil of nil.
func badUsage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// An outputError: the results cannot be written.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

// An exitError ends the run with a code.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

// fail reports an error that ends the run.
func (a *app) fail(cmd *cobra.Command, err error) {
	a.complain(inOurWords(err))
	if advice := pinAdvice(err); advice != "" {
		a.note(advice)
	}
	if isUsage(err) {
		fmt.Fprintf(a.stderr, "See '%s --help'.\n", cmd.CommandPath())
	}
	a.worst(codeOf(err))
}

// Messages of the flag library that only programmers understand.
var (
	exclusive  = lazyregexp.New(`^if any flags in the group \[(.*)\] are set none of the others can be; \[(.*)\] were all set$`)
	syntax     = lazyregexp.New(`strconv\.Parse\w+: parsing .*$`)
	noUnit     = lazyregexp.New(`time: (missing unit in|invalid) duration .*$`)
	badBoolean = lazyregexp.New(`strconv\.ParseBool: parsing .*$`)
)

func inOurWords(err error) error {
	s := err.Error()
	if m := exclusive().FindStringSubmatch(s); m != nil {
		return errors.New("--" + strings.ReplaceAll(m[2], " ", " and --") + " exclude each other")
	}
	s = badBoolean().ReplaceAllString(s, "use true or false")
	s = syntax().ReplaceAllString(s, "use a whole number")
	if s = noUnit().ReplaceAllString(s, "use a time with its unit, such as 5s or 2m"); s != err.Error() {
		return errors.New(s)
	}
	return err
}

// codeOf returns the exit code of an error. An error of no known kind comes from
// what was read or is to be written.
func codeOf(err error) int {
	var exit exitError
	switch {
	case errors.As(err, &exit):
		return exit.code
	case isUsage(err):
		return exitUsage
	case isTokenError(err):
		return exitToken
	}
	return exitUnreadable
}

func isUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage) || errors.Is(err, input.ErrStdin)
}

// say writes a line for a person, harmless to the terminal.
func (a *app) say(kind, s string) {
	a.complain(errors.New(kind + ": " + s))
}

// pinValue is the PIN in a URI, which may stand where no URI belongs.
// Where the PIN ends cannot be told there, so it takes the rest of the line along.
var pinValue = lazyregexp.New(`(?i)(pin-value(?:=|%3d)).*`)

// message is text for a person. It holds no PIN. Its second line and later ones are indented, so
// that no name from a file passes for a message.
func message(s string) string {
	s = pinValue().ReplaceAllString(s, "${1}(hidden, with the rest of this line)")
	return strings.ReplaceAll(terminal.EscapeLines(s), "\n", "\n  ")
}

// complain writes an error for a person, harmless to the terminal.
func (a *app) complain(err error) {
	fmt.Fprintln(a.stderr, terminal.Wrap("ctlinspect: "+message(err.Error()), terminal.Width(a.stderr), "  "))
}

func (a *app) worst(code int) { a.exit = max(a.exit, code) }

func exitCode(f *inspect.File) int {
	switch {
	case f.Err != nil:
		return exitUnreadable
	case f.Verified == nil:
		return exitNo
	}
	return exitYes
}

// needFiles is the Args of commands that work on files.
func needFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("no file named; give one or more, or - for standard input")
	}
	return nil
}

func onceStdin(names []string) error {
	seen := false
	for _, name := range names {
		if name == input.Stdin && seen {
			return misuse("standard input (-) can be read only once")
		}
		seen = seen || name == input.Stdin
	}
	return nil
}

// A kindFlag is the value of --as.
type kindFlag struct{ kind tlv.Kind }

func (k *kindFlag) String() string {
	switch k.kind {
	case tlv.KindCTL:
		return "ctl"
	case tlv.KindITL:
		return "itl"
	}
	return ""
}

func (k *kindFlag) Set(s string) error {
	switch s {
	case "ctl":
		k.kind = tlv.KindCTL
	case "itl":
		k.kind = tlv.KindITL
	default:
		return errors.New("use ctl or itl")
	}
	return nil
}

func (k *kindFlag) Type() string { return "ctl|itl" }

// A colorFlag is the value of --color.
type colorFlag string

func (c *colorFlag) String() string { return string(*c) }
func (c *colorFlag) Type() string   { return "auto|always|never" }

func (c *colorFlag) Set(s string) error {
	if s != "auto" && s != "always" && s != "never" {
		return errors.New("use auto, always or never")
	}
	*c = colorFlag(s)
	return nil
}

// wanted decides about colours: for auto a terminal that shows them gets them unless
// NO_COLOR is set (https://no-color.org).
func (c colorFlag) wanted(stdout io.Writer) terminal.Color {
	if c != "auto" {
		return c == "always"
	}
	return terminal.Color(terminal.ShowsColor(stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// terminalOf is what is known of a terminal, and whether it gets colours.
func terminalOf(w io.Writer, color colorFlag) report.Terminal {
	return report.Terminal{Color: bool(color.wanted(w)), Width: terminal.Width(w)}
}

// A timeFlag is a date, or a time in RFC 3339.
type timeFlag struct{ time.Time }

func (t *timeFlag) Type() string { return "DATE" }

func (t *timeFlag) String() string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func (t *timeFlag) Set(s string) (err error) {
	if t.Time, err = time.Parse(time.RFC3339, s); err != nil {
		t.Time, err = time.Parse(time.DateOnly, s)
	}
	if err != nil {
		return errors.New("use a date as 2026-11-21 or a time as 2026-11-21T08:00:00Z")
	}
	return nil
}
