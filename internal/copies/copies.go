// Package copies finds out which server's list a phone holds, whatever is known
// of the phone's: the file, or what somebody read off its screen.
package copies

import (
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Copy is a list, or what is known of one.
type Copy struct {
	Name       string      // of the file or URL, or the argument
	List       *trust.List // nil for evidence
	Unverified error       // why the list does not verify; nil if it does, or for evidence
	Evidence   compare.Evidence
	Sums       compare.Sums
}

// Kind returns which list it is, as far as that is known.
func (c Copy) Kind() tlv.Kind {
	if c.List != nil {
		return c.List.Header.Kind()
	}
	return c.Evidence.Kind
}

// Comparable reports whether anything is known of the bytes of the list.
func (c Copy) Comparable() bool { return c.List != nil || c.Evidence.Comparable() }

// FromArgument reads what a person copied off a screen, as in md5:HEX.
func FromArgument(s string) (Copy, error) {
	e, err := compare.ParseArgument(s)
	return fromEvidence(s, e), err
}

func fromEvidence(name string, e compare.Evidence) Copy {
	return Copy{Name: name, Evidence: e, Sums: e.Sums}
}

// FromFile reads what a file holds: a list, or a text with evidence of one list
// or more. An error says what else it is, with the next step.
func FromFile(name string, data []byte) ([]Copy, error) {
	f := inspect.New(name, data)
	if f.List != nil {
		return []Copy{{Name: name, List: f.List, Unverified: f.Reason, Sums: compare.SumsOf(f.List.List)}}, nil
	}
	if !errors.Is(f.Err, tlv.ErrNotTrustList) {
		return nil, f.Err
	}
	var list []Copy
	for _, e := range compare.ParseText(string(data)) {
		list = append(list, fromEvidence(name, e))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w; nor is it a text that says something about one: expected a listing of show ctl, show itl, ls -l or file list tftp, a phone's console log, or DeviceTLInfo alarms", f.Err)
	}
	return list, nil
}

// A Verdict says what a phone's copy and a server's have in common.
type Verdict string

// Verdicts. Those of lists and of hashes are the ones of package compare.
const (
	SameBytes       = Verdict(compare.VerdictSameBytes)
	SameHash        = Verdict(compare.SameHash)
	SignedAgain     = Verdict(compare.VerdictSignedAgain)
	SameSize        = Verdict(compare.SameSize)
	Different       = Verdict(compare.VerdictDifferent)
	NotInstalled    = Verdict("not-installed") // one side has no such list
	NothingInCommon = Verdict(compare.NothingInCommon)
	OtherKind       = Verdict("other-kind") // one is a CTL, the other an ITL
)

// Same reports whether both are the same file.
func (v Verdict) Same() bool { return v == SameBytes || v == SameHash }

// Decided reports whether the verdict says anything about the copies.
func (v Verdict) Decided() bool { return v != NothingInCommon && v != OtherKind }

// best is from the most that two copies can have in common to the least.
var best = []Verdict{SameBytes, SameHash, SignedAgain, SameSize, Different, NotInstalled, NothingInCommon, OtherKind}

// A Server is a server's copy beside the phone's.
type Server struct {
	Copy
	Verdict    Verdict
	Difference *compare.Difference // from the phone's list, nil if not both lists are at hand
	Decision   *trust.Decision     // of a phone that holds the list, nil if not both lists are at hand
}

// A Report is a phone's copy beside those of the servers.
type Report struct {
	Copy    Copy
	Known   *Copy // the phone's list: Copy, or for evidence a server's list of the same hash; nil if no such list is at hand
	Servers []Server
}

// Holds returns the servers whose list is the phone's.
func (r *Report) Holds() []Server {
	var list []Server
	for _, s := range r.Servers {
		if s.Verdict.Same() {
			list = append(list, s)
		}
	}
	return list
}

// Decided reports whether any of the servers could be compared.
func (r *Report) Decided() bool {
	for _, s := range r.Servers {
		if s.Verdict.Decided() {
			return true
		}
	}
	return false
}

// OtherKind reports whether the servers have lists of the other kind only.
func (r *Report) OtherKind() bool {
	for _, s := range r.Servers {
		if s.Verdict != OtherKind {
			return false
		}
	}
	return len(r.Servers) > 0
}

// Compare puts a phone's copy beside those of the servers. What each server has
// are one or more copies, of which the nearest to the phone's counts.
func Compare(phone Copy, servers [][]Copy) *Report {
	r := &Report{Copy: phone}
	for _, candidates := range servers {
		r.Servers = append(r.Servers, nearest(phone, candidates))
	}
	if r.setKnown(); r.Known == nil {
		return r
	}
	for i := range r.Servers {
		r.Servers[i].judge(r.Known.List)
	}
	return r
}

func nearest(phone Copy, candidates []Copy) Server {
	found := make(map[Verdict]Copy)
	for _, c := range candidates {
		v := verdict(phone, c)
		if _, ok := found[v]; !ok {
			found[v] = c
		}
	}
	for _, v := range best {
		if c, ok := found[v]; ok {
			return Server{Copy: c, Verdict: v}
		}
	}
	return Server{Verdict: NothingInCommon}
}

func verdict(a, b Copy) Verdict {
	switch {
	case a.Kind() != b.Kind() && a.Kind() != tlv.KindUnknown && b.Kind() != tlv.KindUnknown:
		return OtherKind
	case a.Evidence.Absent && b.Evidence.Absent, a.absentUnlike(b), b.absentUnlike(a):
		return NothingInCommon
	case a.Evidence.Absent || b.Evidence.Absent:
		return NotInstalled
	case a.List != nil && b.List != nil:
		return Verdict(compare.Lists(a.List.List, b.List.List).Verdict)
	}
	return Verdict(a.Sums.Match(b.Sums))
}

// absentUnlike: that there is no CTL says nothing of a hash that may be an ITL's.
func (c Copy) absentUnlike(other Copy) bool {
	return c.Evidence.Absent && c.Kind() != tlv.KindUnknown && other.Kind() == tlv.KindUnknown
}

func (r *Report) setKnown() {
	if r.Copy.List != nil {
		r.Known = &r.Copy
		return
	}
	for _, s := range r.Holds() {
		if s.List != nil {
			r.Known = &s.Copy
			return
		}
	}
}

// judge compares a server's list with the phone's.
func (s *Server) judge(phone *trust.List) {
	if s.List == nil {
		return
	}
	if s.Kind() != phone.Header.Kind() {
		s.Verdict = OtherKind
		return
	}
	s.Difference = compare.Lists(phone.List, s.List.List)
	s.Decision = trust.Accept(trust.Phone{Installed: []*trust.List{phone}}, s.List)
	if !s.Verdict.Same() {
		s.Verdict = Verdict(s.Difference.Verdict)
	}
}
