package fetch

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path"
	"runtime"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// Schemes of locations.
const (
	SchemeTFTP  = "tftp"
	SchemeHTTP  = "http"
	SchemeHTTPS = "https"
	SchemeSSH   = "ssh"
)

var defaultPorts = map[string]string{SchemeTFTP: "69", SchemeHTTP: "80", SchemeHTTPS: "443", SchemeSSH: "22"}

// A Location is a file on a server or a phone. [ParseLocation] makes one from a
// URL, [At] from its parts. It never holds a password.
type Location struct {
	Scheme string // SchemeTFTP, ...
	User   string // SSH only
	Host   string // a name or an address, IPv6 without brackets
	Port   string // decimal, also where it is the scheme's own
	Path   string // unescaped; SSH: begins with a slash, others: does not

	text string // as it was written
}

// String returns the URL, as it was written.
func (l Location) String() string { return l.text }

// Name returns the last part of the path.
func (l Location) Name() string { return path.Base(l.Path) }

// authority returns HOST or HOST:PORT, as it was written.
func (l Location) authority() string {
	_, rest, _ := strings.Cut(l.text, "://")
	authority, _, _ := strings.Cut(rest, "/")
	return authority[strings.LastIndex(authority, "@")+1:]
}

// At returns the location of a file on a server. An empty port is the scheme's
// own.
func At(scheme, host, port, name string) Location {
	authority := host
	if strings.Contains(host, ":") {
		authority = "[" + host + "]"
	}
	if port == "" {
		port = defaultPorts[scheme]
	} else {
		authority += ":" + port
	}
	return Location{Scheme: scheme, Host: host, Port: port, Path: name, text: scheme + "://" + authority + "/" + name}
}

// Beside returns the location of another file in the same folder.
func (l Location) Beside(name string) Location {
	l.Path = strings.TrimSuffix(l.Path, l.Name()) + name
	l.text = l.text[:strings.LastIndex(l.text, "/")+1] + name
	return l
}

func (l Location) address() string { return net.JoinHostPort(l.Host, l.Port) }

// A scheme has two letters at least: C:// begins with a drive.
var urlStart = lazyregexp.New(`^[A-Za-z][A-Za-z0-9+.-]+://`)

// IsURL reports whether s is meant as a URL, not as the name of a file or a host,
// whatever its scheme: it begins with a scheme and "://". [ParseLocation] says
// whether it is one that can be fetched.
func IsURL(s string) bool { return urlStart().MatchString(s) }

// ParseLocation reads a URL, which can hold no password. The error is an [*Error];
// no password is in its text.
func ParseLocation(s string) (Location, error) {
	l, err := parse(s)
	if err != nil {
		return Location{}, &Error{Redact(s), err}
	}
	return l, nil
}

func parse(s string) (Location, error) {
	if HoldsPassword(s) {
		return Location{}, fail(BadLocation, nil, `holds a password; leave it out, you will be asked for it (write "@" in a path as %%40)`)
	}
	scheme, _, ok := strings.Cut(s, "://")
	if !ok || defaultPorts[strings.ToLower(scheme)] == "" {
		return Location{}, fail(BadLocation, nil, "unknown scheme %q; use tftp://, http://, https:// or ssh://", scheme)
	}
	u, err := url.Parse(s)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err // the location is named already
		}
		return Location{}, fail(BadLocation, err, "not a URL")
	}
	l := Location{Scheme: u.Scheme, User: u.User.Username(), Host: u.Hostname(), Port: u.Port(), Path: u.Path, text: s}
	if l.Port == "" {
		l.Port = defaultPorts[l.Scheme]
	}
	if err := l.check(u); err != nil {
		return Location{}, err
	}
	if l.Scheme != SchemeSSH {
		l.Path = strings.TrimPrefix(l.Path, "/")
	}
	return l, nil
}

