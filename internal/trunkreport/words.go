// Package trunkreport writes what package trunk found out, for people and for programs.
package trunkreport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/report"
)

// letters name the sides.
var letters = [2]string{"A", "B"}

// A reason is a problem that nodes of one side share.
type reason struct {
	trunk.Problem
	side  int
	nodes []*trunk.Node
}

// reasons returns the problems of a report, equal ones of a side once, and the numbers
// of those of each node.
func reasons(r *trunk.Report) ([]*reason, map[*trunk.Node][]int) {
	type key struct {
		side   int
		code   trunk.Code
		reason string
		roles  trunk.Roles
	}
	var list []*reason
	index := make(map[key]int)
	numbers := make(map[*trunk.Node][]int)
	for side, c := range r.Sides {
		for _, n := range c.Nodes {
			for _, p := range n.Problems {
				k := key{side, p.Code, p.Reason, p.Roles}
				i, ok := index[k]
				if !ok {
					i = len(list)
					index[k] = i
					list = append(list, &reason{Problem: p, side: side})
				}
				list[i].nodes = append(list[i].nodes, n)
				numbers[n] = append(numbers[n], i+1)
			}
		}
	}
	return list, numbers
}

// maxNames is how many nodes a line names.
const maxNames = 30

// nodesText names nodes of a cluster.
func nodesText(nodes []*trunk.Node, of *trunk.Cluster) string {
	switch n := len(of.Nodes); {
	case len(nodes) == n && n == 2:
		return "both nodes of " + of.Name
	case len(nodes) == n && n > 2:
		return fmt.Sprintf("all %d nodes of %s", n, of.Name)
	}
	return namesText(labels(nodes))
}

func labels(nodes []*trunk.Node) []string {
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = n.Label
	}
	return names
}

func namesText(names []string) string {
	if len(names) > maxNames {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
	}
	return strings.Join(names, ", ")
}

// A step is steps of one kind on one side.
type step struct {
	do   trunk.Action
	side int
	what []string
}

// order is what is done first.
var order = []trunk.Action{trunk.FetchPEM, trunk.Renew, trunk.RenewCA, trunk.Upload, trunk.Delete, trunk.AddName}

// steps returns what to do: each thing once.
func steps(r *trunk.Report) []step {
	var list []step
	seen := make(map[trunk.Step]bool)
	for _, c := range r.Sides {
		for _, n := range c.Nodes {
			for _, p := range n.Problems {
				for _, s := range p.Steps {
					if !seen[s] {
						seen[s] = true
						list = add(list, s)
					}
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b step) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.do), slices.Index(order, b.do)), cmp.Compare(a.side, b.side))
	})
	return list
}

func add(list []step, s trunk.Step) []step {
	for i := range list {
		if list[i].do == s.Do && list[i].side == s.Side {
			list[i].what = append(list[i].what, s.What)
			return list
		}
	}
	return append(list, step{s.Do, s.Side, []string{s.What}})
}

const (
	certificateManagement = "Cisco Unified OS Administration > Security > Certificate Management"
	securityProfile       = "Cisco Unified CM Administration > System > Security > SIP Trunk Security Profile"
)

// text is a step in CUCM's own words, without what it is done with.
func (s step) text(r *trunk.Report) string {
	where, other := r.Sides[s.side].Name, r.Sides[1-s.side].Name
	switch s.do {
	case trunk.FetchPEM:
		return fmt.Sprintf("On %s, %s: open the certificate, use Download .PEM File, and give that file instead of text", where, certificateManagement)
	case trunk.Renew:
		return fmt.Sprintf("On %s, %s: get a new CallManager certificate (Generate CSR, or Generate Self-signed). Phones check it against their CTL and ITL, so first read docs/renewals.md. Then upload the new one to CallManager-trust of %s if it signs itself, and run this again", where, certificateManagement, other)
	case trunk.RenewCA:
		return fmt.Sprintf("Have the CA of %s issue certificates that the other cluster accepts, or replace its own certificate", where)
	case trunk.Upload:
		return fmt.Sprintf("On %s, %s > Upload Certificate/Certificate chain, Certificate Purpose CallManager-trust: upload the certificates of", where, certificateManagement)
	case trunk.Delete:
		return fmt.Sprintf("On %s, %s: find CallManager-trust, and delete the old certificate that has this name (compare serial numbers first)", where, certificateManagement)
	case trunk.AddName:
		return fmt.Sprintf("On %s, %s, X.509 Subject Name (later releases: Secure Certificate Subject or Subject Alternate Name): add these names, save, then reset the trunks that use the profile", where, securityProfile)
	}
	return string(s.do)
}

// directionText says what becomes of the connections that a side opens.
func directionText(r *trunk.Report, from int) string {
	d := r.Direction(from)
	a, b := r.Sides[from], r.Sides[1-from]
	head := fmt.Sprintf("From %s to %s: ", a.Name, b.Name)
	fail, of := d.Fraction()
	switch {
	case d.Pairs == 0:
		return head + "no pair of nodes"
	case fail == 0 && d.Pairs == 1:
		return head + "the only pair connects"
	case fail == 0:
		return head + fmt.Sprintf("all %s connect", report.Count(d.Pairs, "pair"))
	case d.Pairs == 1:
		head += "the only pair does not connect, every call fails"
	case d.Connect == 0:
		head += fmt.Sprintf("none of %s connects, every call fails", report.Count(d.Pairs, "pair"))
	default:
		verb := "fail"
		if fail == 1 {
			verb = "fails"
		}
		head += fmt.Sprintf("%d of %s connect; %d of every %d calls %s if calls are spread evenly", d.Connect, report.Count(d.Pairs, "pair"), fail, of, verb)
	}
	var who []string
	if len(d.Clients) > 0 {
		who = append(who, "those from "+nodesText(d.Clients, a))
	}
	if len(d.Servers) > 0 {
		who = append(who, "those to "+nodesText(d.Servers, b))
	}
	return head + ": " + strings.Join(who, "; and ")
}
