package tlv

import (
	"bytes"
	"slices"
	"strings"
)

// A Serial is a certificate's serial number as a list holds it. CUCM writes the
// magnitude, most significant byte first, without the leading zero byte that
// DER needs when the first bit is set [F][P]. The CTL Client wrote the serials
// of tokens least significant byte first [I, strong].
type Serial []byte

// String returns the bytes as they stand, as in "74:AE:9E:6B".
func (s Serial) String() string { return hexBytes(s, ':') }

// Equal reports whether both are the same bytes.
func (s Serial) Equal(t Serial) bool { return bytes.Equal(s, t) }

// Matches reports whether s is the serial number of a certificate: certificate
// is the magnitude, most significant byte first, and s may be in either byte
// order. Zero bytes in the most significant place do not count, so that the
// serial zero, whose magnitude has no bytes, matches, and so does an empty s; an
// absent one, nil, matches nothing. Matches is no proof of identity: prefer the public key where there
// is one.
func (s Serial) Matches(certificate []byte) bool {
	if s == nil {
		return false
	}
	want := bytes.TrimLeft(certificate, "\x00")
	return bytes.Equal(bytes.TrimLeft(s, "\x00"), want) ||
		bytes.Equal(bytes.TrimLeft(s.Reversed(), "\x00"), want)
}

// Reversed returns a copy with the other byte order.
func (s Serial) Reversed() Serial {
	r := slices.Clone(s)
	slices.Reverse(r)
	return r
}

func hexBytes(b []byte, separator byte) string {
	const digits = "0123456789ABCDEF"
	var w strings.Builder
	w.Grow(3 * len(b))
	for i, c := range b {
		if i > 0 {
			w.WriteByte(separator)
		}
		w.WriteByte(digits[c>>4])
		w.WriteByte(digits[c&15])
	}
	return w.String()
}
