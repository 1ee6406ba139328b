package token

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
)

// A privateKey is a private key object, as far as a logged-in user sees it.
type privateKey struct {
	object             object
	id, modulus        []byte // nil if the token keeps it secret
	alwaysAuthenticate bool
}

func (m *Module) privateKeys(t *openToken) ([]privateKey, error) {
	objects, err := m.find(t.info, t.session, ckoPrivateKey)
	if err != nil {
		return nil, err
	}
	var keys []privateKey
	for _, o := range objects {
		a := attributes{m: m, info: t.info, session: t.session, object: o}
		k := privateKey{
			object:             o,
			id:                 a.get(ckaID, maxText),
			modulus:            bytes.TrimLeft(a.get(ckaModulus, maxModulusBytes), "\x00"),
			alwaysAuthenticate: bytes.ContainsFunc(a.get(ckaAlwaysAuthenticate, 8), func(r rune) bool { return r != 0 }),
		}
		if a.err != nil {
			return nil, a.err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func wantPINAgain(keys []privateKey) bool {
	for _, k := range keys {
		if k.alwaysAuthenticate {
			return true
		}
	}
	return false
}

// keyOf finds the certificate's private key: by CKA_ID, else by modulus. A key
// whose modulus is readable must have the certificate's; one that does not is
// believed, because the signature is verified before it is given out. Public
// key objects are not used, since some middleware keeps none.
func keyOf(c Certificate, public *rsa.PublicKey, keys []privateKey) (privateKey, error) {
	modulus := public.N.Bytes()
	var byModulus, byID []privateKey
	other := false
	for _, k := range keys {
		sameID := len(c.ID) > 0 && bytes.Equal(c.ID, k.id)
		switch {
		case bytes.Equal(k.modulus, modulus) && sameID:
			return k, nil
		case bytes.Equal(k.modulus, modulus):
			byModulus = append(byModulus, k)
		case sameID && len(k.modulus) == 0:
			byID = append(byID, k)
		case sameID:
			other = true
		}
	}
	switch {
	case len(byID) == 1:
		return byID[0], nil
	case len(byModulus) > 0:
		return byModulus[0], nil
	}
	return privateKey{}, noKey(c, keys, byID, other)
}

func noKey(c Certificate, keys, byID []privateKey, other bool) error {
	e := &Error{Kind: ErrNoKey, Token: c.Token.name(), Next: "choose another certificate, or check the token with the vendor's tool"}
	switch {
	case len(byID) > 1:
		e.Text = fmt.Sprintf("%d keys have its CKA_ID and none has a readable modulus", len(byID))
		e.Err = ErrAmbiguous
	case other:
		e.Text = "the key with its CKA_ID belongs to another certificate"
	default:
		e.Text = fmt.Sprintf("none of %d keys has its CKA_ID or its modulus", len(keys))
	}
	return e
}

// refusesMechanism reports whether the token does not support the mechanism, so
// that another can be tried.
func refusesMechanism(err error) bool {
	for _, code := range []CKR{ckrMechanismInvalid, ckrMechanismParamInvalid, ckrFunctionNotSupported, ckrKeyNotPermitted} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
