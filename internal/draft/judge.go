package draft

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Flags that permit what is refused. Each is named for what it permits.
const (
	AllowUnknownSigner  = "allow-unknown-signer"
	AllowUnlistedSigner = "allow-unlisted-signer"
	AllowUnverifiedOld  = "allow-unverified-old"
)

// A Problem is what phones would not like, or a person not want, about a list.
type Problem struct {
	Override string // the flag that permits it; "" for a warning
	Text     string // what phones would do, and what to do instead
}

// maxListSize is what phones take, in bytes: an ITL above it fails [D]; for a
// CTL that is [I].
const maxListSize = 64 << 10

// Judge says what is wrong with a draft that is to be signed with a key, before
// anything is signed. The certificate is the signer's, nil if it is unknown.
func (d *Draft) Judge(key crypto.PublicKey, signer *cert.Certificate, now time.Time) []Problem {
	var problems []Problem
	if p := d.judgeOld(key); p != nil {
		problems = append(problems, *p)
	}
	if !holdsSAST(d.Records, key) {
		problems = append(problems, Problem{AllowUnlistedSigner, "the list does not hold its signer as a SAST. " +
			"Phones are not known to take such a list, and none could follow it. Add the signer's certificate: --token-record or --record SAST=CERT.pem (update: --add-token, --add)"})
	}
	if n := len(distinctSASTs(d.Records)); n < 2 {
		problems = append(problems, Problem{"", fmt.Sprintf("the list holds %d SAST. If its key is lost, phones take no further list, and each must be reset by hand. "+
			"Add a second token or certificate whose key is kept apart", n)})
	}
	if signer != nil {
		problems = append(problems, judgeCertificate(signer, now)...)
	}
	return append(problems, judgeKey(key, signer)...)
}

func (d *Draft) judgeOld(key crypto.PublicKey) *Problem {
	if d.Old == nil {
		return nil
	}
	if _, err := trust.Verify(d.Old); err != nil {
		return &Problem{AllowUnverifiedOld, fmt.Sprintf("the old list is not verified (%v), so it is not what phones hold. Get the list from the TFTP server again", err)}
	}
	if !holdsSAST(d.Old.Records, key) {
		return &Problem{AllowUnknownSigner, "the signer is not a SAST of the old list. Phones that hold the old list would refuse the new one (Trust List Update Failed) " +
			"and keep the old, unless a TVS server vouches for the signer. Sign with one of the old list's SASTs; to bring in a new signer, add it now and sign with it next time"}
	}
	return nil
}

// holdsSAST reports whether a SAST record holds the key.
func holdsSAST(records []tlv.Record, key crypto.PublicKey) bool {
	_, ok := FindSAST(records, key)
	return ok
}

// FindSAST returns the SAST record that holds the key.
func FindSAST(records []tlv.Record, key crypto.PublicKey) (tlv.Record, bool) {
	for _, r := range records {
		if r.Role() != tlv.SAST {
			continue
		}
		if k, err := trust.RecordKey(r); err == nil && equalKeys(k, key) {
			return r, true
		}
	}
	return tlv.Record{}, false
}

func equalKeys(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// distinctSASTs are the SAST records with different keys.
func distinctSASTs(records []tlv.Record) []tlv.Record {
	var distinct []tlv.Record
	for _, r := range records {
		if r.Role() != tlv.SAST {
			continue
		}
		if k, err := trust.RecordKey(r); err != nil || !holdsSAST(distinct, k) {
			distinct = append(distinct, r)
		}
	}
	return distinct
}

func judgeCertificate(c *cert.Certificate, now time.Time) []Problem {
	var problems []Problem
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	switch {
	case c.NotAfter.IsZero():
		problems = append(problems, Problem{"", "the signer's certificate has no readable end date. Phones may refuse it"})
	case now.After(c.NotAfter):
		problems = append(problems, Problem{"", fmt.Sprintf("the signer's certificate expired on %s. Phones may refuse the list. Use another SAST, or renew the certificate first", day(c.NotAfter))})
	case now.Before(c.NotBefore):
		problems = append(problems, Problem{"", fmt.Sprintf("the signer's certificate is valid only from %s. Phones may refuse the list until then", day(c.NotBefore))})
	}
	return problems
}

// weakness says what is weak about the signer, "" if nothing is.
func weakness(key crypto.PublicKey, c *cert.Certificate) string {
	var parts []string
	if kind, bits := cert.KeyType(key); kind == "RSA" && bits < 2048 {
		parts = append(parts, fmt.Sprintf("its key is RSA-%d", bits))
	}
	if c != nil {
		if x, err := x509.ParseCertificate(c.Raw); err == nil && weak(x.SignatureAlgorithm) {
			parts = append(parts, fmt.Sprintf("its certificate is signed with %s", x.SignatureAlgorithm))
		}
	}
	return strings.Join(parts, " and ")
}

func weak(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

func judgeKey(key crypto.PublicKey, c *cert.Certificate) []Problem {
	var problems []Problem
	if s := weakness(key, c); s != "" {
		problems = append(problems, Problem{"", "the signer is weak: " + s + ", as those of Cisco's tokens are. Phones take it; plan to replace it"})
	}
	if kind, bits := cert.KeyType(key); kind == "RSA" && bits > 2048 {
		problems = append(problems, Problem{"", fmt.Sprintf("the signer's key has %d bits. Some phones take lists only from keys up to 2048 bits: try one of each model first", bits)})
	}
	return problems
}

// JudgeFinished says what is wrong with a signed list of so many bytes: reason is
// why it does not name a SAST of its own as the signer, nil if it does; decision what phones that hold the old
// list do with it, nil if there is no old list.
func JudgeFinished(size int, reason error, decision *trust.Decision) []Problem {
	var problems []Problem
	if reason != nil {
		problems = append(problems, Problem{AllowUnlistedSigner, fmt.Sprintf("the new list does not verify: %v. Phones are not known to take such a list", reason)})
	}
	if decision != nil && reason == nil && !decision.Verdict.Taken() {
		problems = append(problems, Problem{AllowUnknownSigner, fmt.Sprintf("phones that hold the old list refuse the new one: %v. They keep the old list; sign with one of its SASTs", decision.Reason)})
	}
	if size > maxListSize {
		problems = append(problems, Problem{"", fmt.Sprintf("the list has %d bytes. Lists over 64 KiB fail on phones, about 39 certificates are the limit. Remove records of servers that are gone", size)})
	}
	return problems
}
