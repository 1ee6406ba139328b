package print

import (
	"bufio"
	"crypto/sha1"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Soon is how long before its end a certificate is called expiring soon.
const Soon = 60 * 24 * time.Hour

// BriefOptions say how Brief writes.
type BriefOptions struct {
	Zone  *time.Location
	Now   time.Time // certificates are expired or not at this time
	Color Color
}

// Brief writes a line about the list and a line for each record: number, role,
// name, key, expiry, SHA-1 of the certificate. The signer has a star.
func Brief(w io.Writer, f *inspect.File, o BriefOptions) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, briefHead(f, o))
	t := table{{text("#"), text("ROLE"), text("NAME"), text("KEY"), text("EXPIRES"), text("CERTIFICATE SHA-1")}}
	for i, r := range f.Fragment.Records {
		t = append(t, briefRow(i+1, r, f, o))
	}
	if len(t) > 1 {
		t.write(out)
	}
	return out.Flush()
}

func briefHead(f *inspect.File, o BriefOptions) string {
	parts := []string{fmt.Sprintf("%d bytes", len(f.Data))}
	if f.List != nil || !f.Guessed {
		parts = slices.Insert(parts, 0, f.Kind.String())
	}
	if t, ok := f.Fragment.Header.Timestamp(); ok {
		parts = append(parts, "made "+t.In(o.Zone).Format("2006-01-02 15:04:05 MST"))
	}
	if d := f.Fragment.Header.Digest(); d != tlv.DigestAbsent {
		parts = append(parts, d.String())
	}
	switch {
	case f.List == nil:
		parts = append(parts, o.Color.Red("not a trust list"))
	case f.Verified != nil:
		parts = append(parts, o.Color.Green("verified"), fmt.Sprintf("signed by record %d", f.Verified.Number))
	default:
		parts = append(parts, o.Color.Red("NOT VERIFIED"), Escape(f.Reason.Error()))
	}
	return strings.Join(parts, ", ")
}

func briefRow(number int, r tlv.Record, f *inspect.File, o BriefOptions) []cell {
	n := fmt.Sprint(number)
	if f.Verified != nil && f.Verified.Number == number {
		n += "*"
	}
	return []cell{text(n), text(r.Role().String()), text(Escape(shortName(r))), text(keyText(r)), expiry(r, o), text(hashText(r))}
}

// shortName is the common name of the subject, or the host of a record without.
func shortName(r tlv.Record) string {
	for part := range strings.FieldsFuncSeq(r.Subject(), func(c rune) bool { return c == ';' || c == ',' }) {
		if kind, value, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(kind), "CN") {
			return strings.TrimSpace(strings.Trim(value, `"`))
		}
	}
	if s := r.DNSName(); strings.TrimSpace(s) != "" {
		return s
	}
	if s := r.Subject(); s != "" {
		return s
	}
	return "-"
}

func keyText(r tlv.Record) string {
	key, err := trust.RecordKey(r)
	if err != nil {
		return "-"
	}
	kind, bits := cert.KeyType(key)
	return fmt.Sprintf("%s-%d", kind, bits)
}

func expiry(r tlv.Record, o BriefOptions) cell {
	der := r.Certificate()
	if der == nil {
		return text("-")
	}
	c, err := cert.Read(der)
	if err != nil || c.NotAfter.IsZero() {
		return colored("unreadable", o.Color.Red)
	}
	day := c.NotAfter.In(o.Zone).Format("2006-01-02")
	switch left := c.NotAfter.Sub(o.Now); {
	case left < 0:
		return colored(day+" expired", o.Color.Red)
	case left < Soon:
		return colored(day+" soon", o.Color.Yellow)
	}
	return text(day)
}

func hashText(r tlv.Record) string {
	if der := r.Certificate(); der != nil {
		return fmt.Sprintf("%x", sha1.Sum(der))
	}
	if h := r.CertHash(); h != nil {
		return fmt.Sprintf("%x", h)
	}
	return "-"
}

// A cell is text, and how it is written; colours take no room.
type cell struct {
	text  string
	color func(string) string
}

func text(s string) cell                               { return cell{s, func(s string) string { return s }} }
func colored(s string, color func(string) string) cell { return cell{s, color} }

// A table is rows of as many cells.
type table [][]cell

func (t table) write(w io.Writer) {
	width := make([]int, len(t[0]))
	for _, row := range t {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range t {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(c.color(c.text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", 2+width[i]-utf8.RuneCountInString(c.text)))
			}
		}
		fmt.Fprintln(w, line.String())
	}
}
