package trunk

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/certs"
)

// A store is what CallManager-trust holds.
type store struct {
	bySubject map[string][]*Certificate
	byKey     map[string][]*Certificate
	above     map[position][]Problem // what was found out about the issuers of a certificate
}

// A position is a certificate and the number of CAs below it.
type position struct {
	c     *Certificate
	below int
}

func newStore(trust []*Certificate) *store {
	s := &store{bySubject: make(map[string][]*Certificate), byKey: make(map[string][]*Certificate), above: make(map[position][]Problem)}
	for _, c := range trust {
		s.bySubject[c.subject] = append(s.bySubject[c.subject], c)
		s.byKey[string(c.Key)] = append(s.byKey[string(c.Key)], c)
	}
	return s
}

// has reports whether a certificate is in the store.
func (s *store) has(c *Certificate) bool { return slices.ContainsFunc(s.byKey[string(c.Key)], c.is) }

// trusted judges whether a node's certificate leads to one in CallManager-trust.
func (j *judge) trusted(c *Certificate) ([]Problem, []string) {
	if c.SelfSigned() {
		return j.selfSigned(c)
	}
	if c.TextOnly() {
		return []Problem{{Code: Unreadable, Roles: both, Unknown: true, Steps: []Step{{FetchPEM, 1 - j.side, c.Name()}},
			Reason: "is known as text only: whether " + nameOf(c.Issuer) + " signed it cannot be checked"}}, nil
	}
	return j.issuers(c, 0), nil
}

func (j *judge) selfSigned(c *Certificate) (problems []Problem, notes []string) {
	namesakes := j.store.bySubject[c.subject]
	there, others, expired := j.store.has(c), false, false
	for _, o := range namesakes {
		switch {
		case c.is(o), !c.mayIssue(o):
		case o.err == nil && !j.valid(o):
			expired = true
		default:
			others = true
		}
		if others {
			break // there may be very many
		}
	}
	upload, remove := Step{Upload, j.side, c.Name()}, Step{Delete, j.side, c.Name()}
	switch {
	case !there && len(namesakes) > 0:
		return []Problem{{Code: Stale, Roles: both, Steps: []Step{upload, remove},
			Reason: fmt.Sprintf("signs itself, and CallManager-trust of %s has another certificate with its name", j.where)}}, nil
	case !there:
		return []Problem{{Code: NotTrusted, Roles: both, Steps: []Step{upload},
			Reason: fmt.Sprintf("signs itself, and CallManager-trust of %s does not have it", j.where)}}, nil
	case others:
		return []Problem{{Code: Ambiguous, Roles: both, Unknown: true, Steps: []Step{remove},
			Reason: fmt.Sprintf("signs itself, and CallManager-trust of %s has it and another one with its name: OpenSSL may take the other", j.where)}}, nil
	case expired:
		notes = append(notes, fmt.Sprintf("has an expired namesake in CallManager-trust of %s; delete that", j.where))
	}
	return nil, notes
}

// valid reports whether a certificate is valid at the time.
func (j *judge) valid(c *Certificate) bool {
	return !j.At.Before(c.notBefore) && !j.At.After(c.notAfter)
}

const (
	maxDepth  = 8  // CAs above a node
	maxRivals = 16 // certificates with the name of one issuer
)

// issuers judges the certificates in CallManager-trust that can have issued c, and those
// above them. Below is the number of CAs below them.
func (j *judge) issuers(c *Certificate, below int) []Problem {
	at := position{c, below}
	if known, ok := j.store.above[at]; ok {
		return known
	}
	problems := j.findIssuers(c, below)
	j.store.above[at] = problems
	return problems
}

