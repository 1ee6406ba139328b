package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/lint"
)

// NewSignedLint returns the document about a signed file that was judged by lists;
// err says why it cannot be read.
func NewSignedLint(name string, lists []string, err error, o lint.Options, findings []lint.Finding, rules []lint.Rule) *Lint {
	d := &Lint{
		Head: NewHead(TypeLint), File: Text(name), Lists: []string{},
		At: o.At.UTC(), Days: o.Days, Findings: []Finding{}, Error: NewError(err),
	}
	for _, l := range lists {
		d.Lists = append(d.Lists, Text(l))
	}
	d.add(findings, rules)
	return d
}

// SignedFindings are what lint finds about many signed files: what is the same
// about several is there once, with their number. The zero value has no files.
type SignedFindings struct {
	all   Lint // a finding of each sort
	files int
	bad   int // files with findings
	same  map[string]*sameFinding
	sorts map[string]int // of findings, by rule
}

// maxSorts of the findings of a rule are printed.
const maxSorts = 20

// A sameFinding is a finding about some files.
type sameFinding struct {
	example string
	files   int
}

// Files returns the number of files that were added.
func (s *SignedFindings) Files() int { return s.files }

// Add adds the document of a file.
func (s *SignedFindings) Add(d *Lint) {
	if s.same == nil {
		s.same, s.sorts = make(map[string]*sameFinding), make(map[string]int)
	}
	s.files++
	s.all.Errors, s.all.Warnings, s.all.Notices = s.all.Errors+d.Errors, s.all.Warnings+d.Warnings, s.all.Notices+d.Notices
	if d.Errors+d.Warnings+d.Notices > 0 {
		s.bad++
	}
	for _, f := range d.Findings {
		if s.sorts[f.Rule] >= maxSorts && s.same[sortOf(f)] == nil {
			f.Message = "and more, each with a message of its own: see --json"
		}
		if same := s.same[sortOf(f)]; same != nil {
			same.files++
			continue
		}
		s.same[sortOf(f)] = &sameFinding{d.File, 1}
		s.sorts[f.Rule]++
		s.all.Findings = append(s.all.Findings, f)
	}
}

func sortOf(f Finding) string { return f.Rule + "\x00" + f.Message + "\x00" + f.Remedy }

// Text writes the findings for people, as Lint.Text does.
func (s *SignedFindings) Text(w io.Writer, t Terminal) error {
	out := bufio.NewWriter(w)
	line := func(indent, format string, args ...any) {
		fmt.Fprintln(out, t.wrap(fmt.Sprintf(format, args...), indent))
	}
	d := &s.all
	what := "nothing found"
	if s.bad > 0 {
		what = fmt.Sprintf("%d with findings: %s, %s, %s", s.bad, Count(d.Errors, "error"), Count(d.Warnings, "warning"), Count(d.Notices, "notice"))
	}
	them := "them"
	if s.files == 1 {
		them = "it"
	}
	line("  ", "%s, judged by the lists beside %s: %s", Count(s.files, "signed file"), them, what)
	d.gather()
	d.writeFindings(line, t, func(f Finding) string { return s.same[sortOf(f)].String() })
	return out.Flush()
}

// String names one of the files.
func (s *sameFinding) String() string {
	if s.files == 1 {
		return terminal.Escape(s.example)
	}
	return fmt.Sprintf("%d files, such as %s", s.files, terminal.Escape(s.example))
}

// gather puts the worst findings first, and those of a rule together.
func (d *Lint) gather() {
	first := make(map[string]int)
	for i, f := range d.Findings {
		if _, ok := first[f.Rule]; !ok {
			first[f.Rule] = i
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b Finding) int {
		x, _ := lint.ParseSeverity(a.Severity)
		y, _ := lint.ParseSeverity(b.Severity)
		return cmp.Or(int(y)-int(x), first[a.Rule]-first[b.Rule])
	})
}
