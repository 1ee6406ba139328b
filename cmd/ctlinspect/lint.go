package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/print"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const lintLong = `Judge trust lists: what an experienced engineer looks at before a list goes to
the phones. Each finding has its place, why it matters and what to do.

An error means that phones fail or that nothing is proven; a warning, that
something will fail or is fragile; a notice is worth knowing. --rules prints the
rules, or with IDs all about those; docs/rules.md has them all.

Exit codes, of several files the worst:
  0  no error was found
  1  an error was found
  2  usage
  3  not readable, or not a trust list`

// maxDays keeps the arithmetic of --days in range.
const maxDays = 36500

// A linting is the flags of lint.
type linting struct {
	as     kindFlag
	rules  bool
	ignore []string
	days   int
	at     timeFlag
	json   bool
	color  colorFlag
}

func (a *app) lintCommand() *cobra.Command {
	s := linting{color: "auto"}
	cmd := &cobra.Command{
		Use:               "lint [flags] FILE...",
		Short:             "Judge lists: what is wrong, why it matters, what to do",
		Long:              lintLong,
		Example:           "  ctlinspect lint CTLFile.tlv\n  ctlinspect lint --at 2027-01-01 --ignore digest-sha1 *.tlv\n  ctlinspect lint --rules certificate-expired",
		Args:              func(cmd *cobra.Command, args []string) error { return s.needArgs(cmd, args) },
		ValidArgsFunction: completeFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return a.lint(&s, args) },
	}
	flags := cmd.Flags()
	flags.Var(&s.as, "as", "judge as this list where neither FILENAME nor the file's name tells")
	flags.BoolVar(&s.rules, "rules", false, "print the rules; with IDs in place of files, all about those")
	flags.StringArrayVar(&s.ignore, "ignore", nil, "leave out the rule with this `ID`; can be given several times")
	flags.IntVar(&s.days, "days", 60, "certificates that expire within so many days are about to")
	flags.Var(&s.at, "at", "judge at this date or time instead of now")
	flags.BoolVarP(&s.json, "json", "j", false, "print JSON, a document a file")
	flags.Var(&s.color, "color", "colour severities; auto: on a terminal, unless NO_COLOR is set")
	return cmd
}

func (s *linting) needArgs(cmd *cobra.Command, args []string) error {
	if s.rules {
		return nil
	}
	return needFiles(cmd, args)
}

func allRules() []lint.Rule { return slices.Concat(lint.Rules(), ctl.Rules(), itl.Rules()) }

func (a *app) lint(s *linting, args []string) error {
	rules := allRules()
	for _, id := range s.ignore {
		if _, err := lint.Find(rules, id); err != nil {
			return fmt.Errorf("--ignore: %w; see ctlinspect lint --rules", err)
		}
	}
	if s.days < 0 || s.days > maxDays {
		return fmt.Errorf("--days %d: use 0 to %d", s.days, maxDays)
	}
	rules = lint.Without(rules, s.ignore)
	if s.rules {
		return a.printRules(s, rules, args)
	}
	if s.at.IsZero() {
		s.at.Time = time.Now()
	}
	first := true
	return a.eachJudged(args, s.as.kind, func(f *inspect.File) (int, error) {
		return a.lintFile(s, rules, f, &first)
	})
}

// eachJudged opens the files one after the other. The function returns the exit
// code of each.
func (a *app) eachJudged(names []string, as tlv.Kind, do func(*inspect.File) (int, error)) error {
	if err := onceStdin(names); err != nil {
		return err
	}
	for _, name := range names {
		f := inspect.Open(name, a.stdin, as)
		if f.Err != nil {
			a.complain(f.Err)
			a.worst(exitUnreadable)
		}
		code, err := do(f)
		if err != nil {
			return outputError{fmt.Errorf("cannot write the output: %w", err)}
		}
		a.worst(code)
	}
	return nil
}

func (a *app) lintFile(s *linting, rules []lint.Rule, f *inspect.File, first *bool) (int, error) {
	if f.List == nil {
		if s.json {
			return exitUnreadable, newLintDocument(s, f, nil).write(a.stdout)
		}
		return exitUnreadable, nil
	}
	if f.Guessed {
		a.complain(fmt.Errorf("%s: neither FILENAME nor the name says which list this is, judged as a CTL; use --as itl for an ITL", f.Name))
	}
	options := lint.Options{Kind: f.Kind, At: s.at.Time, Days: s.days}
	if f.Name != inspect.Stdin {
		options.Name = filepath.Base(f.Name)
	}
	d := newLintDocument(s, f, lint.Run(f.List, options, rules))
	code := exitYes
	if d.Errors > 0 {
		code = exitNo
	}
	if s.json {
		return code, d.write(a.stdout)
	}
	if !*first {
		fmt.Fprintln(a.stdout)
	}
	*first = false
	return code, d.print(a.stdout, s.color.wanted(a.stdout))
}

// A lintDocument is what lint --json writes about a file; docs/json.md describes
// it. Its text is escaped.
type lintDocument struct {
	Schema   string        `json:"schema"`
	File     string        `json:"file"`
	Kind     string        `json:"kind"`
	At       time.Time     `json:"at"`
	Days     int           `json:"days"`
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Notices  int           `json:"notices"`
	Findings []lintFinding `json:"findings"`
	Error    *string       `json:"error"`
}

type lintFinding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Record   int    `json:"record"`
	Offset   int    `json:"offset"`
	Message  string `json:"message"`
	Why      string `json:"why"`
	Remedy   string `json:"remedy"`
}

func newLintDocument(s *linting, f *inspect.File, findings []lint.Finding) *lintDocument {
	d := &lintDocument{
		Schema: print.Schema, File: print.Escape(f.Name), Kind: strings.ToLower(f.Kind.String()),
		At: s.at.UTC(), Days: s.days, Findings: []lintFinding{},
	}
	if f.Err != nil {
		message := print.Escape(f.Err.Error())
		d.Error = &message
	}
	rules := allRules()
	for _, found := range findings {
		d.count(found.Severity)
		r, _ := lint.Find(rules, found.Rule)
		d.Findings = append(d.Findings, lintFinding{
			Rule: found.Rule, Severity: found.Severity.String(), Title: r.Title,
			Record: found.Record, Offset: found.Offset,
			Message: print.Escape(found.Message), Why: r.Doc, Remedy: found.Remedy,
		})
	}
	return d
}

func (d *lintDocument) count(s lint.Severity) {
	switch s {
	case lint.Error:
		d.Errors++
	case lint.Warning:
		d.Warnings++
	default:
		d.Notices++
	}
}

func (d *lintDocument) write(w io.Writer) error { return writeJSON(w, d) }

// writeJSON writes a document whose text is escaped already.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (d *lintDocument) print(w io.Writer, c print.Color) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s: %s, %s, %s\n", d.File, counted(d.Errors, "error"), counted(d.Warnings, "warning"), counted(d.Notices, "notice"))
	for i, f := range d.Findings {
		if i == 0 || d.Findings[i-1].Rule != f.Rule {
			fmt.Fprintf(out, "\n%s %s: %s\n  %s\n", severityColor(c, f.Severity), f.Rule, f.Title, f.Why)
		}
		fmt.Fprintf(out, "  - %s: %s\n", place(f.Record, f.Offset), f.Message)
		if i == len(d.Findings)-1 || d.Findings[i+1].Rule != f.Rule || d.Findings[i+1].Remedy != f.Remedy {
			fmt.Fprintf(out, "    What to do: %s\n", f.Remedy)
		}
	}
	return out.Flush()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func severityColor(c print.Color, severity string) string {
	switch severity {
	case "error":
		return c.Red(severity)
	case "warning":
		return c.Yellow(severity)
	}
	return severity
}

func place(record, offset int) string {
	switch {
	case record > 0:
		return fmt.Sprintf("record %d, offset %d", record, offset)
	case offset > 0:
		return fmt.Sprintf("header, offset %d", offset)
	}
	return "list"
}

// A ruleDocument is what lint --rules --json writes.
type ruleDocument struct {
	Schema string     `json:"schema"`
	Rules  []ruleJSON `json:"rules"`
}

type ruleJSON struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Doc      string `json:"doc"`
	Source   string `json:"source"`
}

func (a *app) printRules(s *linting, rules []lint.Rule, ids []string) error {
	chosen := rules
	if len(ids) > 0 {
		chosen = nil
	}
	for _, id := range ids {
		r, err := lint.Find(rules, id)
		if err != nil {
			return err
		}
		chosen = append(chosen, r)
	}
	d := ruleDocument{Schema: print.Schema, Rules: []ruleJSON{}}
	for _, r := range chosen {
		d.Rules = append(d.Rules, ruleJSON{r.ID, r.Severity.String(), r.Title, r.Doc, r.Source})
	}
	var err error
	switch {
	case s.json:
		err = writeJSON(a.stdout, d)
	case len(ids) > 0:
		err = d.explain(a.stdout)
	default:
		err = d.list(a.stdout)
	}
	if err != nil {
		return outputError{errors.New("cannot write the output: " + err.Error())}
	}
	return nil
}

func (d ruleDocument) list(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, r := range d.Rules {
		fmt.Fprintf(out, "%-7s  %-26s  %s\n", r.Severity, r.ID, r.Title)
	}
	return out.Flush()
}

func (d ruleDocument) explain(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i, r := range d.Rules {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s %s: %s\n  %s\n  Source: %s\n", r.Severity, r.ID, r.Title, r.Doc, r.Source)
	}
	return out.Flush()
}
