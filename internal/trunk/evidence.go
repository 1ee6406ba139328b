package trunk

import "slices"

// Find returns the node that has a certificate, and its side; nil if none has.
func (r *Report) Find(c *Certificate) (*Node, int) {
	for side, cluster := range r.Sides {
		for _, n := range cluster.Nodes {
			if n.is(c) {
				return n, side
			}
		}
	}
	return nil, 0
}

// Names returns all common names and DNS names of a certificate.
func (c *Certificate) Names() (common, dns []string) { return commonNames(c.Subject), c.dns }

// Called returns the side one of whose nodes has one of these names; ok is false if none
// has, or nodes of both.
func (r *Report) Called(names ...string) (side int, ok bool) {
	var has [2]bool
	for i, cluster := range r.Sides {
		has[i] = slices.ContainsFunc(names, func(n string) bool { return cluster.called[lower(n)] })
	}
	if has[1] {
		side = 1
	}
	return side, has[0] != has[1]
}

// Expects reports whether the profile of a side has the names of a certificate.
func (c *Cluster) Expects(common, dns []string) bool {
	byCommon, byDNS := c.profile.match(common, dns)
	return (byCommon || byDNS) && !c.profile.tooLong
}

// Trusts reports whether CallManager-trust of a side has the very certificate.
func (c *Cluster) Trusts(o *Certificate) bool {
	return slices.ContainsFunc(c.store.bySubject[o.subject], o.is)
}
