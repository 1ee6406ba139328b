package fleet

import (
	"fmt"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A saver is a record that could sign a list in place of the one that phones refuse.
type saver struct {
	list  *trust.List
	index int // of the record
}

// maxSavers are weighed; others are marked as not checked.
const maxSavers = 50

// A trade is another signer of the next list of a kind.
type trade struct {
	kind tlv.Kind
	der  string
}

// weigh says of each signer that would save phones how many others it would lose:
// phones that accept the list as it is, and would not accept that signer.
func (f *Fleet) weigh(r *Report) {
	lost := make(map[trade]int)
	for g := range r.Groups {
		for v := range r.Groups[g].Verdicts {
			verdict := &r.Groups[g].Verdicts[v]
			for i, s := range verdict.savers {
				verdict.Saves[i] += f.price(r, lost, verdict.Kind, s)
			}
		}
	}
}

func (f *Fleet) price(r *Report, lost map[trade]int, kind tlv.Kind, s saver) string {
	const unweighed = "; whether other phones accept that was not checked"
	c, err := s.list.Certificate(s.index)
	if err != nil {
		return unweighed
	}
	key := trade{kind, string(c.Raw)}
	n, ok := lost[key]
	if !ok {
		if len(lost) == maxSavers {
			return unweighed
		}
		for i := range r.Groups {
			if g := &r.Groups[i]; g.takes(kind) && !trust.AcceptSignedBy(trust.Phone{Installed: f.whenAsked(g, kind)}, kind, c).Yes() {
				n += g.Phones
			}
		}
		lost[key] = n
	}
	switch n {
	case 0:
		return "; no other phone would be lost by that"
	case 1:
		return "; BUT 1 other phone would refuse that"
	}
	return fmt.Sprintf("; BUT %d other phones would refuse that", n)
}

// whenAsked are the lists that phones of the group hold when they ask for the next of
// a kind: they asked for the CTL before.
func (f *Fleet) whenAsked(g *Group, kind tlv.Kind) []*trust.List {
	if kind != tlv.KindITL || !g.takes(tlv.KindCTL) {
		return g.installed
	}
	var lists []*trust.List
	for _, next := range f.lists.Next {
		if next.List.Header.Kind() == tlv.KindCTL {
			lists = append(lists, next.List)
		}
	}
	for _, l := range g.installed {
		if l.Header.Kind() != tlv.KindCTL {
			lists = append(lists, l)
		}
	}
	return lists
}

// takes reports whether phones of the group accept the next list of a kind as it is.
func (g *Group) takes(kind tlv.Kind) bool {
	for _, v := range g.Verdicts {
		if v.Kind == kind {
			return v.Outcome == OutcomeHas || v.Outcome == OutcomeTakes
		}
	}
	return false
}
