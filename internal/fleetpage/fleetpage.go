// Package fleetpage writes the report about a fleet as one page for a browser.
package fleetpage

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/fleet"
	"github.com/ctlinspect/ctlinspect/report"
)

// Bounds of the page: more is counted, and is in the other forms of output.
const (
	htmlGroups = 100
	htmlPhones = 500 // names of a group
	htmlCerts  = 60
)

// Write writes the report as one page that needs nothing else: no script, no
// font, no image from elsewhere, and a Content-Security-Policy that forbids them.
func Write(w io.Writer, r *fleet.Report, lists fleet.Lists, now time.Time) error {
	p := fleetPage{Summary: report.NewFleet(r), Made: now, HasNext: len(lists.Next) > 0}
	p.setGroups(r)
	p.setStranded(r)
	p.setForms(r)
	p.setExpiry(lists, now)
	h := newHTML(w)
	p.write(h)
	return h.w.Flush()
}

type fleetPage struct {
	Summary            *report.Fleet
	Made               time.Time
	HasNext            bool
	Groups             []pageGroup
	MoreGroups         int
	Bars               []pageBar
	BarsHeight         int
	Stranded           []pageStranded
	Advice             []string
	Forms              []report.FleetCount
	Expiry             []pageExpiry
	ExpiryHeight, NowX int
	Years              []pageYear
}

type pageGroup struct {
	Number, Phones     int
	CTL, ITL           string
	CTLClass, ITLClass string
	Verdicts           []pageVerdict
	Models             string
}

type pageVerdict struct{ Class, Text string }

type pageBar struct {
	Y, TextY, Width, NumberX, Phones int
	Label, Title, Fill, Mark         string
}

func (p *fleetPage) setGroups(r *fleet.Report) {
	shown := r.Groups[:min(len(r.Groups), htmlGroups)]
	p.MoreGroups = len(r.Groups) - len(shown)
	most := 1
	for _, g := range shown {
		most = max(most, g.Phones)
	}
	for i, g := range shown {
		group := pageGroup{
			Number: i + 1, Phones: g.Phones, CTL: report.HoldingText(g.CTL), ITL: report.HoldingText(g.ITL),
			CTLClass: stateClass(g.CTL.State), ITLClass: stateClass(g.ITL.State), Models: report.ModelsText(g.Models),
		}
		for _, v := range g.Verdicts {
			group.Verdicts = append(group.Verdicts, pageVerdict{outcomeClass(v.Outcome), fmt.Sprintf("%s %s: %s", outcomeMark(v.Outcome), v.Kind, report.OutcomeText(v.Outcome))})
		}
		p.Groups = append(p.Groups, group)
		p.Bars = append(p.Bars, newBar(i, &g, most))
	}
	p.BarsHeight = 24*len(p.Bars) + 4
}

func newBar(i int, g *fleet.Group, most int) pageBar {
	width := max(2, int(math.Round(720*float64(g.Phones)/float64(most))))
	b := pageBar{
		Y: 24*i + 2, TextY: 24*i + 15, Width: width, NumberX: 90 + width + 8, Phones: g.Phones, Label: fmt.Sprintf("Group %d", i+1),
		Title: fmt.Sprintf("CTL %s, ITL %s", report.HoldingText(g.CTL), report.HoldingText(g.ITL)), Fill: "#1a7f37",
	}
	switch {
	case g.Stranded():
		b.Fill, b.Mark = "#c62828", " left behind"
	case !g.Current():
		b.Fill, b.Mark = "#9a6700", " not the server's list"
	}
	return b
}

func stateClass(s fleet.State) string {
	switch s {
	case fleet.StateServer, fleet.StateNone:
		return ""
	case fleet.StateArchive:
		return "old"
	}
	return "bad"
}

func outcomeClass(o fleet.Outcome) string {
	if o == fleet.OutcomeHas || o == fleet.OutcomeTakes {
		return "good"
	}
	return "bad"
}

// outcomeMark says it without colour.
func outcomeMark(o fleet.Outcome) string {
	if o == fleet.OutcomeHas || o == fleet.OutcomeTakes {
		return "✓"
	}
	return "✗"
}

type pageStranded struct {
	Number, Phones, More int
	Why, Names           string
	Saves                []string
	Open                 bool
}

