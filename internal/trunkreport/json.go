package trunkreport

import (
	"crypto/sha1"
	"encoding/hex"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/report"
)

// Document returns the document of a report and what was held against it.
func Document(r *trunk.Report, e Evidence) *report.TrunkDocument {
	d := empty()
	d.Verdict, d.At, d.SecurityLevel = report.TrunkFails, r.At.UTC(), r.Level
	if r.Connects() {
		d.Verdict = report.TrunkConnects
	}
	for side, c := range r.Sides {
		d.Sides = append(d.Sides, newSide(letters[side], c))
		one := r.Direction(side)
		d.Directions = append(d.Directions, report.TrunkDirection{
			From: letters[side], To: letters[1-side], Pairs: one.Pairs, Connect: one.Connect, Clients: texts(labels(one.Clients)), Servers: texts(labels(one.Servers)),
		})
	}
	for _, s := range steps(r) {
		d.Steps = append(d.Steps, report.TrunkStep{Action: string(s.do), Side: letters[s.side], What: texts(s.what), Message: report.Text(s.text(r))})
	}
	for _, c := range e.Captures {
		d.Captures = append(d.Captures, newCapture(c, r))
	}
	if e.Trace != nil {
		d.Trace = newTrace(e.Trace)
	}
	return d
}

// Failure returns the document of a run that could not read something.
func Failure(err error, at time.Time) *report.TrunkDocument {
	d := empty()
	d.At, d.Error = at.UTC(), report.NewError(err)
	return d
}

func empty() *report.TrunkDocument {
	return &report.TrunkDocument{Head: report.NewHead(report.TypeTrunk), Sides: []report.TrunkSide{}, Directions: []report.TrunkDirection{}, Steps: []report.TrunkStep{}, Captures: []report.TrunkCapture{}}
}

// texts are names from files for a document, [] for none.
func texts(names []string) []string {
	list := make([]string, 0, len(names))
	for _, n := range names {
		list = append(list, report.Text(n))
	}
	return list
}

func newSide(letter string, c *trunk.Cluster) report.TrunkSide {
	d := report.TrunkSide{Side: letter, Name: report.Text(c.Name), Certificates: len(c.Trust), Profile: texts(c.Names), Unused: texts(c.Unused), Nodes: []report.TrunkNode{}}
	for _, n := range c.Nodes {
		d.Nodes = append(d.Nodes, newNode(n))
	}
	return d
}

func newNode(n *trunk.Node) report.TrunkNode {
	d := report.TrunkNode{
		Name: report.Text(n.Label), Source: report.Text(n.File), Number: n.Number, Subject: report.Text(n.Subject.String()), Issuer: report.Text(n.Issuer.String()),
		Serial: n.Serials[len(n.Serials)-1].String(), DNSNames: texts(n.DNSNames()), SelfSigned: n.SelfSigned(),
		AcceptedAsServer: n.Accepted(trunk.Server), AcceptedAsClient: n.Accepted(trunk.Client), Problems: []report.TrunkProblem{}, Notes: texts(n.Notes),
	}
	if n.Full != nil {
		sum := sha1.Sum(n.Full.Raw)
		text := hex.EncodeToString(sum[:])
		d.SHA1 = &text
	}
	if key := n.PublicKey(); key != nil {
		kind, bits := cert.KeyType(key)
		d.Key = &report.PublicKey{Type: kind, Bits: bits}
	}
	if from, to := n.Validity(); !to.IsZero() {
		d.NotBefore, d.NotAfter = &from, &to
	}
	for _, p := range n.Problems {
		one := report.TrunkProblem{Reason: string(p.Code), Message: report.Text(p.Reason), Unknown: p.Unknown}
		for r, refused := range p.Roles {
			if refused {
				one.Roles = append(one.Roles, trunk.Role(r).String())
			}
		}
		d.Problems = append(d.Problems, one)
	}
	return d
}
