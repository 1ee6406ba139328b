package draft

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// An Entry is a record as it is asked for: ROLE=CERT.pem[,host=NAME][,ip=ADDR],
// or a certificate on a token.
type Entry struct {
	Role     tlv.Role
	Number   int    // of the record to be replaced, from 1; 0: the one with the role and the host
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
	return Entry{Role: role}.parse(s, rest)
}

// ParseReplacement is ParseEntry for a record to be replaced: a number in front of
// the equals sign is that of the record, from 1, and not of a role.
func ParseReplacement(s string) (Entry, error) {
	name, rest, _ := strings.Cut(s, "=")
	number, err := strconv.Atoi(name)
	if err != nil {
		return ParseEntry(s)
	}
	if number < 1 {
		return Entry{}, fmt.Errorf("%q: records are numbered from 1", s)
	}
	return Entry{Number: number}.parse(s, rest)
}

// parse reads what follows the equals sign in s.
func (e Entry) parse(s, rest string) (Entry, error) {
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
