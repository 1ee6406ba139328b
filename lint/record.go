package lint

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// maxSize is what phones take, in bytes.
const maxSize = 64 << 10

// manySASTs is the most that lists seen and documented have.
const manySASTs = 4

var recordRules = []Rule{
	{
		ID: "too-large", Severity: SeverityError, Source: "[D] CUCM security guide: more than 39 certificates exceed 64 KiB, phones do not load the ITL and fail to register",
		Title: "The list is larger than 64 KiB",
		Doc:   "Phones do not load it: about 39 certificates fit. In large clusters every CallManager and TVS certificate adds a record.",
		Check: checkSize,
	},
	{
		ID: "field-repeated", Severity: SeverityError, Source: "[?] which of the two a phone reads",
		Title: "A field appears twice",
		Doc:   "One phone may read the first and another the second, so what was checked here may not be what a phone trusts.",
		Check: checkRepeated,
	},
	{
		ID: "field-missing", Severity: SeverityError, Source: "[A][F] fields that records with a certificate have",
		Title: "A field of a record is missing",
		Doc:   "A phone that looks for a server's certificate needs its names, serial, key, role, and the certificate or its hash. Records of a cluster that went back to non-secure mode are covered by ctl-without-certificates.",
		Check: checkFields,
	},
	{
		ID: "record-twice", Severity: SeverityWarning, Source: "[I]",
		Title: "The same record appears twice",
		Doc:   "It takes room in a list that must stay under 64 KiB, and suggests that a server is configured twice.",
		Check: checkTwice,
	},
	{
		ID: "few-sasts", Severity: SeverityWarning, Source: "[D] at least two tokens; two SASTs in tokenless clusters from 10.5(2) on",
		Title: "Fewer than two SASTs",
		Doc:   "One signs and one is the spare. If the only one is lost or replaced, phones will accept no further list, and the list must be deleted on each phone by hand.",
		Check: checkFewSASTs,
	},
	{
		ID: "sasts-alike", Severity: SeverityWarning, Source: "[F][P] phones look up a signer by issuer and serial number; [?] which of two they use",
		Title: "SASTs with the same issuer and serial number and different keys",
		Doc:   "Phones look up a signer by both, so they may refuse a list that either of them signs.",
		Check: checkAlike,
	},
	{
		ID: "sasts-expire-together", Severity: SeverityWarning, Source: "[I] from how phones accept lists",
		Title: "All SASTs expire at about the same time",
		Doc:   "If all the certificates that may sign expire within --days of one another, no SAST may be left to introduce a new one. Then the list must be deleted on each phone by hand.",
		Check: checkSpan,
	},
	{
		ID: "ec-signer-version", Severity: SeverityWarning, Source: "[F][P][D] signer version 1.1 tells the phone that EC keys may be used",
		Title: "An EC record without signer version 1.1",
		Doc:   "A phone expects EC keys only in lists that announce them in header field 28. It may skip the record, or fail.",
		Check: checkECVersion,
	},
	{
		ID: "key-short", Severity: SeverityWarning, Source: "[A] keys of USB tokens and of old releases in published listings",
		Title: "An RSA key under 2048 bits",
		Doc:   "Phones accept it, but it no longer stops a well-equipped attacker.",
		Check: eachRSA(func(p *Pass, r Record, bits int) {
			if bits < 2048 {
				p.Report(r.keyPlace(), remedyRenew, "RSA key of %d bits", bits)
			}
		}),
	},
	{
		ID: "key-long", Severity: SeverityWarning, Source: "[I] support differs between phone models",
		Title: "An RSA key above 2048 bits",
		Doc:   "Some phone models do not support keys above 2048 bits and fail to connect to that server.",
		Check: eachRSA(func(p *Pass, r Record, bits int) {
			if bits > 2048 {
				p.Report(r.keyPlace(), remedyTry2048, "RSA key of %d bits", bits)
			}
		}),
	},
	{
		ID: "key-type", Severity: SeverityError, Source: "[F] RSA in all known lists of CUCM; [P][D] EC with signer version 1.1; no other key was ever seen",
		Title: "A key that no phone knows",
		Doc:   "Phones know RSA keys, and EC keys on P-256, P-384 and P-521. With any other key they cannot connect to the server or check what it signs.",
		Check: checkKeyType,
	},
	{
		ID: "wrong-certificate", Severity: SeverityError, Source: "[F][S] the names that CUCM and USB tokens give their certificates",
		Title: "The certificate of another role",
		Doc:   "The server of this record does not have the certificate's key. Phones cannot connect to it, or refuse what it signs.",
		Check: checkOwner,
	},
	{
		ID: "name-control-characters", Severity: SeverityWarning, Source: "[I]",
		Title: "Control characters in a name",
		Doc:   "No host or certificate authority has such a name. The list is damaged, or made to deceive whoever reads it on a terminal.",
		Check: checkNames,
	},
	{
		ID: "unknown-tag", Severity: SeverityNotice, Source: "[S] phones are not known to refuse them",
		Title: "An unknown field",
		Doc:   "A newer release may write it; this program keeps it and cannot judge it.",
		Check: checkTags,
	},
	{
		ID: "unknown-role", Severity: SeverityNotice, Source: "[F][P] roles known so far",
		Title: "An unknown role",
		Doc:   "A newer release may use it; a phone that does not know it will not use the certificate.",
		Check: checkRoles,
	},
	{
		ID: "many-sasts", Severity: SeverityNotice, Source: "[D][F] real lists have one to four",
		Title: "More SASTs than any known list has",
		Doc:   "Known and documented lists have up to four. More may work; try it on one phone of each model.",
		Check: checkManySASTs,
	},
}

