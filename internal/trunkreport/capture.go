package trunkreport

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/devices"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/report"
)

// A Capture is the connections of a packet capture held against two sides.
type Capture struct {
	File      string
	Sightings []*Sighting // of the trunk
	Phones    int         // connections of phones to the same ports
	Others    int         // connections to these ports of neither side
	Dropped   int         // connections that were not read, for lack of memory
}

// A Sighting is connections that are alike.
type Sighting struct {
	Client      netip.Addr
	Server      netip.AddrPort
	First, Last time.Time
	Count       int
	Shown       [2]*Shown // by handshake.Side
	Alerts      []handshake.Alert
	State       handshake.State
	Version     uint16
}

// A Shown is the certificate that one end of a connection showed.
type Shown struct {
	*trunk.Certificate             // nil if it could not be seen
	Node               *trunk.Node // that has it, or nil
	Side               int         // of Node, or of nodes with its name
	Named              bool        // nodes of Side have its name
	Issuers            int         // certificates of issuers that were sent along
	Trusted            bool        // CallManager-trust of the other side has it
	Hidden             string      // why it could not be seen
}

// isPhone reports whether a common name is that of a phone: "SEP001122334455", or with the
// model in front, "CP-7962G-SEP001122334455".
func isPhone(name string) bool {
	_, ok := devices.Name(name[strings.LastIndexByte(name, '-')+1:])
	return ok
}

// Sight holds the connections to some ports against two sides.
func Sight(file string, c *capture.Capture, r *trunk.Report, ports []uint16) *Capture {
	out := &Capture{File: file, Dropped: c.Dropped}
	s := sighter{r: r, seen: make(map[[sha256.Size]byte]*Shown), groups: make(map[string]*Sighting)}
	for _, one := range c.Connections {
		if slices.Contains(ports, one.Server.Port()) {
			s.add(out, one)
		}
	}
	return out
}

// A sighter judges each certificate once.
type sighter struct {
	r      *trunk.Report
	seen   map[[sha256.Size]byte]*Shown
	groups map[string]*Sighting
}

func (s *sighter) add(out *Capture, c *capture.Connection) {
	h := &c.Handshake
	shown := [2]*Shown{handshake.Server: s.shown(h, handshake.Server), handshake.Client: s.shown(h, handshake.Client)}
	related, seen := false, false
	for _, one := range shown {
		if one.Certificate == nil {
			continue
		}
		seen = true
		related = related || one.Node != nil || one.Named || s.r.Sides[0].Expects(one.Names()) || s.r.Sides[1].Expects(one.Names())
	}
	switch client := shown[handshake.Client]; {
	case client.Certificate != nil && isPhone(client.Name()):
		out.Phones++
		return
	case seen && !related:
		out.Others++
		return
	}
	key := fmt.Sprint(c.Client.Addr(), c.Server, h.State, h.Version, h.Alerts)
	for _, one := range shown {
		key += fmt.Sprintf(" %p %s %d", one.Certificate, one.Hidden, one.Issuers)
	}
	g := s.groups[key]
	if g == nil {
		g = &Sighting{Client: c.Client.Addr(), Server: c.Server, First: c.Start, Shown: shown, Alerts: h.Alerts, State: h.State, Version: h.Version}
		s.groups[key] = g
		out.Sightings = append(out.Sightings, g)
	}
	g.Last = c.Start
	g.Count++
}

func (s *sighter) shown(h *handshake.Summary, side handshake.Side) *Shown {
	sent := h.Sides[side]
	if len(sent.Chain) == 0 {
		return &Shown{Hidden: hidden(h, side)}
	}
	sum := sha256.Sum256(sent.Chain[0])
	known := s.seen[sum]
	if known == nil {
		known = s.judge(sent.Chain[0])
		s.seen[sum] = known
	}
	one := *known
	one.Issuers = len(sent.Chain) - 1
	return &one
}

func (s *sighter) judge(der []byte) *Shown {
	c, err := cert.Read(der)
	if err != nil {
		return &Shown{Hidden: "a certificate that cannot be read"}
	}
	one := &Shown{Certificate: trunk.New("capture", certs.Certificate{Known: c.Known(), Number: 1})}
	if one.Node, one.Side = s.r.Find(one.Certificate); one.Node == nil {
		common, dns := one.Names()
		one.Side, one.Named = s.r.Called(append(common, dns...)...)
	}
	if one.Node != nil || one.Named {
		one.Trusted = s.r.Sides[1-one.Side].Trusts(one.Certificate)
	}
	return one
}

// hidden is why a capture does not show a certificate.
func hidden(h *handshake.Summary, side handshake.Side) string {
	switch v := h.Certificate(side); {
	case v == handshake.Encrypted:
		return "certificate hidden: TLS 1.3 encrypts it"
	case v == handshake.NotSent:
		return "no certificate: the connection resumes an earlier session"
	case v == handshake.Partial:
		return "certificate not whole in the capture"
	case v == handshake.Visible:
		return "sent an empty list: no certificate"
	case side == handshake.Client && h.Requested:
		return "no certificate in the capture, though the server asked for one"
	}
	return "no certificate in the capture"
}

// Refutes reports whether the capture shows the trunk to fail, or certificates other than
// those that were judged.
func (c *Capture) Refutes() bool {
	return slices.ContainsFunc(c.Sightings, func(s *Sighting) bool {
		return s.refused() || slices.ContainsFunc(s.Shown[:], func(one *Shown) bool { return one.Certificate != nil && one.Node == nil })
	})
}

// refused reports whether one end ended the handshake with an alert.
func (s *Sighting) refused() bool {
	return slices.ContainsFunc(s.Alerts, func(a handshake.Alert) bool { return a.Fatal }) && s.State != handshake.Complete
}

