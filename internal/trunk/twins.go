package trunk

import (
	"bytes"
)

// Twins are certificates that share issuer and serial number, but not the key.
type twins map[string][]*Certificate

// newTwins indexes all certificates of both sides.
func newTwins(r *Report) twins {
	t := make(twins)
	for _, c := range r.Sides {
		for _, n := range c.Nodes {
			t.add(n.Certificate)
		}
		for _, o := range c.Trust {
			t.add(o)
		}
	}
	return t
}

// twinKey is empty for text whose serial number may be decimal or hexadecimal.
func twinKey(c *Certificate) string {
	if len(c.Serials) != 1 {
		return ""
	}
	return c.issuer + "\x00\x00" + string(bytes.TrimLeft(c.Serials[0], "\x00"))
}

// add keeps the first certificate of each key, two at most.
func (t twins) add(c *Certificate) {
	key := twinKey(c)
	if key == "" || len(c.Key) == 0 || len(t[key]) > 1 {
		return
	}
	for _, o := range t[key] {
		if bytes.Equal(o.Key, c.Key) {
			return
		}
	}
	t[key] = append(t[key], c)
}

// of reports whether a certificate has a twin.
func (t twins) of(c *Certificate) bool {
	key := twinKey(c)
	return key != "" && len(t[key]) > 1
}
