package ctl

import (
	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// New starts a CTL: version 1.2, FILENAME, SHA-1, which all phones know. Add
// records and a time, then sign it with [trust.Sign].
func New(style tlv.Style) *tlv.Template { return tlv.NewTemplate(style, tlv.KindCTL) }

// NewRecord returns the record that a certificate becomes in a CTL: every record
// holds the certificate itself. It fails as [cert.Certificate.Record] does.
func NewRecord(c *cert.Certificate, style tlv.Style, role tlv.Role, host cert.Host) (tlv.Record, error) {
	return c.Record(cert.RecordStyle(style, role, host), role, host)
}

// Replace puts another certificate into the record with the number, from 1. Host
// and address of the record stay unless host has others. A record without a
// certificate, as a cluster that left mixed mode has them, gets one.
func Replace(t *tlv.Template, number int, c *cert.Certificate, style tlv.Style, host cert.Host) error {
	r, err := c.Replacement(t.Records[number-1], style, host)
	if err != nil {
		return err
	}
	t.Records[number-1] = r
	return nil
}

// LeaveMixedMode empties the records of CCM+TFTP as CUCM does when a cluster
// leaves mixed mode: RECORDLENGTH, DNSNAME, FUNCTION and IPADDRESS stay [A]. It
// returns how many there are.
func LeaveMixedMode(t *tlv.Template) (int, error) {
	n := 0
	for i, r := range t.Records {
		if r.Role() != tlv.RoleCCMTFTP {
			continue
		}
		empty, err := tlv.NewRecord(tlv.StyleCUCM, r.Role(), tlv.RecordValues{DNSName: r.DNSName(), IPAddress: r.IPAddress()})
		if err != nil {
			return n, err
		}
		t.Records[i] = empty
		n++
	}
	return n, nil
}
