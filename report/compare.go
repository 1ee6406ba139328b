package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// CompareOptions say how Compare writes.
type CompareOptions struct {
	All   bool // differences from every server, also when the copy is the list of one
	Color terminal.Color
}

// Compare writes what a phone's copy has in common with the servers': a line a
// server, whose list the copy is, and in a table what differs.
func Compare(w io.Writer, r *compare.Report, o CompareOptions) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n", terminal.Escape(copyHead(r.Copy)))
	writeUnverified(out, "", r.Copy, o.Color)
	if s := r.Copy.Evidence; s.Status != 0 {
		fmt.Fprintf(out, "  the phone reports StatusCode %d: %s\n", int(s.Status), s.Status)
	}
	if !r.Copy.Comparable() {
		return out.Flush()
	}
	t := terminal.Table{{terminal.Text("  SERVER"), terminal.Text("MADE"), terminal.Text("VERDICT"), terminal.Text("A PHONE WITH THE COPY")}}
	for _, s := range r.Servers {
		t = append(t, []terminal.Cell{terminal.Text("  " + terminal.Escape(s.Name)), terminal.Text(made(s.List)), verdictCell(s, o.Color), outlook(r, s, o.Color)})
	}
	t.Write(out, 0)
	for _, s := range r.Servers {
		writeUnverified(out, s.Name+": ", s.Copy, o.Color)
	}
	fmt.Fprintln(out, terminal.Escape(conclusion(r)))
	for _, s := range r.Servers {
		if s.Difference != nil && !s.Verdict.Same() && (len(r.Holds()) == 0 || o.All) {
			writeDifference(out, s, o.Color)
		}
	}
	return out.Flush()
}

// writeUnverified says why a list does not verify.
func writeUnverified(w io.Writer, name string, c compare.Copy, color terminal.Color) {
	if c.Unverified() != nil {
		fmt.Fprintf(w, "  %s%s: %s\n", terminal.Escape(name), color.Red(notVerified), terminal.Escape(c.Unverified().Error()))
	}
}

const notVerified = "NOT VERIFIED"

// NothingComparable says what to do where no evidence says anything about the
// bytes of a list.
func NothingComparable(w io.Writer) error {
	_, err := fmt.Fprintln(w, "\nNothing here can be compared; get a hash or the file.")
	return err
}

// copyHead says what the copy is: "ITLFile.tlv: ITL, 5438 bytes, SHA-1 2e08...".
func copyHead(c compare.Copy) string {
	if c.List != nil {
		return fmt.Sprintf("%s: %s, %d bytes, SHA-1 %x", c.Name, c.Kind(), *c.Sums.Size, c.Sums.SHA1)
	}
	e := c.Evidence
	if e.Form == compare.FormArgument {
		return "The copy: " + e.String()
	}
	head := fmt.Sprintf("%s, line %d, %s", c.Name, e.Line, e.Form)
	for _, s := range []string{e.String(), e.Message} {
		if s != "" {
			head += ": " + s
		}
	}
	return head
}

func made(l *trust.List) string {
	if l == nil {
		return "-"
	}
	if t, ok := l.Header.Timestamp(); ok {
		return t.Format(time.RFC3339)
	}
	return "-"
}

var verdictTexts = map[compare.Verdict]string{
	compare.VerdictSameBytes:       "same bytes",
	compare.VerdictSameHash:        "same hash",
	compare.VerdictSignedAgain:     "same content, signed again",
	compare.VerdictSameSize:        "same size (weak)",
	compare.VerdictDifferent:       "different",
	compare.VerdictNotInstalled:    "not installed",
	compare.VerdictNothingInCommon: "nothing to compare",
	compare.VerdictOtherKind:       "another kind of list",
}

func verdictCell(s compare.Server, color terminal.Color) terminal.Cell {
	v := s.Verdict
	switch {
	case s.Unverified() != nil:
		return terminal.Colored(verdictTexts[v]+", "+notVerified, color.Red)
	case v.Same():
		return terminal.Colored(verdictTexts[v], color.Green)
	case v == compare.VerdictDifferent || v == compare.VerdictNotInstalled:
		return terminal.Colored(verdictTexts[v], color.Red)
	}
	return terminal.Colored(verdictTexts[v], color.Yellow)
}

// conclusion says which server's list the phone holds.
func conclusion(r *compare.Report) string {
	holds := r.Holds()
	names := make([]string, len(holds))
	for i, s := range holds {
		names[i] = s.Name
	}
	switch {
	case len(holds) > 0:
		return "The copy is the list of " + strings.Join(names, " and ") + "." + caution(r, holds[0])
	case r.Copy.Evidence.Absent && r.Decided():
		return "The phone holds no such list. If it holds no list at all it takes the first one it gets, without proof."
	case r.OtherKind():
		return fmt.Sprintf("None of the servers' lists is %s, so this is not compared.", article[r.Copy.Kind()])
	case !r.Decided():
		return "There is nothing to compare."
	case hasVerdict(r, compare.VerdictSameSize):
		return "Not shown to be the same: different lists often have the same size. Get a hash or the file."
	case hasVerdict(r, compare.VerdictSignedAgain):
		return "The copy is no server's list byte for byte, but one of them is the same content, signed again."
	}
	return "The copy is the list of none of these servers."
}

