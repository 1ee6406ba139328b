package compare

import (
	"crypto/sha1"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A shown is the records in a listing of `show`.
type shown struct {
	of      *Evidence
	made    time.Time // zero if unknown
	records []shownRecord
}

// A shownRecord is a record in a listing.
type shownRecord struct {
	fields map[tlv.RecordTag]string
	bytes  int // of the fields that are shown
}

// complete reports whether all fields are shown.
func (r shownRecord) complete() bool { return r.length() == r.bytes }

func (r shownRecord) length() int {
	n, _ := strconv.Atoi(r.fields[tlv.RecordLength])
	return n
}

var (
	recordStart = lazyregexp.New(`\b(?:CTL|ITL) Record #:\d+`)
	recordField = lazyregexp.New(`(?:^|\s)\d{1,2}\s+(RECORDLENGTH|DNSNAME|SUBJECTNAME|FUNCTION|ISSUERNAME|SERIALNUMBER|PUBLICKEY|SIGNATURE|CERTIFICATE|IPADDRESS|CERTHASH|HASH ALGORITHM)\s+(\d+)`)
	modified    = lazyregexp.New(`The (?:CTL|ITL) File was last modified on (\w{3} \w{3} +\d+ \d\d:\d\d:\d\d (?:UTC|GMT) \d{4})`)
)

var shownTags = map[string]tlv.RecordTag{
	"RECORDLENGTH": tlv.RecordLength, "DNSNAME": tlv.RecordDNSName, "SUBJECTNAME": tlv.RecordSubjectName, "FUNCTION": tlv.RecordFunction,
	"ISSUERNAME": tlv.RecordIssuerName, "SERIALNUMBER": tlv.RecordSerialNumber, "CERTIFICATE": tlv.RecordCertificate, "CERTHASH": tlv.RecordCertHash,
}

// parseRecords reads the lines about records in a listing.
func (p *textParser) parseRecords(line string) {
	if p.listing == nil {
		return
	}
	if m := modified().FindStringSubmatch(line); m != nil {
		if t, err := time.Parse("Mon Jan _2 15:04:05 MST 2006", m[1]); err == nil {
			p.shown().made = t.UTC()
		}
	}
	starts := recordStart().FindAllStringIndex(line, -1)
	first := len(line)
	if len(starts) > 0 {
		first = starts[0][0]
	}
	if s := p.shown(); len(s.records) > 0 {
		s.fields(line[:first])
	}
	for i, start := range starts {
		end := len(line)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		s := p.shown()
		s.records = append(s.records, shownRecord{fields: make(map[tlv.RecordTag]string)})
		s.fields(line[start[1]:end])
	}
}

// shown returns the records of the listing that is being read.
func (p *textParser) shown() *shown {
	if n := len(p.lists); n == 0 || p.lists[n-1].of != p.listing {
		p.lists = append(p.lists, &shown{of: p.listing})
	}
	return p.lists[len(p.lists)-1]
}

// fieldHeader is the bytes of a field's tag and length.
const fieldHeader = 3

// fields adds fields to the last record. Of a repeated field the first counts.
func (s *shown) fields(text string) {
	found := recordField().FindAllStringSubmatchIndex(text, -1)
	record := &s.records[len(s.records)-1]
	for i, m := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		n, _ := strconv.Atoi(text[m[4]:m[5]])
		record.bytes += fieldHeader + n
		tag, ok := shownTags[text[m[2]:m[3]]]
		if _, twice := record.fields[tag]; ok && !twice {
			record.fields[tag] = strings.TrimSpace(text[m[1]:end])
		}
	}
}

// list returns the listing as a list without certificates and signature; nil if
// it does not show all records, and all of each.
func (s *shown) list() *tlv.List {
	sums := s.of.Sums
	if sums.Size == nil || sums.HeaderLength == 0 {
		return nil
	}
	size := int64(sums.HeaderLength)
	var records []tlv.Record
	for _, one := range s.records {
		r, ok := one.record()
		if !ok {
			return nil
		}
		size += int64(one.length())
		records = append(records, r)
	}
	if size != *sums.Size {
		return nil
	}
	return outline(s.of.Kind, s.made, records)
}

