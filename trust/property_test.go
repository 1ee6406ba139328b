package trust

import (
	"bytes"
	"crypto/rsa"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// lists is how many lists TestYesIsUnambiguous makes; make fuzz asks for more.
func lists(t *testing.T) int {
	s := os.Getenv("CTLINSPECT_TEST_LISTS")
	if s == "" {
		return 100_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Accept never says yes if the signer can be read in two ways: not if Verify of
// either list says ambiguous, and not if a reader of the same bytes that chooses
// otherwise, wherever a reader may choose, finds another key or none. The lists
// are pairs of an installed and an offered one with namesakes, repeated fields,
// disguised names and odd headers. Their signatures count as right.
func TestYesIsUnambiguous(t *testing.T) {
	n := lists(t)
	g := newGenerator(t)
	var yes, ambiguous int
	for range n / 2 {
		offered, installed := g.list(t), g.list(t)
		p := Phone{Installed: []*List{installed}, AllowUnverified: g.one(2)}
		d := Accept(p, offered)
		_, own := offered.Verify()
		_, other := installed.Verify()
		if ReasonOf(own) == ReasonAmbiguous || ReasonOf(other) == ReasonAmbiguous {
			ambiguous++
		}
		if !d.Yes() {
			if d.Reason == nil {
				t.Fatalf("no without a reason: %+v", d)
			}
			continue
		}
		if d.Verdict == VerdictSame {
			continue // the phone holds these bytes, however it reads them
		}
		yes++
		if own != nil || other != nil && (!p.AllowUnverified || ReasonOf(other) == ReasonAmbiguous && installedAmbiguous(offered, installed)) {
			t.Fatalf("yes, though Verify says %v and %v:\noffered %x\ninstalled %x", own, other, offered.Raw(), installed.Raw())
		}
		v, _ := offered.Verify()
		for choice := range choices {
			for _, l := range []*List{offered, installed} {
				if key := readAgain(offered.Raw(), l.Raw(), choice); !v.Key.Equal(key) {
					t.Fatalf("yes, but a reader of choice %b finds another key:\noffered %x\nlist %x", choice, offered.Raw(), l.Raw())
				}
			}
		}
	}
	if yes < n/500 || ambiguous < n/20 {
		t.Errorf("%d lists: %d yes, %d ambiguous pairs; the generator makes too few to prove anything", n, yes, ambiguous)
	}
}

// installedAmbiguous reports whether the signer of the offered list is ambiguous
// in the installed one. Whether the installed list's own signer is matters to
// nobody who was told not to verify it.
func installedAmbiguous(offered, installed *List) bool {
	_, err := findSigner(offered.Header, installed, tlv.RoleSAST)
	return ReasonOf(err) == ReasonAmbiguous
}

// A generator makes lists of four certificates and what an attacker does to them.
type generator struct {
	*rand.Rand
	records []tlv.Record
	keys    []*rsa.PublicKey // of the records
	shared  *certificates
}

func newGenerator(t *testing.T) *generator {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(1, 2)), shared: NewList(nil).shared}
	for _, name := range []string{"etoken-a", "etoken-b", "etoken-c", "ITLRecovery"} {
		data, err := os.ReadFile("../testdata/certs/" + name + ".pem")
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(data)
		c, err := cert.Read(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Record(tlv.StyleCUCM, tlv.RoleSAST, cert.Host{})
		if err != nil {
			t.Fatal(err)
		}
		key, err := c.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		g.records, g.keys = append(g.records, r), append(g.keys, key.(*rsa.PublicKey))
	}
	return g
}

// one is true once in n times.
func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

// list makes a list, which counts as signed by one of the keys.
func (g *generator) list(t *testing.T) *List {
	t.Helper()
	signer := g.IntN(2)
	signs := signer
	if g.one(20) {
		signs = 1 - signer
	}
	u := g.template(signer)
	data, err := u.Splice(bytes.Repeat([]byte{byte(signs)}, u.Size))
	if err != nil {
		t.Fatal(err)
	}
	read, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	changed := tlv.List{Header: tlv.Header{Fields: g.header(read.Header.Fields)}, Records: g.copies(read.Records)}
	data, err = changed.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	length := headerSize(t, changed.Header.Fields)
	binary.BigEndian.PutUint16(data[8:], uint16(length))
	l, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	l.willSign, l.shared = g.keys[signs], g.shared
	return l
}

func headerSize(t *testing.T, fields []tlv.HeaderField) int {
	t.Helper()
	l := tlv.List{Header: tlv.Header{Fields: fields}}
	data, err := l.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return len(data)
}

func (g *generator) template(signer int) tlv.Unsigned {
	t := tlv.NewTemplate(tlv.StyleCUCM, tlv.KindCTL)
	t.Timestamp, t.SignatureSize = time.Unix(1730000000, 0), g.keys[signer].Size()
	r := g.records[signer]
	t.SignerName, t.SerialNumber, t.CAName = r.Subject(), r.SerialNumber(), r.Issuer()
	t.Records = slices.Clone(g.records[:2])
	for g.one(2) {
		t.Records = append(t.Records, g.records[g.IntN(len(g.records))])
	}
	if g.one(3) {
		g.Shuffle(len(t.Records), func(i, j int) { t.Records[i], t.Records[j] = t.Records[j], t.Records[i] })
	}
	u, err := t.Unsigned()
	if err != nil {
		panic(err)
	}
	return u
}

// value is one that some record has in the field, as it stands or disguised.
func (g *generator) value(tag tlv.RecordTag) []byte {
	f, _ := g.records[g.IntN(len(g.records))].Field(tag)
	v := slices.Clone(f.Value)
	switch g.IntN(8) {
	case 0:
		return append(v, 'x')
	case 1:
		return append(v, 0)
	case 2:
		return v[:len(v)/2]
	case 3:
		return []byte{}
	}
	return v
}

var attacked = []tlv.RecordTag{tlv.RecordIssuerName, tlv.RecordSerialNumber, tlv.RecordFunction, tlv.RecordPublicKey, tlv.RecordCertificate, tlv.RecordSubjectName}

// copies are the records, some of them attacked.
func (g *generator) copies(records []tlv.Record) []tlv.Record {
	var list []tlv.Record
	for _, r := range records {
		fields := slices.Clone(r.Fields)
		for g.one(3) {
			fields = g.attack(fields)
		}
		length := 0
		for _, f := range fields {
			length += 3 + len(f.Value)
		}
		fields[0].Value = binary.BigEndian.AppendUint16(nil, uint16(length))
		list = append(list, tlv.Record{Fields: fields})
	}
	return list
}

// attack replaces, repeats or drops a field of a record.
func (g *generator) attack(fields []tlv.RecordField) []tlv.RecordField {
	tag := attacked[g.IntN(len(attacked))]
	value := g.value(tag)
	if tag == tlv.RecordFunction {
		value = []byte{0, byte(g.IntN(3))}
	}
	i := slices.IndexFunc(fields, func(f tlv.RecordField) bool { return f.Tag == tag })
	switch g.IntN(3) {
	case 0:
		if i > 0 {
			fields[i].Value = value
		}
	case 1:
		fields = slices.Insert(fields, 1+g.IntN(len(fields)), tlv.RecordField{Tag: tag, Value: value})
	case 2:
		if i > 0 {
			fields = slices.Delete(fields, i, i+1)
		}
	}
	return fields
}

// header attacks the fields of a header.
func (g *generator) header(fields []tlv.HeaderField) []tlv.HeaderField {
	fields = slices.Clone(fields)
	for g.one(4) {
		i := slices.IndexFunc(fields, func(f tlv.HeaderField) bool { return f.Tag == tlv.HeaderSignerID })
		if i < 0 {
			break
		}
		inner := slices.Clone(fields[i].Fields)
		tag, value := tlv.HeaderCAName, g.value(tlv.RecordIssuerName)
		if g.one(2) {
			tag, value = tlv.HeaderSerialNumber, g.value(tlv.RecordSerialNumber)
		}
		field := tlv.HeaderField{Tag: tag, Value: value}
		switch g.IntN(5) {
		case 0:
			inner = slices.Insert(inner, g.IntN(len(inner)+1), field)
		case 1:
			if j := slices.IndexFunc(inner, func(f tlv.HeaderField) bool { return f.Tag == tag }); j >= 0 {
				inner[j] = field
			}
		case 2:
			inner = append(inner, tlv.HeaderField{Tag: tlv.HeaderPadding})
		case 3:
			fields = slices.Insert(fields, 2+g.IntN(len(fields)-2), field)
			continue
		case 4:
			fields = slices.Insert(fields, 2+g.IntN(len(fields)-2), tlv.HeaderField{Tag: tlv.HeaderSignerID, Fields: []tlv.HeaderField{field}})
			continue
		}
		fields[i].Fields = inner
	}
	return fields
}

// choices is how many ways there are to read a list: one bit a choice.
const choices = 1 << 5

// Choices of a reader.
const (
	lastField   = 1 << iota // of repeated fields the last counts
	untilZero               // text ends at the first NUL
	lastRecord              // of several records the last counts
	publicFirst             // PUBLICKEY comes before CERTIFICATE
	paddingEnds             // padding inside of a container ends the header
)

// readAgain finds the key of the signer that the header of one file names among
// the SAST records of another: a reader of its own, which knows nothing of package
// tlv but the numbers of tags.
func readAgain(header, list []byte, choice int) *rsa.PublicKey {
	fields := map[byte][][]byte{}
	walk(header[:binary.BigEndian.Uint16(header[8:])], choice, fields)
	caName, serial := pick(fields[6], choice), pick(fields[5], choice)
	var found *rsa.PublicKey
	for rest := list[binary.BigEndian.Uint16(list[8:]):]; len(rest) > 0; {
		n := binary.BigEndian.Uint16(rest[3:])
		if key := keyOfRecord(rest[:n], caName, serial, choice); key != nil && (found == nil || choice&lastRecord != 0) {
			found = key
		}
		rest = rest[n:]
	}
	return found
}

// walk collects the fields of a header by tag, those in containers too. It
// reports false at what ends the header.
func walk(b []byte, choice int, fields map[byte][][]byte) bool {
	for len(b) > 0 {
		if b[0] == 13 {
			return choice&paddingEnds == 0
		}
		tag, n := b[0], binary.BigEndian.Uint16(b[1:])
		value := b[3 : 3+n]
		b = b[3+n:]
		switch tag {
		case 3, 7, 9:
			if !walk(value, choice, fields) {
				return false
			}
		default:
			fields[tag] = append(fields[tag], value)
		}
	}
	return true
}

func pick(values [][]byte, choice int) []byte {
	if len(values) == 0 {
		return nil
	}
	if choice&lastField != 0 {
		return values[len(values)-1]
	}
	return values[0]
}

// keyOfRecord returns the key of a SAST record with this issuer and serial.
func keyOfRecord(b, caName, serial []byte, choice int) *rsa.PublicKey {
	fields := map[byte][][]byte{}
	for len(b) > 0 {
		n := binary.BigEndian.Uint16(b[1:])
		fields[b[0]] = append(fields[b[0]], b[3:3+n])
		b = b[3+n:]
	}
	issuer := pick(fields[5], choice)
	if choice&untilZero != 0 {
		issuer, _, _ = bytes.Cut(issuer, []byte{0})
		caName, _, _ = bytes.Cut(caName, []byte{0})
	}
	if !bytes.Equal(pick(fields[4], choice), []byte{0, 0}) || !bytes.Equal(issuer, caName) || !bytes.Equal(pick(fields[6], choice), serial) {
		return nil
	}
	public, err := cert.ParseKey(pick(fields[7], choice))
	if c, certErr := cert.Read(pick(fields[9], choice)); certErr == nil && (choice&publicFirst == 0 || err != nil) {
		public, err = c.PublicKey()
	}
	key, ok := public.(*rsa.PublicKey)
	if errors.Is(err, cert.ErrMalformed) || !ok {
		return nil
	}
	return key
}
