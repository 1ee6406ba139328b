package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// A Contradiction is something that cannot all be true, or should not be.
type Contradiction struct {
	Phone string
	Text  string
}

// maxContradictions are kept by name; more are counted.
const maxContradictions = 1000

// contradictions are what was found of them.
type contradictions struct {
	list []Contradiction
	more int
}

func (c *contradictions) add(phone, format string, args ...any) {
	if len(c.list) >= maxContradictions {
		c.more++
		return
	}
	c.list = append(c.list, Contradiction{phone, fmt.Sprintf(format, args...)})
}

func (c *contradictions) clone() contradictions { return contradictions{slices.Clone(c.list), c.more} }

// sorted returns them by phone, and how many more there are.
func (c *contradictions) sorted() ([]Contradiction, int) {
	slices.SortStableFunc(c.list, func(a, b Contradiction) int { return cmp.Compare(a.Phone, b.Phone) })
	return c.list, c.more
}

// contradictions notes what cannot all be true about a phone.
func (f *Fleet) contradictions(found *contradictions, p *phone) {
	for i, kind := range kinds {
		if p.changes == nil {
			break
		}
		now, before := p.held[i], p.changes[i]
		if now.state != listed || before.state != listed || now.at == 0 || before.at == 0 {
			continue
		}
		newList, oldList := f.lists.Known[now.index], f.lists.Known[before.index]
		newTime, ok1 := newList.List.Header.Timestamp()
		oldTime, ok2 := oldList.List.Header.Timestamp()
		if ok1 && ok2 && newTime.Before(oldTime) {
			found.add(p.name, "its %s went back: from %s to the older %s", kind, oldList.Name, newList.Name)
		}
	}
	if a, b := p.held[0], p.held[1]; a.state == listed && b.state == listed && !f.related(a.index, b.index) {
		found.add(p.name, "its CTL (%s) and its ITL (%s) have no certificate in common: are they of one cluster?", f.lists.Known[a.index].Name, f.lists.Known[b.index].Name)
	}
}

// A sighting is where a phone was, by a table or a page.
type sighting struct {
	address string
	source  int32
	at      int64 // Unix nanoseconds; 0 if not known
	twin    bool  // another phone with the same name was noted
}

// soon is a time in which a phone does not move to another address and back.
const soon = int64(time.Hour)

// see notes the address of a phone. One file that has the same name at two addresses,
// at about the same time, is about two phones.
func (f *Fleet) see(p *phone, address, source string, at time.Time) {
	if address == "" {
		return
	}
	now := sighting{address: strings.Clone(address), source: f.sources.number(source)}
	if !at.IsZero() {
		now.at = at.UnixNano()
	}
	if p.seen == nil {
		p.seen = &now
		return
	}
	before := *p.seen
	near := before.at == 0 || now.at == 0 || max(now.at-before.at, before.at-now.at) < soon
	if before.source == now.source && before.address != now.address && near && !before.twin {
		f.twins.add(p.name, "two phones with this name? %s has it at %s and at %s", source, before.address, now.address)
		now.twin = true
	}
	now.twin = now.twin || before.twin
	*p.seen = now
}

// setModel takes the model of a phone. A name is made of a MAC address, so two models
// are two phones.
func (f *Fleet) setModel(p *phone, model string) {
	if model == "" {
		return
	}
	number := f.models.number(model)
	if p.model == number {
		return
	}
	before := f.models.texts[p.model]
	if a, b := modelNumber(before), modelNumber(model); a != "" && b != "" && a != b && !f.noted[p] {
		f.noted[p] = true
		f.twins.add(p.name, "two phones with this name? it is a %s and a %s", before, model)
	}
	p.model = number
}

var fourDigits = lazyregexp.New(`\d{4}`)

// modelNumber is what "CP-8841" and "Cisco 8841" have in common.
func modelNumber(model string) string { return fourDigits().FindString(model) }
