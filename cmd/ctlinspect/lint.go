package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
)

const lintLong = `Judge trust lists: what an experienced engineer checks before a list goes to
the phones. Each finding says where it is, why it matters and what to do.

An error means that phones fail or that nothing is proven; a warning, that
something will fail or is fragile; a notice is worth knowing. --rules lists what
is checked; docs/rules.md describes it.

Signed files (.sgn) in a folder, or named, are judged by the lists beside them:
those of the phone in the file's name, as fetch --config writes them, else
CTLFile.tlv and ITLFile.tlv. What is the same about several is printed once.

Findings that several files share are printed once, for the first of them; each
of the others, such as the same list under the name of another phone, gets one
line.

Lists that open-source tools wrote are judged for a PBX, which has no TVS, CAPF
or "utils ctl update"; --profile says what a list is for.

Exit codes; with several files, the highest:
  0  nothing was found that --fail-on counts; by default, no error
  1  something was found
  2  usage
  3  not readable, or not a trust list`

const lintExample = `  ctlinspect lint CTLFile.tlv
  ctlinspect lint --at 2027-01-01 --ignore digest-sha1 *.tlv
  ctlinspect lint --fail-on warning --days 30 --quiet CTLFile.tlv || mail-admin
  ctlinspect lint --rules certificate-expired
  ctlinspect lint --json CTLFile.tlv | jq '.findings[].message'`

// maxDays keeps the arithmetic of --days in range.
const maxDays = 36500

// A daysFlag is a number of days.
type daysFlag int

func (d *daysFlag) Type() string   { return "DAYS" }
func (d *daysFlag) String() string { return strconv.Itoa(int(*d)) }

func (d *daysFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxDays {
		return fmt.Errorf("use 0 to %d", maxDays)
	}
	*d = daysFlag(n)
	return nil
}

// A severityFlag is the least severity that counts.
type severityFlag struct{ lint.Severity }

func (s *severityFlag) Type() string { return "error|warning|notice" }

func (s *severityFlag) Set(name string) (err error) {
	if s.Severity, err = lint.ParseSeverity(name); err != nil {
		return errors.New("use error, warning or notice")
	}
	return nil
}

// A profileFlag is the value of --profile.
type profileFlag struct{ lint.Profile }

func (p *profileFlag) Type() string { return "auto|cucm|pbx" }

func (p *profileFlag) Set(name string) (err error) {
	if p.Profile, err = lint.ParseProfile(name); err != nil {
		return errors.New("use auto, cucm or pbx")
	}
	return nil
}

// A linting is the flags of lint.
type linting struct {
	as       kindFlag
	files    fileSet
	rules    bool
	ignore   []string
	days     daysFlag
	at       timeFlag
	profile  profileFlag
	failOn   severityFlag
	severity severityFlag
	quiet    bool
	json     bool
	color    colorFlag

	signed []string                     // names of signed files
	first  map[[sha256.Size]byte]string // by hash of a text without its file's name, the first file with it
	last   lintText
}

// A lintText is what was last written for a file.
type lintText uint8

const (
	lintNothing lintText = iota
	lintWhole
	lintLike // a line: the findings are those of an earlier file
)

func (a *app) lintCommand() *cobra.Command {
	s := &linting{days: 60, color: "auto", failOn: severityFlag{lint.SeverityError}, severity: severityFlag{lint.SeverityNotice}}
	cmd := &cobra.Command{
		Use:               "lint [flags] FILE...",
		Short:             "Judge lists: what is wrong, why it matters, what to do",
		Long:              lintLong,
		Example:           lintExample,
		Args:              func(cmd *cobra.Command, args []string) error { return s.needArgs(cmd, args) },
		ValidArgsFunction: s.completeArgs,
		RunE:              func(_ *cobra.Command, args []string) error { return a.lint(s, args) },
	}
	flags := cmd.Flags()
	flags.Var(&s.as, "as", "treat as CTL or ITL if neither FILENAME nor the name says")
	flags.BoolVar(&s.rules, "rules", false, "list the rules, or describe the ones you name")
	flags.StringArrayVar(&s.ignore, "ignore", nil, "leave out the rules with these comma-separated `IDs`; repeatable")
	flags.Var(&s.days, "days", "warn about certificates that expire within this many days")
	flags.Var(&s.at, "at", "judge at this date or time instead of now")
	flags.Var(&s.profile, "profile", "what the list is for; auto: a PBX if an open-source tool wrote it")
	flags.Var(&s.failOn, "fail-on", "exit with 1 for findings of this severity or worse")
	flags.Var(&s.severity, "severity", "print only findings of this severity or worse")
	flags.BoolVarP(&s.quiet, "quiet", "q", false, "print nothing; use the exit code")
	flags.BoolVarP(&s.json, "json", "j", false, "print JSON, one document per file")
	flags.Var(&s.color, "color", "colour severities; auto: on a terminal, unless NO_COLOR is set")
	s.files.addFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("quiet", "json")
	cmd.MarkFlagsMutuallyExclusive("quiet", "rules")
	completeFlag(cmd, "ignore", completeRules)
	return cmd
}

