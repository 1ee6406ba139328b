package cert

import (
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
