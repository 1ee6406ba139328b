package draft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Draft is a template and what it is made from.
type Draft struct {
	*tlv.Template
	Kind  tlv.Kind
	Style tlv.Style
	Old   *trust.List // the list that phones hold; nil for a new one
	Notes []string    // what the maker of the list should know
}

// Add puts a record behind the last SAST if it is one, else at the end.
func (d *Draft) Add(r tlv.Record) {
	at := len(d.Records)
	if r.Role() == tlv.RoleSAST {
		at = d.afterLastSAST()
	}
	d.Records = slices.Insert(d.Records, at, r)
}

func (d *Draft) afterLastSAST() int {
	at := 0
	for i, r := range d.Records {
		if r.Role() == tlv.RoleSAST {
			at = i + 1
		}
	}
	return at
}

// Remove takes out records by their numbers in the old list.
func (d *Draft) Remove(numbers []int) error {
	for _, n := range numbers {
		if n < 1 || n > len(d.Old.Records) {
			return fmt.Errorf("there is no record %d: the list has %d", n, len(d.Old.Records))
		}
		i := d.indexOf(d.Old.Records[n-1])
		if i < 0 {
			return fmt.Errorf("record %d is named twice", n)
		}
		d.Records = slices.Delete(d.Records, i, i+1)
	}
	return nil
}

// indexOf finds a record of the old list, by where it stood there.
func (d *Draft) indexOf(r tlv.Record) int {
	return slices.IndexFunc(d.Records, func(s tlv.Record) bool { return s.Offset == r.Offset })
}

// Replace puts the certificate into the record with the role and the host of the
// entry. The host may be left out where only one record has the role. Host and
// address of the record stay unless the entry has others.
func (d *Draft) Replace(e Entry, c *cert.Certificate) error {
	i, err := d.find(e)
	if err != nil {
		return err
	}
	old := d.Records[i]
	if !e.HasHost {
		e.Host.DNSName = old.DNSName()
	}
	if !e.Host.IPAddress.IsValid() {
		e.Host.IPAddress = old.IPAddress()
	}
	r, err := e.replacement(old, d.Kind, d.Style, c)
	if err != nil {
		return fmt.Errorf("%s: %w", e.File, err)
	}
	r.Offset = old.Offset
	d.Records[i] = r
	d.noteLeft(old, i)
	return nil
}

// replacement keeps a hash in place of the certificate where the old record has one.
func (e Entry) replacement(old tlv.Record, kind tlv.Kind, style tlv.Style, c *cert.Certificate) (tlv.Record, error) {
	style = e.style(style)
	if old.CertHash() != nil && old.Certificate() == nil {
		return c.HashRecord(style, e.Role, e.Host)
	}
	if old.Certificate() != nil {
		return c.Record(style, e.Role, e.Host)
	}
	return e.Record(kind, style, c)
}

func (d *Draft) find(e Entry) (int, error) {
	var found []int
	var hosts []string
	for i, r := range d.Records {
		if r.Role() != e.Role {
			continue
		}
		hosts = append(hosts, fmt.Sprintf("%q", r.DNSName()))
		if !e.HasHost || strings.EqualFold(r.DNSName(), e.Host.DNSName) {
			found = append(found, i)
		}
	}
	switch {
	case len(hosts) == 0:
		return 0, fmt.Errorf("no record has the role %s: use --add to add one", e.Role.String())
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return 0, fmt.Errorf("no record with the role %s has the host %q: there is %s", e.Role.String(), e.Host.DNSName, strings.Join(hosts, ", "))
	}
	return 0, fmt.Errorf("%d records have the role %s, host %s: name one with host=, or use --remove NUMBER and --add",
		len(found), e.Role.String(), strings.Join(hosts, ", "))
}

// noteLeft tells of records that still hold the certificate just replaced.
func (d *Draft) noteLeft(old tlv.Record, replaced int) {
	for i, r := range d.Records {
		if i != replaced && old.Certificate() != nil && string(r.Certificate()) == string(old.Certificate()) {
			d.Notes = append(d.Notes, fmt.Sprintf("record %d (%s) still holds the certificate that was replaced in record %d; "+
				"as a SAST it may have to stay while phones hold the old list, elsewhere replace it too", i+1, r.Role().String(), replaced+1))
		}
	}
}

// errITLNonSecure: phones check signed configuration files with these records.
var errITLNonSecure = errors.New("the list is an ITL: without the certificates of its CCM+TFTP records phones refuse their configuration files. " +
	"Leaving mixed mode empties records of the CTL only; the ITL is made by the TFTP server")

// NonSecure leaves RECORDLENGTH, DNSNAME, FUNCTION and IPADDRESS of CCM+TFTP
// records, as CUCM does when a cluster leaves mixed mode [A], and returns how
// many there are. It fails on ITLs.
func (d *Draft) NonSecure() (int, error) {
	if d.Kind == tlv.KindITL {
		return 0, errITLNonSecure
	}
	n := 0
	for i, r := range d.Records {
		if r.Role() != tlv.RoleCCMTFTP {
			continue
		}
		empty, err := tlv.NewRecord(d.Style, tlv.RoleCCMTFTP, tlv.RecordValues{DNSName: r.DNSName(), IPAddress: r.IPAddress()})
		if err != nil {
			return n, err
		}
		empty.Offset = r.Offset
		d.Records[i] = empty
		n++
	}
	return n, nil
}
