package fleet

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A State says what phones of a group hold.
type State string

// States.
const (
	StateServer  State = "server"        // a list that a server has
	StateArchive State = "archive"       // an older list that is at hand
	StateUnknown State = "unknown"       // a list with a hash that none of the lists at hand has
	StateNone    State = "none"          // no list of this kind
	StateNothing State = "nothing-known" // no statement
)

// A Holding is what a phone holds of a kind, and how that is known.
type Holding struct {
	State  State
	List   string    // name of the list, for StateServer and StateArchive
	Made   time.Time // TIMESTAMP of that list; zero if it has none
	Hash   string    // in hex, for StateUnknown
	At     time.Time
	Form   compare.Form
	Source string
	Line   int
}

// An Outcome says what a phone does with the next list.
type Outcome string

// Outcomes. Only the first two leave a phone with the next list.
const (
	OutcomeHas     Outcome = "has-it"  // it holds the next list already
	OutcomeTakes   Outcome = "accepts" // it accepts it
	OutcomeRefuses Outcome = "refuses" // it keeps what it has: it is stranded
	OutcomeUnknown Outcome = "unknown" // the list that it holds is not at hand, so it counts as no
)

// A Verdict is what phones that hold certain lists do with the next one of a kind.
type Verdict struct {
	Kind     tlv.Kind
	Next     string // name of the next list
	Outcome  Outcome
	Decision *trust.Decision // nil unless trust.Accept was asked
	Why      string
	Saves    []string // for OutcomeRefuses what would make the phones accept a next list; any one of them is enough
	savers   []saver  // the signers in Saves, which begins with them
}

// A Phone is one phone.
type Phone struct {
	Name, Model string
	CTL, ITL    Holding
	Verdicts    []Verdict // one for each next list
	Group       int       // index in Report.Groups
}

// A Group is the phones that hold the same lists.
type Group struct {
	CTL, ITL Holding // State, List and Hash only
	Phones   int
	Models   []Count // the most first; "" is unknown
	Verdicts []Verdict
	Example  string // name of its first phone

	installed []*trust.List // the lists that are at hand of those that they hold
}

// A Count is a name and how often it was seen.
type Count struct {
	Name  string
	Count int
}

// Stranded reports whether phones of the group would be left behind.
func (g *Group) Stranded() bool {
	return slices.ContainsFunc(g.Verdicts, func(v Verdict) bool { return v.Outcome == OutcomeRefuses || v.Outcome == OutcomeUnknown })
}

// Refuses reports whether phones of the group refuse a next list.
func (g *Group) Refuses() bool {
	return slices.ContainsFunc(g.Verdicts, func(v Verdict) bool { return v.Outcome == OutcomeRefuses })
}

// Current reports whether the phones hold a server's list of each kind that they
// hold at all.
func (g *Group) Current() bool {
	return g.CTL.current() && g.ITL.current() && (g.CTL.State == StateServer || g.ITL.State == StateServer)
}

// Other reports whether it is a list, and not one that a server has.
func (h Holding) Other() bool { return h.State == StateArchive || h.State == StateUnknown }

func (h Holding) current() bool { return h.State == StateServer || h.State == StateNone }

// A Report is the answer about a fleet.
type Report struct {
	Size               int     // phones
	Groups             []Group // the largest first
	Contradictions     []Contradiction
	MoreContradictions int
	Statements         int
	Nameless           int // statements that name no phone
	Empty              int // statements that say nothing about the bytes of a list

	fleet  *Fleet
	phones []*phone // by name
}

// Phones yields the phones by name. What was added to the fleet after the report
// may show.
func (r *Report) Phones() iter.Seq[Phone] {
	return func(yield func(Phone) bool) {
		f := r.fleet
		for _, p := range r.phones {
			if !yield(Phone{
				Name: p.name, Model: f.models.texts[p.model], CTL: f.holding(p.held[0]), ITL: f.holding(p.held[1]),
				Verdicts: r.Groups[p.group].Verdicts, Group: int(p.group),
			}) {
				return
			}
		}
	}
}

