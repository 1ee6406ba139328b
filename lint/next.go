package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Next says how the phones that hold a list get the next one, when the servers'
// certificates are not those of the list any more.
type Next struct {
	// Lost are the SAST records of servers whose certificate the cluster does not
	// have any more: it cannot sign with their keys.
	Lost []int
	// Accepted are the SAST records with a key that the cluster can still sign
	// with, and whose lists phones accept that hold this one.
	Accepted []int
	// Steps are what to do, in this order.
	Steps []string
}

// String joins the steps.
func (n Next) String() string { return strings.Join(n.Steps, "; ") }

// maxSigners bounds the SASTs that are tried, which keeps the work in proportion
// to the list. Lists have one to four [D][F].
const maxSigners = 16

// Next says how phones get the list that follows this one. Current are the
// certificates that the servers use now; unheld are the numbers of the records
// that hold none of them, as [cert.MatchAll] returns them.
//
// A SAST of a server is lost if its record is unheld; ITLRecovery, only if current
// has another ITLRecovery certificate. Nothing is known about USB tokens: they are
// not lost. A list that holds no ITLRecovery certificate that current has is signed
// with a key phones do not know, whoever signed this one. Whether phones accept what a SAST signs is the answer of
// [trust.Prepare] for the same list signed with its key.
func (s *Subject) Next(current []cert.Known, unheld []int) Next {
	var n Next
	recovery := slices.ContainsFunc(current, func(k cert.Known) bool { return isRecovery(k.Subject.CUCM()) })
	for _, r := range s.signers() {
		switch {
		case slices.Contains(unheld, r.Number) && !r.token() && (recovery || !r.recovery()):
			n.Lost = append(n.Lost, r.Number)
		case s.phonesAccept(r):
			n.Accepted = append(n.Accepted, r.Number)
		}
	}
	n.Steps = s.steps(n, recovery, s.hasTVS(unheld))
	return n
}

// stranger names the certificate that the cluster will sign the next list with and
// phones do not know; "" if there is none. CUCM signs with ITLRecovery from 12.0 on,
// also after an upgrade from a release that signed with CallManager [D].
func (s *Subject) stranger(n Next, signer int, recovery bool) string {
	const successor = "the certificate that took the place of "
	recoveryRecord := func(number int) bool { return s.Records[number-1].recovery() }
	switch {
	case slices.Contains(n.Lost, signer):
		return successor + s.Records[signer-1].named()
	case !recovery || s.PBX() || s.Records[signer-1].token() || slices.ContainsFunc(n.Accepted, recoveryRecord):
		return ""
	}
	if i := slices.IndexFunc(n.Lost, recoveryRecord); i >= 0 {
		return successor + s.Records[n.Lost[i]-1].named()
	}
	return "the ITLRecovery certificate of the cluster"
}

// signers are the SAST records that may be tried.
func (s *Subject) signers() []Record {
	list := s.sastRecords()
	return list[:min(len(list), maxSigners)]
}

// phonesAccept reports whether phones that hold the list accept it when it is
// signed with the key of the record.
func (s *Subject) phonesAccept(r Record) bool {
	t := s.List.Template()
	if d := t.Digest; d != tlv.DigestSHA1 && d != tlv.DigestSHA512 {
		t.Digest = tlv.DigestSHA1
	}
	key := r.Key()
	if key == nil {
		return false
	}
	_, err := trust.Prepare(t, key, trust.Conditions{Installed: s.List, Permit: trust.PermitTooLarge})
	return err == nil
}

// hasTVS reports whether a TVS server of an ITL still has its certificate, and can
// be asked by phones.
func (s *Subject) hasTVS(unheld []int) bool {
	for r := range s.Each {
		if s.Kind == tlv.KindITL && r.Role() == tlv.RoleTVS && !slices.Contains(unheld, r.Number) {
			return true
		}
	}
	return false
}

