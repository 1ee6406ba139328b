package cert

import (
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// StyleOf returns the style that a list is written in: that of open-source tools
// by the order of its fields [P] or by commas between the parts of a name [F][P],
// the CTL Client's by the name of a token [A], else CUCM's. Who made the list is
// not proven by that: any program can write any style.
func StyleOf(h tlv.Header, records []tlv.Record) tlv.Style {
	if issuerFirst(h) {
		return tlv.StyleCertutils
	}
	for _, r := range records {
		switch name := r.Subject(); {
		case roleLast(r), strings.Contains(name, ",") && !strings.Contains(name, ";"):
			return tlv.StyleCertutils
		case r.Role() == tlv.RoleSAST && strings.HasPrefix(name, "cn="):
			return tlv.StyleCTLClient
		}
	}
	return tlv.StyleCUCM
}

// issuerFirst reports whether the header names the issuer before the serial number.
func issuerFirst(h tlv.Header) bool {
	for _, f := range h.Fields {
		for _, child := range f.Fields {
			switch child.Tag {
			case tlv.HeaderCAName:
				return true
			case tlv.HeaderSerialNumber:
				return false
			}
		}
	}
	return false
}

// roleLast reports whether the record has its role after its issuer.
func roleLast(r tlv.Record) bool {
	for _, f := range r.Fields {
		switch f.Tag {
		case tlv.RecordIssuerName:
			return r.Role() != tlv.RoleAbsent
		case tlv.RecordFunction:
			return false
		}
	}
	return false
}
