package cert

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"net/netip"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Host is where a server is. The zero Host leaves both out.
type Host struct {
	DNSName   string     // host name, or address as text
	IPAddress netip.Addr // IPv4
}

// Record returns the record of a certificate for a role. It fails with
// [ErrMalformed] if the key or a name cannot be found, and as tlv.NewRecord does.
func (c *Certificate) Record(style tlv.Style, role tlv.Role, host Host) (tlv.Record, error) {
	v, err := c.values(style, role, host)
	if err != nil {
		return tlv.Record{}, err
	}
	v.Certificate = c.Raw
	return tlv.NewRecord(style, role, v)
}

// HashRecord returns a record that holds the SHA-1 of the certificate in its
// place, as ITLs do for CAPF and TVS [A].
func (c *Certificate) HashRecord(style tlv.Style, role tlv.Role, host Host) (tlv.Record, error) {
	v, err := c.values(style, role, host)
	if err != nil {
		return tlv.Record{}, err
	}
	hash := sha1.Sum(c.Raw)
	v.CertHash = hash[:]
	return tlv.NewRecord(style, role, v)
}

// RecordStyle returns the style of a record in a list of a style. A SAST with a
// host is a server, not a token, and only CUCM writes those: in the CTL Client's
// form the next list of CUCM would not name it, and phones would refuse that list.
func RecordStyle(style tlv.Style, role tlv.Role, host Host) tlv.Style {
	server := host.DNSName != "" || host.IPAddress.IsValid() && !host.IPAddress.IsUnspecified()
	if style == tlv.StyleCTLClient && role == tlv.RoleSAST && server {
		return tlv.StyleCUCM
	}
	return style
}

// Replacement returns the record that takes the place of another one when the
// certificate is renewed. It keeps what the old record holds: the certificate, or
// its SHA-1. Host and address stay unless host has others.
func (c *Certificate) Replacement(old tlv.Record, style tlv.Style, host Host) (tlv.Record, error) {
	host = host.or(old)
	style = RecordStyle(style, old.Role(), host)
	if old.CertHash() != nil && old.Certificate() == nil {
		return c.HashRecord(style, old.Role(), host)
	}
	return c.Record(style, old.Role(), host)
}

// or fills in what is missing from a record.
func (h Host) or(r tlv.Record) Host {
	if h.DNSName == "" {
		h.DNSName = r.DNSName()
	}
	if !h.IPAddress.IsValid() {
		h.IPAddress = r.IPAddress()
	}
	return h
}

func (c *Certificate) values(style tlv.Style, role tlv.Role, host Host) (tlv.RecordValues, error) {
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
	case style == tlv.StyleCertutils:
		v.SerialNumber = append(tlv.Serial{}, bytes.TrimLeft(v.SerialNumber, "\x00")...) // no bytes for 0 [F]
		v.Subject, v.Issuer = subject.Certutils(), issuer.Certutils()
	case style == tlv.StyleCTLClient && role == tlv.RoleSAST:
		v.DNSName, v.IPAddress = "", netip.IPv4Unspecified()
		v.Subject, v.Issuer = subject.CTLClient(), issuer.CTLClient()
		v.SerialNumber = v.SerialNumber.Reversed()
		v.Signature = nil
	case style == tlv.StyleCTLClient:
		v.Signature = nil
	}
	return v, nil
}
