package report

import (
	"bufio"
	"crypto/sha1"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Match is what match --json writes; docs/json.md describes it.
type Match struct {
	Head
	File         string             `json:"file"`
	Kind         tlv.Kind           `json:"kind"`
	Verified     bool               `json:"verified"`
	Reason       string             `json:"reason"`
	Certificates []MatchCertificate `json:"certificates"`
	Stale        []MatchStale       `json:"stale"`
	Emptied      []MatchStale       `json:"emptied"`
	Remedy       string             `json:"remedy"`
	Error        *Error             `json:"error"`

	unverified string // why, for people; "" if verified
}

// A MatchCertificate is a certificate that was looked for.
type MatchCertificate struct {
	Source  string     `json:"source"` // name of its file
	Number  int        `json:"number"` // in the file, from 1
	Subject string     `json:"subject"`
	Issuer  string     `json:"issuer"`
	Serial  string     `json:"serial"`
	SHA1    *string    `json:"sha1"` // nil if only text is known
	InList  bool       `json:"inList"`
	Records []MatchHit `json:"records"`

	name string // what the table calls it
}

// A MatchHit is a record that has to do with a certificate.
type MatchHit struct {
	Record int      `json:"record"`
	Role   tlv.Role `json:"role"`
	By     cert.By  `json:"by"`
}

// A MatchStale is a server record that holds none of the certificates, or none at
// all.
type MatchStale struct {
	Record  int      `json:"record"`
	Offset  int      `json:"offset"`
	Role    tlv.Role `json:"role"`
	DNSName string   `json:"dnsName"`
	Subject string   `json:"subject"`
	Serial  string   `json:"serial"`
}

// A Source is a certificate to look for, and where it was read.
type Source struct {
	File   string
	Number int // in the file, from 1
	cert.Known
}

// NewMatch returns the document of a list: which of its records hold which
// certificates, and what to do. The kind is that of the list; what is done about a
// list of unknown kind is what is done about a CTL.
func NewMatch(name string, l *trust.List, kind tlv.Kind, certificates []Source) *Match {
	d := newMatch(name, kind)
	_, err := l.Verify()
	d.Verified = err == nil
	if err != nil {
		d.Reason, d.unverified = string(trust.ReasonOf(err)), err.Error()
	}
	if kind == tlv.KindUnknown {
		kind = tlv.KindCTL
	}
	s := lint.NewSubject(l, lint.Options{Kind: kind})
	next := d.add(s, certificates)
	if !d.Good() || !d.Verified {
		d.Remedy = Text(d.remedy(s, next))
	}
	return d
}

// NewMatchError returns the document of a file that is not a list.
func NewMatchError(name string, kind tlv.Kind, err error) *Match {
	d := newMatch(name, kind)
	d.Error = NewError(err)
	d.Reason = d.Error.Reason
	return d
}

func newMatch(name string, kind tlv.Kind) *Match {
	return &Match{
		Head: NewHead(TypeMatch), File: Text(name), Kind: kind,
		Certificates: []MatchCertificate{}, Stale: []MatchStale{}, Emptied: []MatchStale{},
	}
}

// add looks for the certificates, and returns how phones get the next list.
func (d *Match) add(s *lint.Subject, certificates []Source) lint.Next {
	records := s.List.Records
	known := make([]cert.Known, len(certificates))
	for i, c := range certificates {
		known[i] = c.Known
	}
	m := cert.MatchAll(records, known)
	for i, c := range certificates {
		d.Certificates = append(d.Certificates, newMatchCertificate(c, records, m.Certificates[i], !m.Missing(i)))
	}
	next := s.Next(known, m.Unheld)
	for _, n := range m.Unheld {
		switch r := records[n-1]; {
		case r.Role() == tlv.RoleSAST && !slices.Contains(next.Lost, n):
		case lint.Emptied(r):
			d.Emptied = append(d.Emptied, newMatchStale(n, r))
		default:
			d.Stale = append(d.Stale, newMatchStale(n, r))
		}
	}
	return next
}

// remedy is what to do about a list that is not good.
func (d *Match) remedy(s *lint.Subject, next lint.Next) string {
	if !d.Verified || s.Nonsecure() {
		return next.String()
	}
	return "if these are all current certificates of the servers: " + next.String()
}

// Good reports whether each certificate is in the list and no record is stale or
// emptied.
func (d *Match) Good() bool { return d.missing() == 0 && len(d.Stale)+len(d.Emptied) == 0 }

func (d *Match) missing() int {
	n := 0
	for _, c := range d.Certificates {
		if !c.InList {
			n++
		}
	}
	return n
}

func newMatchStale(number int, r tlv.Record) MatchStale {
	return MatchStale{number, r.Offset, r.Role(), Text(r.DNSName()), Text(r.Subject()), r.SerialNumber().String()}
}

func newMatchCertificate(c Source, records []tlv.Record, hits []cert.Match, inList bool) MatchCertificate {
	d := MatchCertificate{
		Source: Text(c.File), Number: c.Number, Subject: Text(c.Subject.CUCM()), Issuer: Text(c.Issuer.CUCM()),
		Serial: c.Serials[len(c.Serials)-1].String(), InList: inList, Records: []MatchHit{}, name: commonName(c.Subject),
	}
	if c.Full != nil {
		d.SHA1 = ptr(fmt.Sprintf("%x", sha1.Sum(c.Full.Raw)))
	}
	for _, h := range hits {
		d.Records = append(d.Records, MatchHit{h.Record, records[h.Record-1].Role(), h.By})
	}
	return d
}

// commonName is the common name, or the whole name where there is none.
func commonName(n cert.Name) string {
	if cn := strings.TrimSpace(n.Get("CN")); cn != "" {
		return cn
	}
	return n.CUCM()
}

// maxStale lines are more than a list that phones accept has records.
const maxStale = 100

// WriteText writes a table of the certificates, then the stale records.
func (d *Match) WriteText(w io.Writer, o Terminal) error {
	out := bufio.NewWriter(w)
	t := terminal.Table{{terminal.Text("CERTIFICATE"), terminal.Text("NAME"), terminal.Text("SERIAL"), terminal.Text("RECORD"), terminal.Text("RECOGNISED BY")}}
	for _, c := range d.Certificates {
		t = append(t, c.rows()...)
	}
	t.Write(out, o.Width)
	o.stale(out, "Stale", d.Stale)
	o.stale(out, "Emptied", d.Emptied)
	fmt.Fprintf(out, "\n%s\n", o.wrap(fmt.Sprintf("%s: %s", terminal.Escape(d.File), d.summary()), "  "))
	if d.unverified != "" {
		fmt.Fprintln(out, o.wrap(fmt.Sprintf("NOT VERIFIED (%s): %s", d.Reason, terminal.Escape(d.unverified)), "  "))
	}
	if d.Remedy != "" {
		fmt.Fprintln(out, o.wrap("What to do: "+terminal.Escape(d.Remedy), "  "))
	}
	return out.Flush()
}

func (t Terminal) stale(out io.Writer, title string, records []MatchStale) {
	for i, s := range records {
		if i == 0 {
			fmt.Fprintln(out)
		}
		if i == maxStale {
			fmt.Fprintf(out, "%s: %d more\n", title, len(records)-maxStale)
			return
		}
		fmt.Fprintln(out, t.wrap(fmt.Sprintf("%s: %s", title, terminal.Escape(s.String())), "  "))
	}
}

// recognisedBy says it in a table.
var recognisedBy = map[cert.By]string{
	cert.ByCertificate: "certificate",
	cert.ByHash:        "certificate hash",
	cert.ByKey:         "key",
	cert.BySerial:      "serial and issuer",
	cert.ByKeyOnly:     "not in the list: this record contains another certificate with the same key",
}

// rows are a row for each record.
func (c MatchCertificate) rows() [][]terminal.Cell {
	head := []terminal.Cell{terminal.Text(terminal.Escape(c.file())), terminal.Text(terminal.Escape(c.name)), terminal.Text(c.Serial)}
	if len(c.Records) == 0 {
		return [][]terminal.Cell{append(head, terminal.Text("-"), terminal.Text("not in the list"))}
	}
	var rows [][]terminal.Cell
	for _, r := range c.Records {
		rows = append(rows, append(head, terminal.Text(fmt.Sprintf("%d %s", r.Record, r.Role)), terminal.Text(recognisedBy[r.By])))
		head = []terminal.Cell{terminal.Text(""), terminal.Text(""), terminal.Text("")}
	}
	return rows
}

func (c MatchCertificate) file() string {
	if c.Number > 1 {
		return fmt.Sprintf("%s #%d", c.Source, c.Number)
	}
	return c.Source
}

// String is for messages.
func (s MatchStale) String() string {
	text := fmt.Sprintf("record %d, %s", s.Record, s.Role)
	if name := strings.TrimSpace(s.DNSName); name != "" {
		text += " of " + name
	}
	if s.Subject == "" && s.Serial == "" {
		return text + ", contains no certificate"
	}
	return fmt.Sprintf("%s, %s, serial %s, contains none of these certificates", text, s.Subject, s.Serial)
}

func (d *Match) summary() string {
	if d.Good() {
		return Count(len(d.Certificates), "certificate") + " in the list, no server record is stale"
	}
	s := fmt.Sprintf("%s not in the list, %s stale", Count(d.missing(), "certificate"), Count(len(d.Stale), "server record"))
	if n := len(d.Emptied); n > 0 {
		s += fmt.Sprintf(", %s emptied when the cluster left mixed mode", Count(n, "server record"))
	}
	return s
}
