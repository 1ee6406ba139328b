// Package match finds the records of a list that hold given certificates.
package match

import (
	"bytes"
	"crypto/sha1"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certtext"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A By says by what a certificate was recognised in a record, the surest first.
type By string

// Ways to recognise a certificate.
const (
	None            By = ""
	Certificate     By = "certificate"
	CertificateHash By = "certificate hash"
	Key             By = "key"               // and serial, where both are known
	SerialAndIssuer By = "serial and issuer" // the certificate itself is not known, or not in the record
	OtherWithKey    By = "key only"          // another certificate with the same key: not this one
)

// Holds reports whether it is the certificate that the record holds.
func (b By) Holds() bool { return b != None && b != OtherWithKey }

// A Hit is a record that has to do with a certificate.
type Hit struct {
	Number int // of the record, from 1
	By     By
}

// A Result is what became of certificates and records.
type Result struct {
	Hits  [][]Hit // for each certificate
	Stale []int   // numbers of the server records that hold none of the certificates

	// Emptied are numbers of the server records of a cluster that left mixed mode:
	// they hold no certificate at all, and are not stale.
	Emptied []int
}

// Missing reports whether the certificate is in no record.
func (r *Result) Missing(certificate int) bool {
	return !slices.ContainsFunc(r.Hits[certificate], func(h Hit) bool { return h.By.Holds() })
}

// Good reports whether each certificate is in the list and no record is stale or
// emptied.
func (r *Result) Good() bool {
	for i := range r.Hits {
		if r.Missing(i) {
			return false
		}
	}
	return len(r.Stale)+len(r.Emptied) == 0
}

// Match looks for certificates in the records. A server record is one whose role
// is not SAST: it must hold one of the certificates, or it is stale.
func Match(records []tlv.Record, certificates []certtext.Certificate) *Result {
	result := &Result{Hits: make([][]Hit, len(certificates))}
	wanted := make([]candidate, len(certificates))
	for i, c := range certificates {
		wanted[i] = newCandidate(c)
	}
	for i, r := range records {
		held, key := false, recordKey(r)
		for j, c := range wanted {
			by := c.recognise(r, key)
			if by != None {
				result.Hits[j] = append(result.Hits[j], Hit{i + 1, by})
			}
			held = held || by.Holds()
		}
		switch {
		case held || r.Role() == tlv.RoleSAST:
		case lint.Emptied(r):
			result.Emptied = append(result.Emptied, i+1)
		default:
			result.Stale = append(result.Stale, i+1)
		}
	}
	return result
}

// A candidate is a certificate to look for.
type candidate struct {
	certtext.Certificate
	hash []byte // SHA-1, nil if the certificate itself is not known
}

func newCandidate(c certtext.Certificate) candidate {
	if c.Full == nil {
		return candidate{c, nil}
	}
	hash := sha1.Sum(c.Full.Raw)
	return candidate{c, hash[:]}
}

// recordKey is the key of a record as PUBLICKEY holds it, nil if there is none.
func recordKey(r tlv.Record) []byte {
	if c, err := cert.Read(r.Certificate()); err == nil {
		if key, err := c.KeyBytes(); err == nil {
			return key
		}
	}
	return r.PublicKey()
}

// recognise takes the surest proof that certificate and record both have. A
// certificate that was made anew for the same key is another certificate.
func (c candidate) recognise(r tlv.Record, key []byte) By {
	sameKey := len(key) > 0 && bytes.Equal(key, c.Key)
	switch {
	case c.Full != nil && len(r.Certificate()) > 0:
		return choose(bytes.Equal(c.Full.Raw, r.Certificate()), Certificate, sameKey)
	case c.Full != nil && len(r.CertHash()) > 0:
		return choose(bytes.Equal(c.hash, r.CertHash()), CertificateHash, sameKey)
	case len(key) > 0 && len(c.Key) > 0:
		return choose(sameKey && c.sameSerial(r), Key, sameKey)
	}
	return choose(c.sameSerial(r) && cert.SameName(r.Issuer(), c.Issuer), SerialAndIssuer, false)
}

func choose(same bool, by By, sameKey bool) By {
	switch {
	case same:
		return by
	case sameKey:
		return OtherWithKey
	}
	return None
}

func (c candidate) sameSerial(r tlv.Record) bool {
	return slices.ContainsFunc(c.Serials, func(s tlv.Serial) bool { return r.SerialNumber().Matches(s) })
}
