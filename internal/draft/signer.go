package draft

import (
	"crypto"
	"errors"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Signer returns the SAST record that holds the key. Of several it is one that
// phones find in the old list, where there is one.
func (d *Draft) Signer(key crypto.PublicKey) (tlv.Record, bool) {
	found := sastsWith(d.Records, key)
	for _, r := range found {
		if d.Old != nil && vouches(d.Old.Records, r) {
			return r, true
		}
	}
	return FindSAST(found, key)
}

// ErrNoCertificate: a header cannot name a signer that no list holds.
var ErrNoCertificate = errors.New("neither list holds the signer, so --signer-cert must say who it is")

// NameSigner names the signer in the header, as the list says it; as the old list
// does where this one does not hold the signer, else as a record of the
// certificate would.
func (d *Draft) NameSigner(key crypto.PublicKey, c *cert.Certificate) error {
	r, ok := d.Signer(key)
	if !ok && d.Old != nil {
		r, ok = FindSAST(d.Old.Records, key)
	}
	if !ok {
		if c == nil {
			return ErrNoCertificate
		}
		var err error
		if r, err = c.Record(d.Style, tlv.RoleSAST, cert.Host{}); err != nil {
			return err
		}
	}
	d.SignerName, d.SerialNumber, d.CAName = r.Subject(), r.SerialNumber(), r.Issuer()
	return nil
}

// vouches reports whether phones that hold the old records know the signer: a
// SAST has its issuer, serial and key, and none has the first two with another
// key, as it is unknown which of them phones take.
func vouches(old []tlv.Record, signer tlv.Record) bool {
	key, err := trust.RecordKey(signer)
	if err != nil {
		return false
	}
	known := false
	for _, r := range old {
		if r.Role() != tlv.RoleSAST || r.Issuer() != signer.Issuer() || !r.SerialNumber().Equal(signer.SerialNumber()) {
			continue
		}
		if k, err := trust.RecordKey(r); err != nil || !cert.SameKey(k, key) {
			return false
		}
		known = true
	}
	return known
}

// FindSAST returns the first SAST record that holds the key.
func FindSAST(records []tlv.Record, key crypto.PublicKey) (tlv.Record, bool) {
	found := sastsWith(records, key)
	if len(found) == 0 {
		return tlv.Record{}, false
	}
	return found[0], true
}

// sastsWith are the SAST records that hold the key.
func sastsWith(records []tlv.Record, key crypto.PublicKey) []tlv.Record {
	var found []tlv.Record
	for _, r := range records {
		if r.Role() != tlv.RoleSAST {
			continue
		}
		if k, err := trust.RecordKey(r); err == nil && cert.SameKey(k, key) {
			found = append(found, r)
		}
	}
	return found
}

// usableSASTs counts, to two, the different keys of SAST records that lists can
// be signed with.
func usableSASTs(records []tlv.Record) int {
	var usable []tlv.Record
	for _, r := range records {
		if r.Role() != tlv.RoleSAST {
			continue
		}
		k, err := trust.RecordKey(r)
		if err != nil {
			continue
		}
		if _, err := CheckKey(k); err != nil {
			continue
		}
		if _, again := FindSAST(usable, k); !again {
			usable = append(usable, r)
		}
		if len(usable) == 2 {
			break
		}
	}
	return len(usable)
}
