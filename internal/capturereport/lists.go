package capturereport

import (
	"crypto"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Match is a record of a list that has to do with a certificate.
type Match struct {
	File   string
	Number int // of the record, from 1
	Role   tlv.Role
	By     cert.By
}

// Listed reports whether the record holds this very certificate.
func (m Match) Listed() bool { return m.By.Holds() }

// Lists are the trust lists that a capture is checked against.
type Lists struct {
	lists []list
	capf  []capf
}

type list struct {
	file    string
	records []tlv.Record
	index   *cert.Index
}

// A capf is a CAPF record, whose key signs the phones' certificates.
type capf struct {
	tlv.Record
	at  Match            // without By
	key crypto.PublicKey // nil if there is none that can be read
}

// Add adds the records of a list.
func (l *Lists) Add(file string, records []tlv.Record) {
	l.lists = append(l.lists, list{file, records, cert.NewIndex(records)})
	for i, r := range records {
		if r.Role() != tlv.RoleCAPF {
			continue
		}
		key, err := trust.RecordKey(r)
		if err != nil {
			key = nil
		}
		l.capf = append(l.capf, capf{r, Match{File: file, Number: i + 1, Role: r.Role()}, key})
	}
}

// Find returns the records that have to do with a certificate, in the order of
// the lists.
func (l *Lists) Find(der []byte) []Match {
	known := cert.Known{Full: &cert.Certificate{Raw: der}}
	if c, err := cert.Read(der); err == nil {
		known = c.Known()
	}
	var matches []Match
	for _, one := range l.lists {
		for _, m := range one.index.Find(known) {
			matches = append(matches, Match{one.file, m.Record, one.records[m.Record-1].Role(), m.By})
		}
	}
	return matches
}