// Good reports whether all phones hold a server's list, and take the next ones.
func (r *Report) Good() bool {
	return r.Size > 0 && !slices.ContainsFunc(r.Groups, func(g Group) bool {
		return !g.Current() || slices.ContainsFunc(g.Verdicts, func(v Verdict) bool { return v.Outcome != OutcomeHas && v.Outcome != OutcomeTakes })
	})
}

// Report sorts the phones into groups and judges each group once.
func (f *Fleet) Report() *Report {
	r := &Report{Size: len(f.phones), Statements: f.counts.statements, Nameless: f.counts.nameless, Empty: f.counts.empty, fleet: f, phones: f.sorted()}
	groups := make(map[[len(kinds)]holding]int)
	models := []map[int32]int{}
	found := f.twins.clone()
	for _, p := range r.phones {
		key := [len(kinds)]holding{p.held[0].key(), p.held[1].key()}
		g, ok := groups[key]
		if !ok {
			g = len(r.Groups)
			groups[key] = g
			r.Groups = append(r.Groups, Group{CTL: f.bare(p.held[0]), ITL: f.bare(p.held[1]), Verdicts: f.judge(p), Example: p.name, installed: f.installed(p)})
			models = append(models, make(map[int32]int))
		}
		r.Groups[g].Phones++
		models[g][p.model]++
		p.group = int32(g)
		f.contradictions(&found, p)
	}
	for i := range r.Groups {
		r.Groups[i].Models = f.counted(models[i])
	}
	f.weigh(r)
	r.Contradictions, r.MoreContradictions = found.sorted()
	r.sortGroups()
	return r
}

// A holding is what tells groups apart.
type holding struct {
	state state
	index int32
}

func (h held) key() holding { return holding{h.state, h.index} }

