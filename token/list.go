package token

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// How much is read of what a module offers. A real token holds a handful of
// objects; a certificate in a trust list is a field of at most 65535 bytes.
const (
	maxSlots        = 256
	maxObjects      = 256
	maxCertificate  = 65535
	maxText         = 1024
	maxModulusBytes = 16384 / 8
)

// PINState is what the token reports about its counter of wrong PINs: the flags
// CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_LOCKED of
// C_GetTokenInfo (PKCS #11 v2.40, section 3.2). Tokens do not report how
// many tries are left.
type PINState int

// The states, from unknown to worst.
const (
	// PINStateNotReported: none of the three flags is up, and neither is
	// CKF_USER_PIN_INITIALIZED, so that the module does not seem to report on
	// the PIN at all.
	PINStateNotReported PINState = iota
	// PINStateFine: none of the three flags is up on a token that has a PIN. The
	// standard lets a module keep them down always, so this is no promise.
	PINStateFine
	// PINStateLow: a wrong PIN was entered since the last right one.
	PINStateLow
	// PINStateFinalTry: one more wrong PIN locks the token.
	PINStateFinalTry
	// PINStateLocked: the token accepts no PIN any more.
	PINStateLocked
)

var pinStates = []string{"not reported", "fine", "low", "final try", "locked"}

// String is the state in words; it never fails.
func (s PINState) String() string {
	if s >= 0 && int(s) < len(pinStates) {
		return pinStates[s]
	}
	return fmt.Sprintf("PINState(%d)", int(s))
}

func pinState(flags uint) PINState {
	switch {
	case flags&ckfUserPINLocked != 0:
		return PINStateLocked
	case flags&ckfUserPINFinalTry != 0:
		return PINStateFinalTry
	case flags&ckfUserPINCountLow != 0:
		return PINStateLow
	case flags&ckfUserPINInitialized != 0:
		return PINStateFine
	}
	return PINStateNotReported
}

// An Info is what a token reports about itself (C_GetTokenInfo) and its slot
// (C_GetSlotInfo), without a login. Blanks and NULs around the texts are
// removed. The texts come from the token: quote them before they reach a terminal.
type Info struct {
	Slot                               uint // moves from run to run
	SlotDescription, SlotManufacturer  string
	Label, Serial, Manufacturer, Model string

	PIN           PINState // when it was read
	ProtectedPath bool     // the PIN is entered at the reader's own keys
	Blank         bool     // the token was never set up: it reports flags, but none of an initialized token
	Flags         uint     // as reported (CKF_...)
}

// URI is a URI that chooses the token: by label and serial number, and by slot
// if it has no serial number.
func (i Info) URI() URI {
	u := URI{Token: i.Label, Serial: i.Serial}
	if i.Serial == "" {
		slot := i.Slot
		u.SlotID = &slot
	}
	return u
}

// name is the token as error messages call it.
func (i Info) name() string {
	if i.identity() == (identity{}) {
		return ""
	}
	return fmt.Sprintf("token %q (serial %q)", i.Label, i.Serial)
}

// A Certificate is a certificate on a token.
type Certificate struct {
	Token Info
	DER   []byte // as the token holds it; crypto/x509 may be unable to parse it
	ID    []byte // CKA_ID, empty if it has none
	Label string // CKA_LABEL, empty if it has none
}

// URI is a URI that chooses the certificate, by CKA_ID if it has one.
func (c Certificate) URI() URI {
	u := c.Token.URI()
	u.ID, u.Type = c.ID, "cert"
	if len(c.ID) == 0 {
		u.Object = c.Label
	}
	return u
}

