// Package draft puts together the lists that build and update are asked for, and
// words for people what trust and lint find in them.
package draft

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Draft is a list to be signed and what it is made from.
type Draft struct {
	*tlv.Template
	Kind  tlv.Kind
	Style tlv.Style
	Old   *trust.List // the list that phones hold; nil for a new one
	Notes []string    // what the maker of the list should know
}

// New starts a list.
func New(kind tlv.Kind, style tlv.Style) *Draft {
	start := ctl.New
	if kind == tlv.KindITL {
		start = itl.New
	}
	return &Draft{Template: start(style), Kind: kind, Style: style}
}

// Of is the draft of a template.
func Of(t *tlv.Template) *Draft {
	return &Draft{Template: t, Kind: tlv.KindOf(t.Filename), Style: StyleOf(t.Records)}
}

// Successor is a draft that still equals the list that phones hold.
func Successor(old *trust.List, kind tlv.Kind) *Draft {
	return &Draft{Template: old.Template(), Kind: kind, Style: StyleOf(old.Records), Old: old}
}

// StyleOf returns the style of records that are to be added to others.
func StyleOf(records []tlv.Record) tlv.Style { return cert.StyleOf(tlv.Header{}, records) }

// Record returns the record that an entry with this certificate becomes.
func (d *Draft) Record(e Entry, c *cert.Certificate) (tlv.Record, error) {
	record := ctl.NewRecord
	if d.Kind == tlv.KindITL {
		record = itl.NewRecord
	}
	r, err := record(c, d.Style, e.Role, e.Host)
	if err != nil {
		return r, fmt.Errorf("%s%s: %w", e.File, e.TokenURI, err)
	}
	d.noteForm(e)
	return r, nil
}

// noteForm notes how a SAST is written if it may be a server's or a token's:
// phones look for its names and its serial number byte for byte.
func (d *Draft) noteForm(e Entry) {
	switch {
	case e.Role != tlv.RoleSAST || e.File == "" || e.Host != (cert.Host{}):
	case d.Style == tlv.StyleCTLClient:
		d.note("%s is written the way the CTL Client wrote tokens. If it is a server's certificate, give host= and ip=; otherwise the lists that CUCM signs with it name a signer that phones do not find", e.File)
	case d.Style == tlv.StyleCUCM:
		d.note("%s is written the way CUCM writes servers. If it is a token's certificate, use --style ctlclient or --token-record; otherwise phones that know the token from a list of the CTL Client do not find it", e.File)
	}
}

func (d *Draft) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

// Replace puts the certificate into the record with the role and the host of the
// entry. The host may be left out if only one record has the role.
func (d *Draft) Replace(e Entry, c *cert.Certificate) error {
	number, err := d.find(e)
	if err != nil {
		return err
	}
	replace := ctl.Replace
	if d.Kind == tlv.KindITL {
		replace = itl.Replace
	}
	old := d.Records[number-1]
	if err := replace(d.Template, number, c, d.Style, e.Host); err != nil {
		return fmt.Errorf("%s: %w", e.File, err)
	}
	d.noteLeft(old, number)
	return nil
}

// find returns the number of the record that the entry is for.
func (d *Draft) find(e Entry) (int, error) {
	if e.Number > len(d.Records) {
		return 0, fmt.Errorf("there is no record %d: the list has %d", e.Number, len(d.Records))
	}
	if e.Number > 0 {
		return e.Number, nil
	}
	var host []string
	if e.HasHost {
		host = []string{e.Host.DNSName}
	}
	number, err := d.Find(e.Role, host...)
	var wrong *tlv.FindError
	switch {
	case err == nil:
		return number, nil
	case errors.As(err, &wrong) && len(wrong.Hosts) == 0:
		return 0, fmt.Errorf("%w. Name one of those, or use --add", err)
	case errors.As(err, &wrong) && len(wrong.Numbers) > 0:
		return 0, fmt.Errorf("%w: name one with host=, or by its number with --replace NUMBER=CERT", err)
	}
	return 0, err
}

// noteLeft notes records that still hold the certificate just replaced.
func (d *Draft) noteLeft(old tlv.Record, replaced int) {
	for i, r := range d.Records {
		if i+1 != replaced && old.Certificate() != nil && string(r.Certificate()) == string(old.Certificate()) {
			d.note("record %d (%s) still holds the certificate that was replaced in record %d. "+
				"As a SAST it may have to stay while phones hold the old list; in another role, replace it too", i+1, r.Role(), replaced)
		}
	}
}

// errITLNonSecure: phones check signed configuration files with these records.
var errITLNonSecure = errors.New("the list is an ITL: without the certificates of its CCM+TFTP records phones refuse their configuration files. " +
	"Leaving mixed mode empties records of the CTL only; the ITL is made by the TFTP server")

// NonSecure empties the CCM+TFTP records of a CTL.
func (d *Draft) NonSecure() error {
	if d.Kind == tlv.KindITL {
		return errITLNonSecure
	}
	n, err := ctl.LeaveMixedMode(d.Template)
	if err == nil && n == 0 {
		return errors.New("the list has no CCM+TFTP record")
	}
	return err
}

// SetSignerVersion sets the signer's version, "1.0" or "1.1". If v is "" the list
// keeps what it has, unless a record has an EC key, which phones know only in lists
// that say 1.1.
func (d *Draft) SetSignerVersion(v string) error {
	switch v {
	case "1.0", "1.1":
		d.SignerVersion = tlv.Version{Major: 1, Minor: v[2] - '0'}
		return nil
	case "":
		d.raiseSignerVersion()
		return nil
	}
	return fmt.Errorf("unknown signer version %q: use 1.0 or 1.1", v)
}

func (d *Draft) raiseSignerVersion() {
	i := slices.IndexFunc(d.Records, hasECKey)
	if v := d.SignerVersion; i < 0 || v.Major > 1 || v.Major == 1 && v.Minor >= 1 {
		return
	}
	d.SignerVersion = tlv.Version{Major: 1, Minor: 1}
	d.note("record %d has an EC key, so the list has signer version 1.1, which tells phones that EC keys are used; use --signer-version 1.0 for phones that know no EC keys", i+1)
}

// hasECKey reports whether PUBLICKEY is an uncompressed point.
func hasECKey(r tlv.Record) bool {
	key := r.PublicKey()
	return len(key) > 0 && key[0] == 4
}

// Conditions are what the draft is signed under by the owner of a certificate,
// nil if it is not known.
func (d *Draft) Conditions(signer *cert.Certificate, permit trust.Permission) (trust.Conditions, error) {
	c := trust.Conditions{Installed: d.Old, Permit: permit}
	if signer == nil {
		return c, nil
	}
	r, err := signer.Record(d.Style, tlv.RoleSAST, cert.Host{})
	if err != nil {
		return c, fmt.Errorf("the signer's certificate: %w", err)
	}
	c.Outsider = &r
	return c, nil
}
