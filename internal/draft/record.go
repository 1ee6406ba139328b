// Package draft puts together lists that are about to be signed: new ones, and
// the successor of a list that phones hold. It says what phones would do with
// them, so that nobody signs a list that strands phones without having been told.
package draft

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// An Entry is a record as it is asked for: ROLE=CERT.pem[,host=NAME][,ip=ADDR],
// or a certificate on a token.
type Entry struct {
	Role     tlv.Role
	File     string // certificate file
	TokenURI string // in place of File
	Host     cert.Host
	HasHost  bool // host= was given, even if empty
}

// ParseEntry reads ROLE=CERT.pem[,host=NAME][,ip=ADDR]. An IPv4 address as the
// host is taken for ip as well.
func ParseEntry(s string) (Entry, error) {
	name, rest, ok := strings.Cut(s, "=")
	if !ok || rest == "" {
		return Entry{}, fmt.Errorf("%q: expected ROLE=CERT.pem[,host=NAME][,ip=ADDR], as in CCM+TFTP=cucm1.pem,host=cucm1.example.com,ip=192.0.2.10", s)
	}
	role, err := tlv.ParseRole(name)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Role: role}
	for {
		file, option, found := cutLast(rest, ",")
		key, value, pair := strings.Cut(option, "=")
		if !found || !pair || key != "host" && key != "ip" {
			break
		}
		if err := e.set(key, value); err != nil {
			return Entry{}, fmt.Errorf("%q: %w", s, err)
		}
		rest = file
	}
	if e.File = rest; rest == "" {
		return Entry{}, fmt.Errorf("%q names no certificate file: expected ROLE=CERT.pem[,host=NAME][,ip=ADDR]", s)
	}
	if ip, err := netip.ParseAddr(e.Host.DNSName); err == nil && ip.Is4() && !e.Host.IPAddress.IsValid() {
		e.Host.IPAddress = ip
	}
	return e, nil
}

func (e *Entry) set(key, value string) error {
	if key == "host" {
		if e.HasHost {
			return errors.New("host is given twice")
		}
		e.Host.DNSName, e.HasHost = value, true
		return nil
	}
	if e.Host.IPAddress.IsValid() {
		return errors.New("ip is given twice")
	}
	ip, err := netip.ParseAddr(value)
	if err != nil || !ip.Is4() {
		return fmt.Errorf("ip=%s: expected an IPv4 address; how lists hold IPv6 is unknown", value)
	}
	e.Host.IPAddress = ip
	return nil
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// Record returns the record of the certificate for the kind of list. A SAST with
// a host is a server, not a token, and only CUCM writes those: in the CTL
// Client's form CUCM's own next list would not name it, and phones would refuse
// that list.
func (e Entry) Record(kind tlv.Kind, style tlv.Style, c *cert.Certificate) (tlv.Record, error) {
	style = e.style(style)
	if kind == tlv.KindITL {
		return itl.NewRecord(c, style, e.Role, e.Host)
	}
	return ctl.NewRecord(c, style, e.Role, e.Host)
}

func (e Entry) style(style tlv.Style) tlv.Style {
	if style == tlv.StyleCTLClient && e.Role == tlv.RoleSAST && (e.Host.DNSName != "" || e.Host.IPAddress.IsValid() && !e.Host.IPAddress.IsUnspecified()) {
		return tlv.StyleCUCM
	}
	return style
}

// StyleOf returns the style that a list is written in, for records to be added
// to it: the CTL Client's if a SAST has a name in its form, that of open-source
// tools if a name is separated by commas, else CUCM's [I].
func StyleOf(records []tlv.Record) tlv.Style {
	for _, r := range records {
		switch s := r.Subject(); {
		case r.Role() == tlv.RoleSAST && strings.HasPrefix(s, "cn="):
			return tlv.StyleCTLClient
		case strings.Contains(s, ",") && !strings.Contains(s, ";"):
			return tlv.StyleCertutils
		}
	}
	return tlv.StyleCUCM
}
