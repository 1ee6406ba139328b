package trunk

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Side is one cluster, as it was given.
type Side struct {
	Name    string         // of the cluster, for people
	Nodes   []*Certificate // CallManager certificates
	Trust   []*Certificate // in CallManager-trust
	Profile []string       // X.509 subject names, as typed into SIP trunk security profiles
}

// Options say by what certificates are judged.
type Options struct {
	At    time.Time
	Level int // security level of OpenSSL, 0 to MaxLevel
}

// Security levels of OpenSSL.
const (
	DefaultLevel = 2 // that of Debian and Ubuntu, and the strictest that is common
	MaxLevel     = 2
)

// A Report is two clusters judged.
type Report struct {
	Options
	Sides [2]*Cluster
}

// A Cluster is a judged side.
type Cluster struct {
	Side
	Nodes  []*Node
	Names  []string // the names of the profile, each once
	Unused []string // those of them that no node of the other side has

	profile *profile
	store   *store
	called  map[string]bool // names of its nodes, in lower case
}

// A Node is a judged certificate of a node.
type Node struct {
	*Certificate
	Label    string // its name, with a number if several have it
	Problems []Problem
	Notes    []string // what works, but is fragile; they do not name the node
}

// Accepted reports whether the other side accepts the node in a role.
func (n *Node) Accepted(r Role) bool {
	return !slices.ContainsFunc(n.Problems, func(p Problem) bool { return p.Roles[r] })
}

// Judge judges each certificate of both sides as the other side would.
func Judge(a, b Side, o Options) *Report {
	r := &Report{Options: o, Sides: [2]*Cluster{newCluster(a), newCluster(b)}}
	twins := newTwins(r)
	for i, c := range r.Sides {
		other := r.Sides[1-i]
		other.profile, other.store = newProfile(other), newStore(other.Trust)
		j := judge{Options: o, side: 1 - i, where: other.Name, twins: twins, store: other.store, names: other.profile}
		for _, n := range c.Nodes {
			j.node(n)
		}
		other.Unused = j.names.unused()
	}
	return r
}

func newCluster(s Side) *Cluster {
	c := &Cluster{Side: s, called: make(map[string]bool)}
	seen := make(map[string]int)
	for _, n := range s.Nodes {
		for _, name := range append(commonNames(n.Subject), n.dns...) {
			c.called[lower(name)] = true
		}
		label := n.Name()
		seen[lower(label)]++
		if k := seen[lower(label)]; k > 1 {
			label = fmt.Sprintf("%s #%d", label, k)
		}
		c.Nodes = append(c.Nodes, &Node{Certificate: n, Label: label})
	}
	return c
}

// Connects reports whether every pair of nodes would connect, in both directions. No
// nodes do not.
func (r *Report) Connects() bool {
	for from := range r.Sides {
		if d := r.Direction(from); d.Pairs == 0 || d.Connect < d.Pairs {
			return false
		}
	}
	return true
}

// A Direction is the connections that one side opens to the other.
type Direction struct {
	From    int
	Pairs   int     // of a client and a server
	Connect int     // of these would connect
	Clients []*Node // that the other side refuses
	Servers []*Node // of the other side, that this one refuses
}

// Direction returns what becomes of the connections that a side opens. A pair connects
// if each of the two nodes is accepted.
func (r *Report) Direction(from int) Direction {
	d := Direction{From: from}
	clients, servers := r.Sides[from].Nodes, r.Sides[1-from].Nodes
	d.Clients, d.Servers = refused(clients, Client), refused(servers, Server)
	d.Pairs = len(clients) * len(servers)
	d.Connect = (len(clients) - len(d.Clients)) * (len(servers) - len(d.Servers))
	return d
}

func refused(nodes []*Node, r Role) (list []*Node) {
	for _, n := range nodes {
		if !n.Accepted(r) {
			list = append(list, n)
		}
	}
	return list
}

// Fraction returns how many of how many calls fail, in lowest terms: 1 of 3. It counts
// every pair alike.
func (d Direction) Fraction() (fail, of int) {
	a, b := d.Pairs-d.Connect, d.Pairs
	for b != 0 {
		a, b = b, a%b
	}
	if a == 0 {
		return 0, 0
	}
	return (d.Pairs - d.Connect) / a, d.Pairs / a
}

