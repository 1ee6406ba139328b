// Package known tells which records of trust lists hold a certificate, and who
// issued a phone's certificate.
package known

import (
	"bytes"
	"crypto"
	"crypto/sha1"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// By is by what a record and a certificate were found to belong together.
type By string

// Ways to recognise a certificate, the best first.
const (
	// ByCertificate: CERTIFICATE is this certificate, byte for byte.
	ByCertificate By = "certificate"
	// ByHash: CERTHASH is the SHA-1 of this certificate.
	ByHash By = "hash"
	// ByKey: the record holds no certificate and no hash; PUBLICKEY is the key of
	// this certificate.
	ByKey By = "key"
	// ByKeyOnly: the record holds the same key with another certificate. This
	// certificate is not in the list.
	ByKeyOnly By = "key-only"
)

// A Match is a record that belongs to a certificate.
type Match struct {
	File   string
	Number int // of the record, from 1
	Role   tlv.Role
	By     By
}

// Listed reports whether the record holds this very certificate, as far as the
// record tells.
func (m Match) Listed() bool { return m.By != ByKeyOnly }

// Lists are the records of trust lists.
type Lists struct{ records []record }

type record struct {
	tlv.Record
	at  Match            // without By
	key crypto.PublicKey // nil if there is none that can be read
}

// Add adds the records of a list.
func (l *Lists) Add(file string, records []tlv.Record) {
	for i, r := range records {
		key, err := trust.RecordKey(r)
		if err != nil {
			key = nil
		}
		l.records = append(l.records, record{r, Match{File: file, Number: i + 1, Role: r.Role()}, key})
	}
}

// Find returns the records that belong to a certificate, in the order of the
// lists.
func (l *Lists) Find(der []byte) []Match {
	hash := sha1.Sum(der)
	key := keyOf(der)
	var matches []Match
	for _, r := range l.records {
		if by := r.recognise(der, hash[:], key); by != "" {
			m := r.at
			m.By = by
			matches = append(matches, m)
		}
	}
	return matches
}

func (r record) recognise(der, hash []byte, key crypto.PublicKey) By {
	whole, sum := r.Certificate(), r.CertHash()
	switch {
	case whole != nil && bytes.Equal(whole, der):
		return ByCertificate
	case sum != nil && bytes.Equal(sum, hash):
		return ByHash
	case !cert.SameKey(r.key, key):
		return ""
	case whole == nil && sum == nil:
		return ByKey
	}
	return ByKeyOnly
}

func keyOf(der []byte) crypto.PublicKey {
	c, err := cert.Read(der)
	if err != nil {
		return nil
	}
	key, err := c.PublicKey()
	if err != nil {
		return nil
	}
	return key
}
