package token

import (
	"bytes"
	"fmt"
	"strings"
)

// FindToken returns the one token that the URI chooses; attributes that describe
// objects are ignored. The error is a [*SelectionError] if there is none,
// or more than one. Tokens that were never set up are not considered.
func (m *Module) FindToken(u URI) (Info, error) {
	if err := m.lock(); err != nil {
		return Info{}, err
	}
	defer m.mu.Unlock()
	matches, err := m.matchingTokens(u)
	if err != nil {
		return Info{}, err
	}
	if len(matches) > 1 {
		return Info{}, &SelectionError{Kind: ErrAmbiguous, What: "token", URI: u, There: tokenURIs(matches), Module: m.path}
	}
	return matches[0], nil
}

// FindCertificate returns the one certificate that the URI chooses, on any of the
// tokens that it matches. The error is a [*SelectionError] if there is none, or
// more than one. No login is made.
func (m *Module) FindCertificate(u URI) (Certificate, error) {
	if err := m.lock(); err != nil {
		return Certificate{}, err
	}
	defer m.mu.Unlock()
	tokens, err := m.matchingTokens(u)
	if err != nil {
		return Certificate{}, err
	}
	var all, matches []Certificate
	for _, t := range tokens {
		some, err := m.certificates(t)
		if err != nil {
			return Certificate{}, err
		}
		all = append(all, some...)
	}
	for _, c := range all {
		if u.matchesCertificate(c) {
			matches = append(matches, c)
		}
	}
	switch len(matches) {
	case 0:
		return Certificate{}, &SelectionError{Kind: ErrNotFound, What: "certificate", URI: u, There: certificateURIs(all), Module: m.path}
	case 1:
		return matches[0], nil
	}
	return Certificate{}, &SelectionError{Kind: ErrAmbiguous, What: "certificate", URI: u, There: certificateURIs(matches), Module: m.path}
}

// matchingTokens returns at least one token, or a SelectionError.
func (m *Module) matchingTokens(u URI) ([]Info, error) {
	all, err := m.tokens()
	if err != nil {
		return nil, err
	}
	ok, err := m.matchesLibrary(u)
	if err != nil {
		return nil, err
	}
	var matches []Info
	for _, i := range all {
		if ok && u.matchesToken(i) {
			matches = append(matches, i)
		}
	}
	if len(matches) == 0 {
		return nil, &SelectionError{Kind: ErrNotFound, What: "token", URI: u, There: tokenURIs(all), Module: m.path}
	}
	return matches, nil
}

func (m *Module) matchesLibrary(u URI) (bool, error) {
	if u.LibraryManufacturer == "" && u.LibraryDescription == "" && u.LibraryVersion == "" {
		return true, nil
	}
	i, err := m.p11.Info()
	if err != nil {
		return false, m.failure("C_GetInfo", Info{}, err)
	}
	major := fmt.Sprint(i.Major)
	return matches(u.LibraryManufacturer, trim(i.Manufacturer)) &&
		matches(u.LibraryDescription, trim(i.Description)) &&
		(u.LibraryVersion == "" || u.LibraryVersion == major || u.LibraryVersion == fmt.Sprintf("%s.%d", major, i.Minor)), nil
}

func (u URI) matchesToken(i Info) bool {
	return !i.Blank &&
		matches(u.Token, i.Label) && matches(u.Serial, i.Serial) &&
		matches(u.Manufacturer, i.Manufacturer) && matches(u.Model, i.Model) &&
		matches(u.SlotDescription, i.SlotDescription) && matches(u.SlotManufacturer, i.SlotManufacturer) &&
		(u.SlotID == nil || *u.SlotID == i.Slot)
}

func (u URI) matchesCertificate(c Certificate) bool {
	return matches(u.Object, c.Label) &&
		(len(u.ID) == 0 || bytes.Equal(u.ID, c.ID)) &&
		u.Type != "data" && u.Type != "secret-key"
}

// matches compares without the padding, which the URI may carry too: the names
// in eToken certificates, from which URIs are copied, end in blanks.
func matches(want, have string) bool { return want == "" || trim(want) == have }

// tokenURIs adds slot numbers where label and serial number do not tell tokens
// apart.
func tokenURIs(all []Info) []string {
	count := map[string]int{}
	for _, i := range all {
		count[i.URI().String()]++
	}
	var uris []string
	for _, i := range all {
		u := i.URI()
		if count[u.String()] > 1 {
			u.SlotID = &i.Slot
		}
		s := u.String()
		if i.Blank {
			s += " (never set up)"
		}
		uris = append(uris, s)
	}
	return uris
}

func certificateURIs(all []Certificate) []string {
	var uris []string
	for _, c := range all {
		u := c.URI()
		s := u.String()
		if u.Object == "" && c.Label != "" {
			s += fmt.Sprintf(" (%s)", strings.Trim(fmt.Sprintf("%q", c.Label), `"`))
		}
		uris = append(uris, s)
	}
	return uris
}
