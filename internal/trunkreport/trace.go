package trunkreport

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/cucmtrace"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/report"
)

// A Trace is what CUCM's traces say about a trunk.
type Trace struct {
	Files  []string
	Lines  int64
	Long   int64      // lines of which only the beginning was read
	Peers  []*Peer    // in the order of the traces
	Phones int        // certificates of phones
	Lost   int        // certificates that were not kept: more than maxPeers differ
	Checks []*Check   // verifications by OpenSSL
	Asked  []security // connections that were to be opened, by tls_security
	Opened []Tally    // servers to which TLS connections were opened
	Named  []Tally    // devices other than phones that had a cipher suite
	Infos  int        // lines SendTLSConnectionInfo
	More   int        // lines that were not kept: too many differ, or too long

	r      *trunk.Report
	ports  []uint16
	peers  map[string]*Peer
	checks map[[2]int]*Check
	sent   map[netip.AddrPort]int // SIP messages, by server
	pairs  map[string]bool        // of which the first of two lines was seen
}

// A Peer is connections with one certificate from or to one address.
type Peer struct {
	Address  netip.Addr
	Port     uint16 // 0 for the ports of clients
	Subject  string
	Common   []string
	DNS      []string
	Cipher   string
	Count    int
	First    Place
	Last     string // time
	Side     int
	Known    bool // nodes of Side have its name
	Expected [2]bool
}

// A Place is where something is in a trace.
type Place struct {
	File string
	Line int64
	Time string
}

// A Check is verifications with one result.
type Check struct {
	Error, Depth, Count int
	First               Place
}

// A Tally is something and how often it was seen.
type Tally struct {
	What  string
	Count int
}

// tally counts what is seen; what comes after maxTallies others is only counted as more.
func (t *Trace) tally(list []Tally, what string) []Tally {
	if i := slices.IndexFunc(list, func(t Tally) bool { return t.What == what }); i >= 0 {
		list[i].Count++
		return list
	}
	if len(list) >= maxTallies {
		t.More++
		return list
	}
	return append(list, Tally{What: what, Count: 1})
}

// A security is connections by tls_security.
type security struct{ level, count int }

const (
	maxPeers   = 10000
	maxPairs   = 4096
	maxTallies = 20
)

// NewTrace returns a trace without lines.
func NewTrace(r *trunk.Report, ports []uint16) *Trace {
	return &Trace{r: r, ports: ports, peers: make(map[string]*Peer), checks: make(map[[2]int]*Check), pairs: make(map[string]bool), sent: make(map[netip.AddrPort]int)}
}

