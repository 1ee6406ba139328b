package lint

import (
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Remake says how the list is made again.
func (s *Subject) Remake() string {
	if s.Kind == tlv.KindITL {
		return "make the list again: restart the Cisco TFTP service of the server that it came from, then reset the phones"
	}
	if s.Nonsecure() {
		return "if the cluster is to be in mixed mode: `utils ctl set-cluster mixed-mode`, or the CTL Client where USB tokens sign; " + restart
	}
	return "make the list again: `utils ctl update CTLFile` on the publisher, or the CTL Client where USB tokens sign; " + restart
}

const restart = "then restart Cisco CallManager and Cisco TFTP, and reset the phones"

// Nonsecure reports whether it is a CTL without a certificate of a CallManager or
// TFTP server, as of a cluster that is not in mixed mode [A].
func (s *Subject) Nonsecure() bool {
	return s.Kind == tlv.KindCTL && !slices.ContainsFunc(s.Records, func(r Record) bool {
		return r.CallManager() && (r.Has(tlv.RecordCertificate) || r.Has(tlv.RecordCertHash))
	})
}

// CallManager reports whether the record is that of a CallManager or TFTP server.
func (r Record) CallManager() bool {
	return r.Role() == tlv.RoleCCM || r.Role() == tlv.RoleCCMTFTP || r.Role() == tlv.RoleTFTP
}

// Trustworthy says what to do about a list that is not verified, "" of one that
// is.
func (s *Subject) Trustworthy() string {
	_, err := s.Verify()
	switch {
	case err == nil:
		return ""
	case trust.ReasonOf(err) == trust.ReasonNoSignerRecord, trust.ReasonOf(err) == trust.ReasonSignerNotSAST:
		return "sign with a token or certificate that the list holds as a SAST; " + s.Remake()
	case stage(trust.ReasonOf(err)) == stage(trust.ReasonSignatureWrong):
		return getAgain
	}
	return fixEncoder
}

// Renew says how the certificate of a record is replaced.
func (r Record) Renew() string {
	if r.signsCTL() {
		return r.renewSigner()
	}
	return r.how() + "; " + r.subject.Remake()
}

func (r Record) how() string {
	switch r.Role() {
	case tlv.RoleCAPF:
		return "regenerate CAPF in OS Administration, then issue the phones' LSCs again"
	case tlv.RoleTVS:
		return "regenerate TVS in OS Administration, never together with CallManager"
	case tlv.RoleSAST:
		return r.howToken()
	case tlv.RoleCCM, tlv.RoleCCMTFTP, tlv.RoleTFTP:
		return regenerateCallManager
	}
	return "replace the certificate on its server"
}

const regenerateCallManager = "regenerate CallManager in OS Administration, never together with TVS"

// howToken is for the SASTs that signsCTL leaves.
func (r Record) howToken() string {
	switch {
	case r.recovery():
		return "regenerate ITLRecovery in OS Administration while CallManager still signs"
	case r.subject.Kind == tlv.KindCTL:
		return "add a new token to the list while an old one still signs"
	}
	return regenerateCallManager
}

func (r Record) recovery() bool { return strings.Contains(r.Subject(), "ITLRECOVERY") }

// signsCTL reports whether the certificate of a server, that of the record, may
// sign CTLs. Tokens have no host.
func (r Record) signsCTL() bool {
	return r.subject.Kind == tlv.KindCTL && (r.CallManager() || r.Role() == tlv.RoleSAST) &&
		slices.ContainsFunc(r.subject.sastRecords(), func(s Record) bool {
			return s.identity() == r.identity() && (r.CallManager() || r.recovery() || strings.TrimSpace(r.DNSName()) != "")
		})
}

// renewSigner replaces what phones check the next list with.
func (r Record) renewSigner() string {
	regenerate := regenerateCallManager
	if r.recovery() {
		regenerate = "regenerate ITLRecovery in OS Administration"
	}
	first := "see that all phones hold a list with a second SAST whose key is kept"
	if len(r.subject.sastRecords()) < 2 {
		first = "it is the only SAST, and regenerating the only SAST strands the phones: first add a second one (a tokenless cluster has two from 10.5(2) on) and see that all phones hold that list"
	}
	return first + "; then " + regenerate + "; " + r.subject.Remake() +
		". The first list with the new certificate must be signed with an old key, that of a SAST in the list that the phones hold: check it with `ctlinspect accept --installed OLD NEW` before the phones are reset"
}

const (
	getAgain   = "get the file again in binary (octet) mode and compare its sums with `show ctl` or `show itl`; if they agree, the server's list is wrong and must be made again"
	fixEncoder = "make the list again with the cluster itself (`utils ctl update CTLFile`) or repair the program that wrote it"
)
