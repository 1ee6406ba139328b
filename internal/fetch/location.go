package fetch

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

const (
	schemeTFTP  = "tftp"
	schemeHTTP  = "http"
	schemeHTTPS = "https"
	schemeSSH   = "ssh"
)

var defaultPorts = map[string]string{schemeTFTP: "69", schemeHTTP: "80", schemeHTTPS: "443", schemeSSH: "22"}

// A place is a location taken apart.
type place struct {
	scheme, user, host, port string
	path                     string // unescaped; for ssh it begins with a slash, for the others it does not
}

func (p place) address() string { return net.JoinHostPort(p.host, p.port) }

// IsLocation reports whether s is meant as a location, not as a file: it begins
// with a scheme of this package.
func IsLocation(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && defaultPorts[strings.ToLower(scheme)] != ""
}

// CheckLocation reports what is wrong with a location, without going there.
func CheckLocation(s string) error {
	if _, err := parse(s); err != nil {
		return &Error{redact(s), err}
	}
	return nil
}

var passwordPart = lazyregexp.New(`(://[^/@:]*):[^/]*@`)

// redact takes a password out of a location that is refused for it.
func redact(location string) string { return passwordPart().ReplaceAllString(location, "$1:...@") }

func parse(s string) (place, error) {
	u, err := url.Parse(s)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err // the location is named already
		}
		return place{}, fail(BadLocation, err, "not a location")
	}
	p := place{scheme: u.Scheme, user: u.User.Username(), host: u.Hostname(), port: u.Port(), path: u.Path}
	if p.port == "" {
		p.port = defaultPorts[p.scheme]
	}
	if err := p.check(u); err != nil {
		return place{}, err
	}
	if p.scheme != schemeSSH {
		p.path = strings.TrimPrefix(p.path, "/")
	}
	return p, nil
}

func (p place) check(u *url.URL) error {
	_, password := u.User.Password()
	port, _ := strconv.Atoi(p.port)
	switch {
	case defaultPorts[p.scheme] == "":
		return fail(BadLocation, nil, "begins with neither tftp, http, https nor ssh")
	case p.host == "":
		return fail(BadLocation, nil, "names no host")
	case port < 1 || port > 65535:
		return fail(BadLocation, nil, "port %s is not between 1 and 65535", p.port)
	case len(p.path) < 2 || strings.HasSuffix(p.path, "/"):
		return fail(BadLocation, nil, "names no file")
	case password:
		return fail(BadLocation, nil, "holds a password; leave it out, it is asked for")
	case p.scheme == schemeSSH && p.user == "":
		return fail(BadLocation, nil, "names no user; ssh://USER@PHONE/tmp/CTLFile.tlv")
	case p.scheme != schemeSSH && u.User != nil:
		return fail(BadLocation, nil, "names a user; only ssh knows users")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fail(BadLocation, nil, "has a part after ? or #; trust lists have none")
	case strings.ContainsFunc(p.user+p.host+p.path, control):
		return fail(BadLocation, nil, "holds a control character")
	case p.scheme == schemeTFTP && len(p.path) > maxTFTPName:
		return fail(BadLocation, nil, "the name has more than %d bytes", maxTFTPName)
	}
	return nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }
