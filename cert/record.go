package cert

import (
	"crypto/sha1"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Style is the way a program writes new records: the form of names and
// serials, the order of fields, and which fields there are.
type Style uint8

// Styles.
const (
	// CUCM: names of Name.CUCM, SIGNATURE present [F].
	CUCM Style = iota
	// CTLClient: what Cisco's CTL Client wrote. Records of SASTs have names of
	// Name.CTLClient, the serial's least significant byte first [I, strong], no
	// host and the address 0.0.0.0; other records have CUCM's names. No record
	// has a SIGNATURE [A].
	CTLClient
	// Certutils: what open-source tools write: names of Name.String, fields in
	// the order of tlv.Certutils, SIGNATURE present [P].
	Certutils
)

var styleNames = []string{CUCM: "cucm", CTLClient: "ctlclient", Certutils: "certutils"}

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

// Layout returns the order of fields.
func (s Style) Layout() tlv.Layout {
	if s == Certutils {
		return tlv.Certutils
	}
	return tlv.CUCM
}

// A Host is where a server is. The zero Host leaves both out.
type Host struct {
	DNSName   string     // host name, or address as text
	IPAddress netip.Addr // IPv4
}

// Record returns the record of a certificate for a role. It fails with
// [ErrMalformed] if the key or a name cannot be found, and as tlv.NewRecord does.
func (c *Certificate) Record(style Style, role tlv.Role, host Host) (tlv.Record, error) {
	v, err := c.values(style, role, host)
	if err != nil {
		return tlv.Record{}, err
	}
	v.Certificate = c.Raw
	return tlv.NewRecord(style.Layout(), role, v)
}

// HashRecord returns a record that holds the SHA-1 of the certificate in its
// place, as ITLs do for CAPF and TVS [A].
func (c *Certificate) HashRecord(style Style, role tlv.Role, host Host) (tlv.Record, error) {
	v, err := c.values(style, role, host)
	if err != nil {
		return tlv.Record{}, err
	}
	hash := sha1.Sum(c.Raw)
	v.CertHash = hash[:]
	return tlv.NewRecord(style.Layout(), role, v)
}

func (c *Certificate) values(style Style, role tlv.Role, host Host) (tlv.RecordValues, error) {
	key, err := c.KeyBytes()
	if err != nil {
		return tlv.RecordValues{}, err
	}
	subject, err := ParseName(c.RawSubject)
	if err != nil {
		return tlv.RecordValues{}, fmt.Errorf("subject: %w", err)
	}
	issuer, err := ParseName(c.RawIssuer)
	if err != nil {
		return tlv.RecordValues{}, fmt.Errorf("issuer: %w", err)
	}
	v := tlv.RecordValues{
		DNSName: host.DNSName, IPAddress: host.IPAddress,
		Subject: subject.CUCM(), Issuer: issuer.CUCM(), SerialNumber: c.SerialNumber,
		PublicKey: key, Signature: c.Signature,
	}
	switch {
	case style == Certutils:
		v.Subject, v.Issuer = subject.String(), issuer.String()
	case style == CTLClient && role == tlv.SAST:
		v.DNSName, v.IPAddress = "", netip.IPv4Unspecified()
		v.Subject, v.Issuer = subject.CTLClient(), issuer.CTLClient()
		v.SerialNumber = v.SerialNumber.Reversed()
		v.Signature = nil
	case style == CTLClient:
		v.Signature = nil
	}
	return v, nil
}
