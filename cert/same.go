package cert

import (
	"slices"
	"strings"
)

// SameName reports whether a name of a record is that of a certificate: in the
// form of CUCM, of the CTL Client or of RFC 4514, or with some of the same
// attributes in another order. A CN in the certificate must be among them. Time
// grows with the length of both names.
func SameName(recorded string, n Name) bool {
	switch recorded {
	case n.CUCM(), n.CTLClient(), n.String():
		return true
	}
	parts, have := splitName(recorded), n.attributes()
	for i, part := range parts {
		kind, value, ok := readPart(part)
		if !ok || !have[Attribute{kind, value}] && !(i == len(parts)-1 && n.hasCut(kind, value)) {
			return false
		}
	}
	return len(parts) > 0 && (n.Get("CN") == "" || slices.ContainsFunc(parts, isCommonName))
}

// attributes are what the name holds, without case in types and blanks around
// values.
func (n Name) attributes() map[Attribute]bool {
	set := make(map[Attribute]bool, len(n))
	for _, a := range n {
		set[Attribute{strings.ToLower(a.Type), strings.TrimSpace(a.Value)}] = true
	}
	return set
}

// hasCut reports whether an attribute goes on with a comma after the value: the
// CTL Client cut names there [A].
func (n Name) hasCut(kind, value string) bool {
	return slices.ContainsFunc(n, func(a Attribute) bool {
		return strings.ToLower(a.Type) == kind && strings.HasPrefix(strings.TrimSpace(a.Value), value+",")
	})
}

// splitName splits at semicolons, or at commas if there are none.
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

// readPart reads an attribute as names of records have it; quotes may be open.
func readPart(part string) (kind, value string, ok bool) {
	kind, value, ok = strings.Cut(part, "=")
	kind = strings.ToLower(strings.TrimSpace(kind))
	value = strings.TrimSpace(strings.Trim(strings.TrimSpace(value), `"`))
	return kind, value, ok && value != ""
}

// CommonName returns the CN of a name as records have it, "" if there is none.
func CommonName(recorded string) string {
	for part := range strings.FieldsFuncSeq(recorded, func(c rune) bool { return c == ';' || c == ',' }) {
		if kind, value, ok := readPart(part); ok && kind == "cn" {
			return value
		}
	}
	return ""
}

func isCommonName(part string) bool {
	kind, _, _ := strings.Cut(part, "=")
	return strings.EqualFold(strings.TrimSpace(kind), "CN")
}
