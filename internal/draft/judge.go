package draft

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
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

// CheckKey says whether lists can be signed with a key at all.
func CheckKey(key crypto.PublicKey) (*rsa.PublicKey, error) {
	kind, bits := cert.KeyType(key)
	if k, ok := key.(*rsa.PublicKey); ok && canSign(k) {
		return k, nil
	}
	return nil, fmt.Errorf("the signer's key is %s with %d bits: lists are signed with RSA keys of 1024, 2048 or 4096 bits, the format has no code for others. Use such a key", kind, bits)
}

// canSign reports whether crypto/rsa uses the key and the format can say the
// size of its signatures.
func canSign(key *rsa.PublicKey) bool {
	_, ok := tlv.SignatureModulusOf(key.Size())
	return ok && key.N.BitLen() >= 1024
}

// Judge says what is wrong with a draft that is to be signed with a key, before
// anything is signed. The certificate is the signer's, nil if it is unknown; that
// in the list comes first.
func (d *Draft) Judge(key crypto.PublicKey, signer *cert.Certificate, now time.Time) []Problem {
	problems := d.judgeOld(key)
	r, ok := d.Signer(key)
	if c, err := cert.Read(r.Certificate()); err == nil {
		signer = c
	}
	if !ok {
		problems = append(problems, Problem{AllowUnlistedSigner, "the list does not hold its signer as a SAST. " +
			"Phones are not known to take such a list, and none could follow it. " + d.listSigner(key)})
	}
	problems = append(problems, d.judgeRecords()...)
	problems = append(problems, d.judgeTime(now)...)
	if d.Digest == tlv.DigestSHA512 && (d.Old == nil || d.Old.Header.Digest() == tlv.DigestSHA1) {
		problems = append(problems, Problem{"", "the list is signed with SHA-512. Older phones know only SHA-1: they would refuse the list and keep the one they have. Try one of each model first, or use --digest sha1"})
	}
	if signer != nil {
		problems = append(problems, judgeCertificate(signer, now)...)
	}
	return append(problems, judgeKey(key, signer)...)
}

// listSigner is what to do about a signer that is not in the list.
func (d *Draft) listSigner(key crypto.PublicKey) string {
	if d.Old == nil {
		return "Add the signer's certificate: --token-record or --record SAST=CERT.pem, or a record in list.json"
	}
	if _, ok := FindSAST(d.Old.Records, key); ok {
		return "Its record is one of those that are taken out: keep it, or sign with another SAST"
	}
	return "Add the signer's certificate: --add-token or --add SAST=CERT.pem"
}

func (d *Draft) judgeOld(key crypto.PublicKey) []Problem {
	if d.Old == nil {
		return nil
	}
	problems := JudgeOld(d.Old)
	if _, ok := FindSAST(d.Old.Records, key); !ok {
		return append(problems, Problem{AllowUnknownSigner, "the signer is not a SAST of the old list. Phones that hold the old list would refuse the new one (Trust List Update Failed) " +
			"and keep the old, unless a TVS server vouches for the signer. Sign with one of the old list's SASTs; to bring in a new signer, add it now and sign with it next time"})
	}
	if r, ok := d.Signer(key); ok && !vouches(d.Old.Records, r) {
		return append(problems, Problem{AllowUnknownSigner, fmt.Sprintf("the old list holds the signer's key, but not as serial %s, issued by %s. Phones look for both: they would refuse the new list "+
			"(Trust List Update Failed) and keep the old. Keep the signer's old record and add the new certificate beside it; remove the old one next time", r.SerialNumber(), r.Issuer())})
	}
	return problems
}

// JudgeOld says what is wrong with a list as the one that phones hold.
func JudgeOld(old *trust.List) []Problem {
	_, err := old.Verify()
	if err == nil {
		return nil
	}
	return []Problem{{AllowUnverifiedOld, fmt.Sprintf("the old list is not verified (%v), so it is not what phones hold, and what they do with its successor is not known. Get the list from the TFTP server again", err)}}
}

// judgeRecords looks at the records one by one and together.
func (d *Draft) judgeRecords() []Problem {
	var problems []Problem
	switch n := usableSASTs(d.Records); n {
	case 0:
		problems = append(problems, Problem{"", "the list holds no SAST whose key can sign lists: phones that take it take no further list, and each must be reset by hand. " +
			"Add two tokens or certificates whose keys are kept apart"})
	case 1:
		problems = append(problems, Problem{"", "the list holds 1 SAST whose key can sign lists. If its key is lost, phones take no further list, and each must be reset by hand. " +
			"Add a second token or certificate whose key is kept apart"})
	}
	if p := judgeNamesakes(d.Records); p != nil {
		problems = append(problems, *p)
	}
	if p := judgeTwins(d.Records); p != nil {
		problems = append(problems, *p)
	}
	return problems
}