func checkSize(p *Pass) bool {
	if n := len(p.List.Raw()); n > maxSize {
		p.Report(Place{}, remedyShrink,
			"%d bytes, %d more than phones accept, in %d records", n, n-maxSize, len(p.Records))
	}
	return len(p.Records) > 0
}

func checkRepeated(p *Pass) bool {
	known := headerKnown(p.List.Header)
	if tag, ok := p.List.Header.Repeated(); ok && known {
		p.Report(Place{}, remedyEncoder, "the header has two fields %s", tag)
	}
	for r := range p.Each {
		if tag, ok := r.Repeated(); ok {
			p.Report(r.lastAt(tag), remedyEncoder, "two fields %s", tag)
		}
	}
	return known || len(p.Records) > 0
}

func (r Record) lastAt(tag tlv.RecordTag) Place {
	at := r.At(tag)
	for _, f := range r.Fields {
		if f.Tag == tag {
			at.Offset = f.Offset
		}
	}
	return at
}

var neededRecord = []tlv.RecordTag{
	tlv.RecordSubjectName, tlv.RecordIssuerName, tlv.RecordPublicKey,
}

func checkFields(p *Pass) bool {
	applies := false
	for r := range p.Each {
		if r.Role() != tlv.RoleAbsent && !r.Role().Known() || r.nonsecure() {
			continue
		}
		applies = true
		if missing := r.missing(); len(missing) > 0 {
			p.Report(r.At(tlv.RecordLength), RemedyRemake, "no %s", strings.Join(missing, ", "))
		}
	}
	return applies
}

// nonsecure is such a record in a CTL.
func (r Record) nonsecure() bool { return r.subject.Kind == tlv.KindCTL && Emptied(r.Record) }

// Emptied reports whether a record is what a cluster that left mixed mode leaves
// of a server's: host, role and address [A].
func Emptied(r tlv.Record) bool {
	return r.Role() == tlv.RoleCCMTFTP && !slices.ContainsFunc(r.Fields, func(f tlv.RecordField) bool {
		return f.Tag != tlv.RecordLength && f.Tag != tlv.RecordDNSName && f.Tag != tlv.RecordFunction && f.Tag != tlv.RecordIPAddress
	})
}