// Add reads a trace to its end.
func (t *Trace) Add(file string, in io.Reader) error {
	t.Files = append(t.Files, file)
	clear(t.pairs)
	totals, err := cucmtrace.Read(in, func(e *cucmtrace.Event) bool { t.event(file, e); return true })
	t.Lines += totals.Lines
	t.Long += totals.Long
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (t *Trace) event(file string, e *cucmtrace.Event) {
	at := Place{file, e.Line, e.Time}
	switch e.Kind {
	case cucmtrace.Certificate:
		t.certificate(at, e)
	case cucmtrace.Info:
		t.Infos++
	case cucmtrace.Created:
		if slices.Contains(t.ports, e.Address.Port()) {
			t.Opened = t.tally(t.Opened, e.Address.String())
		}
	case cucmtrace.Cipher:
		if !isPhone(e.Device) {
			t.Named = t.tally(t.Named, e.Device)
		}
	case cucmtrace.Outgoing:
		if _, ok := t.sent[e.Address]; slices.Contains(t.ports, e.Address.Port()) && (ok || len(t.sent) < maxPeers) {
			t.sent[e.Address]++
		}
	case cucmtrace.Verify:
		key := [2]int{e.Error, e.Depth}
		c := t.checks[key]
		if c == nil && len(t.checks) < maxTallies {
			c = &Check{Error: e.Error, Depth: e.Depth, First: at}
			t.checks[key] = c
			t.Checks = append(t.Checks, c)
		}
		if c == nil {
			t.More++
		} else {
			c.Count++
		}
	case cucmtrace.Create:
		i := slices.IndexFunc(t.Asked, func(s security) bool { return s.level == e.Security })
		if i < 0 && len(t.Asked) < maxTallies {
			i = len(t.Asked)
			t.Asked = append(t.Asked, security{level: e.Security})
		}
		if i < 0 {
			t.More++
		} else {
			t.Asked[i].count++
		}
	}
}

// port is the port of a server, 0 for one that a client happened to have.
func (t *Trace) port(a netip.AddrPort) uint16 {
	if slices.Contains(t.ports, a.Port()) {
		return a.Port()
	}
	return 0
}

func (t *Trace) certificate(at Place, e *cucmtrace.Event) {
	if e.Cut {
		t.More++
		return
	}
	if slices.ContainsFunc(cucmtrace.CommonNames(e.Subject), isPhone) {
		t.Phones++
		return
	}
	pair := fmt.Sprint(e.Index, e.Address, e.Subject)
	again := e.Second && t.pairs[pair]
	switch delete(t.pairs, pair); {
	case e.Second:
	case len(t.pairs) >= maxPairs:
		clear(t.pairs)
	default:
		t.pairs[pair] = true
	}
	key := fmt.Sprint(e.Address.Addr(), t.port(e.Address), e.Subject, e.Names, e.Cipher)
	p := t.peers[key]
	if p == nil {
		if len(t.Peers) >= maxPeers {
			t.Lost++
			return
		}
		p = t.newPeer(at, e)
		t.peers[key] = p
		t.Peers = append(t.Peers, p)
	}
	p.Last = at.Time
	if !again {
		p.Count++
	}
}

func (t *Trace) newPeer(at Place, e *cucmtrace.Event) *Peer {
	p := &Peer{
		Address: e.Address.Addr(), Port: t.port(e.Address), Subject: e.Subject, Common: cucmtrace.CommonNames(e.Subject), DNS: slices.Clone(e.Names), Cipher: e.Cipher, First: at,
	}
	p.Side, p.Known = t.r.Called(append(slices.Clone(p.Common), p.DNS...)...)
	for i, c := range t.r.Sides {
		p.Expected[i] = c.Expects(p.Common, p.DNS)
	}
	return p
}

// Refutes reports whether a node showed a name that the other side's profile does not
// have.
func (t *Trace) Refutes() bool {
	return slices.ContainsFunc(t.Peers, func(p *Peer) bool { return p.Known && !p.Expected[1-p.Side] })
}

// messages is how many SIP messages were sent to the address of a peer.
func (t *Trace) messages(p *Peer) int { return t.sent[netip.AddrPortFrom(p.Address, p.Port)] }

// related reports whether the peer has to do with the trunk.
func (p *Peer) related() bool { return p.Known || p.Expected[0] || p.Expected[1] }

func (p *Peer) name() string {
	if len(p.Common) > 0 {
		return strings.Join(p.Common, ", ")
	}
	return cmp.Or(strings.Join(p.DNS, ", "), p.Subject)
}

// profile says whose profiles have the names of a peer.
func (p *Peer) profile(r *trunk.Report) string {
	var by []string
	for i, c := range r.Sides {
		if p.Expected[i] {
			by = append(by, c.Name)
		}
	}
	switch names := strings.Join(by, ", "); {
	case p.Known && p.Expected[1-p.Side]:
		return "of " + r.Sides[1-p.Side].Name
	case p.Known:
		return "NOT of " + r.Sides[1-p.Side].Name
	case len(by) > 0:
		return "of " + names + "; no such node given"
	}
	return "of neither"
}

// where is the server that a connection goes to, or the client that it comes from.
func (p *Peer) where() string {
	switch {
	case !p.Address.IsValid():
		return "-"
	case p.Port == 0:
		return "from " + p.Address.String()
	}
	return "to " + netip.AddrPortFrom(p.Address, p.Port).String()
}

// maxOthers is how many certificates of neither side are shown.
const maxOthers = 10

func (p printer) trace(t *Trace) {
	p.line("   ", "\nTraces: %s, %s%s", report.Count(len(t.Files), "file"), report.Count(int(t.Lines), "line"), t.skipped())
	table := terminal.Table{{terminal.Text("PEER"), terminal.Text("CERTIFICATE"), terminal.Text("TIMES"), terminal.Text("SENT"), terminal.Text("LAST"), terminal.Text("IN PROFILE")}}
	ciphers := make(map[string]int)
	others, unseen := 0, 0
	for _, one := range t.Peers {
		ciphers[one.Cipher] += one.Count
		if !one.related() {
			if others++; others > maxOthers {
				unseen++
				continue
			}
		}
		verdict := terminal.Text(terminal.Escape(one.profile(t.r)))
		if one.Known && !one.Expected[1-one.Side] {
			verdict = terminal.Colored(terminal.Escape(one.profile(t.r)), p.o.Color.Red)
		}
		table = append(table, []terminal.Cell{
			terminal.Text(one.where()), terminal.Text(terminal.Escape(one.name())), terminal.Text(fmt.Sprint(one.Count)),
			terminal.Text(fmt.Sprint(t.messages(one))), terminal.Text(one.Last), verdict,
		})
	}
	if len(table) > 1 {
		table.Write(p.w, p.o.Width)
	} else {
		p.line("", "No certificate of a connection (SIPCertificateInd) is in them.")
	}
	if unseen > 0 {
		p.line("  ", "%d more of neither side", unseen)
	}
	for i, name := range slices.Sorted(maps.Keys(ciphers)) {
		if i == maxTallies {
			p.line("  ", "%d more cipher suites", len(ciphers)-maxTallies)
			break
		}
		p.line("  ", "Cipher suite %s: %s", cmp.Or(name, "not said"), report.Count(ciphers[name], "connection"))
	}
	for _, c := range t.Checks {
		result := "ok"
		if c.Error != 0 {
			result = fmt.Sprintf("error %d, %s", c.Error, cucmtrace.ErrorText(c.Error))
		}
		p.line("  ", "Verified at depth %d, %s: %s; first at %s, %s line %d", c.Depth, report.Count(c.Count, "time"), result, c.First.Time, c.First.File, c.First.Line)
	}
	if slices.ContainsFunc(t.Checks, func(c *Check) bool { return c.Error != 0 }) {
		p.line("  ", "These lines do not name the connection: phones and other trunks are among them.")
	}
	for _, o := range t.Opened {
		if !slices.ContainsFunc(t.Peers, func(p *Peer) bool { return p.where() == "to "+o.What }) {
			p.line("  ", "Opened to %s: %s, but no certificate of it is in the traces", o.What, report.Count(o.Count, "TLS connection"))
		}
	}
	for _, d := range t.Named {
		p.line("  ", "Cipher suite of device %s: %s", d.What, report.Count(d.Count, "time"))
	}
	for _, s := range t.Asked {
		p.line("  ", "To be opened with tls_security=%d: %s (what the number means is not published)", s.level, report.Count(s.count, "connection"))
	}
}

func (t *Trace) skipped() string {
	var parts []string
	if t.Phones > 0 {
		parts = append(parts, report.Count(t.Phones, "line")+" about certificates of phones")
	}
	if t.Lost > 0 {
		parts = append(parts, fmt.Sprintf("%s beyond %d different certificates", report.Count(t.Lost, "line"), maxPeers))
	}
	if t.More > 0 {
		parts = append(parts, fmt.Sprintf("%s beyond %d different ones of a kind, or with very long names", report.Count(t.More, "line"), maxTallies))
	}
	if t.Long > 0 {
		parts = append(parts, fmt.Sprintf("the rest of %s", report.Count(int(t.Long), "long line")))
	}
	if t.Infos > 0 {
		parts = append(parts, report.Count(t.Infos, "line")+" SendTLSConnectionInfo, whose form is not published")
	}
	if len(parts) == 0 {
		return ""
	}
	return "; not shown: " + strings.Join(parts, ", ")
}

func newTrace(t *Trace) *report.TrunkTrace {
	d := &report.TrunkTrace{Files: texts(t.Files), Lines: t.Lines, LongLines: t.Long, Phones: t.Phones, Lost: t.Lost + t.More, Refutes: t.Refutes(), Peers: []report.TrunkPeer{}, Checks: []report.TrunkCheck{}, Opened: []report.TrunkTally{}, Devices: []report.TrunkTally{}}
	for _, p := range t.Peers {
		one := report.TrunkPeer{
			Subject: report.Text(p.Subject), CommonNames: texts(p.Common), DNSNames: texts(p.DNS), Cipher: report.Text(p.Cipher), Count: p.Count, Messages: t.messages(p),
			Port: int(p.Port), First: place(p.First), Last: report.Text(p.Last), Expected: []string{},
		}
		if p.Address.IsValid() {
			one.Address = p.Address.String()
		}
		if p.Known {
			one.Side = letters[p.Side]
		}
		for i, yes := range p.Expected {
			if yes {
				one.Expected = append(one.Expected, letters[i])
			}
		}
		d.Peers = append(d.Peers, one)
	}
	for _, c := range t.Checks {
		d.Checks = append(d.Checks, report.TrunkCheck{Error: c.Error, Message: cucmtrace.ErrorText(c.Error), Depth: c.Depth, Count: c.Count, First: place(c.First)})
	}
	for _, o := range t.Opened {
		d.Opened = append(d.Opened, report.TrunkTally{What: report.Text(o.What), Count: o.Count})
	}
	for _, o := range t.Named {
		d.Devices = append(d.Devices, report.TrunkTally{What: report.Text(o.What), Count: o.Count})
	}
	return d
}

func place(p Place) report.TrunkPlace {
	return report.TrunkPlace{File: report.Text(p.File), Line: p.Line, Time: report.Text(p.Time)}
}
