package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Lint is what lint --json writes about a file; docs/json.md describes it.
type Lint struct {
	Head
	File     string    `json:"file"`
	Kind     tlv.Kind  `json:"kind"`
	Lists    []string  `json:"lists"`   // that a signed file was judged by; [] for a list
	Style    string    `json:"style"`   // "cucm", "ctlclient", "certutils"; "" if the file is not a list
	Profile  string    `json:"profile"` // "cucm", "pbx"; "" if the file is not a list
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
	Rule     string     `json:"rule"`
	Severity string     `json:"severity"`
	Title    string     `json:"title"`
	Record   int        `json:"record"`
	Offset   int        `json:"offset"`
	Role     tlv.Role   `json:"role"`     // of the record
	DNSName  string     `json:"dnsName"`  // of the record
	Subject  string     `json:"subject"`  // of the record
	NotAfter *time.Time `json:"notAfter"` // of the record's certificate
	Message  string     `json:"message"`
	Why      string     `json:"why"`
	Remedy   string     `json:"remedy"`
}

// Only leaves findings of less than a severity out. The numbers stay.
func (d *Lint) Only(least lint.Severity) {
	d.Findings = slices.DeleteFunc(d.Findings, func(f Finding) bool {
		s, err := lint.ParseSeverity(f.Severity)
		return err == nil && s < least
	})
}

// NewLint returns the document of a file, of which a list was judged by the
// rules at a time. A file that is not a list has its error.
func NewLint(f *File, o lint.Options, findings []lint.Finding, rules []lint.Rule) *Lint {
	d := &Lint{
		Head: NewHead(TypeLint), File: Text(f.Name), Kind: fileKind(f), Lists: []string{},
		At: o.At.UTC(), Days: o.Days, Findings: []Finding{}, Error: NewError(f.Err),
	}
	if f.List != nil {
		style := cert.StyleOf(f.List.Header, f.List.Records)
		d.Style, d.Profile = style.String(), o.Profile.For(style).String()
	}
	d.add(findings, rules)
	return d
}

func (d *Lint) add(findings []lint.Finding, rules []lint.Rule) {
	for _, found := range findings {
		d.count(found.Severity)
		i := slices.IndexFunc(rules, func(r lint.Rule) bool { return r.ID == found.Rule })
		d.Findings = append(d.Findings, newFinding(found, rules[i]))
	}
}

func newFinding(f lint.Finding, r lint.Rule) Finding {
	d := Finding{
		Rule: f.Rule, Severity: f.Severity.String(), Title: r.Title, Record: f.Record, Offset: f.Offset,
		Role: f.Role, DNSName: Text(f.Host), Subject: Text(f.Subject),
		Message: Text(f.Message), Why: r.Doc, Remedy: f.Remedy,
	}
	if !f.NotAfter.IsZero() {
		d.NotAfter = ptr(f.NotAfter)
	}
	return d
}

// fileKind is the kind of a file in a document.
func fileKind(f *File) tlv.Kind {
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

// Text writes the findings for people: each rule once with its reason, a line for
// each finding, and at the end each remedy once, by its number.
func (d *Lint) Text(w io.Writer, t Terminal) error {
	out := bufio.NewWriter(w)
	line := func(indent, format string, args ...any) {
		fmt.Fprintln(out, t.wrap(fmt.Sprintf(format, args...), indent))
	}
	line("  ", "%s", d.counts())
	if s := d.madeBy(); s != "" {
		line("  ", "  %s", s)
	}
	d.writeFindings(line, t, func(f Finding) string { return f.place() })
	return out.Flush()
}

// writeFindings writes each rule once with its reason, a line for each finding, and
// at the end each remedy once, by its number.
func (d *Lint) writeFindings(line func(indent, format string, args ...any), t Terminal, place func(Finding) string) {
	remedies := d.remedies()
	for i, f := range d.Findings {
		if i == 0 || d.Findings[i-1].Rule != f.Rule {
			line("", "")
			line("  ", "%s %s: %s", severityColor(t, f.Severity), f.Rule, f.Title)
			line("  ", "  %s", f.Why)
		}
		line("    ", "  - %s: %s [%d]", place(f), terminal.Escape(f.Message), 1+slices.Index(remedies, f.Remedy))
	}
	if len(remedies) > 0 {
		line("", "")
		line("", "What to do:")
	}
	for i, remedy := range remedies {
		line("      ", "  [%d] %s", i+1, remedy)
	}
}

func (d *Lint) counts() string {
	return fmt.Sprintf("%s: %s, %s, %s", terminal.Escape(d.File), Count(d.Errors, "error"), Count(d.Warnings, "warning"), Count(d.Notices, "notice"))
}

// Like writes for people that the findings are those of another file.
func (d *Lint) Like(w io.Writer, t Terminal, other string) error {
	_, err := fmt.Fprintln(w, t.wrap(d.counts()+", as in "+terminal.Escape(other), "  "))
	return err
}

// madeBy says how the list was judged if that is not how CUCM's lists are.
func (d *Lint) madeBy() string {
	switch style, profile := d.Style, d.Profile; {
	case style == tlv.StyleCertutils.String() && profile == lint.ProfilePBX.String():
		return "Written the way open-source tools do; judged for a PBX. Use --profile cucm for a list of CUCM."
	case style == tlv.StyleCertutils.String():
		return "Written the way open-source tools do; judged for CUCM."
	case profile == lint.ProfilePBX.String():
		return "Judged for a PBX."
	case style == tlv.StyleCTLClient.String():
		return "Written the way Cisco's CTL Client does."
	}
	return ""
}

// remedies are what there is to do, once each, in the order of the findings.
func (d *Lint) remedies() []string {
	var list []string
	for _, f := range d.Findings {
		if !slices.Contains(list, f.Remedy) {
			list = append(list, f.Remedy)
		}
	}
	return list
}

// Count returns "1 error" or "2 errors".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func severityColor(t Terminal, severity string) string {
	switch severity {
	case "error":
		return t.red(severity)
	case "warning":
		return t.yellow(severity)
	}
	return severity
}

func (f Finding) place() string {
	switch {
	case f.Record > 0:
		return fmt.Sprintf("record %d%s, offset %d", f.Record, terminal.Escape(f.holder()), f.Offset)
	case f.Offset > 0:
		return fmt.Sprintf("header, offset %d", f.Offset)
	}
	return "list"
}

// holder is whose record it is, in brackets: role, host, and the common name if it
// is not the host.
func (f Finding) holder() string {
	var parts []string
	host := strings.TrimSpace(f.DNSName)
	for _, s := range []string{f.Role.String(), host} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if name := cert.CommonName(f.Subject); name != "" && name != host {
		parts = append(parts, "CN="+name)
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
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

// List writes a row for each rule.
func (d *Rules) List(w io.Writer, to Terminal) error {
	t := terminal.Table{}
	for _, r := range d.Rules {
		t = append(t, []terminal.Cell{terminal.Text(r.Severity), terminal.Text(r.ID), terminal.Text(r.Title)})
	}
	out := bufio.NewWriter(w)
	if len(t) > 0 {
		t.Write(out, to.Width)
	}
	return out.Flush()
}

// Explain writes all about each rule.
func (d *Rules) Explain(w io.Writer, t Terminal) error {
	out := bufio.NewWriter(w)
	for i, r := range d.Rules {
		if i > 0 {
			fmt.Fprintln(out)
		}
		for _, line := range []string{r.Severity + " " + r.ID + ": " + r.Title, "  " + r.Doc, "  Source: " + r.Source} {
			fmt.Fprintln(out, t.wrap(line, "  "))
		}
	}
	return out.Flush()
}