func (r Record) missing() []string {
	var missing []string
	if !r.Has(tlv.RecordFunction) {
		missing = append(missing, tlv.RecordFunction.String())
	}
	if !r.Has(tlv.RecordSerialNumber) { // an empty one is the serial 0 of open-source tools [P]
		missing = append(missing, tlv.RecordSerialNumber.String())
	}
	for _, tag := range neededRecord {
		if f, _ := r.Field(tag); len(bytes.Trim(f.Value, "\x00")) == 0 {
			missing = append(missing, tag.String())
		}
	}
	switch {
	case len(r.Certificate()) > 0:
	case len(r.CertHash()) == 0:
		missing = append(missing, "CERTIFICATE or CERTHASH")
	case !r.Has(tlv.RecordHashAlgorithm):
		missing = append(missing, tlv.RecordHashAlgorithm.String())
	}
	return missing
}

func checkTwice(p *Pass) bool {
	seed, seen := maphash.MakeSeed(), make(map[uint64]int)
	for r := range p.Each {
		hash := maphash.Bytes(seed, p.raw(r))
		if first := seen[hash]; first > 0 && bytes.Equal(p.raw(p.Records[first-1]), p.raw(r)) {
			p.Report(r.At(tlv.RecordLength), remedyTwin, "the same bytes as record %d", first)
			continue
		}
		seen[hash] = r.Number
	}
	return len(p.Records) > 1
}

// raw are the bytes of a record.
func (s *Subject) raw(r Record) []byte { return s.List.Raw()[r.Offset : r.Offset+r.Length()] }

// sastRecords returns the SAST records, one for each certificate.
func (s *Subject) sastRecords() []Record { return s.sasts.get(s.findSASTs).records }

func (s *Subject) findSASTs() sasts {
	found := sasts{identities: make(map[any]bool)}
	for r := range s.Each {
		if id := r.identity(); r.Role() == tlv.RoleSAST && !found.identities[id] {
			found.identities[id] = true
			found.records = append(found.records, r)
		}
	}
	return found
}

// checkFewSASTs counts keys: two certificates with one key are lost together.
func checkFewSASTs(p *Pass) bool {
	switch n := p.signingKeys(); {
	case len(p.Records) == 0:
		return false
	case n == 0:
		p.Report(Place{}, remedySpare, "no SAST has a key that can sign the next list")
	case n == 1:
		p.Report(Place{}, remedySpare, "1 SAST can sign the next list")
	}
	return true
}

// signingKeys counts the different keys of SASTs that lists can be signed with.
func (s *Subject) signingKeys() int {
	type key struct {
		modulus  string
		exponent int
	}
	seen := make(map[key]bool)
	for _, r := range s.sastRecords() {
		if k, ok := r.Key().(*rsa.PublicKey); ok && canSign(k) {
			seen[key{string(k.N.Bytes()), k.E}] = true
		}
	}
	return len(seen)
}

// canSign reports whether crypto/rsa uses the key and the format has a code for
// the size of its signatures.
func canSign(k *rsa.PublicKey) bool {
	_, ok := tlv.SignatureModulusOf(k.Size())
	return ok && k.N.BitLen() >= 1024
}

// checkAlike compares each SAST with the first of its name.
func checkAlike(p *Pass) bool {
	type id struct{ issuer, serial string }
	first := make(map[id]Record)
	for _, r := range p.sastRecords() {
		name := id{r.Issuer(), string(r.SerialNumber())}
		f, again := first[name]
		if !again {
			first[name] = r
		} else if a, b := f.Key(), r.Key(); a != nil && b != nil && !cert.SameKey(a, b) {
			p.Report(r.At(tlv.RecordSerialNumber), remedyAlike,
				"record %d has the same issuer and serial number, and another key", f.Number)
		}
	}
	return len(first) > 1 || len(p.sastRecords()) > 1
}

func checkManySASTs(p *Pass) bool {
	n := len(p.sastRecords())
	if n > manySASTs {
		p.Report(Place{}, remedyTryModels, "%d SASTs; known lists have up to %d", n, manySASTs)
	}
	return n > 0
}

