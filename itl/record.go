package itl

import (
	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// New starts an ITL: version 1.2, FILENAME, SHA-1. Add records and a time, then
// sign it with [trust.Sign].
func New(style tlv.Style) *tlv.Template { return tlv.NewTemplate(style, tlv.KindITL) }

// NewRecord returns the record that a certificate becomes in an ITL. Records of
// CAPF and TVS hold its SHA-1 in its place [A]; open-source tools put the
// certificate itself into all records [P]. It fails as [cert.Certificate.Record]
// does.
func NewRecord(c *cert.Certificate, style tlv.Style, role tlv.Role, host cert.Host) (tlv.Record, error) {
	style = cert.RecordStyle(style, role, host)
	if style != tlv.StyleCertutils && (role == tlv.RoleCAPF || role == tlv.RoleTVS) {
		return c.HashRecord(style, role, host)
	}
	return c.Record(style, role, host)
}

// Replace puts another certificate into the record with the number, from 1. Host
// and address of the record stay unless host has others, and a hash stays a hash.
func Replace(t *tlv.Template, number int, c *cert.Certificate, style tlv.Style, host cert.Host) error {
	r, err := c.Replacement(t.Records[number-1], style, host)
	if err != nil {
		return err
	}
	t.Records[number-1] = r
	return nil
}
