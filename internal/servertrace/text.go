package servertrace

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// mostPhones are shown one by one; of more only those that were not sent a list, and so
// many of them at most.
const mostPhones = 20

// Options say how WriteText writes.
type Options struct {
	Color terminal.Color
	Width int // columns of the terminal; 0 for any
}

type printer struct {
	w *bufio.Writer
	o Options
}

func (p printer) line(indent, format string, args ...any) {
	fmt.Fprintln(p.w, terminal.Wrap(fmt.Sprintf(format, args...), p.o.Width, indent))
}

// WriteText writes what traces say about phones, and whether they were sent their lists.
func WriteText(w io.Writer, t *Traces, phones []*Phone, o Options) error {
	p := printer{bufio.NewWriter(w), o}
	p.line("  ", "%s for lists, %s with lists or CAPF", report.Count(t.Requests, "request"), report.Count(len(phones), "phone"))
	shown, hidden := 0, 0
	for _, phone := range phones {
		switch {
		case len(phones) > mostPhones && !phone.failed():
		case shown == mostPhones:
			hidden++
		default:
			shown++
			p.phone(phone)
		}
	}
	switch fine := len(phones) - shown - hidden; {
	case hidden > 0:
		p.line("  ", "%s without a list, and %d others: --json names them all", p.o.Color.Red(report.Count(hidden, "more phone")), fine)
	case fine > 0:
		p.line("  ", "%s more: --json names them all", report.Count(fine, "phone"))
	}
	p.line("  ", "\nDid the server send the phones their lists?")
	for i, kind := range Kinds {
		p.summary(phones, i, kind)
	}
	if t.Unattributed > 0 {
		p.line("      ", "   %s sent to phones that the lines do not name", report.Count(t.Unattributed, "list"))
	}
	p.line("      ", "   A list that the server has sent may not have arrived: see the phone's alarm, or a capture.")
	return p.w.Flush()
}

// failed reports whether a list that the phone asked for was not sent.
func (p *Phone) failed() bool {
	for i := range p.Lists {
		if s := p.Lists[i].State(); s == Denied || s == Open || p.Lists[i].Later {
			return true
		}
	}
	return false
}

func (p printer) phone(phone *Phone) {
	name := terminal.Escape(phone.Name)
	switch {
	case name == "":
		name = phone.Address.String()
	case phone.Address.IsValid():
		name += " (" + phone.Address.String() + ")"
	}
	p.line("  ", "%s", name)
	for i, kind := range Kinds {
		if h := &phone.Lists[i]; h.State() != NotAsked {
			p.line("            ", "   %-8s %s", strings.ToUpper(kind.String()), p.history(kind, h))
		}
	}
	if phone.CAPF > 0 {
		p.line("            ", "   %-8s %s, the last %s%s", "CAPF", report.Count(phone.CAPF, "message"), terminal.Escape(phone.Message.Name), at(phone.Message))
	}
}

func (p printer) history(kind tlv.Kind, h *History) string {
	last := h.Last
	name := terminal.Escape(last.Name)
	if last.Name == "" {
		name = terminal.Escape(last.File)
	}
	of := fmt.Sprintf("%s over %s%s", name, last.Protocol, at(last))
	times := ""
	if h.Asked > 1 {
		times = fmt.Sprintf("; asked %d times", h.Asked)
	}
	switch h.State() {
	case IsSent:
		s := p.o.Color.Green("sent") + ": " + of + times
		if h.Later {
			s += "; " + p.o.Color.Yellow("refused later")
		}
		return s
	case Denied:
		s := p.o.Color.Red("REFUSED") + ", " + errorText(last.Event) + ": " + of + times
		if kind == tlv.KindCTL && notFound(last.Event) {
			s += "; a cluster that is not in mixed mode has none"
		}
		return s
	}
	return p.o.Color.Yellow("asked, no answer in the traces") + ": " + of + times
}

func at(p Place) string {
	clock := p.Clock
	if clock != "" {
		clock = " at " + clock
	}
	return fmt.Sprintf("%s (%s line %d)", clock, terminal.Escape(p.Source), p.Line)
}

func notFound(e Event) bool {
	return e.Protocol == TFTP && e.Code == 1 || e.Protocol == HTTP && e.Code == 404
}

func errorText(e Event) string {
	switch {
	case notFound(e):
		return "file not found"
	case e.Protocol == HTTP && e.Code == 503:
		return "the file is busy (HTTP 503)"
	}
	return fmt.Sprintf("%s error %d", e.Protocol, e.Code)
}

func (p printer) summary(phones []*Phone, i int, kind tlv.Kind) {
	counts := make(map[State]int)
	for _, phone := range phones {
		counts[phone.Lists[i].State()]++
	}
	asked := len(phones) - counts[NotAsked]
	name := strings.ToUpper(kind.String())
	switch {
	case asked == 0:
		p.line("        ", "   %s  no phone asked for it in these traces", name)
	case asked == counts[IsSent]:
		p.line("        ", "   %s  %s, %s", name, p.o.Color.Green("yes"), report.Count(asked, "phone"))
	default:
		p.line("        ", "   %s  %d of %s that asked; %d refused, %d without an answer in the traces", name, counts[IsSent], report.Count(asked, "phone"), counts[Denied], counts[Open])
	}
}
