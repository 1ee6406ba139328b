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
	All bool // show each statement, and the differences from every server even if the copy matches one
	Terminal
}

// Compare writes what a phone's copy and the servers' have in common: a line for
// each server, whose list the copy is, and in a table what differs.
func Compare(w io.Writer, r *compare.Report, o CompareOptions) error {
	out := bufio.NewWriter(w)
	o.line(out, "", terminal.Escape(copyHead(r.Copy)))
	o.unverified(out, "", r.Copy)
	if s := r.Copy.Evidence; s.Status != 0 {
		o.line(out, "  ", fmt.Sprintf("  the phone reports StatusCode %d, documented as %q", int(s.Status), s.Status))
	}
	if !r.Copy.Comparable() {
		return out.Flush()
	}
	t := terminal.Table{{terminal.Text("  SERVER"), terminal.Text("MADE"), terminal.Text("VERDICT"), terminal.Text("A PHONE WITH THE COPY")}}
	for _, s := range r.Servers {
		t = append(t, []terminal.Cell{terminal.Text("  " + terminal.Escape(s.Name)), terminal.Text(made(s.List)), o.verdictCell(s), o.outlook(r, s)})
	}
	t.Write(out, o.Width)
	for _, s := range r.Servers {
		o.unverified(out, s.Name+": ", s.Copy)
	}
	for _, s := range r.Servers {
		if s.Mistyped > 0 {
			o.line(out, "", o.yellow(fmt.Sprintf("The hash differs from that of %s in only %s: mistyped?", terminal.Escape(s.Name), Count(s.Mistyped, "digit"))))
		}
	}
	o.line(out, "", terminal.Escape(Conclusion(r)))
	for _, s := range r.Servers {
		if s.Difference != nil && !s.Verdict.Same() && (len(r.Holds()) == 0 || o.All) {
			o.difference(out, s)
		}
	}
	return out.Flush()
}

// line writes a sentence; what does not fit the terminal is indented.
func (o CompareOptions) line(w io.Writer, indent, s string) { fmt.Fprintln(w, o.wrap(s, indent+"  ")) }

// unverified says why a list does not verify.
func (o CompareOptions) unverified(w io.Writer, name string, c compare.Copy) {
	if err := c.Unverified(); err != nil {
		o.line(w, "  ", fmt.Sprintf("  %s%s: %s", terminal.Escape(name), o.red(notVerified), terminal.Escape(err.Error())))
	}
}

const notVerified = "NOT VERIFIED"

// copyHead says what the copy is: "ITLFile.tlv: ITL, 5438 bytes, SHA-1 2e08...".
func copyHead(c compare.Copy) string {
	if c.List != nil {
		return fmt.Sprintf("%s: %s, %d bytes, SHA-1 %x", c.Name, c.Kind(), *c.Sums.Size, c.Sums.SHA1)
	}
	e := c.Evidence
	if e.Form == compare.FormArgument {
		return "The copy: " + e.String()
	}
	head := fmt.Sprintf("%s, %s", c.Name, e.Form) // a page has no lines
	if e.Line > 0 {
		head = fmt.Sprintf("%s, line %d, %s", c.Name, e.Line, e.Form)
	}
	if e.Again > 0 {
		head += fmt.Sprintf(" (%d times)", 1+e.Again)
	}
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
	compare.VerdictSameRecords:     "same records",
	compare.VerdictSameTime:        "same time (weak)",
	compare.VerdictSameSize:        "same size (weak)",
	compare.VerdictDifferent:       "different",
	compare.VerdictNotInstalled:    "not installed",
	compare.VerdictNothingInCommon: "nothing to compare",
	compare.VerdictOtherKind:       "another kind of list",
}

func (o CompareOptions) verdictCell(s compare.Server) terminal.Cell {
	v, text := s.Verdict, VerdictText(s)
	switch {
	case s.Unverified() != nil:
		return terminal.Colored(text, o.red)
	case v.Same():
		return terminal.Colored(text, o.green)
	case v == compare.VerdictDifferent || v == compare.VerdictNotInstalled:
		return terminal.Colored(text, o.red)
	}
	return terminal.Colored(text, o.yellow)
}

// VerdictText says what a server's copy and the phone's have in common, and whether
// the server's fails verification.
func VerdictText(s compare.Server) string {
	if s.Unverified() != nil {
		return verdictTexts[s.Verdict] + ", " + notVerified
	}
	return verdictTexts[s.Verdict]
}

