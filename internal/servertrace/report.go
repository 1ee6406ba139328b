package servertrace

import (
	"cmp"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Kinds are the lists of a phone, in the order that it asks for them.
var Kinds = [...]tlv.Kind{tlv.KindCTL, tlv.KindITL}

// A State is what became of a list that a phone asked for.
type State string

// States.
const (
	NotAsked State = ""
	Open     State = "asked" // there is no answer in the traces
	IsSent   State = "sent"
	Denied   State = "refused"
)

// A Place is an event and the file that it is in.
type Place struct {
	Event
	Source string
}

// A History is what a phone asked for to get one list.
type History struct {
	Asked, Sent, Refused int
	First                Place // the first request or answer
	Last                 Place // the last answer that sent it, else the last refusal, else the last request
	Later                bool  // it was refused after it was sent
}

// State returns what became of the list.
func (h *History) State() State {
	switch {
	case h.Sent > 0:
		return IsSent
	case h.Refused > 0:
		return Denied
	case h.Asked > 0:
		return Open
	}
	return NotAsked
}

func (h *History) add(p Place) {
	if h.Asked+h.Sent+h.Refused == 0 {
		h.First = p
	}
	switch p.Kind {
	case Sent:
		h.Sent, h.Last, h.Later = h.Sent+1, p, false
	case Refused:
		h.Refused++
		if h.Sent == 0 {
			h.Last = p
		} else {
			h.Later = true
		}
	default:
		h.Asked++
		if h.Sent+h.Refused == 0 {
			h.Last = p
		}
	}
}

// merge adds what was read about the same phone without its name.
func (h *History) merge(other History) {
	if h.State() == NotAsked {
		*h = other
		return
	}
	rank := map[State]int{NotAsked: 0, Open: 1, Denied: 2, IsSent: 3}
	if rank[other.State()] >= rank[h.State()] {
		h.Last, h.Later = other.Last, other.Later
	}
	h.Asked, h.Sent, h.Refused = h.Asked+other.Asked, h.Sent+other.Sent, h.Refused+other.Refused
}

// A Phone is what traces say about a phone.
type Phone struct {
	Name    string     // "" if it is not known
	Address netip.Addr // the last; the zero value if it is not known
	Lists   [len(Kinds)]History
	CAPF    int   // messages
	Message Place // the last of them
}

// Traces collects events. It is for one goroutine.
type Traces struct {
	Requests     int // for lists
	Others       int // requests for other files
	Unattributed int // lists that were sent, to whom is not in the lines

	phones map[key]*Phone
}

// A key is the name of a phone, or the address if it is not known.
type key struct {
	name    string
	address netip.Addr
}

// Add takes an event of a file.
func (t *Traces) Add(source string, e Event) {
	if t.phones == nil {
		t.phones = make(map[key]*Phone)
	}
	name := e.Name
	if name == "" {
		name = e.File
	}
	i := -1
	if e.Kind != CAPF {
		if base := path.Base(name); strings.EqualFold(path.Ext(base), ".tlv") {
			i = slices.Index(Kinds[:], tlv.KindOf(base))
		}
		switch {
		case e.Kind == Asked && i >= 0:
			t.Requests++
		case e.Kind == Asked:
			t.Others++
		}
	}
	if e.Phone == "" && !e.Address.IsValid() {
		if e.Kind == Sent && i >= 0 {
			t.Unattributed++
		}
		return
	}
	p := t.phone(e)
	switch {
	case e.Kind == CAPF:
		p.CAPF++
		p.Message = Place{e, source}
	case i >= 0:
		p.Lists[i].add(Place{e, source})
	}
}

func (t *Traces) phone(e Event) *Phone {
	k := key{name: e.Phone}
	if e.Phone == "" {
		k.address = e.Address
	}
	p := t.phones[k]
	if p == nil {
		p = &Phone{Name: e.Phone}
		t.phones[k] = p
	}
	if e.Address.IsValid() {
		p.Address = e.Address
	}
	return p
}

// Phones returns the phones that asked for a list or spoke to CAPF, by name. What an
// address asked for without a name counts as the phone's that has the address, if there
// is only one.
func (t *Traces) Phones() []*Phone {
	named := make(map[netip.Addr]*Phone)
	for k, p := range t.phones {
		if k.name == "" || !p.Address.IsValid() {
			continue
		}
		if _, several := named[p.Address]; several {
			named[p.Address] = nil
		} else {
			named[p.Address] = p
		}
	}
	for k, p := range t.phones {
		if of := named[k.address]; k.name == "" && of != nil {
			for i := range p.Lists {
				of.Lists[i].merge(p.Lists[i])
			}
			delete(t.phones, k)
		}
	}
	var list []*Phone
	for _, p := range t.phones {
		if p.CAPF > 0 || p.Lists[0].State() != NotAsked || p.Lists[1].State() != NotAsked {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Phone) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.Address.Compare(b.Address))
	})
	return list
}

// AllSent reports whether each phone that asked for a list was sent it, and any did.
func AllSent(phones []*Phone) bool {
	asked := false
	for _, p := range phones {
		for i := range p.Lists {
			switch p.Lists[i].State() {
			case NotAsked:
			case IsSent:
				asked = true
			default:
				return false
			}
		}
	}
	return asked
}
