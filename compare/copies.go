package compare

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Copy is a phone's or a server's list, or what is known of it.
type Copy struct {
	Name     string      // of the file or URL, or the argument
	List     *trust.List // nil for evidence
	Evidence Evidence
	Sums     Sums
}

// NewCopy returns the copy that a list is.
func NewCopy(name string, l *trust.List) Copy {
	return Copy{Name: name, List: l, Sums: SumsOf(l.List)}
}

// EvidenceCopy returns the copy that evidence is about.
func EvidenceCopy(name string, e Evidence) Copy { return Copy{Name: name, Evidence: e, Sums: e.Sums} }

// ErrNoEvidence is the cause of the error of [ReadCopies] for a file that is
// neither a list nor a text that says something about one.
var ErrNoEvidence = errors.New("neither a trust list nor evidence of one: expected a listing of show ctl, show itl, ls -l or file list tftp, a phone's console log or status messages, DeviceTLInfo alarms, or a hash")

// ReadCopies reads what a file holds: a list, or a text with evidence of one list
// or more. It fails with a [*tlv.ParseError] for a damaged list, and with
// [ErrNoEvidence] for something else.
func ReadCopies(name string, data []byte) ([]Copy, error) {
	l, err := trust.Read(data)
	if err == nil {
		return []Copy{NewCopy(name, l)}, nil
	}
	if !errors.Is(err, tlv.ErrNotTrustList) {
		return nil, err
	}
	var found []Evidence
	if page, pageErr := ParsePage(bytes.NewReader(data)); pageErr == nil {
		found = page.Evidence
	} else if found = ParseText(string(data)); errors.Is(pageErr, ErrNoListRows) && len(found) == 0 {
		return nil, pageErr
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w (%w)", ErrNoEvidence, err)
	}
	list := make([]Copy, len(found))
	for i, e := range found {
		list[i] = EvidenceCopy(name, e)
	}
	return list, nil
}

// StreamCopies is ReadCopies for a text of any size; see [ReadText].
func StreamCopies(name string, r io.Reader) ([]Copy, error) {
	p, err := readText(r)
	if err != nil {
		return nil, err
	}
	if len(p.found) == 0 {
		return nil, ErrNoEvidence
	}
	found := p.sorted()
	p.alarms = nil // memory for the copies
	list := make([]Copy, len(found))
	for i, e := range found {
		list[i] = EvidenceCopy(name, *e)
		found[i] = nil
	}
	return list, nil
}

// Phones returns how many phones copies are of. Those that name no phone are of one
// each.
func Phones(copies []Copy) int {
	n, seen := 0, make(map[string]bool)
	for _, c := range copies {
		if d := c.Evidence.Device; d == "" || !seen[d] {
			seen[d] = true
			n++
		}
	}
	return n
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

// Unverified returns why the list does not verify; nil if it does, or for
// evidence.
func (c Copy) Unverified() error {
	if c.List == nil {
		return nil
	}
	_, err := c.List.Verify()
	return err
}

// verdict is what two copies have in common.
func (c Copy) verdict(other Copy) Verdict {
	switch {
	case c.Kind() != other.Kind() && c.Kind() != tlv.KindUnknown && other.Kind() != tlv.KindUnknown:
		return VerdictOtherKind
	case c.Evidence.Absent && other.Evidence.Absent, c.absentUnlike(other), other.absentUnlike(c):
		return VerdictNothingInCommon
	case c.Evidence.Absent || other.Evidence.Absent:
		return VerdictNotInstalled
	}
	return c.Sums.Match(other.Sums)
}

// absentUnlike: that there is no CTL says nothing about a hash that may be an ITL's.
func (c Copy) absentUnlike(other Copy) bool {
	return c.Evidence.Absent && c.Kind() != tlv.KindUnknown && other.Kind() == tlv.KindUnknown
}

// A Server is a server's copy beside the phone's.
type Server struct {
	Copy
	Verdict    Verdict
	Mistyped   int             // hex digits in which a hash differs, if only one or two do; otherwise 0
	Difference *Difference     // from the phone's list; nil unless both lists, or listings of them, are available
	Decision   *trust.Decision // of a phone that holds the list; nil unless both lists are available
}

// A Report is a phone's copy beside those of the servers.
type Report struct {
	Copy    Copy
	Known   *Copy // the phone's list: Copy, or for evidence a server's list of the same hash; nil if no such list is available
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
		if s.Verdict != VerdictOtherKind {
			return false
		}
	}
	return len(r.Servers) > 0
}

