package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// takeSigned takes the signed files out of the files to lint: those that are named,
// and those that will be found in folders. There are none for phones among packages
// for servers (.cop.sgn) and the older files that fetch has archived.
func (s *linting) takeSigned() {
	s.files.args = slices.DeleteFunc(slices.Clone(s.files.args), func(name string) bool {
		if !isSignedName(name) || isFolder(name) {
			return false
		}
		s.signed = append(s.signed, name)
		return true
	})
	s.files.aside = func(name string) bool {
		base := strings.ToLower(filepath.Base(name))
		if !strings.HasSuffix(base, ".sgn") || strings.HasSuffix(base, ".cop.sgn") || archivedName().MatchString(base) {
			return false
		}
		s.signed = append(s.signed, name)
		return true
	}
}

// archivedName matches the name of an archived file: its SHA-1.
var archivedName = lazyregexp.New(`^[0-9a-f]{40}\.sgn$`)

// lintSigned judges the signed files by the lists beside them.
func (a *app) lintSigned(s *linting, rules []lint.Rule) error {
	if len(s.signed) == 0 {
		return nil
	}
	all := make([]*report.Lint, len(s.signed))
	shelf := &listShelf{app: a}
	err := each(a, indices(len(s.signed)), "", func(a *app, i int) error {
		d := a.lintSignedFile(s, rules, shelf, s.signed[i])
		if s.json {
			return d.JSON(a.stdout)
		}
		all[i] = d
		return nil
	})
	if err != nil || s.json || s.quiet {
		return err
	}
	return outputFailure(a.writeSignedFindings(s, all))
}

func (a *app) writeSignedFindings(s *linting, all []*report.Lint) error {
	var found report.SignedFindings
	for _, d := range all {
		if d.Error == nil {
			found.Add(d)
		}
	}
	if found.Files() == 0 {
		return nil
	}
	if s.last != lintNothing {
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return err
		}
	}
	return found.Text(a.stdout, terminalOf(a.stdout, s.color))
}

// lintSignedFile judges a file, and leaves the exit code in the app.
func (a *app) lintSignedFile(s *linting, rules []lint.Rule, shelf *listShelf, name string) *report.Lint {
	beside := shelf.beside(name)
	by := signed.Against{Lists: beside.lists}
	f := a.judgeSigned(name, by)
	o := lint.Options{At: s.at.Time, Days: int(s.days), Profile: s.profile.Profile}
	var findings []lint.Finding
	if f.Err != nil {
		a.complain(f.Err)
		a.worst(exitUnreadable)
	} else {
		findings = f.Judgement.Lint(signed.Beside{
			Lists: len(beside.names) > 0, ListError: beside.err, Encrypted: encryptedBeside(name, f.Judgement),
			Members: wrongMembers(f.Members), Profile: s.profile.Profile,
		})
		findings = slices.DeleteFunc(findings, func(f lint.Finding) bool {
			_, err := lint.Find(rules, f.Rule)
			return err != nil // ignored
		})
	}
	if slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Severity >= s.failOn.Severity }) {
		a.worst(exitNo)
	}
	d := report.NewSignedLint(name, beside.names, f.Err, o, findings, rules)
	d.Only(s.severity.Severity)
	return d
}

func wrongMembers(members []report.SignedMember) []string {
	var wrong []string
	for _, m := range members {
		if m.Wrong() {
			wrong = append(wrong, m.String())
		}
	}
	return wrong
}

// encryptedBeside reports whether the encrypted configuration of the phone that a
// file is for stands beside it.
func encryptedBeside(name string, j *signed.Judgement) bool {
	if j.File == nil {
		return false
	}
	device := signed.DeviceOf(j.File.Header.Filename())
	if device == "" {
		return false
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(name), device+".cnf.xml.enc.sgn"))
	return err == nil && info.Mode().IsRegular()
}

// besideLists are the lists beside a file that a phone would check it with.
type besideLists struct {
	names []string
	lists []*trust.List
	err   error // why one of them is none; lists is nil then
}

// A listShelf finds the lists beside files. It keeps those of all phones of the
// last folder, for files come folder by folder.
type listShelf struct {
	app  *app
	mu   sync.Mutex
	dir  string
	last *besideLists
}

// beside returns the lists of the phone that a file is named after, or if there is
// none of them those of all phones.
func (s *listShelf) beside(name string) *besideLists {
	dir := filepath.Dir(name)
	if device := signed.DeviceOf(filepath.Base(name)); device != "" {
		if own := s.open(dir, "CTL"+device+".tlv", "ITL"+device+".tlv"); len(own.names) > 0 {
			return own
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.dir != dir {
		s.dir, s.last = dir, s.open(dir, tlv.KindCTL.Filename(), tlv.KindITL.Filename())
	}
	return s.last
}

func (s *listShelf) open(dir string, names ...string) *besideLists {
	b := new(besideLists)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		b.names = append(b.names, path)
		f := inspect.Open(path, s.app.stdin, tlv.KindUnknown)
		if f.List == nil {
			b.err = fmt.Errorf("%s is not a trust list, or cannot be read", name)
			continue
		}
		b.lists = append(b.lists, f.List)
	}
	if b.err != nil {
		b.lists = nil
	}
	return b
}