// completeFlag completes the values of a flag that the command has.
func completeFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // no such flag, or two completions
	}
}

// completeArgs completes rules after --rules.
func (s *linting) completeArgs(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if s.rules {
		return ruleIDs(""), cobra.ShellCompDirectiveNoFileComp
	}
	return completeFiles(cmd, args, typed)
}

// completeRules completes the last of the IDs that were typed.
func completeRules(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	return ruleIDs(before), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// ruleIDs are all rules as a shell shows them: the ID, a tab and the title.
func ruleIDs(before string) []string {
	var list []string
	for _, r := range allRules() {
		list = append(list, before+r.ID+"\t"+r.Title)
	}
	return list
}

func (s *linting) needArgs(cmd *cobra.Command, args []string) error {
	if s.rules {
		return nil
	}
	if err := noURLs("lint", args); err != nil {
		return err
	}
	return s.files.set(cmd, args)
}

func allRules() []lint.Rule {
	return slices.Concat(lint.Rules(), ctl.Rules(), itl.Rules(), signed.Rules())
}

func (a *app) lint(s *linting, args []string) error {
	rules := allRules()
	ignored := strings.Split(strings.Join(s.ignore, ","), ",")
	for i, id := range ignored {
		ignored[i] = strings.TrimSpace(id)
		if _, err := lint.Find(rules, ignored[i]); err != nil && len(s.ignore) > 0 {
			return misuse("--ignore: %w; see ctlinspect lint --rules", err)
		}
	}
	rules = lint.Without(rules, ignored)
	if s.rules {
		return a.printRules(s, rules, args)
	}
	if s.at.IsZero() {
		s.at.Time = a.now()
	}
	s.first = make(map[[sha256.Size]byte]string)
	s.takeSigned()
	if len(s.files.args) > 0 || s.files.from != "" {
		if err := a.eachFile(&s.files, s.as.kind, func(a *app, f *report.File) (int, error) {
			return a.lintFile(s, rules, f)
		}); err != nil {
			return err
		}
	}
	return a.lintSigned(s, rules)
}

func (a *app) lintFile(s *linting, rules []lint.Rule, f *report.File) (int, error) {
	options := lint.Options{Kind: f.Kind, At: s.at.Time, Days: int(s.days), Profile: s.profile.Profile}
	if f.Name != input.Stdin {
		options.Name = filepath.Base(f.Name)
	}
	var findings []lint.Finding
	if f.List != nil {
		findings = lint.Run(f.List, options, rules)
	}
	if f.List != nil && f.Guessed && !s.json {
		a.complain(fmt.Errorf("%s: neither FILENAME nor the name says which list this is, judged as a CTL; use --as itl for an ITL", f.Name))
	}
	d := report.NewLint(f, options, findings, rules)
	d.Only(s.severity.Severity)
	return s.code(f, findings), s.write(a, f, d)
}

func (s *linting) write(a *app, f *report.File, d *report.Lint) error {
	switch {
	case s.json:
		return d.JSON(a.stdout)
	case s.quiet, f.List == nil:
		return nil
	}
	return s.text(a, d)
}

// text writes what was found in a file, or which earlier file has the same: a server
// serves one list to thousands of phones. What comes first is known in the file's turn.
func (s *linting) text(a *app, d *report.Lint) error {
	to := terminalOf(a.stdout, s.color)
	nameless, hash := *d, sha256.New()
	nameless.File = ""
	if err := nameless.Text(hash, to); err != nil {
		return err
	}
	if a.await != nil {
		if err := a.await(); err != nil {
			return err
		}
	}
	key := [sha256.Size]byte(hash.Sum(nil))
	first, again := s.first[key]
	again = again && len(d.Findings) > 0
	if s.last == lintWhole || s.last == lintLike && !again {
		if _, err := io.WriteString(a.stdout, "\n"); err != nil {
			return err
		}
	}
	if again {
		s.last = lintLike
		return d.Like(a.stdout, to, first)
	}
	s.first[key], s.last = d.File, lintWhole
	return d.Text(a.stdout, to)
}

func (s *linting) code(f *report.File, findings []lint.Finding) int {
	switch {
	case f.List == nil:
		return exitUnreadable
	case slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Severity >= s.failOn.Severity }):
		return exitNo
	}
	return exitYes
}

// printRules lists the rules, or describes those with the IDs.
func (a *app) printRules(s *linting, rules []lint.Rule, ids []string) error {
	chosen := rules
	if len(ids) > 0 {
		chosen = nil
	}
	for _, id := range ids {
		r, err := lint.Find(rules, id)
		if err != nil {
			return misuse("%w; see ctlinspect lint --rules", err)
		}
		chosen = append(chosen, r)
	}
	d, to := report.NewRules(chosen), terminalOf(a.stdout, s.color)
	var err error
	switch {
	case s.json:
		err = d.JSON(a.stdout)
	case len(ids) > 0:
		err = d.Explain(a.stdout, to)
	default:
		err = d.List(a.stdout, to)
	}
	if err != nil {
		return outputFailure(err)
	}
	return nil
}
