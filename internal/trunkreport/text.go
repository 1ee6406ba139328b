package trunkreport

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/report"
)

// Options say how WriteText writes.
type Options struct {
	Color terminal.Color
	Width int // columns of the terminal; 0 for any
}

// Evidence is what was seen of a trunk.
type Evidence struct {
	Captures []*Capture
	Trace    *Trace // nil if there is none
}

// Refutes reports whether something speaks against a report that says yes.
func (e Evidence) Refutes() bool {
	return slices.ContainsFunc(e.Captures, (*Capture).Refutes) || e.Trace != nil && e.Trace.Refutes()
}

// WriteText writes the nodes of both sides, why some are refused, what was seen, and what
// to do.
func WriteText(w io.Writer, r *trunk.Report, e Evidence, o Options) error {
	p := printer{bufio.NewWriter(w), o}
	list, numbers := reasons(r)
	for side, c := range r.Sides {
		p.side(c, side)
	}
	for _, c := range r.Sides {
		p.line("", "")
		p.nodes(r, c, numbers)
	}
	for i, one := range list {
		if i == 0 {
			p.line("", "\nWhy not")
		}
		p.reason(r, i+1, one)
	}
	p.notes(r)
	p.line("", "")
	for from := range r.Sides {
		p.line("  ", "%s", directionText(r, from))
	}
	for _, c := range e.Captures {
		p.capture(c, r, numbers)
	}
	if e.Trace != nil {
		p.trace(e.Trace)
	}
	for i, s := range steps(r) {
		if i == 0 {
			p.line("", "\nWhat to do")
		}
		p.step(r, i+1, s)
	}
	p.verdict(r, e)
	return p.w.Flush()
}

// A printer writes lines for a terminal.
type printer struct {
	w *bufio.Writer
	o Options
}

// line writes a line; what does not fit goes into indented lines. Names in it may hold
// anything, also line breaks.
func (p printer) line(indent, format string, args ...any) {
	if rest, ok := strings.CutPrefix(format, "\n"); ok {
		fmt.Fprintln(p.w)
		format = rest
	}
	fmt.Fprintln(p.w, terminal.Wrap(terminal.Escape(fmt.Sprintf(format, args...)), p.o.Width, indent))
}

func (p printer) side(c *trunk.Cluster, side int) {
	profile := "is empty"
	if len(c.Names) > 0 {
		profile = "names " + namesText(c.Names)
	}
	name := letters[side]
	if c.Name != name {
		name += ", " + c.Name
	}
	p.line("   ", "%s: %s; %s in CallManager-trust; the profile %s", name, report.Count(len(c.Nodes), "node"), report.Count(len(c.Trust), "certificate"), profile)
}

func (p printer) nodes(r *trunk.Report, c *trunk.Cluster, numbers map[*trunk.Node][]int) {
	table := terminal.Table{{terminal.Text(terminal.Escape("NODE OF " + c.Name)), terminal.Text("CERTIFICATE"), terminal.Text("UNTIL"), terminal.Text("SERVER"), terminal.Text("CLIENT")}}
	for _, n := range c.Nodes {
		table = append(table, []terminal.Cell{
			terminal.Text(terminal.Escape(n.Label)), terminal.Text(terminal.Escape(describe(n.Certificate))), p.expiry(r, n.Certificate),
			p.accepted(n, trunk.Server, numbers[n]), p.accepted(n, trunk.Client, numbers[n]),
		})
	}
	table.Write(p.w, p.o.Width)
}

// describe says who signed a certificate, and its key.
func describe(c *trunk.Certificate) string {
	by := "self-signed"
	if !c.SelfSigned() {
		by = "by " + c.IssuerName()
	}
	if key := c.PublicKey(); key != nil {
		kind, bits := cert.KeyType(key)
		by += fmt.Sprintf(", %s-%d", kind, bits)
	}
	if c.TextOnly() {
		by += " (text)"
	}
	return by
}

