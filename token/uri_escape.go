package token

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// String is the URI with its attributes in a fixed order, so that equal URIs
// print equally, and without pin-value. There is no placeholder for the PIN:
// somebody would paste it back, and it would be tried.
func (u URI) String() string {
	path, query := []string{}, []string{}
	add := func(name, value string, isQuery bool) {
		part := name + "=" + escape(name, value, isQuery)
		if isQuery {
			query = append(query, part)
		} else {
			path = append(path, part)
		}
	}
	for _, a := range uriAttributes {
		if value := a.get(&u); value != "" {
			add(a.name, value, a.query)
		}
	}
	for _, a := range u.Vendor {
		add(a.Name, a.Value, a.Query)
	}
	s := scheme + strings.Join(path, ";")
	if len(query) > 0 {
		s += "?" + strings.Join(query, "&")
	}
	return s
}

// GoString is String: %#v must not show the PIN either.
func (u URI) GoString() string { return u.String() }

// Format prints String for every verb, quoted for %q.
func (u URI) Format(f fmt.State, verb rune) {
	s := u.String()
	if verb == 'q' {
		s = strconv.Quote(s)
	}
	_, _ = io.WriteString(f, s)
}

const upperHex = "0123456789ABCDEF"

// escape leaves what needs no quoting in a shell as it is. An id is escaped as
// a whole, as RFC 7512 section 2.3 advises.
func escape(name, value string, query bool) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		plain := isUnreserved(c) || strings.IndexByte(":+@,", c) >= 0 || query && c == '/'
		if plain && name != "id" {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return b.String()
}

// unescape accepts the characters of RFC 7512's pk11-pchar or pk11-qchar.
func unescape(s string, query bool) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", errors.New("a percent sign is not followed by two hex digits")
			}
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", errors.New("a percent sign is not followed by two hex digits")
			}
			b.WriteByte(byte(n))
			i += 2
			continue
		}
		if !allowed(c, query) {
			return "", fmt.Errorf("holds a character that has to be written as %%%02X", c)
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

func allowed(c byte, query bool) bool {
	if isUnreserved(c) || strings.IndexByte(":[]@!$'()*+,=", c) >= 0 {
		return true
	}
	if query {
		return strings.IndexByte("/?|", c) >= 0
	}
	return c == '&'
}

func isUnreserved(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("-._~", c) >= 0
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
