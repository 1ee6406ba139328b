package lint

import (
	"fmt"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// successorRules compare a list with the one that phones hold.
var successorRules = []Rule{
	{
		ID: "older-than-predecessor", Severity: SeverityWarning, Source: "[?] what phones do with an older TIMESTAMP",
		Title: "The list is dated before the list that it follows",
		Doc:   "What phones do with such a list is not known, and people will take the wrong one for the newer. A clock was wrong, or the two lists were mixed up.",
		Check: checkPredecessor,
	},
	{
		ID: "digest-sha512-new", Severity: SeverityWarning, Source: "[P] SHA-1 is what every release writes; [I] older phones know no other digest",
		Title: "SHA-512 for phones that may know only SHA-1",
		Doc:   "Older phones know only SHA-1. They refuse the list and keep the one they have.",
		Check: checkNewDigest,
	},
}

func checkPredecessor(p *Pass) bool {
	made, ok := p.List.Header.Timestamp()
	if p.Old == nil || !ok {
		return false
	}
	before, ok := p.Old.Header.Timestamp()
	if ok && made.Before(before) {
		p.Report(p.Header(tlv.HeaderTimestamp), remedyOldClock,
			"the list is dated %s, its predecessor %s", day(made), day(before))
	}
	return ok
}

// checkNewDigest is about lists that are about to go to phones.
func checkNewDigest(p *Pass) bool {
	if p.Old == nil && !p.Draft {
		return false
	}
	if p.List.Header.Digest() == tlv.DigestSHA512 && (p.Old == nil || p.Old.Header.Digest() == tlv.DigestSHA1) {
		p.Report(p.Header(tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm), remedyTrySHA1, "%s", newDigest(p.Old))
	}
	return true
}

func newDigest(old *trust.List) string {
	if old == nil {
		return "the list is signed with SHA-512"
	}
	return "the list is signed with SHA-512, its predecessor with SHA-1"
}

// Since returns the findings that an old list did not have. Both lists must have
// been judged by the same rules, at the same time. A finding about a record is the
// same if the record has the same role, host and serial number; one about the list,
// if it has the same message.
func Since(old, found []Finding) []Finding {
	had := make(map[string]int)
	for _, f := range old {
		had[f.key()]++
	}
	var news []Finding
	for _, f := range found {
		if had[f.key()]--; had[f.key()] < 0 {
			news = append(news, f)
		}
	}
	return news
}

func (f Finding) key() string {
	if f.Record == 0 {
		return f.Rule + " " + f.Message
	}
	return fmt.Sprintf("%s %s %q %s", f.Rule, f.Role, f.Host, f.Serial)
}

// OlderThanCertificate is the check of a rule about lists of a kind that were made,
// by their TIMESTAMP, before a certificate in them became valid.
func OlderThanCertificate(kind tlv.Kind) func(*Pass) bool {
	return func(p *Pass) bool {
		made, ok := p.List.Header.Timestamp()
		if p.Kind != kind || !ok {
			return false
		}
		return eachCertificate(func(p *Pass, r Record, c *Certificate) bool {
			if c.NotBefore.After(made) {
				p.Report(r.At(tlv.RecordCertificate), remedyClocksRemake,
					"the certificate is valid from %s on, the list was made on %s", day(c.NotBefore), day(made))
			}
			return !c.NotBefore.IsZero()
		})(p)
	}
}

// day is a time for messages.
func day(t time.Time) string { return t.UTC().Format(time.DateTime + "Z") }
