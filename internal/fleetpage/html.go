package fleetpage

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"

	"github.com/ctlinspect/ctlinspect/report"
)

// head is the page up to its first heading, with a verb for the number of phones.
//
//go:embed head.html
var head string

// An htmlWriter writes markup. Texts are arguments and are escaped; only formats,
// which are constants, are markup. html/template does as much, and costs every start
// of the command 0.3 ms.
type htmlWriter struct{ w *bufio.Writer }

func newHTML(w io.Writer) htmlWriter { return htmlWriter{bufio.NewWriter(w)} }

// f writes a format. Strings are escaped for text and for quoted attributes; other
// arguments are numbers.
func (h htmlWriter) f(format string, args ...any) {
	for i, arg := range args {
		switch a := arg.(type) {
		case string:
			args[i] = html.EscapeString(a)
		case int:
		default:
			args[i] = html.EscapeString(fmt.Sprint(a))
		}
	}
	fmt.Fprintf(h.w, format, args...)
}

func (p *fleetPage) write(h htmlWriter) {
	h.f(head, p.Summary.Phones)
	p.writeSummary(h)
	p.writeGroups(h)
	p.writeStranded(h)
	p.writeAdvice(h)
	p.writeExpiry(h)
	p.writeContradictions(h)
	p.writeForms(h)
}

func (p *fleetPage) writeSummary(h htmlWriter) {
	h.f("<h1>Trust lists of %d phones</h1>\n<p>%s. ", p.Summary.Phones, p.Made.Format("2 January 2006 15:04 MST"))
	next := ""
	if p.HasNext {
		next = " and accept the next"
	}
	if p.Summary.Good {
		h.f("<span class=\"good\">✓ All phones hold a server&#39;s list%s.</span></p>\n", next)
	} else {
		h.f("<span class=\"bad\">✗ Not all phones hold a server&#39;s list%s.</span></p>\n", next)
	}
	h.f("<table id=\"summary\">\n<tr><th>Phones</th><td class=\"n\" id=\"phones\">%d</td></tr>\n", p.Summary.Phones)
	h.f("<tr><th>Groups that hold the same lists</th><td class=\"n\">%d</td></tr>\n", len(p.Summary.Groups))
	if p.HasNext {
		class := "n"
		if p.Summary.Stranded > 0 {
			class = "n bad"
		}
		h.f("<tr><th>Left behind by the next list</th><td class=\"%s\" id=\"stranded\">%d</td></tr>\n", class, p.Summary.Stranded)
	}
	h.f("<tr><th>Statements read</th><td class=\"n\">%d</td></tr>\n</table>\n", p.Summary.Statements)
}

func (p *fleetPage) writeGroups(h htmlWriter) {
	h.f("<h2>Groups</h2>\n<div class=\"figure\"><svg role=\"img\" aria-label=\"Phones in each group\" width=\"960\" height=\"%d\" viewBox=\"0 0 960 %d\">\n", p.BarsHeight, p.BarsHeight)
	for _, b := range p.Bars {
		h.f("<text x=\"0\" y=\"%d\">%s</text><rect x=\"90\" y=\"%d\" width=\"%d\" height=\"16\" rx=\"2\" fill=\"%s\"><title>%s</title></rect><text x=\"%d\" y=\"%d\">%d%s</text>\n",
			b.TextY, b.Label, b.Y, b.Width, b.Fill, b.Title, b.NumberX, b.TextY, b.Phones, b.Mark)
	}
	h.f("</svg></div>\n<div class=\"figure\"><table id=\"groups\">\n<tr><th>Group</th><th class=\"n\">Phones</th><th>CTL</th><th>ITL</th>")
	if p.HasNext {
		h.f("<th>Next list</th>")
	}
	h.f("<th>Models</th></tr>\n")
	for _, g := range p.Groups {
		h.f("<tr data-group=\"%d\"><td>%d</td><td class=\"n\">%d</td><td class=\"%s\">%s</td><td class=\"%s\">%s</td>", g.Number, g.Number, g.Phones, g.CTLClass, g.CTL, g.ITLClass, g.ITL)
		if p.HasNext {
			h.f("<td>")
			for _, v := range g.Verdicts {
				h.f("<div class=\"%s\">%s</div>", v.Class, v.Text)
			}
			h.f("</td>")
		}
		h.f("<td>%s</td></tr>\n", g.Models)
	}
	h.f("</table></div>\n")
	if p.MoreGroups > 0 {
		h.f("<p class=\"note\">%d more groups are in the JSON and CSV output.</p>\n", p.MoreGroups)
	}
}

