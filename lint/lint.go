// Package lint judges trust lists: what an experienced engineer looks at by hand
// before a list goes to the phones, as rules that are values.
//
// A [Rule] says what it looks for, why that matters on a phone and where the fact
// comes from. [Run] applies rules to a list and returns findings, each with its
// place and what to do. [Rules] are those of both lists; ctl.Rules and itl.Rules
// are those of one. The letters in Rule.Source are the grounds of package tlv:
// [A] arithmetic of published listings, [F] real files, [P] other
// implementations, [D] Cisco documentation, [S] published logs, [I] inferred,
// [?] unknown.
//
// A certificate is read when the first rule asks for it, and once, however many
// records hold it.
package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Severity says how bad a finding is.
type Severity uint8

// Severities.
const (
	SeverityNotice  Severity = 1 + iota // worth knowing
	SeverityWarning                     // will fail, or is fragile
	SeverityError                       // phones fail, or nothing is proven
)

var severityNames = [...]string{SeverityNotice: "notice", SeverityWarning: "warning", SeverityError: "error"}

// String returns "notice", "warning" or "error".
func (s Severity) String() string {
	if s < SeverityNotice || s > SeverityError {
		return fmt.Sprintf("severity %d", uint8(s))
	}
	return severityNames[s]
}

// ParseSeverity is the inverse of String.
func ParseSeverity(name string) (Severity, error) {
	if i := slices.Index(severityNames[:], name); i >= int(SeverityNotice) {
		return Severity(i), nil
	}
	return 0, fmt.Errorf("unknown severity %q: use error, warning or notice", name)
}

// A Rule is one thing to look at.
type Rule struct {
	ID       string // stable, in lower case with hyphens
	Title    string // what is wrong if it fails
	Doc      string // why it matters on a phone
	Source   string // where the fact comes from, with its ground
	Severity Severity

	// Check reports what it finds to the pass. It returns false if there is
	// nothing in the list that the rule could be about.
	Check func(*Pass) bool
}

// A Place is where in the file a finding is.
type Place struct {
	Record int // number of the record, from 1; 0 for the header or the whole list
	Offset int // bytes from the start of the file
}

// A Finding is something wrong with a list.
type Finding struct {
	Rule     string // its ID
	Severity Severity
	Place
	Message string // as the list has it: escape it for a terminal
	Remedy  string // what to do
	Holder         // of the record
}

// A Holder says whose record a finding is about: fields of the record, as the
// list has them, and the end of its certificate.
type Holder struct {
	Role     tlv.Role // RoleAbsent if the finding is about no record
	Host     string   // DNSNAME
	Subject  string   // SUBJECTNAME
	Serial   tlv.Serial
	NotAfter time.Time // UTC; zero if there is no certificate, or none that can be read
}

// nobody holds a finding about the header or the whole list.
var nobody = Holder{Role: tlv.RoleAbsent}

// Options are what a list is judged by.
type Options struct {
	Kind tlv.Kind  // of the list; UnknownKind: what FILENAME says
	Name string    // of the file, "" if there is none
	At   time.Time // the time to judge at; zero: now
	Days int       // certificates that expire within this many days are about to

	// Profile is what the list is for.
	Profile Profile
	// Old is the list that phones hold and that this one is to follow, nil if it
	// is not known.
	Old *trust.List
	// Draft is set for a list that has not been signed yet: its signature is not
	// judged.
	Draft bool
}

// Run applies the rules of all sets to a list. Findings come with the worst
// first, then in the order of the rules, then of the file.
func Run(l *trust.List, o Options, sets ...[]Rule) []Finding {
	p := &Pass{Subject: NewSubject(l, o)}
	for _, rules := range sets {
		for i := range rules {
			p.apply(&rules[i])
		}
	}
	slices.SortStableFunc(p.findings, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
	return p.findings
}

// Apply applies one rule. It reports false if the list has nothing that the rule
// could be about.
func (r Rule) Apply(s *Subject) ([]Finding, bool) {
	p := &Pass{Subject: s}
	applies := p.apply(&r)
	return p.findings, applies
}

// maxFindings of one rule keep a hostile list of a million records from filling
// memory and screen.
const maxFindings = 100

// A Pass is a rule at work on a list.
type Pass struct {
	*Subject
	rule     *Rule
	count    int // findings of the rule
	findings []Finding
}

func (p *Pass) apply(r *Rule) bool {
	p.rule, p.count = r, 0
	applies := r.Check(p)
	if more := p.count - maxFindings; more > 0 {
		last := p.findings[len(p.findings)-1]
		p.findings = append(p.findings, Finding{Rule: r.ID, Severity: r.Severity, Message: fmt.Sprintf("%d more of the same", more), Remedy: last.Remedy, Holder: nobody})
	}
	return applies
}

// Report notes a finding: where, what to do, and what is wrong.
func (p *Pass) Report(at Place, remedy Remedy, format string, args ...any) {
	if p.count++; p.count > maxFindings {
		return
	}
	f := Finding{Rule: p.rule.ID, Severity: p.rule.Severity, Place: at, Message: fmt.Sprintf(format, args...), Holder: nobody}
	var r Record
	if at.Record > 0 {
		r = p.Records[at.Record-1]
		f.Holder = r.holder()
	}
	f.Remedy = remedies[remedy](p.Subject, r)
	p.findings = append(p.findings, f)
}

// Rules returns the rules for both lists.
func Rules() []Rule {
	return slices.Concat(signatureRules, headerRules, recordRules, certificateRules, copyRules, successorRules)
}

// Without returns the rules but those with the IDs.
func Without(rules []Rule, ids []string) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return slices.Contains(ids, r.ID) })
}

// Find returns the rule with the ID.
func Find(rules []Rule, id string) (Rule, error) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, fmt.Errorf("unknown rule %q%s", id, suggestion(rules, id))
	}
	return rules[i], nil
}

func suggestion(rules []Rule, id string) string {
	for _, r := range rules {
		if id != "" && strings.Contains(r.ID, strings.ToLower(id)) {
			return fmt.Sprintf(", did you mean %s", r.ID)
		}
	}
	return ""
}
