package cert

import (
	"bytes"
	"crypto/sha1"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Known is what is known of a certificate: the certificate itself, or what a
// server's text says about it.
type Known struct {
	Full    *Certificate // nil if only text is known
	Subject Name
	Issuer  Name
	// Serials are the magnitudes, most significant byte first, that the serial
	// number can be: one, but for text in digits, which may be decimal or
	// hexadecimal.
	Serials []tlv.Serial
	Key     []byte // as PUBLICKEY holds it, see KeyBytes; nil if unknown
}

// Known returns what is known of a certificate that was read: everything.
func (c *Certificate) Known() Known {
	key, _ := c.KeyBytes()
	return Known{Full: c, Subject: c.Subject(), Issuer: c.Issuer(), Serials: []tlv.Serial{c.SerialNumber}, Key: key}
}

// A By says how a certificate was recognised in a record: by the strongest
// identifier that both have.
type By string

// Ways to recognise a certificate, the strongest first.
const (
	ByCertificate By = "certificate"       // CERTIFICATE is this certificate, byte for byte
	ByHash        By = "hash"              // CERTHASH is the SHA-1 of this certificate
	ByKey         By = "key"               // the key is equal, and the serial number if the record has one
	BySerial      By = "serial-and-issuer" // neither certificate nor key is known of both
	ByKeyOnly     By = "key-only"          // another certificate with the same key: not this one
	ByNothing     By = ""
)

// Holds reports whether the record holds this very certificate, as far as its
// fields show.
func (b By) Holds() bool { return b != ByNothing && b != ByKeyOnly }

// A Match is a record that has to do with a certificate.
type Match struct {
	Record int // number, from 1
	By     By
}

// An Index finds the records of a list that hold a certificate. Making one takes
// time in proportion to the records, and so does a search to those that it finds.
type Index struct {
	records []indexed
	hashes  map[[sha1.Size]byte][]int // of CERTIFICATE, or CERTHASH
	keys    map[string][]int
	serials map[string][]int // without zero bytes at the most significant end, in both byte orders
}

type indexed struct {
	tlv.Record
	key []byte // as PUBLICKEY holds it, nil if there is none
}

// NewIndex returns an index of the records of a list.
func NewIndex(records []tlv.Record) *Index {
	x := &Index{hashes: make(map[[sha1.Size]byte][]int), keys: make(map[string][]int), serials: make(map[string][]int)}
	x.records = make([]indexed, len(records))
	for i, r := range records {
		x.records[i] = indexed{r, recordKeyBytes(r)}
		x.add(i)
	}
	return x
}

// recordKeyBytes is the key of the record's certificate, or PUBLICKEY if that
// cannot be read.
func recordKeyBytes(r tlv.Record) []byte {
	if c, err := Read(r.Certificate()); err == nil {
		if key, err := c.KeyBytes(); err == nil {
			return key
		}
	}
	return r.PublicKey()
}

func (x *Index) add(i int) {
	r := x.records[i]
	if der := r.Certificate(); len(der) > 0 {
		sum := sha1.Sum(der)
		x.hashes[sum] = append(x.hashes[sum], i)
	}
	if h := r.CertHash(); len(h) == sha1.Size {
		x.hashes[[sha1.Size]byte(h)] = append(x.hashes[[sha1.Size]byte(h)], i)
	}
	if len(r.key) > 0 {
		x.keys[string(r.key)] = append(x.keys[string(r.key)], i)
	}
	if serial := r.SerialNumber(); len(serial) > 0 {
		a, b := magnitudeKey(serial), magnitudeKey(serial.Reversed())
		x.serials[a] = append(x.serials[a], i)
		if b != a {
			x.serials[b] = append(x.serials[b], i)
		}
	}
}

func magnitudeKey(serial []byte) string { return string(bytes.TrimLeft(serial, "\x00")) }

// Find returns the records that have to do with a certificate, in their order.
func (x *Index) Find(c Known) []Match {
	var found []int
	var hash []byte
	if c.Full != nil {
		sum := sha1.Sum(c.Full.Raw)
		hash = sum[:]
		found = append(found, x.hashes[sum]...)
	}
	if len(c.Key) > 0 {
		found = append(found, x.keys[string(c.Key)]...)
	}
	for _, s := range c.Serials {
		found = append(found, x.serials[magnitudeKey(s)]...)
	}
	slices.Sort(found)
	var matches []Match
	for _, i := range slices.Compact(found) {
		counts.Recognitions.Add(1)
		if by := c.recognise(hash, x.records[i]); by != ByNothing {
			matches = append(matches, Match{i + 1, by})
		}
	}
	return matches
}

// Holding returns the records of a role that hold a certificate, in their order.
func (x *Index) Holding(c Known, role tlv.Role) []Match {
	return slices.DeleteFunc(x.Find(c), func(m Match) bool { return !m.By.Holds() || x.records[m.Record-1].Role() != role })
}

// recognise goes by the strongest identifier that certificate and record both
// have; hash is the certificate's. One that was renewed for the same key is
// another certificate.
func (c Known) recognise(hash []byte, r indexed) By {
	sameKey := len(r.key) > 0 && bytes.Equal(r.key, c.Key)
	switch whole, sum := r.Certificate(), r.CertHash(); {
	case c.Full != nil && len(whole) > 0:
		return choose(bytes.Equal(c.Full.Raw, whole), ByCertificate, sameKey)
	case c.Full != nil && len(sum) > 0:
		return choose(bytes.Equal(hash, sum), ByHash, sameKey)
	case len(r.key) > 0 && len(c.Key) > 0:
		return choose(sameKey && (len(r.SerialNumber()) == 0 || c.hasSerial(r.SerialNumber())), ByKey, sameKey)
	}
	return choose(c.hasSerial(r.SerialNumber()) && SameName(r.Issuer(), c.Issuer), BySerial, false)
}

func choose(same bool, by By, sameKey bool) By {
	switch {
	case same:
		return by
	case sameKey:
		return ByKeyOnly
	}
	return ByNothing
}

func (c Known) hasSerial(recorded tlv.Serial) bool {
	return slices.ContainsFunc(c.Serials, func(s tlv.Serial) bool { return recorded.Matches(s) })
}

// Describes reports whether c, known from text, can be about a whole certificate.
func (c Known) Describes(full *Certificate) bool {
	if !c.hasSerial(full.SerialNumber) {
		return false
	}
	key, err := full.KeyBytes()
	return c.Key == nil || err == nil && bytes.Equal(c.Key, key)
}

// A Matching is which records of a list hold which certificates.
type Matching struct {
	Certificates [][]Match // for each certificate the records that have to do with it
	Unheld       []int     // numbers of the records that hold none of the certificates
}

// MatchAll looks for certificates in the records of a list.
func MatchAll(records []tlv.Record, certificates []Known) *Matching {
	x := NewIndex(records)
	held := make([]bool, len(records))
	m := &Matching{Certificates: make([][]Match, len(certificates))}
	for i, c := range certificates {
		m.Certificates[i] = x.Find(c)
		for _, match := range m.Certificates[i] {
			held[match.Record-1] = held[match.Record-1] || match.By.Holds()
		}
	}
	for i := range records {
		if !held[i] {
			m.Unheld = append(m.Unheld, i+1)
		}
	}
	return m
}

// Missing reports whether a certificate, by its index, is in no record.
func (m *Matching) Missing(certificate int) bool {
	return !slices.ContainsFunc(m.Certificates[certificate], func(h Match) bool { return h.By.Holds() })
}
