// Without a network, in a browser, nobody is asked.

//go:build !js

package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// A TVSAnswer is what tvs query --json writes about a server; docs/json.md
// describes it.
type TVSAnswer struct {
	Head
	Question TVSQuestion `json:"question"`
	TVSReply
}

// A TVSQuestion is the certificate that servers are asked about.
type TVSQuestion struct {
	Command string   `json:"command"` // "query", "verify"
	Subject string   `json:"subject"`
	Issuer  string   `json:"issuer"`
	Serial  string   `json:"serial"`
	SHA1    string   `json:"sha1"`
	Role    tlv.Role `json:"role"` // that it must have
}

// A TVSAsked is a question and what a server made of it.
type TVSAsked struct {
	Server   string // as given
	Question tvs.Question
	Verify   bool
	Role     tlv.Role      // that the certificate must have
	Phone    *trust.Phone  // whose ITL must hold the server's certificate; nil: not looked at
	Exchange *tvs.Exchange // nil if Err says why there is none
	Err      error
}

// NewTVSAnswer returns the document of a server.
func NewTVSAnswer(q TVSAsked) *TVSAnswer {
	return &TVSAnswer{NewHead(TypeTVSAnswer), newTVSQuestion(q), *NewTVSReply(q)}
}

// NewTVSReply returns what a document says of a server.
func NewTVSReply(q TVSAsked) *TVSReply {
	d := &TVSReply{Server: Text(q.Server), Roles: []tlv.Role{}, role: q.Role}
	err := q.Err
	if e := q.Exchange; e != nil {
		d.Certificate, d.Asked = NewCertificate(e.Server.Raw), e.Asked
		d.TLS, d.Cipher = handshake.VersionName(e.Version), handshake.CipherName(e.Cipher)
		d.look(q)
		if err = e.Err; err == nil {
			d.judge(q, e.Answer)
		}
	}
	if d.Error = NewError(err); err != nil {
		d.Message = d.Error.Message
	}
	return d
}

func newTVSQuestion(q TVSAsked) TVSQuestion {
	d := TVSQuestion{
		Command: "query", Subject: Text(q.Question.Subject), Issuer: Text(q.Question.Issuer), Serial: q.Question.Serial.String(),
		SHA1: NewCertificate(q.Question.Certificate.Raw).SHA1, Role: q.Role,
	}
	if q.Verify {
		d.Command = "verify"
	}
	return d
}

// look compares the server's certificate with the phone's ITL.
func (d *TVSReply) look(q TVSAsked) {
	if q.Phone == nil {
		return
	}
	v := q.Phone.TVSServer(q.Exchange.Server)
	d.Listed = ptr(v != nil)
	if v != nil {
		d.Record = &v.Number
	}
}

func (d *TVSReply) judge(q TVSAsked, a *tvs.Answer) {
	d.Status = a.Status.String()
	if a.Status != tvs.StatusValid {
		d.Message = doesNotAccept
		return
	}
	d.Roles, d.TTL = append(d.Roles, a.Roles...), ptr(int(a.TTL/time.Second))
	switch {
	case !trust.Serves(q.Role, a.Roles):
		d.Message = doesNotAccept
	case d.Listed != nil && !*d.Listed:
		d.Message = "a phone does not listen to it: no TVS record of the phone's ITL has its certificate"
	default:
		d.Vouches, d.Message = true, acceptsIt
	}
}

// TVSText writes what several servers answered to one question.
func TVSText(w io.Writer, answers []*TVSAnswer, t Terminal) error {
	out := bufio.NewWriter(w)
	line := func(s string) { fmt.Fprintln(out, t.wrap(s, "  ")) }
	q := answers[0].Question
	line(fmt.Sprintf("Certificate: %s, serial %s, issued by %s, SHA-1 %s", terminal.Escape(q.Subject), q.Serial, terminal.Escape(q.Issuer), q.SHA1))
	table := terminal.Table{headings("SERVER", "TLS", "ITS CERTIFICATE", "ANSWER", "ROLES", "TTL", "A PHONE")}
	for _, a := range answers {
		table = append(table, a.row(t))
	}
	table.Write(out, t.Width)
	for _, a := range answers {
		if a.verdict() != a.Message {
			line(fmt.Sprintf("%s: %s", terminal.Escape(a.Server), terminal.Escape(a.Message)))
		}
	}
	line(tvsSummary(answers))
	if slices.ContainsFunc(answers, func(a *TVSAnswer) bool { return a.lacks() }) {
		line("What to do: " + storeAdvice)
	}
	return out.Flush()
}

// headings are the first row of a table.
func headings(words ...string) []terminal.Cell {
	var row []terminal.Cell
	for _, w := range words {
		row = append(row, terminal.Text(w))
	}
	return row
}

func (a *TVSReply) row(t Terminal) []terminal.Cell {
	answer, roles := a.Status, joinRoles(a.Roles)
	if answer == "" {
		answer = "none"
	}
	if roles == "" && a.Status == tvs.StatusValid.String() {
		roles = "none"
	}
	var row []terminal.Cell
	for _, s := range []string{a.Server, tlsNumber(a.TLS), a.listed(), answer, roles, a.ttl()} {
		row = append(row, terminal.Text(terminal.Escape(orDash(s))))
	}
	color := t.red
	if a.Vouches {
		color = t.green
	}
	return append(row, terminal.Colored(a.verdict(), color))
}

// verdict is the message in few words; if they do not suffice the message follows
// the table.
func (a *TVSReply) verdict() string {
	switch {
	case a.Vouches:
		return acceptsIt
	case a.Status == "":
		return "gets no answer"
	case a.Listed != nil && !*a.Listed && !a.lacks():
		return "does not listen"
	}
	return doesNotAccept
}

const (
	acceptsIt     = "accepts it"
	doesNotAccept = "does not accept it"
)

// tlsNumber is what a column TLS shows of a version.
func tlsNumber(version string) string { return strings.TrimPrefix(version, "TLS ") }

func (a *TVSReply) listed() string {
	switch {
	case a.Certificate == nil:
		return ""
	case a.Listed == nil:
		return "not checked"
	case !*a.Listed:
		return "NOT LISTED"
	}
	return fmt.Sprintf("record %d", *a.Record)
}

func (a *TVSReply) ttl() string {
	if a.TTL == nil {
		return ""
	}
	if s := *a.TTL; s%3600 != 0 {
		return fmt.Sprintf("%ds", s)
	}
	return fmt.Sprintf("%dh", *a.TTL/3600)
}

// tvsSummary is what a phone makes of all answers.
func tvsSummary(answers []*TVSAnswer) string {
	vouching, checked := 0, true
	for _, a := range answers {
		if a.Vouches {
			vouching++
			checked = checked && a.Listed != nil
		}
	}
	s := fmt.Sprintf("A phone accepts it as %s", answers[0].Question.Role)
	switch all := len(answers); {
	case vouching == 0:
		return fmt.Sprintf("A phone does not accept it as %s.", answers[0].Question.Role)
	case vouching < all:
		s += fmt.Sprintf(" from %d of %d servers; its configuration says which it asks", vouching, all)
	case all > 1:
		s += fmt.Sprintf(" from each of %d servers", all)
	}
	if !checked {
		s += ", if its ITL has the certificate of the server. That was not checked: name that ITL with --list"
	}
	return s + "."
}