// judgeNamesakes finds SASTs that phones cannot tell apart: they look for a signer
// by issuer and serial number.
func judgeNamesakes(records []tlv.Record) *Problem {
	seen := make(map[string]int)
	for i, r := range records {
		if r.Role() != tlv.RoleSAST {
			continue
		}
		name := r.Issuer() + "\x00" + string(r.SerialNumber())
		first, twice := seen[name]
		if !twice {
			seen[name] = i
			continue
		}
		a, errA := trust.RecordKey(records[first])
		b, errB := trust.RecordKey(r)
		if errA == nil && errB == nil && !cert.SameKey(a, b) {
			return &Problem{"", fmt.Sprintf("records %d and %d are SASTs with the same issuer and serial number and different keys. Phones look for a signer by both, "+
				"so no list that either of them signs is sure to be taken. Leave one out, or use a certificate with a serial of its own", first+1, i+1)}
		}
	}
	return nil
}

// judgeTwins tells of the first record that stands twice, and how many do.
func judgeTwins(records []tlv.Record) *Problem {
	seen := make(map[string]int)
	first, n := "", 0
	for i, r := range records {
		bytes := contents(r)
		twin, twice := seen[bytes]
		switch {
		case !twice:
			seen[bytes] = i
			continue
		case n == 0:
			first = fmt.Sprintf("records %d and %d are the same", twin+1, i+1)
		}
		n++
	}
	if n == 0 {
		return nil
	}
	if n > 1 {
		first += fmt.Sprintf(", and %d more stand twice", n-1)
	}
	return &Problem{"", first + ". Phones gain nothing from the second; leave it out"}
}

// contents are the bytes of a record.
func contents(r tlv.Record) string {
	var b []byte
	for _, f := range r.Fields {
		b = append(b, byte(f.Tag), byte(len(f.Value)>>8), byte(len(f.Value)))
		b = append(b, f.Value...)
	}
	return string(b)
}

func (d *Draft) judgeTime(now time.Time) []Problem {
	var problems []Problem
	wrong := func(format string, times ...any) {
		problems = append(problems, Problem{"", fmt.Sprintf("the list is dated "+utc(d.Timestamp)+", "+format+". Look at the clock, --timestamp and SOURCE_DATE_EPOCH", times...)})
	}
	if d.Old != nil {
		if old, ok := d.Old.Header.Timestamp(); ok && d.Timestamp.Unix() < old.Unix() {
			wrong("before the old one (%s). What phones do then is not known, and people will take the wrong one for the newer", utc(old))
		}
	}
	if d.Timestamp.After(now.Add(24 * time.Hour)) {
		wrong("in the future. What phones do then is not known")
	}
	if i, from := d.newestCertificate(); d.Timestamp.Before(from) {
		wrong("before the certificate of record %d becomes valid (%s). Phones may refuse that certificate now, or the date is wrong", i+1, utc(from))
	}
	return problems
}

// newestCertificate returns the index of the record whose certificate becomes
// valid last, and when.
func (d *Draft) newestCertificate() (int, time.Time) {
	index, newest := 0, time.Time{}
	for i, r := range d.Records {
		if c, err := cert.Read(r.Certificate()); err == nil && c.NotBefore.After(newest) {
			index, newest = i, c.NotBefore
		}
	}
	return index, newest
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func judgeCertificate(c *cert.Certificate, now time.Time) []Problem {
	var problems []Problem
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	switch {
	case c.NotAfter.IsZero():
		problems = append(problems, Problem{"", "the signer's certificate has no readable end date. Phones may refuse the list. Use another SAST, or renew the certificate first"})
	case now.After(c.NotAfter):
		problems = append(problems, Problem{"", fmt.Sprintf("the signer's certificate expired on %s. Phones may refuse the list. Use another SAST, or renew the certificate first", day(c.NotAfter))})
	case now.Before(c.NotBefore):
		problems = append(problems, Problem{"", fmt.Sprintf("the signer's certificate is valid only from %s. Phones may refuse the list until then. Use another SAST, or wait", day(c.NotBefore))})
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
// why it does not name a SAST of its own as the signer, nil if it does; decision
// what phones that hold the old list do with it, nil if there is no old list.
func JudgeFinished(size int, reason error, decision *trust.Decision) []Problem {
	var problems []Problem
	if reason != nil {
		problems = append(problems, Problem{AllowUnlistedSigner, fmt.Sprintf("the new list does not verify: %v. Phones are not known to take such a list. Add the signer's certificate as a SAST and sign again", reason)})
	}
	if refuses(decision) && (reason == nil || decision.Voucher == nil) {
		problems = append(problems, Problem{AllowUnknownSigner, fmt.Sprintf("phones that hold the old list refuse the new one: %v. They keep the old list; sign with one of its SASTs, under the name and serial it has there", decision.Reason)})
	}
	if size > trust.MaxITLSize { // of a CTL that is [I]
		problems = append(problems, Problem{"", fmt.Sprintf("the list has %d bytes. Lists over 64 KiB fail on phones, which keep the old one. Remove records of servers that are gone", size)})
	}
	return problems
}

// refuses reports whether phones refuse the list for another reason than its
// size, which is warned about.
func refuses(d *trust.Decision) bool {
	var large *trust.TooLargeError
	return d != nil && !d.Verdict.Taken() && !errors.As(d.Reason, &large)
}