func (p *fleetPage) setStranded(r *fleet.Report) {
	names := make(map[int][]string)
	for phone := range r.Phones() {
		if g := phone.Group; r.Groups[g].Stranded() && len(names[g]) < htmlPhones {
			names[g] = append(names[g], report.Text(phone.Name))
		}
	}
	refuses, unknown := false, false
	for i := range r.Groups {
		g := &r.Groups[i]
		if !g.Stranded() {
			continue
		}
		var why, saves []string
		for _, v := range g.Verdicts {
			saves = append(saves, v.Saves...)
			refuses, unknown = refuses || v.Outcome == fleet.OutcomeRefuses, unknown || v.Outcome == fleet.OutcomeUnknown
			if v.Why != "" && outcomeClass(v.Outcome) == "bad" {
				why = append(why, fmt.Sprintf("%s: %s", report.Text(v.Next), report.Text(v.Why)))
			}
		}
		p.Stranded = append(p.Stranded, pageStranded{
			Number: i + 1, Phones: g.Phones, Why: strings.Join(why, "; "), Saves: saves, Names: strings.Join(names[i], " "),
			More: g.Phones - len(names[i]), Open: len(p.Stranded) == 0,
		})
	}
	if refuses {
		p.Advice = append(p.Advice, "Do not publish the next list yet. Have it signed by a certificate that the phones' lists hold as a SAST, or publish a list in between that holds both signers: ctlinspect accept --installed LIST --then STEP shows which order keeps all phones.")
	}
	if advice := report.FleetAdvice(r); advice != "" {
		p.Advice = append(p.Advice, advice)
	}
	if unknown {
		p.Advice = append(p.Advice, "Find the lists that are not at hand: other TFTP servers, backups, or the phone itself (ctlinspect fetch). Without them it is not known what these phones do.")
	}
}

// setForms counts by what it is known what a phone holds.
func (p *fleetPage) setForms(r *fleet.Report) {
	counts := make(map[string]int)
	for phone := range r.Phones() {
		form := phone.ITL.Form
		if form == "" {
			form = phone.CTL.Form
		}
		if form == "" {
			form = "nothing known"
		}
		counts[string(form)]++
	}
	for name, n := range counts {
		p.Forms = append(p.Forms, report.FleetCount{Name: name, Count: n})
	}
	slices.SortFunc(p.Forms, func(a, b report.FleetCount) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Name, b.Name)
	})
}

type pageExpiry struct {
	X, Y, TextX, TextY int
	Title, Label, Fill string
	Left               bool
	at                 time.Time
}

type pageYear struct{ X, TextX, Year int }

// setExpiry draws when the certificates of servers' and next lists expire.
func (p *fleetPage) setExpiry(lists fleet.Lists, now time.Time) {
	points := expiries(lists)
	if len(points) == 0 {
		return
	}
	first, last := now, now
	for _, e := range points {
		if e.at.Before(first) {
			first = e.at
		}
		if e.at.After(last) {
			last = e.at
		}
	}
	first, last = first.AddDate(0, -3, 0), last.AddDate(0, 3, 0)
	const left, width = 10, 940
	x := func(t time.Time) int {
		return left + int(float64(width)*float64(t.Sub(first))/float64(last.Sub(first)))
	}
	p.NowX, p.ExpiryHeight = x(now), 22*len(points)+30
	for i := range points {
		e := &points[i]
		e.X, e.Y, e.TextY = x(e.at), 30+22*i, 34+22*i
		if e.TextX = e.X + 10; e.X > left+width*6/10 {
			e.TextX, e.Left = e.X-10, true
		}
		switch {
		case e.at.Before(now):
			e.Fill, e.Label = "#c62828", e.Label+" (expired)"
		case e.at.Before(now.Add(report.Soon)):
			e.Fill, e.Label = "#9a6700", e.Label+" (soon)"
		default:
			e.Fill = "#1a7f37"
		}
	}
	p.Expiry = points
	step := max(1, (last.Year()-first.Year())/12)
	for year := first.Year() + 1; year <= last.Year(); year += step {
		at := x(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		p.Years = append(p.Years, pageYear{at, at + 3, year})
	}
}

// expiries are the certificates of servers' and next lists, each once, the first to
// expire first.
func expiries(lists fleet.Lists) []pageExpiry {
	seen := make(map[string]bool)
	var points []pageExpiry
	for _, known := range append(slices.Clone(lists.Known), lists.Next...) {
		if known.Set == fleet.SetArchive {
			continue
		}
		for i, r := range known.List.Records {
			c, err := known.List.Certificate(i)
			if err != nil || c.NotAfter.IsZero() || seen[string(c.Raw)] {
				continue
			}
			seen[string(c.Raw)] = true
			name := shortCN(c)
			points = append(points, pageExpiry{at: c.NotAfter, Label: fmt.Sprintf("%s, %s", name, c.NotAfter.Format(time.DateOnly)),
				Title: fmt.Sprintf("%s, %s of %s, expires %s", name, r.Role(), report.Text(known.Name), c.NotAfter.Format(time.DateOnly))})
		}
	}
	slices.SortStableFunc(points, func(a, b pageExpiry) int { return a.at.Compare(b.at) })
	return points[:min(len(points), htmlCerts)]
}

func shortCN(c *cert.Certificate) string {
	name := c.Subject().Get("CN")
	if name == "" {
		name = c.Subject().String()
	}
	return report.Text(strings.TrimSpace(name))
}