func (l Location) check(u *url.URL) error {
	switch {
	case l.Host == "":
		return fail(BadLocation, nil, "names no host")
	case !isPort(l.Port):
		return fail(BadLocation, nil, "port %s is not between 1 and 65535", l.Port)
	case len(l.Path) < 2 || strings.HasSuffix(l.Path, "/"):
		return fail(BadLocation, nil, "names no file")
	case l.Scheme == SchemeSSH && l.User == "":
		return fail(BadLocation, nil, "names no user; use ssh://USER@PHONE/tmp/CTLFile.tlv")
	case l.Scheme != SchemeSSH && u.User != nil:
		return fail(BadLocation, nil, "names a user; only ssh URLs do")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fail(BadLocation, nil, "has a part after ? or #; trust lists have none")
	case strings.ContainsFunc(l.User+l.Host+l.Path, control):
		return fail(BadLocation, nil, "holds a control character")
	case l.Scheme == SchemeTFTP && len(l.Path) > maxTFTPName:
		return fail(BadLocation, nil, "the name has more than %d bytes", maxTFTPName)
	}
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// HoldsPassword reports whether a URL, or something typed in place of one, may
// hold a password: "ssh://u:a/b@h/x" and "u:pw@h/x" do.
func HoldsPassword(s string) bool {
	_, _, found := secret(s, "@")
	return found
}

// Redact returns s without what may be a password.
func Redact(s string) string {
	if from, to, found := secret(s, "@", "%40"); found {
		return s[:from] + "..." + s[to:]
	}
	return s
}

// secret finds what may be a password: all between a colon and the last "@",
// spelt in one of these ways. Where a password holds a slash or an "@" nothing
// tells where it ends. On Windows a path with a drive holds none.
func secret(s string, ats ...string) (from, to int, found bool) {
	if runtime.GOOS == "windows" && onDrive(s) {
		return 0, 0, false
	}
	start := len(urlStart().FindString(s))
	for _, at := range ats {
		to = max(to, strings.LastIndex(s, at))
	}
	if to <= start {
		return 0, 0, false
	}
	colon := firstColon().FindStringIndex(s[start:to])
	if colon == nil {
		return 0, 0, false
	}
	return start + colon[1], to, true
}

// onDrive reports whether s is a path of Windows such as C:\lists or c:/lists.
func onDrive(s string) bool {
	return len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/') && ('a' <= s[0]|0x20 && s[0]|0x20 <= 'z')
}

var firstColon = lazyregexp.New(`(?i):|%3a`)

// SplitHost takes HOST[:PORT] apart: a name, an IPv4 address, or an IPv6 address,
// which needs brackets if a port follows.
func SplitHost(arg string) (host, port string, err error) {
	if HoldsPassword(arg) {
		return "", "", fail(BadLocation, nil, "%q holds a password; leave it out, you will be asked for it", Redact(arg))
	}
	if strings.Contains(arg, "://") {
		return "", "", fail(BadLocation, nil, "%q is a URL; use HOST, HOST:PORT or [IPv6]:PORT", Redact(arg))
	}
	host = arg
	inner, bracket := strings.CutPrefix(arg, "[")
	switch _, isAddress := netip.ParseAddr(arg); {
	case isAddress == nil:
	case bracket && strings.HasSuffix(inner, "]"):
		host = strings.TrimSuffix(inner, "]")
	case strings.Contains(arg, ":"):
		if host, port, err = net.SplitHostPort(arg); err == nil && !isPort(port) {
			return "", "", fail(BadLocation, nil, "%q: the port is not between 1 and 65535", Redact(arg))
		}
	}
	if addr, bad := netip.ParseAddr(host); err == nil && (bad == nil && addr.Zone() == "" || hostName().MatchString(host)) {
		return host, port, nil
	}
	return "", "", fail(BadLocation, nil, "%q is not a host; use HOST, HOST:PORT or [IPv6]:PORT", Redact(arg))
}

var hostName = lazyregexp.New(`^[0-9A-Za-z_]([0-9A-Za-z_.-]{0,251}[0-9A-Za-z_])?$`)
