package lint_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func allRules() []lint.Rule { return slices.Concat(lint.Rules(), ctl.Rules(), itl.Rules()) }

// at is within the validity of the certificates of healthy, and after it was made.
var at = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// healthy is a CTL without findings: ITLRecovery signs, two SASTs, two servers,
// CAPF.
const healthy = "ctl-sha512"

func TestMetadata(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	source := regexp.MustCompile(`\[[AFPDSI?]`)
	seen := make(map[string]bool)
	for _, r := range allRules() {
		switch {
		case !id.MatchString(r.ID):
			t.Errorf("%q is no ID", r.ID)
		case seen[r.ID]:
			t.Errorf("%s stands twice", r.ID)
		case r.Title == "" || strings.HasSuffix(r.Title, "."):
			t.Errorf("%s: title %q", r.ID, r.Title)
		case !strings.HasSuffix(r.Doc, "."):
			t.Errorf("%s: doc %q is no sentence", r.ID, r.Doc)
		case !source.MatchString(r.Source):
			t.Errorf("%s: source %q has no ground", r.ID, r.Source)
		case r.Severity < lint.SeverityNotice || r.Severity > lint.SeverityError:
			t.Errorf("%s: %v", r.ID, r.Severity)
		case r.Check == nil:
			t.Errorf("%s checks nothing", r.ID)
		}
		seen[r.ID] = true
	}
	if len(seen) == 0 {
		t.Fatal("no rules")
	}
}

// Each rule has a list that it fails, one that passes and one it is not about.
func TestEachRule(t *testing.T) {
	tested := cases(t)
	for _, r := range allRules() {
		c, ok := tested[r.ID]
		if !ok {
			t.Errorf("%s has no cases", r.ID)
			continue
		}
		delete(tested, r.ID)
		t.Run(r.ID, func(t *testing.T) { c.run(t, r) })
	}
	for id := range tested {
		t.Errorf("cases for %s, which is no rule", id)
	}
}

// A ruleCase is three lists. The failing one has a finding at a record (0 for
// the header) whose message holds a text.
type ruleCase struct {
	fails   *trust.List
	record  int
	message string
	passes  *trust.List
	none    *trust.List // not applicable

	options lint.Options // what differs from at and 60 days; Old also for the passing list
}

func (c ruleCase) run(t *testing.T, r lint.Rule) {
	o := c.options
	if o.At.IsZero() {
		o.At = at
	}
	if o.Days == 0 {
		o.Days = 60
	}
	found, applies := r.Apply(lint.NewSubject(c.fails, o))
	if !applies || len(found) == 0 {
		t.Fatalf("failing list: applies %v, findings %v", applies, found)
	}
	f := found[0]
	if f.Rule != r.ID || f.Severity != r.Severity || f.Remedy == "" || f.Record != c.record || !strings.Contains(f.Message, c.message) {
		t.Errorf("failing list: %+v, want record %d and %q", f, c.record, c.message)
	}
	if f.Record > 0 && (f.Offset < c.fails.Records[f.Record-1].Offset || f.Offset >= c.fails.Records[f.Record-1].Offset+c.fails.Records[f.Record-1].Length()) {
		t.Errorf("offset %d is not in record %d", f.Offset, f.Record)
	}
	o = lint.Options{At: at, Days: 60, Old: c.options.Old}
	if found, applies = r.Apply(lint.NewSubject(c.passes, o)); !applies || len(found) > 0 {
		t.Errorf("passing list: applies %v, findings %v", applies, found)
	}
	o.Old = nil
	if found, applies = r.Apply(lint.NewSubject(c.none, o)); applies || len(found) > 0 {
		t.Errorf("list it is not about: applies %v, findings %v", applies, found)
	}
}

