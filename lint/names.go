package lint

import "github.com/ctlinspect/ctlinspect/cert"

// A name is a name and its usual form.
type name struct {
	cert.Name
	cucm string
}

func newName(n cert.Name) name { return name{n, n.CUCM()} }

func (n name) is(recorded string) bool { return recorded == n.cucm || cert.SameName(recorded, n.Name) }
