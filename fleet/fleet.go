package fleet

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/devices"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Statement is what one source says about one list of one phone.
type Statement struct {
	compare.Evidence           // of a phone with a name: Device is not ""
	Model            string    // "CP-8841"; "" if it is not known
	At               time.Time // when it was true; zero if that is not known
	Source           string    // file that says so
}

// A Set says what a known list is to the fleet.
type Set string

// Sets of lists.
const (
	SetServer  Set = "server"  // what servers have now
	SetArchive Set = "archive" // what they had before
)

// A Known is a list at hand.
type Known struct {
	Name string // of the file
	Set  Set
	List *trust.List
}

// Lists are the lists that phones may hold, and the ones that come next: one of a
// kind at most.
type Lists struct {
	Known []Known
	Next  []Known
}

// A Fleet collects statements. It is for one goroutine.
type Fleet struct {
	lists   Lists
	sums    map[string]int32 // index of a known list by its MD5, SHA-1 or SHA-512
	phones  map[string]*phone
	unknown names // hashes of unknown lists
	models  names
	sources names
	forms   names
	counts  counts
	pairs   map[[2]int32]bool // which known lists are related
	twins   contradictions    // of phones with one name
	noted   map[*phone]bool   // phones of two models, which are in twins
}

// names are texts that many phones have in common, by number. The number 0 is "".
type names struct {
	numbers map[string]int32
	texts   []string
}

func newNames() names { return names{map[string]int32{"": 0}, []string{""}} }

func (n *names) number(s string) int32 {
	i, ok := n.numbers[s]
	if !ok {
		s = strings.Clone(s) // it may be a part of a long line
		i = int32(len(n.texts))
		n.texts = append(n.texts, s)
		n.numbers[s] = i
	}
	return i
}

// counts are what was seen on the way.
type counts struct {
	statements int
	expected   int // phones that were named, again ones included
	nameless   int // statements without the name of a phone
	empty      int // statements that say nothing about the bytes of a list
}

// kinds are the lists of a phone, in the order that it asks for them.
var kinds = [...]tlv.Kind{tlv.KindCTL, tlv.KindITL}

// A phone is what is known of it. A hundred thousand of them are to be small.
type phone struct {
	name    string
	model   int32
	group   int32 // of the report
	held    [len(kinds)]held
	changes *[len(kinds)]held // the statement before the last that said otherwise; nil if there is none
	seen    *sighting         // nil if no address is known
}

// A state is what a phone holds of a kind.
type state uint8

const (
	nothingKnown state = iota
	absent
	listed  // one of the known lists
	foreign // a hash that none of them has
)

// A held is the newest statement about a list of a phone.
type held struct {
	at     int64 // Unix nanoseconds; 0 if not known
	index  int32 // of a known list, or of an unknown hash
	line   int32
	source int32
	form   uint16
	state  state
}

// New prepares a fleet. A list that is both on a server and in the archive counts
// as the server's.
func New(lists Lists) *Fleet {
	f := &Fleet{
		lists: lists, sums: make(map[string]int32), phones: make(map[string]*phone),
		unknown: newNames(), models: newNames(), sources: newNames(), forms: newNames(),
		pairs: make(map[[2]int32]bool), noted: make(map[*phone]bool),
	}
	for i, k := range lists.Known {
		s := compare.SumsOf(k.List.List)
		for _, sum := range [][]byte{s.MD5, s.SHA1, s.SHA512} {
			if other, ok := f.sums[string(sum)]; !ok || lists.Known[other].Set == SetArchive && k.Set == SetServer {
				f.sums[string(sum)] = int32(i)
			}
		}
	}
	return f
}

// Add takes a statement. One without the name of a phone, or that says nothing
// about the bytes of a list, is counted and otherwise ignored.
func (f *Fleet) Add(s Statement) {
	f.counts.statements++
	if s.Device == "" {
		f.counts.nameless++
		return
	}
	p := f.phone(s.Device)
	f.setModel(p, s.Model)
	h, ok := f.held(s)
	if s.Kind == tlv.KindUnknown && h.state == listed {
		s.Kind = f.lists.Known[h.index].List.Header.Kind()
	}
	i := slices.Index(kinds[:], s.Kind)
	if i < 0 || !ok {
		f.counts.empty++
		return
	}
	p.hold(i, h)
}

// hold takes what a statement says of the list of a kind.
func (p *phone) hold(kind int, h held) {
	old := p.held[kind]
	switch {
	case old.newer(h):
	case old.state == nothingKnown || old.same(h):
		p.held[kind] = h
	default:
		if p.changes == nil {
			p.changes = new([len(kinds)]held)
		}
		p.held[kind], p.changes[kind] = h, old
	}
}

// phone returns the phone of a name, a new one if it was not seen before. The case
// of the letters in names like SEP0011215A1AE3 does not matter.
func (f *Fleet) phone(name string) *phone {
	if p := f.phones[name]; p != nil {
		return p
	}
	if upper, ok := devices.Name(name); ok && upper != name {
		return f.phone(upper)
	}
	p := &phone{name: strings.Clone(name)} // it may be a part of a long line
	f.phones[p.name] = p
	return p
}

// Expect adds a phone of which nothing may be known: one of a list of all phones.
func (f *Fleet) Expect(name, model string) {
	f.counts.expected++
	f.setModel(f.phone(name), model)
}

func (f *Fleet) held(s Statement) (held, bool) {
	h := held{line: int32(min(s.Line, math.MaxInt32)), source: f.sources.number(s.Source), form: uint16(f.forms.number(string(s.Form)))}
	if !s.At.IsZero() {
		h.at = s.At.UnixNano()
	}
	if s.Absent {
		h.state = absent
		return h, true
	}
	for _, sum := range [][]byte{s.Sums.SHA512, s.Sums.SHA1, s.Sums.MD5} {
		if i, ok := f.sums[string(sum)]; ok && len(sum) > 0 {
			h.state, h.index = listed, i
			return h, true
		}
	}
	for _, sum := range [][]byte{s.Sums.SHA1, s.Sums.MD5, s.Sums.SHA512} {
		if len(sum) > 0 {
			h.state, h.index = foreign, f.unknown.number(string(sum))
			return h, true
		}
	}
	return h, false
}

// newer reports whether h was true later than other.
func (h held) newer(other held) bool { return h.at != 0 && other.at != 0 && h.at > other.at }

func (h held) same(other held) bool { return h.state == other.state && h.index == other.index }

// sorted returns the phones by name.
func (f *Fleet) sorted() []*phone {
	list := make([]*phone, 0, len(f.phones))
	for _, p := range f.phones {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *phone) int { return cmp.Compare(a.name, b.name) })
	return list
}