func cases(t *testing.T) map[string]ruleCase {
	good, empty := vector(t, healthy), changed(t, healthy, noRecords)
	thirdParty := vector(t, "itl-thirdparty")
	noDigest := changed(t, healthy, withoutHeader(tlv.HeaderDigestAlgorithm))
	otherHeader := changed(t, healthy, unknownVersion)
	nothing := changed(t, healthy, unknownVersion, noRecords)
	noCertificates := changed(t, healthy, hashed)
	noTime := changed(t, healthy, withoutHeader(tlv.HeaderTimestamp))
	noSigner := changed(t, healthy, withoutHeader(tlv.HeaderSignerID))
	onDay := func(year int) lint.Options {
		return lint.Options{At: time.Date(year, 12, 15, 0, 0, 0, 0, time.UTC)}
	}
	return map[string]ruleCase{
		// signature.go
		"no-signer-record":  {vector(t, "no-signer-record"), 0, "does not hold its signer", good, noSigner, lint.Options{}},
		"signer-not-sast":   {vector(t, "signer-not-sast"), 0, "has the role CAPF", good, noSigner, lint.Options{}},
		"ambiguous":         {changed(t, healthy, twiceHeader(tlv.HeaderDigestAlgorithm)), 0, "two fields DIGESTALGORTITHM", good, vector(t, "no-signer-record"), lint.Options{}},
		"key-unusable":      {changed(t, healthy, certificate(1, garbage)), 0, "no usable key", good, vector(t, "no-signer-record"), lint.Options{}},
		"algorithm-unknown": {changed(t, healthy, header(tlv.HeaderSignatureAlgorithm, 1)), 0, "signature algorithm 1", good, vector(t, "no-signer-record"), lint.Options{}},
		"digest-unknown":    {changed(t, healthy, header(tlv.HeaderDigestAlgorithm, 2)), 0, "code 2", good, vector(t, "no-signer-record"), lint.Options{}},
		"key-size": {changed(t, healthy, withoutRecord(tlv.RecordCertificate, 1), record(1, tlv.RecordPublicKey, rsaKey(t, 512)...)), 0, "512 bits",
			good, vector(t, "no-signer-record"), lint.Options{}},
		"signature-wrong": {vector(t, "bad-signature"), 0, "the signature is wrong", good, vector(t, "no-signer-record"), lint.Options{}},
		"signer-name-differs": {changed(t, healthy, headerText(tlv.HeaderSignerName, "CN=somebody else")), 0, `SIGNERNAME is "CN=somebody else"`,
			good, vector(t, "no-signer-record"), lint.Options{}},
		"signer-without-certificate": {changed(t, healthy, hashed), 1, "no CERTIFICATE", good, vector(t, "no-signer-record"), lint.Options{}},

		// header.go
		"header-field-missing": {noSigner, 0, "no SIGNERNAME, SERIALNUMBER, CANAME", good, otherHeader, lint.Options{}},
		"digest-code-4":        {changed(t, healthy, header(tlv.HeaderDigestAlgorithm, 4)), 0, "is 4", good, noDigest, lint.Options{}},
		"signature-modulus": {changed(t, healthy, header(tlv.HeaderSignatureModulus, 1)), 0, "SIGNATUREMODULUS is 1, for 128 bytes, but SIGNATURE has 256", good,
			changed(t, healthy, withoutHeader(tlv.HeaderSignatureModulus)), lint.Options{}},
		"signature-place":  {parse(t, readFile(t, "attacks/14-signature-moved/moved-ctl-etoken-5.tlv")), 0, "SIGNATURE is behind VERSION", good, changed(t, healthy, header(tlv.HeaderSignature)), lint.Options{}},
		"filename":         {changed(t, healthy, headerText(tlv.HeaderFilename, "RINGLIST.XML")), 0, `"RINGLIST.XML"`, good, otherHeader, lint.Options{}},
		"timestamp-zero":   {changed(t, healthy, header(tlv.HeaderTimestamp, 0, 0, 0, 0)), 0, "is 0", good, noTime, lint.Options{}},
		"timestamp-future": {good, 0, "dated 2024-10-27", good, noTime, onDay(2023)},
		"digest-sha1":      {vector(t, "ctl-etoken"), 0, "SHA-1", good, noDigest, lint.Options{}},
		"header-alignment": {changed(t, healthy, withoutHeader(tlv.HeaderPadding), headerText(tlv.HeaderFilename, "CTLFile2.tlv")), 0, "not a multiple", good, otherHeader, lint.Options{}},

		// record.go
		"too-large":             {changed(t, healthy, repeat(3, 40)), 0, "more than phones accept", good, empty, lint.Options{}},
		"field-repeated":        {changed(t, healthy, twiceField(3, tlv.RecordCertificate)), 3, "two fields CERTIFICATE", good, nothing, lint.Options{}},
		"field-missing":         {changed(t, healthy, withoutRecord(tlv.RecordIssuerName, 4)), 4, "no ISSUERNAME", good, empty, lint.Options{}},
		"record-twice":          {changed(t, healthy, repeat(5, 1)), 6, "record 5", good, changed(t, healthy, only(1)), lint.Options{}},
		"few-sasts":             {changed(t, healthy, only(1, 3)), 0, "1 SAST can", good, empty, lint.Options{}},
		"sasts-alike":           {changed(t, healthy, record(1, tlv.RecordSerialNumber, 7), recordText(1, tlv.RecordIssuerName, "CN=x"), record(2, tlv.RecordSerialNumber, 7), recordText(2, tlv.RecordIssuerName, "CN=x")), 2, "record 1", good, changed(t, healthy, only(1)), lint.Options{}},
		"many-sasts":            {changed(t, healthy, sast(4), sast(5), func(p *parts) { p.records = append(p.records, vector(t, "ctl-etoken").Records[0]) }), 0, "5 SASTs", good, empty, lint.Options{}},
		"sasts-expire-together": {vector(t, "ctl-etoken"), 0, "the 2 SASTs all expire on 2029-05-14", good, changed(t, healthy, only(1, 3)), onDay(2028)},
		"ec-signer-version": {changed(t, "itl-sha512-ec", header(tlv.HeaderSignerVersion, 1, 0)), 4, "signer version 1.0",
			vector(t, "itl-sha512-ec"), good, lint.Options{}},
		"key-short":               {changed(t, healthy, withoutRecord(tlv.RecordCertificate, 3), record(3, tlv.RecordPublicKey, rsaKey(t, 1024)...)), 3, "1024 bits", good, changed(t, "itl-sha512-ec", only(4)), lint.Options{}},
		"key-long":                {changed(t, healthy, withoutRecord(tlv.RecordCertificate, 3), record(3, tlv.RecordPublicKey, rsaKey(t, 4096)...)), 3, "4096 bits", good, changed(t, "itl-sha512-ec", only(4)), lint.Options{}},
		"name-control-characters": {changed(t, healthy, recordText(4, tlv.RecordDNSName, "sub\x1b[2J")), 4, "control character", good, changed(t, healthy, noRecords, withoutHeader(tlv.HeaderSignerID), withoutHeader(tlv.HeaderFilename)), lint.Options{}},
		"key-type":                {changed(t, healthy, withoutRecord(tlv.RecordCertificate, 3), record(3, tlv.RecordPublicKey, make([]byte, 32)...)), 3, "a key of an unknown kind", good, empty, lint.Options{}},
		"wrong-certificate":       {changed(t, healthy, copyRecord(5, 3, tlv.RoleCCMTFTP)), 3, `"CAPF-1f2e3d4c" is the name of a certificate of CAPF, in a record of the role CCM+TFTP`, good, empty, lint.Options{}},
		"unknown-tag":             {vector(t, "ctl-unknown-tag"), 2, "unknown tag 77 of 4 bytes", good, nothing, lint.Options{}},
		"unknown-role":            {vector(t, "ctl-unknown-tag"), 2, "unknown role 9", good, empty, lint.Options{}},

		// certificate.go
		"certificate-unreadable":    {changed(t, healthy, certificate(3, garbage)), 3, "x509: malformed certificate", good, noCertificates, lint.Options{}},
		"certificate-nonconforming": {changed(t, healthy, certificate(3, trailing)), 3, "trailing data", good, noCertificates, lint.Options{}},
		"certificate-expired":       {good, 2, "expired on 2029-01-01", good, noCertificates, onDay(2029)},
		"certificate-expiring":      {good, 2, "expires on 2029-01-01 00:00:00Z, in 17 days", good, noCertificates, onDay(2028)},
		"certificate-not-yet-valid": {good, 2, "valid from 2024-01-01", good, noCertificates, onDay(2023)},
		"certificate-digest":        {changed(t, healthy, certificate(4, replaced(oidSHA256, oidMD5))), 4, "MD5", good, noCertificates, lint.Options{}},

		// copies.go
		"subject-differs":    {changed(t, healthy, recordText(3, tlv.RecordSubjectName, "CN=other.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US")), 3, "other.example.com", good, noCertificates, lint.Options{}},
		"issuer-differs":     {changed(t, healthy, recordText(3, tlv.RecordIssuerName, "CN=pub.example.com;O=Other")), 3, "O=Other", thirdParty, noCertificates, lint.Options{}},
		"serial-differs":     {changed(t, healthy, record(3, tlv.RecordSerialNumber, 1, 2)), 3, "SERIALNUMBER is 01:02", vector(t, "ctl-etoken"), noCertificates, lint.Options{}},
		"public-key-differs": {changed(t, healthy, record(3, tlv.RecordPublicKey, rsaKey(t, 2048)...)), 3, "another key", vector(t, "itl-sha512-ec"), noCertificates, lint.Options{}},
		"signature-differs":  {changed(t, healthy, record(3, tlv.RecordSignature, 1)), 3, "SIGNATURE", good, noCertificates, lint.Options{}},

		// successor.go
		"older-than-predecessor": {good, 0, "dated 2024-10-27", changed(t, healthy, header(tlv.HeaderTimestamp, 0x70, 0, 0, 0)), good, lint.Options{Old: changed(t, healthy, header(tlv.HeaderTimestamp, 0x70, 0, 0, 0))}},
		"digest-sha512-new":      {good, 0, "its predecessor with SHA-1", vector(t, "ctl-etoken"), good, lint.Options{Old: vector(t, "ctl-etoken")}},

		// package ctl
		"ctl-older-than-certificate": {changed(t, healthy, header(tlv.HeaderTimestamp, 0x60, 0, 0, 0)), 2, "made on 2021-01-14", good, vector(t, "itl-sha512-ec"), lint.Options{}},
		"ctl-without-certificates":   {vector(t, "ctl-nonsecure"), 0, "non-secure", good, thirdParty, lint.Options{}},
		"ctl-without-capf":           {changed(t, healthy, only(1, 2, 3)), 0, "CAPF", good, thirdParty, lint.Options{}},
		"server-without-host":        {changed(t, healthy, recordText(4, tlv.RecordDNSName, "")), 4, "no host in DNSNAME", good, changed(t, healthy, only(1)), lint.Options{}},

		// package itl
		"itl-without-tftp":           {changed(t, "itl-8.6", only(1, 3, 4)), 0, "TFTP or CCM+TFTP", vector(t, "itl-8.6"), good, lint.Options{}},
		"itl-without-tvs":            {vector(t, "itl-by-recovery"), 0, "TVS", vector(t, "itl-8.6"), good, lint.Options{}},
		"itl-older-than-certificate": {changed(t, "itl-sha512-ec", header(tlv.HeaderTimestamp, 0x60, 0, 0, 0)), 2, "made on 2021-01-14", vector(t, "itl-8.6"), good, lint.Options{}},
	}
}