// record returns what is shown of a record, and false if something is missing.
func (r shownRecord) record() (tlv.Record, bool) {
	role, err := tlv.ParseRole(r.fields[tlv.RecordFunction])
	if err != nil || !r.complete() {
		return tlv.Record{}, false
	}
	hash, isHash := r.fields[tlv.RecordCertHash]
	certificate, isWhole := r.fields[tlv.RecordCertificate]
	if !isHash {
		hash, _, _ = strings.Cut(certificate, "(")
	}
	sum, _ := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(hash), " ", ""))
	serial, err := hex.DecodeString(strings.ReplaceAll(r.fields[tlv.RecordSerialNumber], ":", ""))
	if err != nil || (isHash || isWhole) && len(sum) != sha1.Size {
		return tlv.Record{}, false
	}
	return outlineRecord(role, tlv.RecordValues{
		DNSName: r.fields[tlv.RecordDNSName], Subject: r.fields[tlv.RecordSubjectName], Issuer: r.fields[tlv.RecordIssuerName], SerialNumber: serial, CertHash: sum,
	}), true
}

// outlineOf returns what a listing shows of a list.
func outlineOf(l *tlv.List) *tlv.List {
	var records []tlv.Record
	for _, r := range l.Records {
		sum := r.CertHash()
		if der := r.Certificate(); der != nil {
			hash := sha1.Sum(der)
			sum = hash[:]
		}
		records = append(records, outlineRecord(r.Role(), tlv.RecordValues{
			DNSName: r.DNSName(), Subject: r.Subject(), Issuer: r.Issuer(), SerialNumber: r.SerialNumber(), CertHash: sum,
		}))
	}
	made, _ := l.Header.Timestamp()
	return outline(l.Header.Kind(), made, records)
}

// outlineRecord leaves out what is too long for a record: then there is less to
// compare. Blanks count as one, for copies of listings lose them.
func outlineRecord(role tlv.Role, v tlv.RecordValues) tlv.Record {
	for _, text := range []*string{&v.DNSName, &v.Subject, &v.Issuer} {
		*text = strings.Join(strings.Fields(strings.Trim(*text, "\x00")), " ")
	}
	r, err := tlv.NewRecord(tlv.StyleCUCM, role, v)
	if err != nil {
		r, _ = tlv.NewRecord(tlv.StyleCUCM, role, tlv.RecordValues{CertHash: v.CertHash})
	}
	return r
}

// details compares what listings show of two lists. Times count if both show one.
func details(old, new *tlv.List) *Difference {
	a, _ := old.Header.Timestamp()
	b, _ := new.Header.Timestamp()
	if unknown := time.Unix(0, 0); a.Equal(unknown) != b.Equal(unknown) {
		old, new = outline(old.Header.Kind(), time.Time{}, old.Records), outline(new.Header.Kind(), time.Time{}, new.Records)
	}
	if old == nil || new == nil {
		return nil
	}
	return Lists(old, new)
}

// outline returns a list of these records, without a signature; nil if it cannot
// be written.
func outline(kind tlv.Kind, made time.Time, records []tlv.Record) *tlv.List {
	t := tlv.NewTemplate(tlv.StyleCUCM, kind)
	t.Records, t.SignatureSize, t.Timestamp = records, 64, time.Unix(0, 0).UTC()
	if !made.IsZero() {
		t.Timestamp = made
	}
	u, err := t.Unsigned()
	if err != nil {
		return nil
	}
	data, err := u.Splice(make([]byte, u.Size))
	if err != nil {
		return nil
	}
	l, err := tlv.Parse(data)
	if err != nil {
		return nil
	}
	return l
}
