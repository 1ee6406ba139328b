package lint

import (
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
)

// A name is a name and its usual form.
type name struct {
	cert.Name
	cucm string
}

func newName(n cert.Name) name { return name{n, n.CUCM()} }

func (n name) is(recorded string) bool { return recorded == n.cucm || SameName(recorded, n.Name) }

// SameName reports whether a name of a record is that of a certificate: in the
// form of CUCM, of the CTL Client or of RFC 4514, or with the same attributes in
// another order.
func SameName(recorded string, n cert.Name) bool {
	switch recorded {
	case n.CUCM(), n.CTLClient(), n.String():
		return true
	}
	parts := splitName(recorded)
	for i, part := range parts {
		if !hasAttribute(n, part, i == len(parts)-1) {
			return false
		}
	}
	return len(parts) > 0 && (n.Get("CN") == "" || slices.ContainsFunc(parts, isCommonName))
}

// splitName splits at semicolons, or at commas where there are none.
func splitName(s string) []string {
	if strings.Contains(s, ";") {
		return strings.Split(s, ";")
	}
	s = strings.ReplaceAll(s, `\,`, "\x00")
	parts := strings.Split(s, ",")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "\x00", ","), `\`, "")
	}
	return parts
}

func isCommonName(part string) bool {
	kind, _, _ := strings.Cut(part, "=")
	return strings.EqualFold(strings.TrimSpace(kind), "CN")
}

// hasAttribute reports whether the name has the attribute. The last part may be
// cut: the CTL Client cut names at the first comma.
func hasAttribute(n cert.Name, part string, last bool) bool {
	kind, value, ok := strings.Cut(part, "=")
	if !ok {
		return false
	}
	kind, value = strings.TrimSpace(kind), strings.TrimSpace(strings.Trim(strings.TrimSpace(value), `"`))
	return value != "" && slices.ContainsFunc(n, func(a cert.Attribute) bool {
		whole := strings.TrimSpace(a.Value)
		return strings.EqualFold(a.Type, kind) && (whole == value || last && strings.HasPrefix(whole, value+","))
	})
}