func checkSpan(p *Pass) bool {
	var ends []Record
	for _, r := range p.sastRecords() {
		if c := r.Parsed(); c != nil && c.Err == nil && !c.NotAfter.IsZero() {
			ends = append(ends, r)
		}
	}
	if len(ends) < 2 {
		return false
	}
	byEnd := func(a, b Record) int { return a.Parsed().NotAfter.Compare(b.Parsed().NotAfter) }
	slices.SortStableFunc(ends, byEnd)
	first, last := ends[0].Parsed().NotAfter, ends[len(ends)-1].Parsed().NotAfter
	if last.Sub(first) <= p.Span() && first.Sub(p.At) < max(p.Span(), timeToPlan) {
		p.Report(Place{}, remedyLonger, "the %d SASTs all expire %s", len(ends), between(first, last))
	}
	return true
}

// timeToPlan is how long before SASTs expire somebody should think of it.
const timeToPlan = 365 * 24 * time.Hour

func between(first, last time.Time) string {
	if first.Equal(last) {
		return "on " + day(first)
	}
	return fmt.Sprintf("between %s and %s", day(first), day(last))
}

func checkECVersion(p *Pass) bool {
	applies := false
	v := p.List.Header.SignerVersion()
	for r := range p.Each {
		if kind, _ := keyType(r); kind != "EC" {
			continue
		}
		applies = true
		if v.Major < 1 || v.Major == 1 && v.Minor < 1 {
			p.Report(r.keyPlace(), remedyUseRSA, "an EC key, and the header %s", versionText(v))
		}
	}
	return applies
}

func versionText(v tlv.Version) string {
	if v.IsZero() {
		return "has no signer version"
	}
	return fmt.Sprintf("has signer version %s", v)
}

func checkNames(p *Pass) bool {
	applies := false
	check := func(at Place, name string, value []byte) {
		applies = true
		text := bytes.TrimSuffix(value, []byte{0})
		if i := bytes.IndexFunc(text, hidden); i >= 0 {
			at.Offset += 3 + i
			p.Report(at, remedyAuthor, "%s %q contains a control character", name, text)
		}
	}
	for _, path := range [][]tlv.HeaderTag{{tlv.HeaderSignerID, tlv.HeaderSignerName}, {tlv.HeaderSignerID, tlv.HeaderCAName}, {tlv.HeaderFilename}} {
		if f, ok := p.List.Header.Field(path...); ok {
			check(Place{0, f.Offset}, f.Tag.String(), f.Value)
		}
	}
	for r := range p.Each {
		for _, f := range r.Fields {
			if f.Tag == tlv.RecordDNSName || f.Tag == tlv.RecordSubjectName || f.Tag == tlv.RecordIssuerName {
				check(Place{r.Number, f.Offset}, f.Tag.String(), f.Value)
			}
		}
	}
	return applies
}

// hidden are characters that a terminal obeys or hides.
func hidden(r rune) bool { return unicode.IsControl(r) || r > 0x7f && unicode.Is(unicode.Cf, r) }

func checkTags(p *Pass) bool {
	known := headerKnown(p.List.Header)
	if known {
		reportTags(p, p.List.Header.Fields)
	}
	for r := range p.Each {
		for _, f := range r.Fields {
			if !f.Tag.Known() {
				p.Report(Place{r.Number, f.Offset}, RemedyNone, "unknown %s of %d bytes", f.Tag, len(f.Value))
			}
		}
	}
	return known || len(p.Records) > 0
}

func reportTags(p *Pass, fields []tlv.HeaderField) {
	for _, f := range fields {
		if !f.Tag.Known() {
			p.Report(Place{0, f.Offset}, RemedyNone, "unknown %s of %d bytes", f.Tag, len(f.Value))
		}
		reportTags(p, f.Fields)
	}
}

func checkRoles(p *Pass) bool {
	applies := false
	for r := range p.Each {
		if r.Role() == tlv.RoleAbsent {
			continue
		}
		applies = true
		if !r.Role().Known() {
			p.Report(r.At(tlv.RecordFunction), RemedyNone, "unknown role %s", r.Role())
		}
	}
	return applies
}