// Conclusion says which server's list the phone holds.
func Conclusion(r *compare.Report) string {
	holds := r.Holds()
	names := make([]string, len(holds))
	for i, s := range holds {
		names[i] = s.Name
	}
	switch {
	case len(holds) > 0:
		return "The copy is the list of " + strings.Join(names, " and ") + "." + caution(r, holds[0])
	case r.Copy.Evidence.Absent && r.Decided():
		return "The phone has no such list. If it has no list at all it accepts the first one it gets, without proof."
	case r.OtherKind():
		return fmt.Sprintf("None of the servers' lists is %s, so this is not compared.", article[r.Copy.Kind()])
	case !r.Decided():
		return "There is nothing to compare."
	case hasVerdict(r, compare.VerdictSameTime):
		return "The times when the lists were made are the same, which proves little. Get a hash or the file."
	case hasVerdict(r, compare.VerdictSameSize):
		return "An equal size proves nothing: different lists often have the same size. Get a hash or the file."
	case hasVerdict(r, compare.VerdictSameRecords):
		return "The listings show the same records; whether the files are the same is not certain. Get a hash or the file."
	case hasVerdict(r, compare.VerdictSignedAgain):
		return "No server has this list byte for byte, but one has the same content, signed again."
	}
	return "No server has this list."
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

// outlook is the cell of OutlookText.
func (o CompareOptions) outlook(r *compare.Report, s compare.Server) terminal.Cell {
	switch text, good := OutlookText(r, s); {
	case s.Verdict.Same() || s.Decision == nil:
		return terminal.Text(text)
	case good:
		return terminal.Colored(text, o.green)
	default:
		return terminal.Colored(text, o.red)
	}
}

// OutlookText says what a phone that holds the copy does with the server's list, "-"
// if that cannot be asked; good if the phone then has that list.
func OutlookText(r *compare.Report, s compare.Server) (text string, good bool) {
	d := s.Decision
	switch {
	case s.Verdict.Same():
		return "has it", true
	case d == nil:
		return "-", false
	case d.Unknown:
		return fmt.Sprintf("unknown: %s", d.Verdict), false
	case !d.Verdict.Taken() || d.Voucher == nil:
		return fmt.Sprintf("REFUSES it: %s", d.Verdict), false
	case r.Known.Unverified() != nil:
		return fmt.Sprintf("accepts it: signed by record %d of its list, but the copy is %s", d.Voucher.Number, notVerified), false
	}
	return fmt.Sprintf("accepts it: signed by record %d of its list", d.Voucher.Number), true
}

// difference writes what differs; - is the phone's, + the server's.
func (o CompareOptions) difference(w io.Writer, s compare.Server) {
	fmt.Fprintln(w)
	o.line(w, "", fmt.Sprintf("From the copy (-) to %s (+):", terminal.Escape(s.Name)))
	t := terminal.Table{{terminal.Text("  WHERE"), terminal.Text("WHAT"), terminal.Text("FIELD"), terminal.Text("VALUE")}}
	t = o.appendFields(t, "header", "changed", s.Difference.Header)
	t = o.appendFields(t, "header", "signing", s.Difference.Signing)
	for _, r := range s.Difference.Records {
		t = o.appendRecord(t, r)
	}
	t.Write(w, o.Width)
	d := s.Decision
	switch {
	case d == nil || d.Verdict.Taken():
		return
	case d.Unknown:
		o.line(w, "", fmt.Sprintf("It is not known what a phone that holds only the copy does with this list: %s.", terminal.Escape(d.Reason.Error())))
	default:
		o.line(w, "", fmt.Sprintf("A phone that holds only the copy refuses this list: %s.", terminal.Escape(d.Reason.Error())))
	}
	o.line(w, "", "If it holds another list as well, run ctlinspect accept with --installed for both.")
}

// appendRecord writes what became of a record.
func (o CompareOptions) appendRecord(t terminal.Table, r compare.RecordChange) terminal.Table {
	value := terminal.Text("  " + recordLabel(r.Record))
	switch r.Kind() {
	case compare.ChangeAdded:
		value = terminal.Colored("+ "+recordLabel(r.Record), o.green)
	case compare.ChangeRemoved:
		value = terminal.Colored("- "+recordLabel(r.Record), o.red)
	}
	t = append(t, []terminal.Cell{terminal.Text("  record " + recordPlace(r)), terminal.Text(changeText(r)), terminal.Text(""), value})
	return o.appendFields(t, "", "", r.Fields)
}

func changeText(r compare.RecordChange) string {
	if r.Moved && r.Kind() == compare.ChangeChanged {
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
func (o CompareOptions) appendFields(t terminal.Table, where, what string, changes []compare.FieldChange) terminal.Table {
	for _, c := range changes {
		row := []terminal.Cell{terminal.Text("  " + where), terminal.Text(what), terminal.Text(c.Name)}
		if c.Old != nil {
			t = append(t, append(row, terminal.Colored("- "+terminal.Escape(c.OldText()), o.red)))
			row = []terminal.Cell{terminal.Text(""), terminal.Text(""), terminal.Text("")}
		}
		if c.New != nil {
			t = append(t, append(row, terminal.Colored("+ "+terminal.Escape(c.NewText()), o.green)))
		}
	}
	return t
}