func (f *Fleet) counted(m map[int32]int) []Count {
	list := make([]Count, 0, len(m))
	for model, n := range m {
		list = append(list, Count{f.models.texts[model], n})
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return list
}

// sortGroups puts the largest group first, and keeps the indices of the phones.
func (r *Report) sortGroups() {
	order := make([]int, len(r.Groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return r.Groups[b].Phones - r.Groups[a].Phones })
	sorted, place := make([]Group, len(order)), make([]int32, len(order))
	for i, from := range order {
		sorted[i], place[from] = r.Groups[from], int32(i)
	}
	r.Groups = sorted
	for _, p := range r.phones {
		p.group = place[p.group]
	}
}

// bare is what a group has in common.
func (f *Fleet) bare(h held) Holding {
	switch h.state {
	case absent:
		return Holding{State: StateNone}
	case listed:
		k := f.lists.Known[h.index]
		made, _ := k.List.Header.Timestamp()
		return Holding{State: State(k.Set), List: k.Name, Made: made}
	case foreign:
		return Holding{State: StateUnknown, Hash: hex.EncodeToString([]byte(f.unknown.texts[h.index]))}
	}
	return Holding{State: StateNothing}
}

func (f *Fleet) holding(h held) Holding {
	b := f.bare(h)
	if h.state == nothingKnown {
		return b
	}
	b.Form, b.Source, b.Line = compare.Form(f.forms.texts[h.form]), f.sources.texts[h.source], int(h.line)
	if h.at != 0 {
		b.At = time.Unix(0, h.at).UTC()
	}
	return b
}

func (f *Fleet) installed(p *phone) []*trust.List {
	var list []*trust.List
	for _, h := range p.held {
		if h.state == listed {
			list = append(list, f.lists.Known[h.index].List)
		}
	}
	return list
}

// judge says what phones that hold what p holds do with the next lists. They ask for
// the CTL first: one that they accept vouches for the ITL.
func (f *Fleet) judge(p *phone) []Verdict {
	var verdicts []Verdict
	installed := make(map[tlv.Kind]*trust.List)
	unknown := make(map[tlv.Kind]string) // why what they hold is not known
	for i, kind := range kinds {
		switch h := p.held[i]; h.state {
		case listed:
			installed[kind] = f.lists.Known[h.index].List
		case foreign:
			unknown[kind] = "a list that these phones hold is not at hand, and no other list vouches"
		case nothingKnown:
			unknown[kind] = "it is not known what these phones hold, and no other list vouches"
		}
	}
	for _, kind := range kinds {
		for _, next := range f.lists.Next {
			if next.List.Header.Kind() != kind {
				continue
			}
			v := f.offer(next, kind, installed, unknown)
			if v.Outcome == OutcomeHas || v.Outcome == OutcomeTakes {
				installed[kind], unknown[kind] = next.List, ""
			}
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// offer asks trust.Accept. Where a list that the phone holds is not at hand, only a
// list that is at hand can vouch, and a phone does not count as one without lists.
func (f *Fleet) offer(next Known, kind tlv.Kind, installed map[tlv.Kind]*trust.List, unknown map[tlv.Kind]string) Verdict {
	var phone trust.Phone
	missing := ""
	for _, k := range kinds {
		if l := installed[k]; l != nil {
			phone.Installed = append(phone.Installed, l)
		}
		missing = cmp.Or(missing, unknown[k])
	}
	d := trust.Accept(phone, next.List)
	v := Verdict{Kind: kind, Next: next.Name, Decision: d}
	switch {
	case d.Verdict == trust.VerdictSame && d.Yes():
		v.Outcome = OutcomeHas
	case missing != "" && (d.Verdict == trust.VerdictFirst || d.Verdict == trust.VerdictUnknownSigner):
		v.Outcome, v.Why = OutcomeUnknown, missing
	case d.Yes():
		v.Outcome, v.Why = OutcomeTakes, accepts(d)
	default:
		v.Outcome, v.Why = OutcomeRefuses, d.Reason.Error()
		if d.Unknown {
			v.Outcome = OutcomeUnknown
			break
		}
		f.saves(&v, phone.Installed)
	}
	return v
}

// saves adds what would make phones accept a list whose signer they do not know:
// what trust.Accept asks for, and nothing else.
func (f *Fleet) saves(v *Verdict, installed []*trust.List) {
	var unknown *trust.UnknownSignerError
	if !errors.As(v.Decision.Reason, &unknown) {
		return
	}
	for _, l := range installed {
		for i, r := range l.Records {
			if r.Role() != tlv.RoleSAST {
				continue
			}
			if c, err := l.Certificate(i); err == nil && trust.AcceptSignedBy(trust.Phone{Installed: installed}, v.Kind, c).Yes() {
				v.savers = append(v.savers, saver{l, i})
				v.Saves = append(v.Saves, fmt.Sprintf("sign it with record %d of %s, %s", i+1, f.nameOf(l), strings.TrimSpace(r.Subject())))
			}
		}
	}
	if unknown.CanAskTVS {
		v.Saves = append(v.Saves, "give TVS the certificate of the signer (Phone-SAST-trust); not for "+trust.StrandedWithoutTVS.String())
	}
}

// nameOf is the name of a list that phones hold: known, or the next one.
func (f *Fleet) nameOf(l *trust.List) string {
	for _, k := range slices.Concat(f.lists.Known, f.lists.Next) {
		if k.List == l {
			return k.Name
		}
	}
	return "the installed list"
}

func accepts(d *trust.Decision) string {
	why := "accepted"
	switch {
	case d.Voucher != nil:
		why = d.Voucher.String() + " vouches"
	case d.Verdict == trust.VerdictFirst:
		why = "a phone without a list takes the first one it gets"
	}
	for _, warning := range d.Warnings {
		why += "; but: " + warning
	}
	return why
}
