package lint

import (
	"bytes"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const copySource = "[F] copies agree with the certificate in real lists; forms of names and byte orders of serials are those of package cert"

const copyDoc = "A phone looks up records by the fields copied from the certificate. If a copy is wrong, it does not find the certificate that the server presents, or finds another one."

// copyRules compare what a record says with the certificate beside it.
var copyRules = []Rule{
	{
		ID: "subject-differs", Severity: SeverityError, Source: copySource, Doc: copyDoc,
		Title: "SUBJECTNAME is not the certificate's subject",
		Check: eachCopy(tlv.RecordSubjectName, func(p *Pass, r Record, c *Certificate) {
			checkName(p, r.At(tlv.RecordSubjectName), r.Subject(), c.subjectName(), "subject")
		}),
	},
	{
		ID: "issuer-differs", Severity: SeverityError, Source: copySource, Doc: copyDoc,
		Title: "ISSUERNAME is not the certificate's issuer",
		Check: eachCopy(tlv.RecordIssuerName, func(p *Pass, r Record, c *Certificate) {
			checkName(p, r.At(tlv.RecordIssuerName), r.Issuer(), c.issuerName(), "issuer")
		}),
	},
	{
		ID: "serial-differs", Severity: SeverityError, Source: copySource + "; the CTL Client wrote serials of tokens least significant byte first [I, strong]", Doc: copyDoc,
		Title: "SERIALNUMBER is not the certificate's serial in either byte order",
		Check: eachCopy(tlv.RecordSerialNumber, func(p *Pass, r Record, c *Certificate) {
			if !r.SerialNumber().Matches(c.SerialNumber) {
				p.Report(r.At(tlv.RecordSerialNumber), RemedyRemake, "SERIALNUMBER is %s, the certificate's serial is %s", r.SerialNumber(), tlv.Serial(c.SerialNumber))
			}
		}),
	},
	{
		ID: "public-key-differs", Severity: SeverityError, Source: copySource, Doc: copyDoc,
		Title: "PUBLICKEY is not the certificate's key",
		Check: eachCopy(tlv.RecordPublicKey, func(p *Pass, r Record, c *Certificate) {
			if !sameKey(r.PublicKey(), c) {
				p.Report(r.At(tlv.RecordPublicKey), RemedyRemake, "PUBLICKEY is another key than that of the certificate")
			}
		}),
	},
	{
		ID: "signature-differs", Severity: SeverityError, Source: copySource, Doc: copyDoc,
		Title: "SIGNATURE is not the certificate's signature",
		Check: eachCopy(tlv.RecordSignature, func(p *Pass, r Record, c *Certificate) {
			if !bytes.Equal(r.Record.Signature(), c.Certificate.Signature) {
				p.Report(r.At(tlv.RecordSignature), RemedyRemake, "SIGNATURE is not that of the certificate")
			}
		}),
	},
}

// eachCopy is a check of records that have the field and a readable certificate.
func eachCopy(tag tlv.RecordTag, check func(*Pass, Record, *Certificate)) func(*Pass) bool {
	return func(p *Pass) bool {
		applies := false
		for r := range p.Each {
			if !r.Has(tag) {
				continue
			}
			if c := r.Parsed(); c != nil && c.Err == nil {
				applies = true
				check(p, r, c)
			}
		}
		return applies
	}
}

func checkName(p *Pass, at Place, recorded string, n name, what string) {
	if !n.is(recorded) {
		p.Report(at, RemedyRemake, "the record says %q, the certificate's %s is %q", recorded, what, n.cucm)
	}
}

func sameKey(recorded []byte, c *Certificate) bool {
	if b, err := c.KeyBytes(); err == nil && bytes.Equal(b, recorded) {
		return true
	}
	key, err := cert.ParseKey(recorded)
	if err != nil {
		return false
	}
	return cert.SameKey(key, c.key())
}