// A judge judges the certificates of one side as the other side does.
type judge struct {
	Options
	side  int    // that judges
	where string // its name
	twins twins
	store *store
	names *profile
}

func (j *judge) node(n *Node) {
	c := n.Certificate
	add := func(p ...Problem) { n.Problems = append(n.Problems, p...) }
	if c.err != nil {
		p := Problem{Code: Unreadable, Roles: both, Reason: "cannot be judged: " + c.err.Error(), Unknown: true}
		if c.TextOnly() {
			p.Steps = []Step{{FetchPEM, 1 - j.side, c.Name()}}
		}
		add(p)
	} else {
		add(j.validity(c, "", j.renew(c))...)
		add(j.usage(c, "", j.renew(c))...)
		add(j.strength(c, "", j.renew(c))...)
		problems, notes := j.trusted(c)
		add(problems...)
		n.Notes = append(n.Notes, notes...)
		n.Notes = append(n.Notes, j.soon(c)...)
	}
	if j.twins.of(c) {
		add(Problem{Code: SameSerial, Roles: both, Unknown: true, Steps: j.renew(c),
			Reason: "has the issuer and serial number of another certificate with another key: CUCM tells certificates apart by these two"})
	}
	problem, note := j.names.judge(c, j)
	add(problem...)
	n.Notes = append(n.Notes, note...)
}

func (j *judge) renew(c *Certificate) []Step { return []Step{{Renew, 1 - j.side, c.Name()}} }

// soon is when a certificate that is valid expires.
func (j *judge) soon(c *Certificate) []string {
	if left := c.notAfter.Sub(j.At); left >= 0 && left < Soon {
		return []string{"expires within 30 days"}
	}
	return nil
}

// Soon is how long before its end a certificate is noted.
const Soon = 30 * 24 * time.Hour

// validity judges the times of the node's certificate, or of that of a CA: who is its
// name and a blank.
func (j *judge) validity(c *Certificate, who string, steps []Step) []Problem {
	verb := func(node, ca string) string {
		if who == "" {
			return node
		}
		return "was issued by " + who + ", which " + ca
	}
	switch {
	case j.At.After(c.notAfter):
		return []Problem{{Code: Expired, Roles: both, Reason: verb("has expired", "has expired"), Steps: steps}}
	case j.At.Before(c.notBefore):
		return []Problem{{Code: NotYetValid, Roles: both, Reason: verb("is not valid yet", "is not valid yet"), Steps: steps}}
	}
	return nil
}

// Extended key usages.
const (
	serverAuth = "1.3.6.1.5.5.7.3.1"
	clientAuth = "1.3.6.1.5.5.7.3.2"
)

var authWords = [2]string{Server: "serverAuth (" + serverAuth + ")", Client: "clientAuth (" + clientAuth + ")"}

// usage judges what the certificate of a node or CA may be used for.
func (j *judge) usage(c *Certificate, ca string, steps []Step) []Problem {
	var list []Problem
	if c.usage.netscape {
		list = append(list, Problem{Code: ExtendedUsage, Roles: both, Unknown: true, Reason: of(ca, "has a Netscape certificate type, which is not judged"), Steps: steps})
	}
	var missing Roles
	var words []string
	for r, oid := range [2]string{Server: serverAuth, Client: clientAuth} {
		if c.usage.extended != nil && !slices.Contains(c.usage.extended, oid) {
			missing[r] = true
			words = append(words, authWords[r])
		}
	}
	if len(words) > 0 {
		list = append(list, Problem{Code: ExtendedUsage, Roles: missing, Reason: of(ca, "lacks "+strings.Join(words, " and ")+" in its extended key usage"), Steps: steps})
	}
	return append(list, j.keyUsage(c, ca, steps)...)
}

// of is a reason about a node, or about a CA above it.
func of(ca, reason string) string {
	if ca == "" {
		return reason
	}
	return "was issued by " + ca + ", which " + reason
}