// sideName is the cluster that an end belongs to, if its certificate shows it.
func (s *Sighting) sideName(end handshake.Side, r *trunk.Report) string {
	if one := s.Shown[end]; one.Node != nil || one.Named {
		return fmt.Sprintf("%s of %s", end, r.Sides[one.Side].Name)
	}
	return end.String()
}

// text says what an end showed.
func (one *Shown) text(r *trunk.Report, role trunk.Role, numbers map[*trunk.Node][]int) string {
	if one.Certificate == nil {
		return one.Hidden
	}
	with := ""
	if one.Issuers > 0 {
		with = fmt.Sprintf(" (with %s of its issuers)", report.Count(one.Issuers, "certificate"))
	}
	if one.Node == nil {
		return one.strange(r) + with
	}
	own, other := r.Sides[one.Side].Name, r.Sides[1-one.Side].Name
	if one.Node.Accepted(role) {
		return fmt.Sprintf("%s of %s, the certificate given here, which %s would accept%s", one.Node.Label, own, other, with)
	}
	return fmt.Sprintf("%s of %s, the certificate given here, which %s would refuse: see %s%s", one.Node.Label, own, other, numbersText(one.Node, role, numbers[one.Node]), with)
}

// strange says what is known of a certificate that was not given.
func (one *Shown) strange(r *trunk.Report) string {
	serial := one.Serials[0].String()
	if !one.Named {
		return fmt.Sprintf("%s, serial %s: NOT a certificate of either side", one.Name(), serial)
	}
	trusted := "does not have it"
	if one.Trusted {
		trusted = "has it"
	}
	return fmt.Sprintf("%s, serial %s: NOT the certificate given here for %s; CallManager-trust of %s %s", one.Name(), serial, r.Sides[one.Side].Name, r.Sides[1-one.Side].Name, trusted)
}

func (p printer) capture(c *Capture, r *trunk.Report, numbers map[*trunk.Node][]int) {
	p.line("   ", "\nCapture %s: %s of the trunk%s", c.File, report.Count(c.count(), "connection"), c.others())
	for i, s := range c.Sightings {
		times := ""
		if s.Count > 1 {
			times = fmt.Sprintf(", %d alike until %s", s.Count, s.Last.UTC().Format(time.TimeOnly))
		}
		version := ""
		if s.Version != 0 {
			version = ", " + handshake.VersionName(s.Version)
		}
		p.line("   ", "%d. %s -> %s, %s%s%s", i+1, s.Client, s.Server, s.First.UTC().Format("2006-01-02 15:04:05 UTC"), times, version)
		p.line("            ", "   server   %s", s.Shown[handshake.Server].text(r, trunk.Server, numbers))
		p.line("            ", "   client   %s", s.Shown[handshake.Client].text(r, trunk.Client, numbers))
		for _, a := range s.Alerts {
			p.line("            ", "   alert    from the %s: %s", s.sideName(a.From, r), alertText(a))
		}
		p.line("            ", "   result   %s", stateText(s.State))
	}
}

func (c *Capture) count() int {
	n := 0
	for _, s := range c.Sightings {
		n += s.Count
	}
	return n
}

func (c *Capture) others() string {
	var parts []string
	if c.Phones > 0 {
		parts = append(parts, fmt.Sprintf("%d of phones", c.Phones))
	}
	if c.Others > 0 {
		parts = append(parts, fmt.Sprintf("%d of others", c.Others))
	}
	if c.Dropped > 0 {
		parts = append(parts, fmt.Sprintf("%d not checked (raise --max-memory)", c.Dropped))
	}
	if len(parts) == 0 {
		return ""
	}
	return "; not shown: " + strings.Join(parts, ", ")
}

func alertText(a handshake.Alert) string {
	switch {
	case a.BySize:
		return "encrypted: data of the size that an alert has"
	case a.Encrypted:
		return "encrypted"
	case a.Fatal:
		return "fatal, " + a.Code.String()
	}
	return "warning, " + a.Code.String()
}

func stateText(s handshake.State) string {
	switch s {
	case handshake.Complete:
		return "handshake complete"
	case handshake.Hidden:
		return "whether the handshake succeeded is encrypted"
	}
	return "handshake stopped"
}

func newCapture(c *Capture, r *trunk.Report) report.TrunkCapture {
	d := report.TrunkCapture{File: report.Text(c.File), Connections: []report.TrunkSighting{}, Phones: c.Phones, Others: c.Others, Dropped: c.Dropped, Refutes: c.Refutes()}
	for _, s := range c.Sightings {
		one := report.TrunkSighting{
			Client: s.Client.String(), Server: s.Server, First: s.First.UTC(), Last: s.Last.UTC(), Count: s.Count, State: string(s.State), Alerts: []report.CaptureAlert{},
			ServerShown: s.Shown[handshake.Server].document(r), ClientShown: s.Shown[handshake.Client].document(r),
		}
		if s.Version != 0 {
			v := handshake.VersionName(s.Version)
			one.Version = &v
		}
		for _, a := range s.Alerts {
			one.Alerts = append(one.Alerts, report.NewCaptureAlert(a))
		}
		d.Connections = append(d.Connections, one)
	}
	return d
}

func (one *Shown) document(r *trunk.Report) report.TrunkShown {
	d := report.TrunkShown{Message: one.Hidden, Issuers: one.Issuers}
	if one.Certificate == nil {
		return d
	}
	d.Name, d.Serial = report.Text(one.Name()), one.Serials[0].String()
	d.Given, d.Trusted = one.Node != nil, one.Trusted
	if one.Node != nil || one.Named {
		d.Side = letters[one.Side]
	}
	return d
}
