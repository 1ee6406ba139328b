package report

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// manyPhones are too many to write about each.
const manyPhones = 10

// Compared writes about each statement, as Compare does, or a summary if the
// statements are about more than ten phones; o.All asks for each. Reports are used
// one at a time and may be made as they are used.
func Compared(w io.Writer, reports iter.Seq[*compare.Report], phones int, o CompareOptions) error {
	if phones > manyPhones && !o.All {
		return o.summary(w, reports, phones)
	}
	var tally compare.Tally
	for r := range reports {
		if tally.Statements > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		tally.Add(r)
		if err := Compare(w, r, o); err != nil {
			return err
		}
	}
	if !tally.Comparable {
		_, err := fmt.Fprintln(w, "\nNothing here can be compared; get a hash or the file.")
		return err
	}
	return nil
}

// A phoneGroup is phones of which the same was found out.
type phoneGroup struct {
	kind     tlv.Kind
	text     string
	same     bool
	phones   map[string]bool // by name
	nameless int             // statements that name no phone
	examples []string
}

func (g *phoneGroup) add(device string) {
	switch {
	case device == "":
		g.nameless++
	case !g.phones[device]:
		g.phones[device] = true
		if len(g.examples) < maxExamples {
			g.examples = append(g.examples, device)
		}
	}
}

func (g *phoneGroup) size() int { return len(g.phones) + g.nameless }

const (
	maxExamples = 2
	maxGroups   = 20
)

// summary writes groups of phones, the largest first.
func (o CompareOptions) summary(w io.Writer, reports iter.Seq[*compare.Report], phones int) error {
	out := bufio.NewWriter(w)
	groups, name, tally := phoneGroups(reports)
	o.line(out, "", fmt.Sprintf("%s: %s about %s", terminal.Escape(name), Count(tally.Statements, "statement"), Count(phones, "phone")))
	t := terminal.Table{{terminal.Text("  LIST"), terminal.Text("PHONES"), terminal.Text("WHAT THEY HAVE"), terminal.Text("FOR EXAMPLE")}}
	for i, g := range groups {
		if i == maxGroups {
			t = append(t, []terminal.Cell{terminal.Text("  ..."), terminal.Text(""), terminal.Text(fmt.Sprintf("and %d more groups", len(groups)-i)), terminal.Text("")})
			break
		}
		color := o.yellow
		if g.same {
			color = o.green
		}
		kind := "-"
		if g.kind != tlv.KindUnknown {
			kind = g.kind.String()
		}
		t = append(t, []terminal.Cell{terminal.Text("  " + kind), terminal.Text(fmt.Sprint(g.size())), terminal.Colored(terminal.Escape(g.text), color), terminal.Text(terminal.Escape(strings.Join(g.examples, " ")))})
	}
	t.Write(out, o.Width)
	o.line(out, "", summaryConclusion(&tally))
	o.line(out, "", "Use --all for each statement.")
	return out.Flush()
}

func summaryConclusion(tally *compare.Tally) string {
	switch {
	case tally.Same():
		return "Everything that can be compared is a server's list."
	case !tally.Comparable:
		return "Nothing here can be compared; get hashes or the files."
	}
	return "Not every phone has a server's list."
}

// phoneGroups returns the groups, the name of the file, and the tally.
func phoneGroups(reports iter.Seq[*compare.Report]) (groups []*phoneGroup, name string, tally compare.Tally) {
	index := make(map[string]*phoneGroup)
	for r := range reports {
		name = r.Copy.Name
		tally.Add(r)
		text, same := groupText(r)
		key := r.Copy.Kind().String() + text
		g := index[key]
		if g == nil {
			g = &phoneGroup{kind: r.Copy.Kind(), text: text, same: same, phones: make(map[string]bool)}
			index[key] = g
			groups = append(groups, g)
		}
		g.add(r.Copy.Evidence.Device)
	}
	slices.SortStableFunc(groups, func(a, b *phoneGroup) int { return b.size() - a.size() })
	return groups, name, tally
}

// groupText says what a phone has.
func groupText(r *compare.Report) (text string, same bool) {
	switch holds := r.Holds(); {
	case len(holds) > 0:
		names := make([]string, len(holds))
		for i, s := range holds {
			names[i] = s.Name
		}
		return "the list of " + strings.Join(names, " and "), true
	case !r.Copy.Comparable():
		return r.Copy.Evidence.Message, false
	case r.Copy.Evidence.Absent:
		return "no such list", false
	case r.OtherKind():
		return "not compared: no server's list of this kind", false
	case hasVerdict(r, compare.VerdictSignedAgain):
		return "a server's list, signed again", false
	case hasVerdict(r, compare.VerdictSameRecords):
		return "the records of a server's list", false
	case hasVerdict(r, compare.VerdictSameSize), hasVerdict(r, compare.VerdictSameTime):
		return "perhaps a server's list, by its size or time", false
	}
	return "another list, " + r.Copy.Sums.String(), false
}
