// Without a network, in a browser, nobody is asked.

//go:build !js

package report

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/capf"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A CAPFProbe is what capf probe --json writes about a server; docs/json.md describes
// it.
type CAPFProbe struct {
	Head
	Server      string         `json:"server"`     // as given
	Listed      *bool          `json:"listed"`     // a CAPF record of each list holds the server's certificate; null: no list, or no connection
	Records     []CaptureMatch `json:"records"`    // those records
	SpeaksCAPF  bool           `json:"speaksCAPF"` // it sent 55 01 first
	First       string         `json:"first"`      // what it sent first, in hexadecimal
	Certificate *Certificate   `json:"certificate"`
	TLS         string         `json:"tls"`
	Cipher      string         `json:"cipher"`
	Asked       bool           `json:"certificateRequested"` // of the client
	Message     string         `json:"message"`
	Error       *Error         `json:"error"`

	name string // what the table calls the certificate
}

// A NamedList is a list and the name of its file.
type NamedList struct {
	Name string
	*trust.List
}

// NewCAPFProbe returns the document of a server, p or why there is none. The lists
// that its certificate must be in may be none.
func NewCAPFProbe(server string, p *capf.Probe, err error, lists []NamedList) *CAPFProbe {
	d := &CAPFProbe{Head: NewHead(TypeCAPFProbe), Server: Text(server), Records: []CaptureMatch{}, Error: NewError(err)}
	if p == nil {
		d.Message = d.Error.Message
		return d
	}
	d.Certificate, d.Asked, d.name = NewCertificate(p.Server.Raw), p.Asked, commonName(p.Server.Subject())
	d.TLS, d.Cipher = handshake.VersionName(p.Version), handshake.CipherName(p.Cipher)
	d.First, d.SpeaksCAPF = hex.EncodeToString(p.First), p.Speaks()
	if len(lists) > 0 {
		d.look(p.Server, lists)
	}
	switch {
	case p.Err != nil:
		d.Message = Text(p.Err.Error())
	case !d.SpeaksCAPF:
		d.Message = fmt.Sprintf("it sends % x first; CAPF sends 55 01", p.First)
	default:
		d.Message = "speaks CAPF"
	}
	return d
}

func (d *CAPFProbe) look(server *cert.Certificate, lists []NamedList) {
	all := true
	for _, l := range lists {
		held := cert.NewIndex(l.Records).Holding(server.Known(), tlv.RoleCAPF)
		for _, m := range held {
			d.Records = append(d.Records, NewCaptureMatch(l.Name, m.Record, tlv.RoleCAPF, m.By))
		}
		all = all && len(held) > 0
	}
	d.Listed = &all
}

// Good reports whether the server speaks CAPF, and its certificate is not missing in
// any list.
func (d *CAPFProbe) Good() bool { return d.SpeaksCAPF && (d.Listed == nil || *d.Listed) }

// CAPFText writes a table of servers.
func CAPFText(w io.Writer, probes []*CAPFProbe, t Terminal) error {
	out := bufio.NewWriter(w)
	table := terminal.Table{headings("SERVER", "TLS", "ITS CERTIFICATE", "CAPF RECORD", "CAPF")}
	for _, d := range probes {
		table = append(table, d.row(t))
	}
	table.Write(out, t.Width)
	for _, d := range probes {
		if !d.SpeaksCAPF {
			fmt.Fprintln(out, t.wrap(terminal.Escape(d.Server+": "+d.Message), "  "))
		}
	}
	for _, d := range probes {
		if d.Listed != nil && !*d.Listed {
			fmt.Fprintln(out, t.wrap("What to do: if this server is the cluster's CAPF, the list is stale: make it again (a CTL with utils ctl update CTLFile, an ITL by restarting TFTP). Phones get no certificate from a CAPF that their lists do not have.", "  "))
			break
		}
	}
	return out.Flush()
}

func (d *CAPFProbe) row(t Terminal) []terminal.Cell {
	var row []terminal.Cell
	for _, s := range []string{d.Server, tlsNumber(d.TLS), d.name, d.records()} {
		row = append(row, terminal.Text(terminal.Escape(orDash(s))))
	}
	speaks, color := "no", t.red
	if d.SpeaksCAPF {
		speaks = "yes"
	}
	if d.Good() {
		color = t.green
	}
	return append(row, terminal.Colored(speaks, color))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (d *CAPFProbe) records() string {
	switch {
	case d.Certificate == nil:
		return ""
	case d.Listed == nil:
		return "not checked"
	}
	s := ""
	for i, m := range d.Records {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%d of %s", m.Record, m.File)
	}
	switch {
	case s == "":
		s = "NOT LISTED"
	case !*d.Listed:
		s += "; NOT in every list"
	}
	return s
}
