package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// manyPhones are too many to write about each.
const manyPhones = 10

// Compared writes about each statement, as Compare does, or a summary if the
// statements are about more than ten phones; o.All asks for each.
func Compared(w io.Writer, all compare.Reports, o CompareOptions) error {
	if all.Phones() > manyPhones && !o.All {
		return o.summary(w, all)
	}
	for i, r := range all {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := Compare(w, r, o); err != nil {
			return err
		}
	}
	if !all.Comparable() {
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
func (o CompareOptions) summary(w io.Writer, all compare.Reports) error {
	out := bufio.NewWriter(w)
	o.line(out, "", fmt.Sprintf("%s: %s about %s", terminal.Escape(all[0].Copy.Name), Count(len(all), "statement"), Count(all.Phones(), "phone")))
	t := terminal.Table{{terminal.Text("  LIST"), terminal.Text("PHONES"), terminal.Text("WHAT THEY HAVE"), terminal.Text("FOR EXAMPLE")}}
	groups := phoneGroups(all)
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
	o.line(out, "", summaryConclusion(all))
	o.line(out, "", "Use --all for each statement.")
	return out.Flush()
}

func summaryConclusion(all compare.Reports) string {
	switch {
	case all.Same():
		return "Everything that can be compared is a server's list."
	case !all.Comparable():
		return "Nothing here can be compared; get hashes or the files."
	}
	return "Not every phone has a server's list."
}

func phoneGroups(all compare.Reports) []*phoneGroup {
	index := make(map[string]*phoneGroup)
	var groups []*phoneGroup
	for _, r := range all {
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
	return groups
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