// A Tally counts what was found out about several statements.
type Tally struct {
	Statements int
	Comparable bool // something is known of the bytes of a list
	decided    bool // something could be compared
	other      bool // and something was not a list of a server
}

// Add counts a report.
func (t *Tally) Add(r *Report) {
	t.Statements++
	t.Comparable = t.Comparable || r.Copy.Comparable()
	if r.Decided() {
		t.decided = true
		t.other = t.other || len(r.Holds()) == 0
	}
}

// Same reports whether everything that could be compared is a list of a server,
// and something could.
func (t *Tally) Same() bool { return t.decided && !t.other }

// Servers are the copies of several servers. Each pair of lists is compared and
// judged once, however many phones are asked about. They are for one goroutine.
type Servers struct {
	copies   [][]Copy
	judged   map[[2]*trust.List]judgement
	outlines map[*trust.List]*tlv.List
}

// A judgement is a server's list as seen from a phone's list.
type judgement struct {
	difference *Difference
	decision   *trust.Decision
}

// NewServers returns servers that have one or more copies each, of which the
// nearest to the phone's counts.
func NewServers(copies ...[]Copy) *Servers {
	return &Servers{copies, make(map[[2]*trust.List]judgement), make(map[*trust.List]*tlv.List)}
}

// Compare puts a phone's copy beside those of the servers.
func (s *Servers) Compare(phone Copy) *Report {
	r := &Report{Copy: phone}
	for _, candidates := range s.copies {
		r.Servers = append(r.Servers, s.nearest(phone, candidates))
	}
	if r.setKnown(); r.Known == nil {
		return r
	}
	for i := range r.Servers {
		r.Servers[i].judge(s, r.Known.List)
	}
	return r
}

func (s *Servers) nearest(phone Copy, candidates []Copy) Server {
	found := make(map[Verdict]Copy)
	for _, c := range candidates {
		v := s.verdict(phone, c)
		if _, ok := found[v]; !ok {
			found[v] = c
		}
	}
	for _, v := range best {
		if c, ok := found[v]; ok {
			server := Server{Copy: c, Verdict: v}
			if v == VerdictDifferent {
				server.Mistyped = phone.Sums.Mistyped(c.Sums)
			}
			if phone.Evidence.Listing != nil || c.Evidence.Listing != nil {
				server.Difference = s.shownDifference(phone, c, phone.verdict(c))
			}
			return server
		}
	}
	return Server{Verdict: VerdictNothingInCommon}
}

func (s *Servers) verdict(phone, server Copy) Verdict {
	v := phone.verdict(server)
	if v != VerdictOtherKind && phone.List != nil && server.List != nil {
		return s.pair(phone.List, server.List).difference.Verdict
	}
	if d := s.shownDifference(phone, server, v); d != nil {
		if d.Verdict == VerdictDifferent {
			return VerdictDifferent
		}
		return VerdictSameRecords
	}
	return v
}

// shownDifference compares the records of listings, if nothing stronger is known
// than the verdict; nil if there are none.
func (s *Servers) shownDifference(phone, server Copy, v Verdict) *Difference {
	if v != VerdictDifferent && v != VerdictSameSize && v != VerdictSameTime && v != VerdictNothingInCommon {
		return nil
	}
	a, b := s.outline(phone), s.outline(server)
	if a == nil || b == nil {
		return nil
	}
	return details(a, b)
}

// outline is what a listing shows of a copy.
func (s *Servers) outline(c Copy) *tlv.List {
	if c.List == nil {
		return c.Evidence.Listing
	}
	if _, ok := s.outlines[c.List]; !ok {
		s.outlines[c.List] = outlineOf(c.List.List)
	}
	return s.outlines[c.List]
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

// pair compares a phone's list with a server's of the same kind.
func (s *Servers) pair(phone, server *trust.List) judgement {
	j, ok := s.judged[[2]*trust.List{phone, server}]
	if !ok {
		j.difference = Lists(phone.List, server.List)
		j.decision = trust.Accept(trust.Phone{Installed: []*trust.List{phone}, AllowUnverified: true}, server)
		s.judged[[2]*trust.List{phone, server}] = j
	}
	return j
}

// judge compares a server's list with the phone's.
func (s *Server) judge(all *Servers, phone *trust.List) {
	if s.List == nil {
		return
	}
	if s.Kind() != phone.Header.Kind() {
		s.Verdict = VerdictOtherKind
		return
	}
	j := all.pair(phone, s.List)
	s.Difference, s.Decision = j.difference, j.decision
	if !s.Verdict.Same() {
		s.Verdict = j.difference.Verdict
	}
}
