package trunk

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/ctlinspect/ctlinspect/cert"
)

// maxProfile is how many characters the field of a profile takes [D].
const maxProfile = 4096

// isSeparator reports whether a character separates names [D]. What CUCM makes of other
// white space is not known: it is part of a name, which then is no node's.
func isSeparator(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == ':' }

// Names returns the names that a field of a profile has.
func Names(field string) []string { return strings.FieldsFunc(field, isSeparator) }

// A profile is the names that one side expects.
type profile struct {
	where   string
	names   map[string]bool // in lower case, and whether a certificate has it
	order   []string
	hosts   map[string]bool // the first labels of names that have a domain
	address bool            // one of them is an IP address
	tooLong bool
}

// newProfile also keeps the names in the cluster.
func newProfile(c *Cluster) *profile {
	p := &profile{where: c.Name, names: make(map[string]bool), hosts: make(map[string]bool)}
	for _, field := range c.Profile {
		p.tooLong = p.tooLong || len([]rune(field)) > maxProfile
		for _, name := range Names(field) {
			p.add(name)
		}
	}
	c.Names = p.order
	return p
}

func (p *profile) add(name string) {
	key := lower(name)
	if _, ok := p.names[key]; ok {
		return
	}
	p.names[key] = false
	p.order = append(p.order, name)
	_, err := netip.ParseAddr(name)
	p.address = p.address || err == nil
	if host, _, ok := strings.Cut(key, "."); ok && err != nil {
		p.hosts[host] = true
	}
}

// has reports whether a name is in the profile, and notes that it is used.
func (p *profile) has(name string) bool {
	key := lower(name)
	_, ok := p.names[key]
	if ok {
		p.names[key] = true
	}
	return ok
}

func (p *profile) unused() []string {
	return slices.DeleteFunc(slices.Clone(p.order), func(n string) bool { return p.names[lower(n)] })
}

// judge judges whether a certificate has a name that the profile has.
func (p *profile) judge(c *Certificate, j *judge) ([]Problem, []string) {
	common := commonNames(c.Subject)
	byCommon, byDNS := p.match(common, c.dns)
	switch {
	case p.tooLong:
		return []Problem{{Code: NameTooLong, Roles: both, Unknown: true, Reason: fmt.Sprintf("is checked against a profile of %s with more than %d characters", p.where, maxProfile)}}, nil
	case byCommon:
		return nil, nil
	case byDNS:
		return nil, []string{fmt.Sprintf("is known to the profile of %s only by a SubjectAltName; releases whose field is called X.509 Subject Name may compare only the common name", p.where)}
	}
	return []Problem{p.mistake(c, common, j.side)}, nil
}

// match reports whether the profile has all common names, and one of the DNS names.
func (p *profile) match(common, dns []string) (byCommon, byDNS bool) {
	byCommon = len(common) > 0
	for _, cn := range common {
		byCommon = p.has(cn) && byCommon
	}
	for _, name := range dns {
		byDNS = p.has(name) || byDNS
	}
	return byCommon, byDNS
}

// mistake is why the profile does not have a certificate's name.
func (p *profile) mistake(c *Certificate, common []string, side int) Problem {
	candidates := slices.DeleteFunc(append(slices.Clone(common), c.dns...), func(n string) bool {
		return n == "" || strings.ContainsFunc(n, func(r rune) bool { return isSeparator(r) || !unicode.IsPrint(r) })
	})
	problem := func(code Code, reason string) Problem {
		out := Problem{Code: code, Roles: both, Reason: reason}
		if len(candidates) > 0 {
			out.Steps = []Step{{AddName, side, candidates[0]}}
		} else {
			out.Steps = []Step{{Renew, 1 - side, c.Name()}}
		}
		return out
	}
	switch {
	case len(candidates) == 0:
		return problem(NoName, "has no name that a profile can hold: neither a common name nor a DNS name without blanks, commas, semicolons and colons")
	case len(p.order) == 0:
		return problem(NoNames, fmt.Sprintf("is not named in the profile of %s, which is empty", p.where))
	}
	for _, name := range candidates {
		key := lower(name)
		host, _, domain := strings.Cut(key, ".")
		_, short := p.names[host]
		_, whole := p.names["cn="+key]
		_, error := netip.ParseAddr(name)
		switch {
		case whole:
			return problem(NameIsDN, fmt.Sprintf("is in the profile of %s with CN= in front: give the name alone", p.where))
		case error == nil:
		case domain && short:
			return problem(NameShort, fmt.Sprintf("is in the profile of %s without its domain", p.where))
		case !domain && p.hosts[host]:
			return problem(NameShort, fmt.Sprintf("is in the profile of %s with a domain that the certificate does not have", p.where))
		}
	}
	if p.address {
		return problem(NameIsAddress, fmt.Sprintf("is not named in the profile of %s, which has IP addresses: CUCM compares names", p.where))
	}
	return problem(NotNamed, fmt.Sprintf("is not named in the profile of %s", p.where))
}

// commonNames are all common names of a subject: of several CUCM's choice is not known,
// so all must be in the profile.
func commonNames(n cert.Name) []string {
	var list []string
	for _, a := range n {
		if a.Type == "CN" {
			list = append(list, a.Value)
		}
	}
	return list
}