func (p printer) expiry(r *trunk.Report, c *trunk.Certificate) terminal.Cell {
	_, to := c.Validity()
	if to.IsZero() {
		return terminal.Text("-")
	}
	day := to.UTC().Format(time.DateOnly)
	switch left := to.Sub(r.At); {
	case left < 0:
		return terminal.Colored(day, p.o.Color.Red)
	case left < trunk.Soon:
		return terminal.Colored(day, p.o.Color.Yellow)
	}
	return terminal.Text(day)
}

// accepted is yes, or no and the numbers of the reasons.
func (p printer) accepted(n *trunk.Node, r trunk.Role, numbers []int) terminal.Cell {
	if n.Accepted(r) {
		return terminal.Colored("yes", p.o.Color.Green)
	}
	return terminal.Colored("NO: "+numbersText(n, r, numbers), p.o.Color.Red)
}

// numbersText is the numbers of the reasons why a node is refused in a role.
func numbersText(n *trunk.Node, r trunk.Role, numbers []int) string {
	var why []int
	for i, one := range n.Problems {
		if one.Roles[r] {
			why = append(why, numbers[i])
		}
	}
	slices.Sort(why)
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(why), " ", ", "), "[]")
}

func (p printer) reason(r *trunk.Report, number int, one *reason) {
	text := strings.ToUpper(one.Reason[:1]) + one.Reason[1:]
	switch {
	case one.Code == trunk.Unreadable:
		text += ", so this counts as no"
	case one.Unknown:
		text += ". It is not known what CUCM does, so this counts as no"
	}
	indent := strings.Repeat(" ", len(fmt.Sprintf("%d. ", number)))
	p.line(indent, "%d. %s:", number, text)
	p.line(indent, "%s%s", indent, nodesText(one.nodes, r.Sides[one.side]))
}

// notes writes what works but is fragile, equal notes of a side once.
func (p printer) notes(r *trunk.Report) {
	first := true
	note := func(format string, args ...any) {
		if first {
			p.line("", "")
		}
		first = false
		p.line("  ", "Note: "+format, args...)
	}
	for _, c := range r.Sides {
		var order []string
		nodes := make(map[string][]*trunk.Node)
		for _, n := range c.Nodes {
			for _, text := range n.Notes {
				if nodes[text] == nil {
					order = append(order, text)
				}
				nodes[text] = append(nodes[text], n)
			}
		}
		for _, text := range order {
			note("%s: %s", nodesText(nodes[text], c), text)
		}
		if len(c.Unused) > 0 {
			note("the profile of %s also has %s, which no certificate of the other side has", c.Name, namesText(c.Unused))
		}
	}
}

func (p printer) step(r *trunk.Report, number int, s step) {
	indent := strings.Repeat(" ", len(fmt.Sprintf("%d. ", number)))
	p.line(indent, "%d. %s:", number, s.text(r))
	p.line(indent, "%s%s", indent, namesText(s.what))
}

func (p printer) verdict(r *trunk.Report, e Evidence) {
	total, connect := 0, 0
	for from := range r.Sides {
		d := r.Direction(from)
		total, connect = total+d.Pairs, connect+d.Connect
	}
	by := fmt.Sprintf("judged for %s at OpenSSL's security level %d", r.At.UTC().Format("2006-01-02 15:04 UTC"), r.Level)
	answer := fmt.Sprintf("%s: %d of %s would connect; %s", p.o.Color.Red("NO"), connect, report.Count(total, "pair"), by)
	switch {
	case r.Connects() && e.Refutes():
		answer = fmt.Sprintf("%s: by the certificates, all pairs of these nodes would connect, but what was seen says otherwise; %s", p.o.Color.Red("NO"), by)
	case r.Connects():
		answer = fmt.Sprintf("%s: all pairs of these nodes would connect, in both directions; %s", p.o.Color.Green("YES"), by)
	}
	fmt.Fprintln(p.w, terminal.Wrap("\n"+answer, p.o.Width, "  "))
}
