package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Lint is what lint --json writes about a file; docs/json.md describes it.
type Lint struct {
	Head
	File     string    `json:"file"`
	Kind     tlv.Kind  `json:"kind"`
	At       time.Time `json:"at"`
	Days     int       `json:"days"`
	Errors   int       `json:"errors"`
	Warnings int       `json:"warnings"`
	Notices  int       `json:"notices"`
	Findings []Finding `json:"findings"`
	Error    *Error    `json:"error"`
}

// A Finding is something wrong with a list.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Record   int    `json:"record"`
	Offset   int    `json:"offset"`
	Message  string `json:"message"`
	Why      string `json:"why"`
	Remedy   string `json:"remedy"`
}

// NewLint returns the document of a file, of which a list was judged by the
// rules at a time. A file that is not a list has its error.
func NewLint(f *inspect.File, o lint.Options, findings []lint.Finding, rules []lint.Rule) *Lint {
	d := &Lint{
		Head: NewHead(TypeLint), File: Text(f.Name), Kind: fileKind(f),
		At: o.At.UTC(), Days: o.Days, Findings: []Finding{}, Error: NewError(f.Err),
	}
	for _, found := range findings {
		d.count(found.Severity)
		i := slices.IndexFunc(rules, func(r lint.Rule) bool { return r.ID == found.Rule })
		d.Findings = append(d.Findings, Finding{
			Rule: found.Rule, Severity: found.Severity.String(), Title: rules[i].Title,
			Record: found.Record, Offset: found.Offset,
			Message: Text(found.Message), Why: rules[i].Doc, Remedy: found.Remedy,
		})
	}
	return d
}

// fileKind is the kind of a file in a document.
func fileKind(f *inspect.File) tlv.Kind {
	if f.Guessed {
		return tlv.KindUnknown
	}
	return f.Kind
}

func (d *Lint) count(s lint.Severity) {
	switch s {
	case lint.SeverityError:
		d.Errors++
	case lint.SeverityWarning:
		d.Warnings++
	default:
		d.Notices++
	}
}

// JSON writes the document.
func (d *Lint) JSON(w io.Writer) error { return Write(w, d) }

// Text writes the findings for people: each rule once with its reason, then its
// places, each with what to do unless the next says the same.
func (d *Lint) Text(w io.Writer, c terminal.Color) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s: %s, %s, %s\n", terminal.Escape(d.File), Count(d.Errors, "error"), Count(d.Warnings, "warning"), Count(d.Notices, "notice"))
	for i, f := range d.Findings {
		if i == 0 || d.Findings[i-1].Rule != f.Rule {
			fmt.Fprintf(out, "\n%s %s: %s\n  %s\n", severityColor(c, f.Severity), f.Rule, f.Title, f.Why)
		}
		fmt.Fprintf(out, "  - %s: %s\n", f.place(), terminal.Escape(f.Message))
		if i == len(d.Findings)-1 || d.Findings[i+1].Rule != f.Rule || d.Findings[i+1].Remedy != f.Remedy {
			fmt.Fprintf(out, "    What to do: %s\n", f.Remedy)
		}
	}
	return out.Flush()
}

// Count returns "1 error" or "2 errors".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func severityColor(c terminal.Color, severity string) string {
	switch severity {
	case "error":
		return c.Red(severity)
	case "warning":
		return c.Yellow(severity)
	}
	return severity
}

func (f Finding) place() string {
	switch {
	case f.Record > 0:
		return fmt.Sprintf("record %d, offset %d", f.Record, f.Offset)
	case f.Offset > 0:
		return fmt.Sprintf("header, offset %d", f.Offset)
	}
	return "list"
}

// A Rules is what lint --rules --json writes; docs/json.md describes it.
type Rules struct {
	Head
	Rules []Rule `json:"rules"`
}

// A Rule is a rule of package lint.
type Rule struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Doc      string `json:"doc"`
	Source   string `json:"source"`
}

// NewRules returns the document of rules.
func NewRules(rules []lint.Rule) *Rules {
	d := &Rules{Head: NewHead(TypeRules), Rules: []Rule{}}
	for _, r := range rules {
		d.Rules = append(d.Rules, Rule{r.ID, r.Severity.String(), r.Title, r.Doc, r.Source})
	}
	return d
}

// JSON writes the document.
func (d *Rules) JSON(w io.Writer) error { return Write(w, d) }

// List writes a line a rule.
func (d *Rules) List(w io.Writer) error {
	t := terminal.Table{}
	for _, r := range d.Rules {
		t = append(t, []terminal.Cell{terminal.Text(r.Severity), terminal.Text(r.ID), terminal.Text(r.Title)})
	}
	out := bufio.NewWriter(w)
	if len(t) > 0 {
		t.Write(out, 0)
	}
	return out.Flush()
}

// Explain writes all about each rule.
func (d *Rules) Explain(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i, r := range d.Rules {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s %s: %s\n  %s\n  Source: %s\n", r.Severity, r.ID, r.Title, r.Doc, r.Source)
	}
	return out.Flush()
}