func (j *judge) findIssuers(c *Certificate, below int) []Problem {
	issuer := nameOf(c.Issuer)
	if below >= maxDepth {
		return []Problem{{Code: TooLong, Roles: both, Unknown: true, Reason: fmt.Sprintf("has more than %d CAs above it", maxDepth)}}
	}
	var rivals []*Certificate
	for _, o := range j.store.bySubject[c.issuer] {
		if c.mayIssue(o) {
			rivals = append(rivals, o)
		}
	}
	if now := slices.DeleteFunc(slices.Clone(rivals), func(o *Certificate) bool { return !j.valid(o) }); len(now) > 0 {
		rivals = now // OpenSSL prefers them
	}
	upload := []Step{{Upload, j.side, issuer}}
	leads := "was issued by "
	if below > 0 {
		leads = "leads, through its issuers, to "
	}
	switch {
	case len(rivals) == 0:
		return []Problem{{Code: NoIssuer, Roles: both, Reason: leads + fmt.Sprintf("%s, which CallManager-trust of %s does not have", issuer, j.where), Steps: upload}}
	case len(rivals) > maxRivals:
		return []Problem{j.ambiguous(leads, issuer)}
	}
	var problems []Problem
	signed := 0
	for _, o := range rivals {
		switch {
		case o.x == nil:
			return []Problem{{Code: Unreadable, Roles: both, Unknown: true, Steps: []Step{{FetchPEM, j.side, issuer}},
				Reason: leads + fmt.Sprintf("%s, of which no certificate could be read that a signature can be checked with", issuer)}}
		case isSignedBy(c.x, o.key):
			signed++
			problems = appendNew(problems, j.authority(o, below)...)
			if !o.SelfSigned() {
				problems = appendNew(problems, j.issuers(o, below+1)...)
			}
		}
	}
	switch {
	case signed == 0:
		return []Problem{{Code: WrongIssuer, Roles: both, Steps: upload,
			Reason: leads + fmt.Sprintf("%s by name, but not signed with the key that %s has in CallManager-trust of %s", issuer, issuer, j.where)}}
	case signed < len(rivals):
		problems = appendNew(problems, j.ambiguous(leads, issuer))
	}
	return problems
}

func (j *judge) ambiguous(leads, issuer string) Problem {
	return Problem{Code: Ambiguous, Roles: both, Unknown: true, Steps: []Step{{Delete, j.side, issuer}},
		Reason: leads + fmt.Sprintf("%s, of which CallManager-trust of %s has several with different keys: OpenSSL may take the wrong one", issuer, j.where)}
}

// appendNew appends the problems that are not in the list.
func appendNew(list []Problem, more ...Problem) []Problem {
	for _, p := range more {
		if !slices.ContainsFunc(list, func(o Problem) bool { return o.Code == p.Code && o.Reason == p.Reason }) {
			list = append(list, p)
		}
	}
	return list
}

// authority judges the certificate of a CA.
func (j *judge) authority(o *Certificate, below int) []Problem {
	name := o.Name()
	replace := []Step{{RenewCA, 1 - j.side, name}}
	var list []Problem
	fail := func(code Code, unknown bool, reason string) {
		list = append(list, Problem{Code: code, Roles: both, Unknown: unknown, Reason: of(name, reason), Steps: replace})
	}
	if o.err != nil {
		fail(Unreadable, true, "cannot be judged: "+o.err.Error())
		return list
	}
	if !o.x.BasicConstraintsValid || !o.x.IsCA || o.usage.limited && o.usage.key&x509.KeyUsageCertSign == 0 {
		fail(NotCA, false, "is not a CA certificate, or may not sign certificates")
	}
	if j.twins.of(o) {
		fail(SameSerial, true, "has the issuer and serial number of another certificate with another key")
	}
	if hasNameConstraints(o.x) {
		fail(Limited, true, "limits the names that it vouches for; this is not judged")
	}
	if p := o.x.MaxPathLen; (p > 0 || p == 0 && o.x.MaxPathLenZero) && below > p {
		fail(TooLong, false, fmt.Sprintf("allows %d CAs below it", p))
	}
	list = append(list, j.validity(o, name, replace)...)
	list = append(list, j.usage(o, name, replace)...)
	return append(list, j.strength(o, name, replace)...)
}

func hasNameConstraints(x *x509.Certificate) bool {
	return slices.ContainsFunc(x.Extensions, func(e pkix.Extension) bool { return e.Id.String() == "2.5.29.30" })
}

// isSignedBy reports whether a certificate is signed with a key. SHA-1 counts, and
// algorithms that crypto/x509 refuses to check: they are judged by their name.
func isSignedBy(c *x509.Certificate, key crypto.PublicKey) bool {
	err := certs.CheckSignature(c, key)
	var weak x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &weak)
}
