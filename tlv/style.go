package tlv

import (
	"fmt"
	"slices"
	"strconv"
)

// A Style is the way a program writes new records: the form of names and
// serials, the order of fields, and which fields there are. This package knows
// the order; package cert knows the rest.
type Style uint8

// Styles.
const (
	// StyleCUCM: header 1, 2, (28), 3{4, 5, 6}, 7{8, 9{10, 11}}, 12, 14, 15,
	// 13...; records in ascending order of tag, with a DNSNAME and a SIGNATURE in
	// each [F]. Names as in CN=...;OU=...;O=...
	StyleCUCM Style = iota
	// StyleCTLClient: what Cisco's CTL Client wrote, in the order of StyleCUCM.
	// Records of SASTs have names such as cn="SAST-ADN...";ou=IPCBU, the serial's
	// least significant byte first [I, strong], no host and the address 0.0.0.0;
	// other records have CUCM's names. No record has a SIGNATURE [A].
	StyleCTLClient
	// StyleCertutils: what open-source tools write: header 3{4, 6, 5}, and records
	// without DNSNAME that begin 3, 5, 6, 4, with a SIGNATURE; names joined by
	// commas [P]. Where DNSNAME, CERTHASH, HASH ALGORITHM and IPADDRESS would stand
	// in this order is our choice.
	StyleCertutils
)

var styleNames = []string{StyleCUCM: "cucm", StyleCTLClient: "ctlclient", StyleCertutils: "certutils"}

// String returns "cucm", "ctlclient" or "certutils"; an unknown style is
// "style N".
func (s Style) String() string {
	if int(s) < len(styleNames) {
		return styleNames[s]
	}
	return "style " + strconv.Itoa(int(s))
}

// ParseStyle is the inverse of String.
func ParseStyle(name string) (Style, error) {
	if i := slices.Index(styleNames, name); i >= 0 {
		return Style(i), nil
	}
	return 0, fmt.Errorf("unknown style %q: use cucm, ctlclient or certutils", name)
}

// order returns the style whose order of fields s has.
func (s Style) order() Style {
	if s == StyleCertutils {
		return StyleCertutils
	}
	return StyleCUCM
}