var article = map[tlv.Kind]string{tlv.KindCTL: "a CTL", tlv.KindITL: "an ITL"}

// caution is what does not follow from a copy being a server's list.
func caution(r *compare.Report, s compare.Server) string {
	switch {
	case r.Known != nil && r.Known.Unverified() != nil:
		return " It is " + notVerified + "."
	case s.Verdict == compare.VerdictSameHash:
		return " A hash matches a file; it does not prove who made it."
	}
	return ""
}

func hasVerdict(r *compare.Report, v compare.Verdict) bool {
	for _, s := range r.Servers {
		if s.Verdict == v {
			return true
		}
	}
	return false
}

// outlook says what a phone that holds the copy does with the server's list.
func outlook(r *compare.Report, s compare.Server, color terminal.Color) terminal.Cell {
	d := s.Decision
	switch {
	case s.Verdict.Same():
		return terminal.Text("has it")
	case d == nil:
		return terminal.Text("-")
	case d.Verdict.Taken() && r.Known.Unverified() != nil:
		return terminal.Colored(fmt.Sprintf("takes it: record %d vouches, but the copy is %s", d.Voucher.Number, notVerified), color.Red)
	case d.Verdict.Taken():
		return terminal.Colored(fmt.Sprintf("takes it: record %d vouches", d.Voucher.Number), color.Green)
	case d.Unknown:
		return terminal.Colored(fmt.Sprintf("unknown: %s", d.Verdict), color.Red)
	}
	return terminal.Colored(fmt.Sprintf("REFUSES it: %s", d.Verdict), color.Red)
}

// writeDifference writes what differs; - is the phone's, + the server's.
func writeDifference(w io.Writer, s compare.Server, color terminal.Color) {
	fmt.Fprintf(w, "\nFrom the copy (-) to %s (+):\n", terminal.Escape(s.Name))
	t := terminal.Table{{terminal.Text("  WHERE"), terminal.Text("WHAT"), terminal.Text("FIELD"), terminal.Text("VALUE")}}
	t = appendFields(t, "header", "changed", s.Difference.Header, color)
	t = appendFields(t, "header", "signing", s.Difference.Signing, color)
	for _, r := range s.Difference.Records {
		where := "record " + recordPlace(r)
		switch r.Kind() {
		case compare.ChangeAdded:
			t = append(t, []terminal.Cell{terminal.Text("  " + where), terminal.Text("added"), terminal.Text(""), terminal.Colored("+ "+recordLabel(r.Record), color.Green)})
		case compare.ChangeRemoved:
			t = append(t, []terminal.Cell{terminal.Text("  " + where), terminal.Text("removed"), terminal.Text(""), terminal.Colored("- "+recordLabel(r.Record), color.Red)})
		case compare.ChangeMoved:
			t = append(t, []terminal.Cell{terminal.Text("  " + where), terminal.Text("moved"), terminal.Text(""), terminal.Text("  " + recordLabel(r.Record))})
		default:
			t = append(t, []terminal.Cell{terminal.Text("  " + where), terminal.Text(changeText(r)), terminal.Text(""), terminal.Text("  " + recordLabel(r.Record))})
			t = appendFields(t, "", "", r.Fields, color)
		}
	}
	t.Write(w, 0)
	if d := s.Decision; d != nil && !d.Verdict.Taken() {
		does := "A phone that holds only the copy refuses this list"
		if d.Unknown {
			does = "Whether a phone that holds the copy takes this list is unknown"
		}
		fmt.Fprintf(w, "%s: %s.\nIf it holds another list as well, run ctlinspect accept with --installed for both.\n", does, terminal.Escape(d.Reason.Error()))
	}
}

func changeText(r compare.RecordChange) string {
	if r.Moved {
		return "changed, moved"
	}
	return string(r.Kind())
}

func recordPlace(r compare.RecordChange) string {
	switch {
	case r.Old == 0:
		return fmt.Sprintf("+%d", r.New)
	case r.New == 0:
		return fmt.Sprintf("-%d", r.Old)
	case r.Old != r.New:
		return fmt.Sprintf("%d > %d", r.Old, r.New)
	}
	return fmt.Sprint(r.New)
}

func recordLabel(r tlv.Record) string {
	return terminal.Escape(fmt.Sprintf("%s %s, serial %s", r.Role().String(), shortName(r), r.SerialNumber()))
}

// appendFields writes the old value above the new one.
func appendFields(t terminal.Table, where, what string, changes []compare.FieldChange, color terminal.Color) terminal.Table {
	for _, c := range changes {
		row := []terminal.Cell{terminal.Text("  " + where), terminal.Text(what), terminal.Text(c.Name)}
		if c.Old != nil {
			t = append(t, append(row, terminal.Colored("- "+terminal.Escape(c.OldText()), color.Red)))
			row = []terminal.Cell{terminal.Text(""), terminal.Text(""), terminal.Text("")}
		}
		if c.New != nil {
			t = append(t, append(row, terminal.Colored("+ "+terminal.Escape(c.NewText()), color.Green)))
		}
	}
	return t
}
