package tlv

import (
	"fmt"
	"strconv"
	"strings"
)

// The codes marshal as the text that flags take, so that JSON and the command
// line have one spelling. An absent field is "".

// MarshalText returns "ctl" or "itl", "" for KindUnknown.
func (k Kind) MarshalText() ([]byte, error) {
	if k == KindUnknown {
		return nil, nil
	}
	return []byte(strings.ToLower(k.String())), nil
}

// UnmarshalText reads what MarshalText writes, in any case.
func (k *Kind) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "":
		*k = KindUnknown
	case "ctl":
		*k = KindCTL
	case "itl":
		*k = KindITL
	default:
		return fmt.Errorf("unknown kind of list %q: use ctl or itl", text)
	}
	return nil
}

var digestTexts = map[Digest]string{
	DigestAbsent: "", DigestSHA1: "sha1", DigestSHA256: "sha256", DigestSHA512: "sha512", DigestLegacySHA512: "sha512-legacy",
}

// MarshalText returns "sha1", "sha512", "sha256" (code 2, never seen),
// "sha512-legacy" (code 4), or the number of another code.
func (d Digest) MarshalText() ([]byte, error) {
	if text, ok := digestTexts[d]; ok {
		return []byte(text), nil
	}
	return strconv.AppendInt(nil, int64(d), 10), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Digest) UnmarshalText(text []byte) error {
	for code, s := range digestTexts {
		if s == string(text) {
			*d = code
			return nil
		}
	}
	n, err := strconv.ParseUint(string(text), 10, 8)
	if err != nil {
		return fmt.Errorf("unknown digest %q: use sha1 or sha512", text)
	}
	*d = Digest(n)
	return nil
}

// MarshalText returns String, "" for RoleAbsent.
func (r Role) MarshalText() ([]byte, error) {
	if r == RoleAbsent {
		return nil, nil
	}
	return []byte(r.String()), nil
}

// UnmarshalText reads what MarshalText writes; see ParseRole.
func (r *Role) UnmarshalText(text []byte) (err error) {
	if *r = RoleAbsent; len(text) > 0 {
		*r, err = ParseRole(string(text))
	}
	return err
}

// MarshalText returns String.
func (s Style) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Style) UnmarshalText(text []byte) (err error) {
	*s, err = ParseStyle(string(text))
	return err
}