// steps are for a list that verifies.
func (s *Subject) steps(n Next, recovery, tvs bool) []string {
	v, err := s.Verify()
	switch {
	case err != nil:
		return []string{s.Advice(RemedyVerify)}
	case len(n.Accepted) == 0 && tvs:
		return s.askTVS()
	case len(n.Accepted) == 0:
		return s.stranded()
	}
	stranger := s.stranger(n, v.Number, recovery)
	switch {
	case stranger == "":
		return []string{remake(s)}
	case s.PBX():
		return []string{fmt.Sprintf("sign the next list with the key of %s, which the phones' list holds", s.Records[n.Accepted[0]-1].named()), remake(s)}
	}
	return s.signWith(stranger, s.Records[n.Accepted[0]-1], slices.Contains(n.Lost, v.Number))
}

// named names a record for people.
func (r Record) named() string {
	switch name := r.commonName(); {
	case r.recovery():
		return fmt.Sprintf("ITLRecovery (record %d)", r.Number)
	case r.token():
		return fmt.Sprintf("the token %s (record %d)", name, r.Number)
	default:
		return fmt.Sprintf("CallManager of %s (record %d)", name, r.Number)
	}
}

// signWith has the next list signed by another key than CUCM would choose, which is
// that of a stranger to phones [D]. Before 12.0 CallManager signs as usual [D] and
// ITLRecovery after a reset [I]; from 12.0 on it is the other way round [D].
func (s *Subject) signWith(stranger string, keeper Record, lost bool) []string {
	if keeper.token() {
		return []string{fmt.Sprintf("phones do not know %s, and would refuse a list signed with it: sign the next list in the CTL Client with %s", stranger, keeper.named()), restart}
	}
	list, run, usual := "CTL", "run `utils ctl reset localkey` on the publisher", "`utils ctl update CTLFile`"
	if s.Kind == tlv.KindITL {
		list, run, usual = "ITL", "run `utils itl reset localkey` on the publisher", "let the cluster sign as usual (restart Cisco TFTP)"
	}
	switch {
	case !lost:
		run = "from CUCM 12.0 on " + run + ", before 12.0 instead " + usual
	case keeper.recovery():
		run = "before CUCM 12.0 " + run + ", from 12.0 on instead " + usual
	}
	return []string{
		fmt.Sprintf("phones do not know %s, and would refuse a list signed with it: the next list must be signed with %s", stranger, keeper.named()),
		fmt.Sprintf("do not regenerate %s before all this is done", strings.SplitN(keeper.named(), " (", 2)[0]),
		fmt.Sprintf("%s, and check the new %s with `ctlinspect accept --installed OLD NEW`", run, list),
		"reset the phones",
		"check that the phones hold the new list (`ctlinspect compare`)",
		"only then: " + usual + ", and reset the phones again",
	}
}

// askTVS is for an ITL whose SASTs are all lost, while a TVS server is not.
func (s *Subject) askTVS() []string {
	return []string{
		"phones know no key that the cluster can sign with: they must ask a Trust Verification Service, so do not regenerate TVS",
		"restart Cisco Trust Verification Service and Cisco TFTP, and check the new list with `ctlinspect accept --installed OLD NEW --tvs-trusts SIGNER.pem`",
		"reset the phones",
		"on phones without TVS (7940, 7960, many TelePresence models, Jabber) delete the list by hand",
	}
}

// stranded is for a list whose SASTs are all lost.
func (s *Subject) stranded() []string {
	if s.PBX() {
		return []string{"phones that hold this list accept no list signed with another key: find the key of one of its SASTs, or delete the list on each phone by hand"}
	}
	return []string{
		"the cluster has no key that phones know: they will refuse its next list, so do not reset them yet",
		"restore an old key: ITLRecovery from its backup (`file get tftp ITLRecovery.p12`), or the cluster from its own",
		"if there is none, delete the list by hand on each phone",
	}
}
