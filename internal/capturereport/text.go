package capturereport

import (
	"bufio"
	"crypto/sha1"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Options say how WriteText writes.
type Options struct {
	Zone  *time.Location
	Color terminal.Color
	Width int // columns of the terminal; 0 for any
}

// WriteText writes the connections of a capture, the servers' certificates, and
// what follows from them.
func WriteText(w io.Writer, name string, r *Report, o Options) error {
	p := printer{bufio.NewWriter(w), o, len(r.Lists) > 0, new(bool)}
	p.line("%s: %s", terminal.Escape(name), captureHead(r.Capture))
	for i, c := range r.Connections {
		p.line("")
		p.connection(i+1, c)
	}
	expired := 0
	if len(r.Servers) > 0 {
		p.line("\nServer certificates")
		for _, c := range r.Servers {
			if p.details(c) {
				expired++
			}
		}
	}
	p.downloads(r)
	*p.gap = true
	p.conclusion(r, expired)
	return p.w.Flush()
}

// A printer writes lines about a capture.
type printer struct {
	w     *bufio.Writer
	o     Options
	check bool  // certificates are checked: there are lists
	gap   *bool // a blank line goes in front of the next line
}

func (p printer) line(format string, args ...any) { p.wrapped("   ", format, args...) }

// wrapped writes a line; on a terminal what does not fit goes into lines of their
// own, indented.
func (p printer) wrapped(indent, format string, args ...any) {
	if *p.gap {
		*p.gap = false
		fmt.Fprintln(p.w)
	}
	fmt.Fprintln(p.w, terminal.Wrap(fmt.Sprintf(format, args...), p.o.Width, indent))
}

// row writes a line about a connection, with its name in front.
func (p printer) row(name, format string, args ...any) {
	p.wrapped(strings.Repeat(" ", 12), "   %-8s %s", name, fmt.Sprintf(format, args...))
}

// detail writes a line about a certificate.
func (p printer) detail(name, format string, args ...any) {
	p.wrapped(strings.Repeat(" ", 15), "      %-8s %s", name, fmt.Sprintf(format, args...))
}

func captureHead(c *capture.Capture) string {
	s := fmt.Sprintf("%s, %s with TLS", report.Count(c.Packets, "packet"), report.Count(len(c.Connections), "connection"))
	if n := len(c.Downloads); n > 0 {
		s += fmt.Sprintf(", %s for lists and signed files", report.Count(n, "request"))
	}
	if n := len(c.Alarms); n > 0 {
		s += ", " + report.Count(n, "alarm")
	}
	return s
}

// plural is a number and its noun.
func (p printer) connection(number int, c Connection) {
	start := c.Start.In(p.o.Zone).Format("2006-01-02 15:04:05.000 MST")
	p.line("%d. %s  %s -> %s%s", number, start, c.Client, c.Server, serviceNote(c.Server))
	p.row("TLS", "%s", terminal.Escape(protocol(&c.Handshake)))
	p.serverRow(c)
	p.clientRow(c)
	for _, a := range c.Handshake.Alerts {
		p.row("alert", "%s", p.alert(a))
	}
	for side, s := range c.Handshake.Sides {
		if s.Missing > 0 {
			p.row("missing", "%s of the %s are not in the capture", report.Count(s.Missing, "byte"), handshake.Side(side))
		}
		if s.Conflicting > 0 {
			p.row("conflict", "%s: the first are shown, the other side may have read the others", p.o.Color.Red("the "+handshake.Side(side).String()+" sent "+report.Count(s.Conflicting, "byte")+" twice, with different content"))
		}
	}
	p.row("result", "%s", p.outcome(c.Connection))
}

// Services by port.
var services = map[uint16]string{2443: "SCCP", 2445: "TVS", 3804: "CAPF", 5061: "SIP", 6971: "HTTPS", 6972: "HTTPS"}

func serviceNote(server netip.AddrPort) string {
	if s := services[server.Port()]; s != "" {
		return " (" + s + ")"
	}
	return ""
}

func protocol(h *handshake.Summary) string {
	var s string
	switch {
	case h.Version != 0:
		s = handshake.VersionName(h.Version) + ", " + handshake.CipherName(h.Cipher)
	case h.Offered != 0:
		s = "no ServerHello; the client offered " + handshake.VersionName(h.Offered)
	default:
		s = "no whole hello in the capture"
	}
	if note := keyNotes[h.Keys]; note != "" {
		s += ", " + note
	}
	if h.SSL2Hello {
		s += ", ClientHello in the form of SSL 2.0"
	}
	if h.ServerName != "" {
		s += ", for " + h.ServerName
	}
	return s
}

// keyNotes say what became of the secrets for TLS 1.3.
var keyNotes = map[handshake.KeyUse]string{
	handshake.KeysUsed:        "decrypted with the key log",
	handshake.KeysMissing:     "not in the key log",
	handshake.KeysWrong:       "the secrets in the key log do NOT decrypt it",
	handshake.KeysUnsupported: "in the key log, but this cipher suite is not supported",
}

func (p printer) serverRow(c Connection) {
	chain := c.Chains[handshake.Server]
	if len(chain) == 0 {
		p.row("server", "%s", noServer(&c.Handshake))
		return
	}
	p.row("server", "%s", p.listed(chain[0]))
	p.others(c, handshake.Server)
}

// unseen returns why a capture cannot show the certificate of a side, "" if it could.
func unseen(h *handshake.Summary, side handshake.Side) string {
	sent := h.Sides[side]
	switch {
	case h.Resumed:
		return "no certificate: the connection resumes an earlier session"
	case h.Certificate(side) == handshake.Encrypted:
		return "certificate hidden: TLS 1.3 encrypts it"
	case sent.SentCertificate && sent.Cut:
		return "certificate not whole in the capture"
	}
	return ""
}

func noServer(h *handshake.Summary) string {
	if reason := unseen(h, handshake.Server); reason != "" {
		return reason
	}
	if h.Sides[handshake.Server].Garbage {
		return "no certificate: it answered with something that is not TLS"
	}
	return "no certificate in the capture"
}

// others writes the rest of a chain.
func (p printer) others(c Connection, side handshake.Side) {
	for _, other := range c.Chains[side][1:] {
		p.row("", "and %s: %s", certificateName(other), p.places(other))
	}
	if c.Handshake.Sides[side].Cut {
		p.row("", "the rest of its certificates is not in the capture")
	}
}

// places says which records hold a certificate of a chain.
func (p printer) places(c *Certificate) string {
	if !p.check {
		return "not checked"
	}
	return matchPlaces(c.Matches, "in no list")
}

func certificateName(c *Certificate) string {
	read := c.Read()
	if read == nil {
		return fmt.Sprintf("unreadable certificate of %s", report.Count(len(c.DER), "byte"))
	}
	if name := nameOf(read.Subject()); name != "" {
		return terminal.Escape(name)
	}
	return "certificate without a subject"
}

func (p printer) listed(c *Certificate) string {
	name := certificateName(c)
	switch {
	case !p.check:
		return name
	case c.Listed():
		return fmt.Sprintf("%s: %s", name, p.o.Color.Green(matchPlaces(c.Matches, "")))
	case len(c.Matches) > 0:
		return fmt.Sprintf("%s: %s; %s", name, p.o.Color.Red("NOT in the lists"), matchPlaces(c.Matches, ""))
	}
	return fmt.Sprintf("%s: %s", name, p.o.Color.Red("NOT in the lists"))
}

// matchPlaces says which records hold a certificate, or none.
func matchPlaces(matches []Match, none string) string {
	var parts []string
	for len(matches) > 0 {
		n := 1
		for n < len(matches) && matches[n].File == matches[0].File && matches[n].By == matches[0].By {
			n++
		}
		parts = append(parts, matchedAlike(matches[:n]))
		matches = matches[n:]
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, "; ")
}

// matchedAlike says which records of a list hold a certificate in the same way.
func matchedAlike(same []Match) string {
	var records []string
	for _, m := range same {
		records = append(records, numberAndRole(m))
	}
	at := terminal.Escape(same[0].File) + " record " + strings.Join(records, ", ")
	switch same[0].By {
	case cert.ByCertificate:
		return "in " + at + ", by the whole certificate"
	case cert.ByHash:
		return "in " + at + ", by its hash"
	case cert.ByKey:
		return "in " + at + ", by its key (there is nothing else in the record)"
	}
	return "another certificate with the same key is in " + at
}

func numberAndRole(m Match) string {
	if m.Role == tlv.RoleAbsent {
		return fmt.Sprintf("%d (no role)", m.Number)
	}
	return fmt.Sprintf("%d (%s)", m.Number, m.Role.String())
}

func matchPlace(m Match) string {
	return terminal.Escape(m.File) + " record " + numberAndRole(m)
}

func (p printer) clientRow(c Connection) {
	chain := c.Chains[handshake.Client]
	if len(chain) == 0 {
		p.row("client", "%s", noClient(&c.Handshake))
		return
	}
	own := chain[0]
	s := certificateName(own) + ": " + p.issuer(own)
	if len(own.Matches) > 0 {
		s += "; " + matchPlaces(own.Matches, "")
	}
	p.row("client", "%s", s)
	p.others(c, handshake.Client)
}

func noClient(h *handshake.Summary) string {
	if reason := unseen(h, handshake.Client); reason != "" {
		return reason
	}
	switch {
	case h.Sides[handshake.Client].SentCertificate:
		return "sent an empty list: it has no certificate that suits the server"
	case h.Requested:
		return "no certificate in the capture, though the server asked for one"
	case h.State == handshake.Complete:
		return "no certificate, the server did not ask for one"
	}
	return "no certificate in the capture"
}

func (p printer) issuer(c *Certificate) string {
	i := c.Issuer()
	switch i.Kind {
	case LSC:
		return p.o.Color.Green("LSC, signed with the key of " + matchPlace(*i.CAPF))
	case OtherCAPF:
		return p.o.Color.Yellow("names "+matchPlace(*i.CAPF)+" as issuer") + ", but its key does not confirm the signature: " + terminal.Escape(i.Err.Error())
	}
	read := c.Read()
	if read == nil {
		return "issuer unknown"
	}
	name := terminal.Escape(nameOf(read.Issuer()))
	if i.Kind == MIC {
		return "MIC by the issuer's name, " + name + " (signature not checked: the lists do not hold that CA)"
	}
	if !p.check {
		return "issued by " + name
	}
	return p.o.Color.Yellow("issued by "+name) + ", no CAPF of the lists and no Cisco CA"
}

func (p printer) alert(a handshake.Alert) string {
	switch {
	case a.BySize:
		return fmt.Sprintf("from the %s, encrypted: data of the size that an alert has", a.From)
	case a.Encrypted:
		return fmt.Sprintf("from the %s, encrypted", a.From)
	case a.Fatal:
		return p.o.Color.Red(fmt.Sprintf("from the %s: fatal, %s", a.From, a.Code))
	}
	return fmt.Sprintf("from the %s: warning, %s", a.From, a.Code)
}

// outcome says how far the handshake came.
func (p printer) outcome(c *capture.Connection) string {
	h := &c.Handshake
	switch {
	case h.State == handshake.Complete && h.Resumed:
		return p.o.Color.Green("handshake complete") + ", of a resumed session"
	case h.State == handshake.Complete:
		return p.o.Color.Green("handshake complete")
	case h.State == handshake.Hidden:
		return "the client went on after the ServerHello; whether the handshake succeeded is encrypted"
	}
	if lacksBytes(h) && len(h.Alerts) == 0 {
		return "too much is missing to tell how the handshake ended" + lastSteps(h, "; last seen ", "")
	}
	const after, nothing = " after ", " before the first message"
	s := p.o.Color.Red("handshake stopped") + lastSteps(h, after, nothing)
	switch c.Close.Kind {
	case capture.FIN:
		return s + fmt.Sprintf("; the %s closed the connection", c.Close.By)
	case capture.Reset:
		return s + fmt.Sprintf("; the %s reset the connection", c.Close.By)
	case capture.GivenUp:
		return p.o.Color.Red("skipped: out of memory") + lastSteps(h, after, nothing)
	}
	if len(h.Alerts) == 0 {
		return s + "; the capture has no more of it"
	}
	return s
}

func lacksBytes(h *handshake.Summary) bool {
	return h.Sides[handshake.Client].Missing+h.Sides[handshake.Server].Missing > 0
}

// lastSteps names the last message of each side behind a word, alerts aside; or
// it is nothing.
func lastSteps(h *handshake.Summary, word, nothing string) string {
	var last [2]string
	for _, s := range h.Steps {
		if s.Name != "alert" {
			last[s.From] = s.Name
		}
	}
	var parts []string
	for side, name := range last {
		if name != "" {
			parts = append(parts, fmt.Sprintf("%s of the %s", name, handshake.Side(side)))
		}
	}
	if len(parts) == 0 {
		return nothing
	}
	return word + strings.Join(parts, " and ")
}

// details writes what a person compares with what the server itself shows. It reports
// whether the certificate had expired when it was seen.
func (p printer) details(c *Certificate) (expired bool) {
	p.line("   %s", p.listed(c))
	if read := c.Read(); read != nil {
		p.detail("subject", "%s", terminal.Escape(read.Subject().String()))
		p.detail("issuer", "%s", terminal.Escape(read.Issuer().String()))
		p.detail("serial", "%s", tlv.Serial(read.SerialNumber))
		p.detail("valid", "%s to %s%s", p.day(read.NotBefore), p.day(read.NotAfter), p.expired(c, read))
		expired = expiredWhenSeen(c, read)
	}
	p.detail("SHA-1", "%x", sha1.Sum(c.DER))
	p.detail("seen", "in %s, from %s", report.Count(c.Connections, "connection"), addresses(c.Addresses))
	return expired
}

func (p printer) day(t time.Time) string {
	if t.IsZero() {
		return "unreadable"
	}
	return t.In(p.o.Zone).Format(time.DateOnly)
}

// expired says that a certificate was not valid when it was seen.
func (p printer) expired(c *Certificate, read *cert.Certificate) string {
	switch {
	case expiredWhenSeen(c, read):
		return p.o.Color.Yellow(", expired when it was seen")
	case c.Seen.Before(read.NotBefore):
		return p.o.Color.Yellow(", not yet valid when it was seen")
	}
	return ""
}

func expiredWhenSeen(c *Certificate, read *cert.Certificate) bool {
	return !read.NotAfter.IsZero() && c.Seen.After(read.NotAfter)
}

func addresses(list []netip.AddrPort) string {
	var parts []string
	for _, a := range list {
		parts = append(parts, a.String()+serviceNote(a))
	}
	return strings.Join(parts, ", ")
}

// conclusion says what follows, and what to do.
func (p printer) conclusion(r *Report, expired int) {
	listed := 0
	for _, c := range r.Servers {
		if c.Listed() {
			listed++
		}
	}
	missing := len(r.Servers) - listed
	switch {
	case !p.check && len(r.Connections) > 0:
		p.line("Certificates were not checked: name the lists that the phones hold behind the capture.")
	case !p.check:
	case len(r.Connections) == 0 && len(r.Downloads)+len(r.Capture.Alarms) > 0: // nothing was to be expected
	case len(r.Servers) == 0:
		p.line("%s", p.o.Color.Red("No server certificate is visible."))
	case missing == 0:
		p.line("%s: %s%s.", report.Count(len(r.Servers), "server certificate"), p.o.Color.Green("in the lists"), p.expiredNote(expired, len(r.Servers)))
	default:
		p.line("%s: %d in the lists, %s%s.", report.Count(len(r.Servers), "server certificate"), listed, p.o.Color.Red(fmt.Sprintf("%d NOT in the lists", missing)), p.expiredNote(expired, len(r.Servers)))
	}
	if !p.unverified(r.Lists) && missing > 0 && p.check {
		p.remake(r.Lists)
	}
	p.remarks(r)
}

// expiredNote ends the line that counts certificates.
func (p printer) expiredNote(expired, all int) string {
	switch {
	case expired == 0:
		return ""
	case all == 1:
		return ", " + p.o.Color.Red("EXPIRED when it was seen")
	}
	return ", " + p.o.Color.Red(fmt.Sprintf("%d EXPIRED when seen", expired))
}

// unverified names the lists that are not verified. Nothing follows from those,
// not even that a list has to be made again.
func (p printer) unverified(lists []List) bool {
	found := false
	for _, l := range lists {
		if l.Verified == nil {
			found = true
			p.line("%s is %s: its records prove nothing. What to do: %s", terminal.Escape(l.Name), p.o.Color.Red("NOT VERIFIED"), l.remedy())
		}
	}
	return found
}

func (p printer) remake(lists []List) {
	p.line("If the cluster's own server did not send it, find out who answers at that address. If it did:")
	for _, l := range lists {
		p.wrapped("      ", "   %s: %s", terminal.Escape(l.Name), l.remedy())
	}
}

// kinds names the most frequent kinds of packets that were read, or were not.
func kinds(counts []capture.Count, unread bool) string {
	const most = 8
	var parts []string
	for _, one := range counts {
		if one.Unread != unread {
			continue
		}
		if len(parts) == most {
			return strings.Join(parts, ", ") + " and others"
		}
		parts = append(parts, fmt.Sprintf("%d %s", one.Packets, one.Kind))
	}
	return strings.Join(parts, ", ")
}

// remarks say what could not be seen.
func (p printer) remarks(r *Report) {
	c := r.Capture
	if r.Hidden > 0 {
		p.line("%s with TLS 1.3: the certificates are encrypted; use --keylog, or \"ctlinspect match\" with the server's certificate.", report.Count(r.Hidden, "connection"))
	}
	if r.Without > 0 {
		p.line("%s without a visible server certificate.", report.Count(r.Without, "connection"))
	}
	if c.Established > 0 {
		p.line("%s established before the capture began: record from before the phone connects, or reset the phone.", report.Count(c.Established, "connection"))
	}
	if c.Truncated > 0 {
		p.line("%s not whole: record with -s 0 (no snap length).", report.Count(c.Truncated, "packet"))
	}
	if r.Conflicting > 0 {
		p.line("%s: which of them the phone has read is not known.", p.o.Color.Red(report.Count(r.Conflicting, "connection")+" with segments that contradict each other"))
	}
	if c.Unread > 0 {
		p.line("%s: %s.", p.o.Color.Yellow(report.Count(c.Unread, "packet")+" NOT readable"), kinds(c.Counts, true))
	}
	if len(r.Connections)+len(r.Downloads)+len(c.Alarms) == 0 && c.Packets > c.Unread {
		p.line("No TLS handshake in %s: %s.", report.Count(c.Packets-c.Unread, "readable packet"), kinds(c.Counts, false))
	}
	if c.SecretsDropped > 0 {
		p.line("%s NOT used: out of memory; raise --max-memory.", p.o.Color.Red(report.Count(c.SecretsDropped, "secret")))
	}
	p.downloadRemarks(c)
	if c.Dropped > 0 {
		p.line("%s: out of memory; raise --max-memory.", p.o.Color.Red(report.Count(c.Dropped, "connection")+" NOT checked to the end"))
	}
}
