package trust

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// findSigner returns the number of the record that a header names as its signer,
// from 1, and its key. Every record that a phone might take for it, with one of the
// roles, must hold the same key.
func findSigner(h tlv.Header, l *List, roles ...tlv.Role) (int, *rsa.PublicKey, error) {
	var key *rsa.PublicKey
	found, other := 0, 0
	for i, r := range l.Records {
		switch {
		case !mayName(h, r):
		case !mayHave(r, roles):
			other = i + 1
		default:
			k, err := signerKey(h, l, i)
			if found > 0 && !(err == nil && k.Equal(key)) {
				return 0, nil, &AmbiguousError{fmt.Sprintf("records %d and %d both name the signer and do not hold the same key", found, i+1)}
			}
			if err != nil {
				return 0, nil, err
			}
			if found == 0 {
				found, key = i+1, k
			}
		}
	}
	switch {
	case found > 0:
		return found, key, nil
	case other > 0:
		return 0, nil, &NotSASTError{other, l.Records[other-1].Role()}
	}
	return 0, nil, &NoSignerError{signerID(h)}
}

// Names reports whether the header names the certificate of the record as the
// signer: issuer and serial are there, not empty, and equal byte for byte.
func Names(h tlv.Header, r tlv.Record) bool {
	caName, _ := h.Field(tlv.HeaderSignerID, tlv.HeaderCAName)
	issuer, _ := r.Field(tlv.RecordIssuerName)
	serial := h.SerialNumber()
	return len(serial) > 0 && serial.Equal(r.SerialNumber()) &&
		len(untilNUL(caName.Value)) > 0 && bytes.Equal(caName.Value, issuer.Value)
}

// mayName reports whether a phone might see what Names sees, whichever of
// repeated fields it reads, and if text ends at the first NUL for it.
func mayName(h tlv.Header, r tlv.Record) bool {
	caName, _ := h.Field(tlv.HeaderSignerID, tlv.HeaderCAName)
	want, serial := untilNUL(caName.Value), h.SerialNumber()
	issuer, number := false, false
	for _, f := range r.Fields {
		switch f.Tag {
		case tlv.RecordIssuerName:
			issuer = issuer || bytes.Equal(untilNUL(f.Value), want)
		case tlv.RecordSerialNumber:
			number = number || bytes.Equal(f.Value, serial)
		}
	}
	return issuer && number && len(want) > 0 && len(serial) > 0
}

// mayHave reports whether one of the roles stands in any FUNCTION of the record.
func mayHave(r tlv.Record, roles []tlv.Role) bool {
	return slices.ContainsFunc(r.Fields, func(f tlv.RecordField) bool {
		return f.Tag == tlv.RecordFunction && len(f.Value) == 2 && slices.Contains(roles, tlv.Role(binary.BigEndian.Uint16(f.Value)))
	})
}

func untilNUL(b []byte) []byte {
	b, _, _ = bytes.Cut(b, []byte{0})
	return b
}

// signerKey returns the key of the record with the index i, which the header of
// some list may name as its signer, if there is only one way to read the record.
func signerKey(h tlv.Header, l *List, i int) (*rsa.PublicKey, error) {
	r, number := l.Records[i], i+1
	if tag, ok := r.Repeated(); ok {
		return nil, &AmbiguousError{fmt.Sprintf("record %d, the signer, has two fields %s", number, tag)}
	}
	if !Names(h, r) {
		return nil, &AmbiguousError{fmt.Sprintf("ISSUERNAME of record %d is CANAME up to a NUL only", number)}
	}
	key, err := l.Key(i)
	if err != nil {
		return nil, &KeyError{number, err}
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, &KeyError{number, notRSA(key)}
	}
	return k, nil
}

func notRSA(key crypto.PublicKey) error {
	kind, _ := cert.KeyType(key)
	return fmt.Errorf("it is %s, and lists are signed with RSA", kind)
}

// publicKeyAgrees reports whether PUBLICKEY, if there is one, holds the key too.
func publicKeyAgrees(r tlv.Record, key *rsa.PublicKey) bool {
	b := r.PublicKey()
	if b == nil {
		return true
	}
	k, err := cert.ParseKey(b)
	return err == nil && key.Equal(k)
}

// RecordKey returns the key of a record: that of its certificate, or of
// PUBLICKEY where there is no certificate.
func RecordKey(r tlv.Record) (crypto.PublicKey, error) {
	if der := r.Certificate(); der != nil {
		c := readCertificate(der)
		return c.key.PublicKey, c.key.err
	}
	return publicKey(r)
}
