package capturereport

import (
	"crypto"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
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
	lists []List
	capf  []capf
}

// A List is a list that a capture is checked against.
type List struct {
	*inspect.File
	index *cert.Index
}

// kind is empty if neither FILENAME nor the file's name shows it.
func (l List) kind() tlv.Kind {
	if l.Guessed {
		return tlv.KindUnknown
	}
	return l.Kind
}

// remedy says how the list is made again, or what makes it trustworthy. A capture
// does not show whether the cluster still has a key that phones know: without it,
// the usual steps strand them.
func (l List) remedy() string {
	s := lint.NewSubject(l.List, lint.Options{Kind: l.Kind})
	if l.Verified == nil {
		return s.Advice(lint.RemedyVerify)
	}
	if s.PBX() {
		return s.Advice(lint.RemedyRemake)
	}
	return "it must be made again, signed with a key that phones know: `ctlinspect match`, given the current certificates of all servers, says how"
}

// A capf is a CAPF record, whose key signs the phones' certificates.
type capf struct {
	at   Match            // without By
	key  crypto.PublicKey // nil if there is none that can be read
	name string           // that certificates name as their issuer
}

// Add adds a file that holds a list.
func (l *Lists) Add(f *inspect.File) {
	l.lists = append(l.lists, List{f, cert.NewIndex(f.List.Records)})
	for i, r := range f.List.Records {
		if r.Role() != tlv.RoleCAPF {
			continue
		}
		key, err := f.List.Key(i)
		if err != nil {
			key = nil
		}
		l.capf = append(l.capf, capf{Match{File: f.Name, Number: i + 1, Role: r.Role()}, key, issuerName(r)})
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
			matches = append(matches, Match{one.Name, m.Record, one.List.Records[m.Record-1].Role(), m.By})
		}
	}
	return matches
}
