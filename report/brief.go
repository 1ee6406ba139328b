package report

import (
	"bufio"
	"crypto"
	"crypto/sha1"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Soon is how long before its end a certificate is called expiring soon.
const Soon = 60 * 24 * time.Hour

// BriefOptions say how Brief writes.
type BriefOptions struct {
	Zone *time.Location
	Now  time.Time // certificates are expired or not at this time
	Terminal
}

// maxRows are aligned and held in memory together. A list that phones accept has
// about 39 records.
const maxRows = 1000

// Brief writes a line about the list and a row for each record: number, role,
// name, key, expiry, SHA-1 of the certificate. The signer has a star.
func Brief(w io.Writer, f *File, o BriefOptions) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, o.wrap(briefHead(f, o), "  "))
	t := terminal.Table{{terminal.Text("#"), terminal.Text("ROLE"), terminal.Text("NAME"), terminal.Text("KEY"), terminal.Text("EXPIRES"), terminal.Text("CERTIFICATE SHA-1")}}
	for i, r := range f.Fragment.Records {
		t = append(t, briefRow(i+1, r, f, o))
		if len(t) > maxRows || i == len(f.Fragment.Records)-1 {
			t.Write(out, o.Width)
			t = t[:0]
		}
	}
	return out.Flush()
}

func briefHead(f *File, o BriefOptions) string {
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
		parts = append(parts, o.red("not a trust list"))
	case f.Verified != nil:
		parts = append(parts, o.green("verified"), fmt.Sprintf("signed by record %d", f.Verified.Number))
	default:
		parts = append(parts, o.red("NOT VERIFIED"), terminal.Escape(f.Reason.Error()))
	}
	return strings.Join(parts, ", ")
}

func briefRow(number int, r tlv.Record, f *File, o BriefOptions) []terminal.Cell {
	n := fmt.Sprint(number)
	if f.Verified != nil && f.Verified.Number == number {
		n += "*"
	}
	key, c := recordKey(r)
	return []terminal.Cell{terminal.Text(n), terminal.Text(r.Role().String()), terminal.Text(terminal.Escape(shortName(r))), terminal.Text(keyText(key)), expiry(r, c, o), terminal.Text(hashText(r))}
}

// shortName is the common name of the subject, or the host of a record without.
func shortName(r tlv.Record) string {
	if name := cert.CommonName(r.Subject()); name != "" {
		return name
	}
	if s := r.DNSName(); strings.TrimSpace(s) != "" {
		return s
	}
	if s := r.Subject(); s != "" {
		return s
	}
	return "-"
}

func keyText(key crypto.PublicKey) string {
	if key == nil {
		return "-"
	}
	kind, bits := cert.KeyType(key)
	return fmt.Sprintf("%s-%d", kind, bits)
}

// expiry is the end of the certificate of a record, nil if it cannot be read.
func expiry(r tlv.Record, c *cert.Certificate, o BriefOptions) terminal.Cell {
	if r.Certificate() == nil {
		return terminal.Text("-")
	}
	if c == nil || c.NotAfter.IsZero() {
		return terminal.Colored("unreadable", o.red)
	}
	day := c.NotAfter.In(o.Zone).Format("2006-01-02")
	switch left := c.NotAfter.Sub(o.Now); {
	case left < 0:
		return terminal.Colored(day+" expired", o.red)
	case left < Soon:
		return terminal.Colored(day+" soon", o.yellow)
	}
	return terminal.Text(day)
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