// PublicKey reads the key out of the certificate and nothing else of it, since
// crypto/x509 refuses certificates that phones take.
func (c Certificate) PublicKey() (crypto.PublicKey, error) {
	var cert, tbs, spki cryptobyte.String
	outer := cryptobyte.String(c.DER)
	ok := outer.ReadASN1(&cert, asn1.SEQUENCE) &&
		cert.ReadASN1(&tbs, asn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(asn1.Tag(0).ContextSpecific().Constructed()) && // version
		tbs.SkipASN1(asn1.INTEGER) && // serialNumber
		tbs.SkipASN1(asn1.SEQUENCE) && // signature
		tbs.SkipASN1(asn1.SEQUENCE) && // issuer
		tbs.SkipASN1(asn1.SEQUENCE) && // validity
		tbs.SkipASN1(asn1.SEQUENCE) && // subject
		tbs.ReadASN1Element(&spki, asn1.SEQUENCE)
	if !ok {
		return nil, &Error{Kind: ErrUnsupported, Token: c.Token.name(), Text: "the object is not an X.509 certificate",
			Next: "choose another certificate"}
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, &Error{Kind: ErrUnsupported, Token: c.Token.name(), Text: "the certificate's public key",
			Err: err, Next: "choose another certificate"}
	}
	return key, nil
}

// Tokens lists the tokens that are plugged in, without a login. A slot that
// cannot be read is skipped with a warning.
func (m *Module) Tokens() ([]Info, error) {
	if err := m.lock(); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.tokens()
}

// tokens calls C_GetSlotList first: some modules look for tokens only then.
func (m *Module) tokens() ([]Info, error) {
	slots, err := m.p11.SlotList()
	if err != nil {
		return nil, m.failure("C_GetSlotList", Info{}, err)
	}
	if len(slots) > maxSlots {
		return nil, &Error{Kind: ErrTooMuch, Module: m.path, Text: fmt.Sprintf("more than %d slots", maxSlots), Next: "check the module's configuration"}
	}
	var found []Info
	for _, slot := range slots {
		info, err := m.read(slot)
		if e := (*ModuleError)(nil); errors.As(err, &e) {
			return nil, err
		}
		if err != nil {
			m.warn("slot %d skipped: %v", slot, err)
			continue
		}
		found = append(found, info)
	}
	return found, nil
}

func (m *Module) read(slot uint) (Info, error) {
	t, err := m.p11.TokenInfo(slot)
	if err != nil {
		return Info{}, m.failure("C_GetTokenInfo", Info{}, err)
	}
	s, err := m.p11.SlotInfo(slot)
	if err != nil {
		s = slotInfo{} // only slot-description in a URI needs it
	}
	return Info{
		Slot:             slot,
		SlotDescription:  trim(s.Description),
		SlotManufacturer: trim(s.Manufacturer),
		Label:            trim(t.Label),
		Serial:           trim(t.Serial),
		Manufacturer:     trim(t.Manufacturer),
		Model:            trim(t.Model),
		PIN:              pinState(t.Flags),
		ProtectedPath:    t.Flags&ckfProtectedPath != 0,
		Blank:            t.Flags != 0 && t.Flags&(ckfTokenInitialized|ckfUserPINInitialized) == 0,
		Flags:            t.Flags,
	}, nil
}

// trim removes the padding: blanks by the standard, NULs by Aladdin, and
// whatever follows a NUL, which is what was in the buffer before.
func trim(s string) string {
	s = strings.Trim(s, " \x00")
	s, _, _ = strings.Cut(s, "\x00")
	return strings.Trim(s, " ")
}

// current reads the token again and makes sure that it is still the same one:
// a slot outlives the token in it.
func (m *Module) current(i Info) (Info, error) {
	now, err := m.read(i.Slot)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Token = i.name()
		}
		return Info{}, err
	}
	if now.identity() != i.identity() {
		return Info{}, &Error{Kind: ErrTokenGone, Token: i.name(),
			Text: fmt.Sprintf("its slot now holds %s", now.name()), Next: "plug the right token in and run the command once more"}
	}
	return now, nil
}

// Certificates lists the certificates of a token, without a login: they are
// public. An object without a readable value, and one that is not X.509, is
// skipped with a warning.
func (m *Module) Certificates(i Info) ([]Certificate, error) {
	if err := m.lock(); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.certificates(i)
}

func (m *Module) certificates(i Info) (found []Certificate, err error) {
	i, err = m.current(i)
	if err != nil {
		return nil, err
	}
	err = m.withSession(i, func(s session) error {
		objects, err := m.find(i, s, ckoCertificate)
		if err != nil {
			return err
		}
		for _, o := range objects {
			c, ok, err := m.certificate(i, s, o)
			if err != nil {
				return err
			}
			if ok {
				found = append(found, c)
			}
		}
		return nil
	})
	return found, err
}

func (m *Module) find(i Info, s session, class uint) ([]object, error) {
	objects, err := m.p11.Find(s, class, maxObjects)
	if err != nil {
		return nil, m.failure("C_FindObjects", i, err)
	}
	if len(objects) > maxObjects {
		return nil, &Error{Kind: ErrTooMuch, Token: i.name(), Module: m.path, Text: fmt.Sprintf("more than %d objects of one kind", maxObjects),
			Next: "remove what is not needed from the token"}
	}
	return objects, nil
}

// certificate reads one object, attribute by attribute, because one that is
// absent would make the whole reading fail.
func (m *Module) certificate(i Info, s session, o object) (Certificate, bool, error) {
	a := attributes{m: m, info: i, session: s, object: o}
	kind, isNumber := ulong(a.get(ckaCertificateType, 8))
	c := Certificate{
		Token: i,
		DER:   a.get(ckaValue, maxCertificate),
		ID:    a.get(ckaID, maxText),
		Label: trim(string(a.get(ckaLabel, maxText))),
	}
	if a.err != nil {
		return Certificate{}, false, a.err
	}
	if len(c.DER) == 0 || isNumber && kind != ckcX509 {
		m.warn("%s: certificate object %q skipped: it holds no readable X.509 certificate", i.name(), c.Label)
		return Certificate{}, false, nil
	}
	return c, true, nil
}

// attributes reads attributes of one object until the first failure.
type attributes struct {
	m       *Module
	info    Info
	session session
	object  object
	err     error
}

// get is nil for an attribute that is absent, secret, or longer than limit.
func (a *attributes) get(attribute uint, limit int) []byte {
	if a.err != nil {
		return nil
	}
	value, err := a.m.p11.Attribute(a.session, a.object, attribute)
	switch {
	case errors.Is(err, ckrAttributeTypeInvalid), errors.Is(err, ckrAttributeSensitive):
		return nil
	case err != nil:
		a.err = a.m.failure("C_GetAttributeValue", a.info, err)
		return nil
	case len(value) > limit:
		a.m.warn("%s: attribute 0x%x of an object skipped: it is longer than %d bytes", a.info.name(), attribute, limit)
		return nil
	}
	return value
}
