// A browser reads no captures and judges one phone at a time.

//go:build !js

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/fleet"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A FleetPhone is the document of fleet about a phone.
type FleetPhone struct {
	Head
	Device   string         `json:"device"`
	Model    string         `json:"model"`
	CTL      FleetHolding   `json:"ctl"`
	ITL      FleetHolding   `json:"itl"`
	Verdicts []FleetVerdict `json:"verdicts"` // about each next list
}

// A FleetHolding is what a phone holds of a kind, and how that is known.
type FleetHolding struct {
	State  fleet.State  `json:"state"`
	List   string       `json:"list"` // name of the list; "" unless it is at hand
	Made   *time.Time   `json:"made"` // TIMESTAMP of the list; null unless it is at hand
	Hash   string       `json:"hash"` // of a list that is not at hand
	Time   *time.Time   `json:"time"` // of the statement
	Form   compare.Form `json:"form"`
	Source string       `json:"source"`
	Line   int          `json:"line"`
}

// A FleetVerdict is what phones do with a next list.
type FleetVerdict struct {
	Kind    tlv.Kind      `json:"kind"`
	Next    string        `json:"next"`
	Outcome fleet.Outcome `json:"outcome"`
	Message string        `json:"message"`
	Saves   []string      `json:"saves"` // what would make them accept a next list; any one is enough
}

// A Fleet is the last document of fleet: the summary.
type Fleet struct {
	Head
	Phones             int                  `json:"phones"`
	Good               bool                 `json:"good"` // all hold a server's list, and accept the next ones
	Stranded           int                  `json:"stranded"`
	Groups             []FleetGroup         `json:"groups"`
	Contradictions     []FleetContradiction `json:"contradictions"`
	MoreContradictions int                  `json:"moreContradictions"`
	Statements         int                  `json:"statements"`
	Nameless           int                  `json:"nameless"` // statements that name no phone
	Empty              int                  `json:"empty"`    // statements that say nothing about a list
}

// A FleetGroup is the phones that hold the same lists.
type FleetGroup struct {
	Number   int            `json:"number"`
	CTL      FleetHolding   `json:"ctl"`
	ITL      FleetHolding   `json:"itl"`
	Phones   int            `json:"phones"`
	Models   []FleetCount   `json:"models"`
	Example  string         `json:"example"`
	Verdicts []FleetVerdict `json:"verdicts"`
}

// A FleetCount is a model and its phones; "" is unknown.
type FleetCount struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// A FleetContradiction is about one phone.
type FleetContradiction struct {
	Device  string `json:"device"`
	Message string `json:"message"`
}

// NewFleetPhone returns the document of a phone.
func NewFleetPhone(p fleet.Phone) *FleetPhone {
	return &FleetPhone{
		Head: NewHead(TypeFleetPhone), Device: Text(p.Name), Model: Text(p.Model),
		CTL: newHolding(p.CTL), ITL: newHolding(p.ITL), Verdicts: newVerdicts(p.Verdicts),
	}
}

func newHolding(h fleet.Holding) FleetHolding {
	d := FleetHolding{State: h.State, List: Text(h.List), Hash: h.Hash, Form: h.Form, Source: Text(h.Source), Line: h.Line}
	if !h.At.IsZero() {
		d.Time = &h.At
	}
	if !h.Made.IsZero() {
		d.Made = &h.Made
	}
	return d
}

func newVerdicts(verdicts []fleet.Verdict) []FleetVerdict {
	list := make([]FleetVerdict, 0, len(verdicts))
	for _, v := range verdicts {
		list = append(list, FleetVerdict{v.Kind, Text(v.Next), v.Outcome, Text(v.Why), jsonTexts(v.Saves)})
	}
	return list
}

// NewFleet returns the summary.
func NewFleet(r *fleet.Report) *Fleet {
	d := &Fleet{
		Head: NewHead(TypeFleet), Phones: r.Size, Good: r.Good(), Groups: []FleetGroup{}, Contradictions: []FleetContradiction{},
		MoreContradictions: r.MoreContradictions, Statements: r.Statements, Nameless: r.Nameless, Empty: r.Empty,
	}
	for i, g := range r.Groups {
		group := FleetGroup{Number: i + 1, CTL: newHolding(g.CTL), ITL: newHolding(g.ITL), Phones: g.Phones, Models: []FleetCount{}, Example: Text(g.Example), Verdicts: newVerdicts(g.Verdicts)}
		for _, m := range g.Models {
			group.Models = append(group.Models, FleetCount{Text(m.Name), m.Count})
		}
		if g.Stranded() {
			d.Stranded += g.Phones
		}
		d.Groups = append(d.Groups, group)
	}
	for _, c := range r.Contradictions {
		d.Contradictions = append(d.Contradictions, FleetContradiction{Text(c.Phone), Text(c.Text)})
	}
	return d
}