func (p *fleetPage) writeStranded(h htmlWriter) {
	if len(p.Stranded) == 0 {
		return
	}
	h.f("<h2>Phones that the next list leaves behind</h2>\n")
	for _, s := range p.Stranded {
		open := "<details>"
		if s.Open {
			open = "<details open>"
		}
		h.f(open+"<summary class=\"bad\">Group %d: %d phones</summary><p>%s</p>", s.Number, s.Phones, s.Why)
		if len(s.Saves) > 0 {
			h.f("<p>Any one of these would save them:</p><ul>")
			for _, saves := range s.Saves {
				h.f("<li>%s</li>", report.Text(saves))
			}
			h.f("</ul>")
		}
		h.f("<p class=\"hash\">%s</p>", s.Names)
		if s.More > 0 {
			h.f("<p class=\"note\">and %d more: ctlinspect fleet --list %d</p>", s.More, s.Number)
		}
		h.f("</details>\n")
	}
}

func (p *fleetPage) writeAdvice(h htmlWriter) {
	if len(p.Advice) == 0 {
		return
	}
	h.f("<h2>What to do</h2>\n<ul>")
	for _, advice := range p.Advice {
		h.f("<li>%s</li>\n", advice)
	}
	h.f("</ul>\n")
}

func (p *fleetPage) writeExpiry(h htmlWriter) {
	if len(p.Expiry) == 0 {
		return
	}
	h.f("<h2>Certificates in the lists</h2>\n<div class=\"figure\"><svg role=\"img\" aria-label=\"When certificates expire\" width=\"960\" height=\"%d\" viewBox=\"0 0 960 %d\">\n", p.ExpiryHeight, p.ExpiryHeight)
	for _, y := range p.Years {
		h.f("<line x1=\"%d\" x2=\"%d\" y1=\"0\" y2=\"%d\" stroke=\"#8885\"/><text x=\"%d\" y=\"12\">%d</text>\n", y.X, y.X, p.ExpiryHeight, y.TextX, y.Year)
	}
	h.f("<line x1=\"%d\" x2=\"%d\" y1=\"0\" y2=\"%d\" stroke=\"#c62828\" stroke-dasharray=\"4 3\"><title>today</title></line>\n", p.NowX, p.NowX, p.ExpiryHeight)
	for _, e := range p.Expiry {
		anchor := "start"
		if e.Left {
			anchor = "end"
		}
		h.f("<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\"><title>%s</title></circle><text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", e.X, e.Y, e.Fill, e.Title, e.TextX, e.TextY, anchor, e.Label)
	}
	h.f("</svg></div>\n")
}

func (p *fleetPage) writeContradictions(h htmlWriter) {
	if len(p.Summary.Contradictions) == 0 {
		return
	}
	h.f("<h2>Contradictions</h2>\n<ul>")
	for _, c := range p.Summary.Contradictions {
		h.f("<li><span class=\"hash\">%s</span>: %s</li>\n", c.Device, c.Message)
	}
	h.f("</ul>\n")
	if n := p.Summary.MoreContradictions; n > 0 {
		h.f("<p class=\"note\">%d more.</p>\n", n)
	}
}

func (p *fleetPage) writeForms(h htmlWriter) {
	h.f("<h2>How this is known</h2>\n<table>\n<tr><th>Form of statement</th><th class=\"n\">Phones</th></tr>\n")
	for _, form := range p.Forms {
		h.f("<tr><td>%s</td><td class=\"n\">%d</td></tr>\n", form.Name, form.Count)
	}
	h.f("</table>\n<p class=\"note\">A hash tells which file a phone holds; it does not prove who made it. What a phone does with the next list follows from the lists it holds; of a phone whose list is not at hand it is not known, and counts as no. Phones store alarms and send them when they next register, so a list may be older than the time of its alarm.</p>\n</body>\n</html>\n")
}
