package tvs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Store is a certificate store of CUCM, and the roles that TVS gives what is in
// it [D][S].
type Store struct {
	Name  string
	Roles []tlv.Role // none: TVS vouches for nothing in it
}

// stores are all whose roles are known. What the others give is unknown [?].
var stores = []Store{
	{"CallManager", []tlv.Role{tlv.RoleCCMTFTP, tlv.RoleSAST}},
	{"Phone-SAST-trust", []tlv.Role{tlv.RoleSAST, tlv.RoleTFTP}},
	{"TVS", []tlv.Role{tlv.RoleTVS}},
	{"CAPF", []tlv.Role{tlv.RoleCAPF}},
	{"tomcat", []tlv.Role{tlv.RoleAppServer}},
	{"tomcat-trust", []tlv.Role{tlv.RoleAppServer}},
	{"Phone-trust", []tlv.Role{tlv.RoleAppServer}},
	{"Phone-CTL-trust", []tlv.Role{tlv.RoleAppServer}},
	{"ipsec", []tlv.Role{tlv.RoleAppServer}},
	{"Phone-VPN-trust", []tlv.Role{tlv.RoleVPN}},
	{"CallManager-trust", nil},
	{"CAPF-trust", nil},
	{"TVS-trust", nil},
	{"ipsec-trust", nil},
	{"directory-trust", nil},
	{"userlicensing-trust", nil},
}

// Stores returns all stores whose roles are known.
func Stores() []Store { return slices.Clone(stores) }

// FindStore returns a store by its name, in any case.
func FindStore(name string) (Store, error) {
	var names []string
	for _, s := range stores {
		if strings.EqualFold(s.Name, name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Store{}, fmt.Errorf("it is not known which roles TVS gives the certificates of %q; known stores: %s", name, strings.Join(names, ", "))
}