// FleetColumns is the header of the CSV of fleet, one line per phone.
var FleetColumns = []string{"device", "model", "group", "ctl_state", "ctl", "itl_state", "itl", "next", "outcome", "why", "source", "time"}

// FleetCSV returns the line of a phone.
func FleetCSV(p fleet.Phone) []string {
	var next, outcome, why []string
	for _, v := range p.Verdicts {
		next, outcome = append(next, Text(v.Next)), append(outcome, string(v.Outcome))
		if v.Why != "" {
			why = append(why, Text(v.Why))
		}
	}
	last := p.ITL
	if last.Source == "" {
		last = p.CTL
	}
	at := ""
	if !last.At.IsZero() {
		at = last.At.Format(time.RFC3339)
	}
	source := Text(last.Source)
	if last.Line > 0 {
		source += fmt.Sprintf(":%d", last.Line)
	}
	return []string{
		Text(p.Name), Text(p.Model), fmt.Sprint(p.Group + 1), string(p.CTL.State), Text(p.CTL.List + p.CTL.Hash), string(p.ITL.State), Text(p.ITL.List + p.ITL.Hash),
		strings.Join(next, "; "), strings.Join(outcome, "; "), strings.Join(why, "; "), source, at,
	}
}

// FleetOptions say how FleetText writes.
type FleetOptions struct {
	Color terminal.Color
	Width int // of the terminal; 0 for none
	Most  int // groups that are shown; the rest is counted
}

// FleetText writes the groups as a table, what the next lists do to them, and what
// contradicts itself.
func FleetText(w io.Writer, r *fleet.Report, o FleetOptions) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Count(r.Size, "phone"))
	head := []terminal.Cell{terminal.Text("  GROUP"), terminal.Text("PHONES"), terminal.Text("CTL"), terminal.Text("ITL")}
	next := len(r.Groups) > 0 && len(r.Groups[0].Verdicts) > 0
	if next {
		head = append(head, terminal.Text("NEXT LIST"))
	}
	t := terminal.Table{head}
	for i := range r.Groups {
		if o.Most > 0 && i == o.Most {
			break
		}
		t = append(t, groupRow(i+1, &r.Groups[i], next, o))
	}
	if len(t) > 1 {
		t.Write(out, o.Width)
	}
	if more := len(r.Groups) - o.Most; o.Most > 0 && more > 0 {
		rest := 0
		for _, g := range r.Groups[o.Most:] {
			rest += g.Phones
		}
		fmt.Fprintf(out, "  and %s with %s: see --csv or --json\n", Count(more, "more group"), Count(rest, "phone"))
	}
	for _, line := range fleetRemarks(r) {
		fmt.Fprintln(out, terminal.Wrap(terminal.Escape(line), o.Width, "  "))
	}
	return out.Flush()
}

func groupRow(number int, g *fleet.Group, next bool, o FleetOptions) []terminal.Cell {
	row := []terminal.Cell{
		terminal.Text(fmt.Sprintf("  %d", number)), terminal.Text(fmt.Sprint(g.Phones)),
		o.stateCell(g.CTL), o.stateCell(g.ITL),
	}
	if !next {
		return row
	}
	var parts []string
	paint := o.Color.Green
	for _, v := range g.Verdicts {
		parts = append(parts, fmt.Sprintf("%s: %s", v.Kind, OutcomeText(v.Outcome)))
		if v.Outcome == fleet.OutcomeRefuses || v.Outcome == fleet.OutcomeUnknown {
			paint = o.Color.Red
		}
	}
	return append(row, terminal.Colored(strings.Join(parts, ", "), paint))
}

// OutcomeText says what phones do with the next list.
func OutcomeText(o fleet.Outcome) string {
	switch o {
	case fleet.OutcomeHas:
		return "has it"
	case fleet.OutcomeTakes:
		return "accepts it"
	case fleet.OutcomeRefuses:
		return "REFUSES it"
	}
	return "not known, so no"
}

// shortHash is how many digits of a hash a terminal shows, to leave room for the
// rest; other output has all.
const shortHash = 16

