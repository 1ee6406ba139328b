package lint

import (
	"fmt"
	"math"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

var certificateRules = []Rule{
	{
		ID: "certificate-unreadable", Severity: SeverityError, Source: "[I] a phone has no more to go by than this program",
		Title: "A certificate cannot be read",
		Doc:   "The bytes in CERTIFICATE are not an X.509 certificate. A phone cannot check the server against it.",
		Check: func(p *Pass) bool {
			return eachHolder(p, func(r Record, c *Certificate) {
				if c.Err != nil {
					p.Report(r.At(tlv.RecordCertificate), remedyRenew, "%v; crypto/x509: %v", c.Err, c.Strict())
				}
			})
		},
	},
	{
		ID: "certificate-nonconforming", Severity: SeverityWarning, Source: "[F] phones and CUCM accept certificates that crypto/x509 refuses",
		Title: "A certificate breaks the rules of X.509",
		Doc:   "Go's strict X.509 reader refuses it. CUCM and phones accept many such certificates, with negative serial numbers, odd characters in names or trailing bytes; other software may not.",
		Check: eachCertificate(func(p *Pass, r Record, c *Certificate) bool {
			if err := c.Strict(); err != nil {
				p.Report(r.At(tlv.RecordCertificate), remedyTryOrRenew, "crypto/x509: %v", err)
			}
			return true
		}),
	},
	{
		ID: "certificate-expired", Severity: SeverityError, Source: "[D] CUCM certificate regeneration guide; CallManager and CAPF certificates live five years",
		Title: "A certificate has expired",
		Doc:   "With an expired CallManager certificate encrypted phones do not register, and phones do not accept signed configuration files or a new ITL; with an expired CAPF certificate they get no certificates of their own.",
		Check: eachCertificate(func(p *Pass, r Record, c *Certificate) bool {
			if c.NotAfter.IsZero() {
				return false
			}
			if c.NotAfter.Before(p.At) {
				p.Report(r.At(tlv.RecordCertificate), remedyRenew, "the certificate expired on %s, %s ago", day(c.NotAfter), days(p.At.Sub(c.NotAfter)))
			}
			return true
		}),
	},
	{
		ID: "certificate-expiring", Severity: SeverityWarning, Source: "[D] CallManager and CAPF certificates live five years",
		Title: "A certificate is about to expire",
		Doc:   "Replacing it takes a change window: a new certificate, a new list, and a reset of the phones while the old one is still good.",
		Check: eachCertificate(func(p *Pass, r Record, c *Certificate) bool {
			left := c.NotAfter.Sub(p.At)
			if left < 0 || c.NotAfter.IsZero() {
				return false
			}
			if left < p.Span() {
				p.Report(r.At(tlv.RecordCertificate), remedyRenew, "the certificate expires on %s, in %s", day(c.NotAfter), days(left))
			}
			return true
		}),
	},
	{
		ID: "certificate-not-yet-valid", Severity: SeverityWarning, Source: "[I]",
		Title: "A certificate is not yet valid",
		Doc:   "Phones whose clock is right refuse it until then. Often the clock of the server that made it was wrong.",
		Check: eachCertificate(func(p *Pass, r Record, c *Certificate) bool {
			if c.NotBefore.IsZero() {
				return false
			}
			if c.NotBefore.After(p.At) {
				p.Report(r.At(tlv.RecordCertificate), remedyClocksRenew, "the certificate is valid from %s on", day(c.NotBefore))
			}
			return true
		}),
	},
	{
		ID: "certificate-digest", Severity: SeverityWarning, Source: "[F] certificates of old releases and of USB tokens",
		Title: "A certificate is signed with MD5 or SHA-1",
		Doc:   "Phones accept it. Whoever can make two certificates with one hash can impersonate the server.",
		Check: eachCertificate(func(p *Pass, r Record, c *Certificate) bool {
			if name := weakDigests[string(c.signatureOID())]; name != "" {
				p.Report(r.At(tlv.RecordCertificate), remedyRenew, "the certificate is signed with %s", name)
			}
			return true
		}),
	},
}

// weakDigests are object identifiers of signatures, in DER.
var weakDigests = map[string]string{
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02": "MD2",   // md2WithRSAEncryption
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04": "MD5",   // md5WithRSAEncryption
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05": "SHA-1", // sha1WithRSAEncryption
	"\x2b\x0e\x03\x02\x1d":                 "SHA-1", // sha1WithRSASignature
	"\x2a\x86\x48\xce\x3d\x04\x01":         "SHA-1", // ecdsa-with-SHA1
	"\x2a\x86\x48\xce\x38\x04\x03":         "SHA-1", // dsa-with-sha1
}

// days is a duration for messages.
func days(d time.Duration) string {
	n := int(math.Floor(d.Hours() / 24))
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// eachHolder does something with each record that holds a certificate.
func eachHolder(p *Pass, do func(Record, *Certificate)) bool {
	applies := false
	for r := range p.Each {
		if c := r.Parsed(); c != nil {
			applies = true
			do(r, c)
		}
	}
	return applies
}

// eachCertificate is a check of certificates that can be read. The function returns false where the rule does not apply.
func eachCertificate(check func(*Pass, Record, *Certificate) bool) func(*Pass) bool {
	return func(p *Pass) bool {
		applies := false
		eachHolder(p, func(r Record, c *Certificate) {
			if c.Err == nil && check(p, r, c) {
				applies = true
			}
		})
		return applies
	}
}

// eachRSA is a check of RSA keys.
func eachRSA(check func(p *Pass, r Record, bits int)) func(*Pass) bool {
	return func(p *Pass) bool {
		applies := false
		for r := range p.Each {
			if kind, bits := keyType(r); kind == "RSA" {
				applies = true
				check(p, r, bits)
			}
		}
		return applies
	}
}

func keyType(r Record) (string, int) {
	key := r.Key()
	if key == nil {
		return "", 0
	}
	return cert.KeyType(key)
}

// keyPlace is where the key of Key stands.
func (r Record) keyPlace() Place {
	if r.Has(tlv.RecordCertificate) {
		return r.At(tlv.RecordCertificate)
	}
	return r.At(tlv.RecordPublicKey)
}
