package report

import (
	"bufio"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
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

// NewMatch returns the document of a file: which records of its list hold which
// certificates of the files. A file that is not a list has its error, and nothing
// else.
func NewMatch(f *File, files []certs.File) *Match {
	d := &Match{
		Head: NewHead(TypeMatch), File: Text(f.Name), Kind: fileKind(f),
		Verified: f.Verified != nil, Reason: fileReason(f),
		Certificates: []MatchCertificate{}, Stale: []MatchStale{}, Emptied: []MatchStale{}, Error: NewError(f.Err),
	}
	if f.Reason != nil {
		d.unverified = f.Reason.Error()
	}
	if f.List != nil {
		d.add(f.List.Records, files)
	}
	return d
}

func (d *Match) add(records []tlv.Record, files []certs.File) {
	var all []cert.Known
	for _, file := range files {
		for _, c := range file.Certificates {
			all = append(all, c.Known)
		}
	}
	m, i := cert.MatchAll(records, all), 0
	for _, file := range files {
		for _, c := range file.Certificates {
			d.Certificates = append(d.Certificates, newMatchCertificate(file.Name, c, records, m.Certificates[i], !m.Missing(i)))
			i++
		}
	}
	for _, n := range m.Unheld {
		switch r := records[n-1]; {
		case r.Role() == tlv.RoleSAST:
		case lint.Emptied(r):
			d.Emptied = append(d.Emptied, newMatchStale(n, r))
		default:
			d.Stale = append(d.Stale, newMatchStale(n, r))
		}
	}
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

// fileReason is why a file is not verified, in a word; "" if it is.
func fileReason(f *File) string {
	var pe *tlv.ParseError
	switch {
	case errors.As(f.Err, &pe):
		return ReasonNotTrustList
	case f.Err != nil:
		return ReasonUnreadable
	}
	return string(trust.ReasonOf(f.Reason))
}

func newMatchCertificate(source string, c certs.Certificate, records []tlv.Record, hits []cert.Match, inList bool) MatchCertificate {
	d := MatchCertificate{
		Source: Text(source), Number: c.Number, Subject: Text(c.Subject.CUCM()), Issuer: Text(c.Issuer.CUCM()),
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

// JSON writes the document.
func (d *Match) JSON(w io.Writer) error { return Write(w, d) }

// maxStale lines are more than a list that phones take has records.
const maxStale = 100

// Text writes a table of the certificates, then the stale records.
func (d *Match) Text(w io.Writer) error {
	out := bufio.NewWriter(w)
	t := terminal.Table{{terminal.Text("CERTIFICATE"), terminal.Text("NAME"), terminal.Text("SERIAL"), terminal.Text("RECORD"), terminal.Text("RECOGNISED BY")}}
	for _, c := range d.Certificates {
		t = append(t, c.rows()...)
	}
	t.Write(out, 0)
	writeStale(out, "Stale", d.Stale)
	writeStale(out, "Emptied", d.Emptied)
	fmt.Fprintf(out, "\n%s: %s\n", terminal.Escape(d.File), d.summary())
	if d.unverified != "" {
		fmt.Fprintf(out, "NOT VERIFIED (%s): %s\n", d.Reason, terminal.Escape(d.unverified))
	}
	if d.Remedy != "" {
		fmt.Fprintf(out, "What to do: %s\n", d.Remedy)
	}
	return out.Flush()
}

func writeStale(out io.Writer, title string, records []MatchStale) {
	for i, s := range records {
		if i == 0 {
			fmt.Fprintln(out)
		}
		if i == maxStale {
			fmt.Fprintf(out, "%s: %d more\n", title, len(records)-maxStale)
			return
		}
		fmt.Fprintf(out, "%s: %s\n", title, terminal.Escape(s.String()))
	}
}

// recognisedBy says it in a table.
var recognisedBy = map[cert.By]string{
	cert.ByCertificate: "certificate",
	cert.ByHash:        "certificate hash",
	cert.ByKey:         "key",
	cert.BySerial:      "serial and issuer",
	cert.ByKeyOnly:     "not in the list: this record has another certificate with the same key",
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
		return text + ", holds no certificate"
	}
	return fmt.Sprintf("%s, %s, serial %s, holds none of these certificates", text, s.Subject, s.Serial)
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
