package report

import (
	"bufio"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Sequence is the document of accept --then and --signed-by.
type Sequence struct {
	Head
	Installed []string        `json:"installed"`
	Steps     []SequenceStep  `json:"steps"`
	Phones    []SequencePhone `json:"phones"` // first those that are on all the time
	Error     *Error          `json:"error"`
}

// A SequenceStep is a list that servers publish.
type SequenceStep struct {
	Step     int      `json:"step"` // from 1
	Kind     tlv.Kind `json:"kind"`
	List     string   `json:"list"`     // "" for a list that is not made yet
	SignedBy string   `json:"signedBy"` // certificate file of such a list
}

// A SequencePhone is what becomes of phones that missed some steps.
type SequencePhone struct {
	OffFrom  int                `json:"offFrom"` // first step that was missed; 0 for none
	OffTo    int                `json:"offTo"`   // last step that was missed
	Stranded bool               `json:"stranded"`
	Verdicts []*SequenceVerdict `json:"verdicts"` // of each step; null if the phone never saw its list
}

// A SequenceVerdict is what a phone did with the list of a step.
type SequenceVerdict struct {
	Verdict  trust.Verdict `json:"verdict"`
	Accepted bool          `json:"accepted"`
	Unknown  bool          `json:"unknown"`
	Stranded string        `json:"stranded"` // which phones do not accept it
	Message  string        `json:"message"`
}

// NamedStep is a step with what it was called.
type NamedStep struct {
	trust.Step
	List, SignedBy string
}

// name is how a step is called in messages.
func (s NamedStep) name() string {
	if s.List != "" {
		return s.List
	}
	return fmt.Sprintf("a %s signed by %s", s.Kind, s.SignedBy)
}

// NewSequence returns the document.
func NewSequence(installed []string, steps []NamedStep, paths []trust.Path) *Sequence {
	d := &Sequence{Head: NewHead(TypeSequence), Installed: []string{}, Steps: []SequenceStep{}, Phones: []SequencePhone{}}
	for _, name := range installed {
		d.Installed = append(d.Installed, Text(name))
	}
	for i, s := range steps {
		d.Steps = append(d.Steps, SequenceStep{i + 1, s.PublishedKind(), Text(s.List), Text(s.SignedBy)})
	}
	for _, p := range paths {
		phone := SequencePhone{Stranded: p.Stranded, Verdicts: []*SequenceVerdict{}}
		if p.From != p.To {
			phone.OffFrom, phone.OffTo = p.From+1, p.To
		}
		for _, decision := range p.Decisions {
			phone.Verdicts = append(phone.Verdicts, newSequenceVerdict(decision))
		}
		d.Phones = append(d.Phones, phone)
	}
	return d
}

func newSequenceVerdict(d *trust.Decision) *SequenceVerdict {
	if d == nil {
		return nil
	}
	return &SequenceVerdict{d.Verdict, d.Yes(), d.Unknown, d.Stranded.String(), Text(decisionText(d))}
}

// decisionText is why a phone does what it does.
func decisionText(d *trust.Decision) string {
	switch {
	case d.Reason != nil:
		return d.Reason.Error()
	case d.Voucher != nil:
		return d.Voucher.String() + " vouches"
	case d.TVS != nil:
		return "TVS vouches; phones without TVS refuse it"
	case len(d.Warnings) > 0:
		return d.Warnings[0]
	case d.Verdict == trust.VerdictFirst:
		return "a phone without a list takes the first one it gets"
	}
	return ""
}

// SequenceText writes what phones that are on all the time do with each step, then a
// table of phones that miss some.
func SequenceText(w io.Writer, steps []NamedStep, paths []trust.Path, color terminal.Color, width int) error {
	out := bufio.NewWriter(w)
	line := func(s string) { fmt.Fprintln(out, terminal.Wrap(s, width, "  ")) }
	for i, d := range paths[0].Decisions {
		line(fmt.Sprintf("Step %d, %s: %s", i+1, terminal.Escape(steps[i].name()), stepVerdict(d, color)))
		for _, warning := range d.Warnings {
			line("  warning: " + terminal.Escape(warning))
		}
	}
	t := terminal.Table{{terminal.Text("A PHONE THAT IS OFF"), terminal.Text("ENDS WITH"), terminal.Text("STRANDED")}}
	for _, p := range paths {
		t = append(t, pathRow(p, steps, color))
	}
	t.Write(out, width)
	return out.Flush()
}

func stepVerdict(d *trust.Decision, color terminal.Color) string {
	text := terminal.Escape(decisionText(d))
	if text != "" {
		text = ": " + text
	}
	switch {
	case d.Yes():
		return color.Green("accepted") + text
	case d.Verdict.Taken() && !d.Unknown:
		return color.Yellow("accepted, but not by all phones") + text
	case d.Unknown:
		return color.Red("REFUSED, not known what phones do") + text
	}
	return color.Red("REFUSED") + text
}

func pathRow(p trust.Path, steps []NamedStep, color terminal.Color) []terminal.Cell {
	off := "never"
	switch {
	case p.To-p.From == 1:
		off = fmt.Sprintf("during step %d", p.From+1)
	case p.To > p.From:
		off = fmt.Sprintf("during steps %d to %d", p.From+1, p.To)
	}
	ends := ""
	for _, kind := range []tlv.Kind{tlv.KindCTL, tlv.KindITL} {
		i, ok := p.Holds[kind]
		if !ok {
			continue
		}
		if ends != "" {
			ends += ", "
		}
		if i < 0 {
			ends += fmt.Sprintf("the %s it had", kind)
		} else {
			ends += steps[i].name()
		}
	}
	stranded := terminal.Text("no")
	if p.Stranded {
		stranded = terminal.Colored("YES", color.Red)
	}
	return []terminal.Cell{terminal.Text(off), terminal.Text(terminal.Escape(ends)), stranded}
}
