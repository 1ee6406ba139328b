package trust

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A signer is the record that a header names as its signer, and its key.
type signer struct {
	index int   // of the record, from 0
	twins []int // other records with the same name and key
	key   *rsa.PublicKey
}

// findSigner finds the record of a list that a header names as its signer: the
// list's own header to verify it, the header of an offered list to ask the list
// that a phone holds, the header of another file to find who signs files. This is
// the only way to find a signer. Every record with one of the roles that a phone
// might take for the signer must hold the same key.
//
// It fails with [*NoSignerError], [*NotSASTError], [*AmbiguousError] or
// [*KeyError].
func findSigner(h tlv.Header, l *List, roles ...tlv.Role) (signer, error) {
	found, other := signer{index: none}, none
	name := nameIn(h)
	for i, r := range l.Records {
		switch {
		case !name.may(r):
		case !mayHave(r, roles):
			other = i
		default:
			key, err := signerKey(name, l, i)
			if found.index != none && !(err == nil && sameRSA(key, found.key)) {
				return signer{}, &AmbiguousError{fmt.Sprintf("records %d and %d both name the signer and do not hold the same key", found.index+1, i+1)}
			}
			if err != nil {
				return signer{}, err
			}
			if found.index == none {
				found = signer{index: i, key: key}
			} else {
				found.twins = append(found.twins, i)
			}
		}
	}
	switch {
	case found.index != none:
		return found, nil
	case other != none:
		return signer{}, &NotSASTError{other + 1, l.Records[other].Role()}
	}
	return signer{}, &NoSignerError{signerID(h)}
}

// none stands for the index of no record.
const none = -1

func sameRSA(a, b *rsa.PublicKey) bool { return a == b || a.Equal(b) }

// Names reports whether the header names the certificate of the record as the
// signer: issuer and serial are there and equal byte for byte. An empty serial is
// what one open-source tool writes for 0 [F]; an empty issuer names nobody.
func Names(h tlv.Header, r tlv.Record) bool { return nameIn(h).is(r) }

// A signerName is how a header names its signer.
type signerName struct {
	caName, serial []byte
	ok             bool // both are there
}

func nameIn(h tlv.Header) signerName {
	caName, _ := h.Field(tlv.HeaderSignerID, tlv.HeaderCAName)
	serial, ok := h.Field(tlv.HeaderSignerID, tlv.HeaderSerialNumber)
	return signerName{caName.Value, serial.Value, ok && len(untilNUL(caName.Value)) > 0}
}

// is reports whether the first fields of the record are the name.
func (n signerName) is(r tlv.Record) bool {
	issuer, _ := r.Field(tlv.RecordIssuerName)
	serial, ok := r.Field(tlv.RecordSerialNumber)
	return n.ok && ok && bytes.Equal(n.serial, serial.Value) && bytes.Equal(n.caName, issuer.Value)
}

// may reports whether a phone might see what is sees, whichever of repeated
// fields it reads, and if text ends at the first NUL for it.
func (n signerName) may(r tlv.Record) bool {
	if !n.ok {
		return false
	}
	want := untilNUL(n.caName)
	issuer, number := false, false
	for _, f := range r.Fields {
		switch f.Tag {
		case tlv.RecordIssuerName:
			issuer = issuer || bytes.Equal(untilNUL(f.Value), want)
		case tlv.RecordSerialNumber:
			number = number || bytes.Equal(f.Value, n.serial)
		}
	}
	return issuer && number
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

// signerKey returns the key of a record that may have the name, if there is
// only one way to read the record.
func signerKey(name signerName, l *List, i int) (*rsa.PublicKey, error) {
	r := l.Records[i]
	if tag, ok := r.Repeated(); ok {
		return nil, &AmbiguousError{fmt.Sprintf("record %d, the signer, has two fields %s", i+1, tag)}
	}
	if !name.is(r) {
		return nil, &AmbiguousError{fmt.Sprintf("ISSUERNAME of record %d equals CANAME only up to an embedded NUL", i+1)}
	}
	key, err := l.Key(i)
	if err != nil {
		return nil, &KeyError{i + 1, err}
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, &KeyError{i + 1, notRSA(key)}
	}
	return k, nil
}

func notRSA(key crypto.PublicKey) error {
	kind, bits := cert.KeyType(key)
	return fmt.Errorf("it is %s with %d bits, and lists are signed with RSA", kind, bits)
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

// SASTs yields the indices, from 0, of the SAST records that hold the key, in order.
func (l *List) SASTs(key crypto.PublicKey) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, r := range l.Records {
			if r.Role() != tlv.RoleSAST {
				continue
			}
			if k, err := l.Key(i); err == nil && cert.SameKey(k, key) && !yield(i) {
				return
			}
		}
	}
}
