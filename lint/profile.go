package lint

import (
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Profile is what a list is for. It decides which rules apply and what there is
// to do.
type Profile uint8

// Profiles.
const (
	ProfileAuto Profile = iota // by the style of the list: ProfilePBX for that of open-source tools
	ProfileCUCM                // a cluster of Cisco Unified Communications Manager
	ProfilePBX                 // phones of another PBX, such as Asterisk
)

var profileNames = []string{ProfileAuto: "auto", ProfileCUCM: "cucm", ProfilePBX: "pbx"}

// String returns "auto", "cucm" or "pbx".
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("profile %d", uint8(p))
}

// ParseProfile is the inverse of String.
func ParseProfile(name string) (Profile, error) {
	if i := slices.Index(profileNames, name); i >= 0 {
		return Profile(i), nil
	}
	return 0, fmt.Errorf("unknown profile %q: use auto, cucm or pbx", name)
}

// MarshalText returns String.
func (p Profile) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (p *Profile) UnmarshalText(text []byte) (err error) {
	*p, err = ParseProfile(string(text))
	return err
}

// Style is the style that the list is written in; see cert.StyleOf.
func (s *Subject) Style() tlv.Style {
	return s.style.get(func() tlv.Style { return cert.StyleOf(s.List.Header, s.List.Records) })
}

// For returns the profile that a list of a style is judged by: ProfileCUCM or
// ProfilePBX.
func (p Profile) For(style tlv.Style) Profile {
	switch {
	case p != ProfileAuto:
		return p
	case style == tlv.StyleCertutils:
		return ProfilePBX
	}
	return ProfileCUCM
}

// PBX reports whether the list is judged by ProfilePBX.
func (s *Subject) PBX() bool { return s.Profile.For(s.Style()) == ProfilePBX }