func (o FleetOptions) stateCell(h fleet.Holding) terminal.Cell {
	if o.Width > 0 && len(h.Hash) > shortHash {
		h.Hash = h.Hash[:shortHash] + "…"
	}
	text := HoldingText(h)
	switch h.State {
	case fleet.StateServer, fleet.StateNone:
		return terminal.Text(text)
	case fleet.StateArchive:
		return terminal.Colored(text, o.Color.Yellow)
	}
	return terminal.Colored(text, o.Color.Red)
}

// HoldingText says what phones of a group hold of a kind.
func HoldingText(h fleet.Holding) string {
	switch h.State {
	case fleet.StateServer:
		return terminal.Escape(h.List)
	case fleet.StateArchive:
		return "older: " + terminal.Escape(h.List) + madeOn(h)
	case fleet.StateUnknown:
		return "unknown: " + h.Hash
	case fleet.StateNone:
		return "none"
	}
	return "nothing known"
}

// madeOn is the day when a list was made, in brackets; "" if it does not say.
func madeOn(h fleet.Holding) string {
	if h.Made.IsZero() {
		return ""
	}
	return h.Made.Format(" (2006-01-02)")
}

// ModelsText lists the models of a group and their phones, the most first.
func ModelsText(models []fleet.Count) string {
	var parts []string
	for _, m := range models {
		name := m.Name
		if name == "" {
			name = "model unknown"
		}
		parts = append(parts, fmt.Sprintf("%s: %d", Text(name), m.Count))
	}
	const most = 8
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("%d more models", len(parts)-most))
	}
	return strings.Join(parts, ", ")
}

// shownContradictions are shown one by one; more are counted.
const shownContradictions = 10

// shownModels is of how many groups the models are named, of those that do not hold a
// server's list or would not accept the next.
const shownModels = 10

// FleetAdvice says what to do about phones that hold another list than the servers',
// if nothing was asked about a next one; "" if there are none.
func FleetAdvice(r *fleet.Report) string {
	behind := 0
	for _, g := range r.Groups {
		if len(g.Verdicts) > 0 {
			return ""
		}
		if g.CTL.Other() || g.ITL.Other() {
			behind += g.Phones
		}
	}
	if behind == 0 {
		return ""
	}
	return fmt.Sprintf("%s not hold the servers' list. Before you reset any, name that list with --next as well: it shows which of them would accept it.", phonesDo(behind))
}

func phonesDo(n int) string {
	if n == 1 {
		return "1 phone does"
	}
	return Count(n, "phone") + " do"
}

// fleetRemarks are what to know beside the table.
func fleetRemarks(r *fleet.Report) []string {
	var lines []string
	refuses, unknown := 0, 0
	for i, g := range r.Groups[:min(len(r.Groups), shownModels)] {
		if known := len(g.Models) > 1 || g.Models[0].Name != ""; known && (g.Stranded() || !g.Current()) {
			lines = append(lines, fmt.Sprintf("Group %d by model: %s", i+1, ModelsText(g.Models)))
		}
	}
	models := len(lines)
	for i, g := range r.Groups {
		if !g.Stranded() {
			continue
		}
		if g.Refuses() {
			refuses += g.Phones
		} else {
			unknown += g.Phones
		}
		if len(lines)-models < shownContradictions {
			for _, v := range g.Verdicts {
				if v.Outcome == fleet.OutcomeRefuses || v.Outcome == fleet.OutcomeUnknown {
					lines = append(lines, fmt.Sprintf("Group %d, %s: %s: %s", i+1, v.Next, OutcomeText(v.Outcome), v.Why))
					for _, saves := range v.Saves {
						lines = append(lines, "  would save them: "+saves)
					}
				}
			}
		}
	}
	if refuses > 0 {
		lines = append(lines, fmt.Sprintf("%s would refuse the next list: do not publish it yet. --list stranded prints their names; ctlinspect accept --then shows which order of steps keeps them.", Count(refuses, "phone")))
	}
	if unknown > 0 {
		lines = append(lines, fmt.Sprintf("For %s this is not known, because their lists are not at hand: add older lists with --archive, or fetch them.", Count(unknown, "phone")))
	}
	if advice := FleetAdvice(r); advice != "" {
		lines = append(lines, advice)
	}
	for i, c := range r.Contradictions {
		if i == shownContradictions {
			break
		}
		lines = append(lines, c.Phone+": "+c.Text)
	}
	if more := len(r.Contradictions) - shownContradictions + r.MoreContradictions; more > 0 {
		lines = append(lines, Count(more, "more contradiction")+": see --json")
	}
	if r.Nameless > 0 {
		lines = append(lines, fmt.Sprintf("%s name no phone and were not counted", Count(r.Nameless, "statement")))
	}
	return lines
}
