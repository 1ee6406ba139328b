package lint

import (
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Remedy names what to do about a finding. Its words depend on the list and on
// the record.
type Remedy uint8

// Remedies that rules outside of this package use as well.
const (
	RemedyNone      Remedy = iota // nothing needs to be done
	RemedyRemake                  // make the list again
	RemedyVerify                  // get a list that verifies; no words for one that does
	RemedyStartCAPF               // let the cluster have a CAPF
	RemedyStartTFTP               // let the server sign files and answer phones
	remedyAccepted
	remedyRenew
	remedyTryOrRenew
	remedyClocksRenew
	remedyEncoder
	remedyDigestCode
	remedyRename
	remedySetClock
	remedyClocks
	remedyClocksRemake
	remedyOldClock
	remedyPreferSHA512
	remedyTryModels
	remedyTrySHA1
	remedyTry2048
	remedyShrink
	remedyTwin
	remedySpare
	remedyLonger
	remedyAlike
	remedyUseRSA
	remedyAuthor
	remedyKnownKey
	remedyOwnCertificate
)

// remedies are the words of each remedy. The record is the zero Record where a
// finding is about no record.
var remedies = [...]func(*Subject, Record) string{
	RemedyNone:           fixed("none needed; report it if a release of CUCM wrote it"),
	RemedyRemake:         then(""),
	RemedyVerify:         verify,
	RemedyStartCAPF:      then("activate Cisco Certificate Authority Proxy Function on the publisher"),
	RemedyStartTFTP:      then("check on the server that Cisco TFTP and Cisco Trust Verification Service run"),
	remedyAccepted:       fixed("none needed if phones accept the list"),
	remedyRenew:          renew,
	remedyTryOrRenew:     func(s *Subject, r Record) string { return "try it on each phone model, or: " + renew(s, r) },
	remedyClocksRenew:    func(s *Subject, r Record) string { return clocks + "; " + renew(s, r) },
	remedyEncoder:        fixed(fixEncoder),
	remedyDigestCode:     fixed("sign it again with digest code 3"),
	remedyRename:         fixed("find out which of the two lists it is, and rename the file"),
	remedySetClock:       then("set the clock of the program that makes the list"),
	remedyClocks:         fixed(clocks + " and of this machine"),
	remedyClocksRemake:   then(clocks),
	remedyOldClock:       fixed("check the clock of the program that makes the list, and which list is the newer"),
	remedyPreferSHA512:   fixed("if all phones know SHA-512, set the enterprise parameter TFTP File Signature Algorithm to it, and make the list again"),
	remedyTryModels:      fixed("try the list on one phone of each model first"),
	remedyTrySHA1:        fixed("try one phone of each model first, or sign with SHA-1"),
	remedyTry2048:        fixed("try it on each phone model first; if one fails, regenerate the certificate with 2048 bits"),
	remedyShrink:         then("remove servers that are not used, or let several share one multi-server certificate"),
	remedyTwin:           then("remove the server that is configured twice"),
	remedySpare:          spare,
	remedyLonger:         then("add a SAST that lasts longer while these can still sign"),
	remedyAlike:          fixed("leave one of the two out, or use a certificate with a serial number of its own"),
	remedyUseRSA:         fixed("use an RSA certificate, or let a release that writes signer version 1.1 make the list"),
	remedyKnownKey:       then("use a certificate with an RSA key of 2048 bits, or an EC key on P-256, P-384 or P-521"),
	remedyOwnCertificate: then("put in the certificate that the server of the record uses"),
	remedyAuthor:         then("find out who wrote this list before it is used"),
}

const (
	clocks     = "check the clocks of the servers (`utils ntp status`)"
	restart    = "then restart Cisco CallManager and Cisco TFTP, and reset the phones"
	getAgain   = "compare its sums with `show ctl` or `show itl` on the server: if they differ, fetch the file again in binary (octet) mode; if they agree, the server's list is wrong and must be made again"
	fixEncoder = "make the list again with the cluster itself (`utils ctl update CTLFile`) or repair the program that wrote it"

	regenerateCallManager = "regenerate CallManager in OS Administration, never together with TVS"
)

// Advice returns what to do about the list as a whole.
func (s *Subject) Advice(r Remedy) string { return remedies[r](s, Record{}) }

func fixed(text string) func(*Subject, Record) string {
	return func(*Subject, Record) string { return text }
}

// then is something to do first, and a new list.
func then(first string) func(*Subject, Record) string {
	return func(s *Subject, _ Record) string { return after(first, remake(s)) }
}

// after puts steps in a row.
func after(steps ...string) string {
	return strings.Join(slices.DeleteFunc(steps, func(s string) bool { return s == "" }), "; ")
}

// remake is how the list is made again.
func remake(s *Subject) string {
	switch {
	case s.Kind == tlv.KindITL:
		return "make the list again: restart the Cisco TFTP service of the server that it came from, then reset the phones"
	case s.Nonsecure():
		return "if the cluster is to be in mixed mode: `utils ctl set-cluster mixed-mode`, or the CTL Client if USB tokens sign; " + restart
	}
	return "make the list again: `utils ctl update CTLFile` on the publisher, or the CTL Client if USB tokens sign; " + restart
}

// verify is about a list that is not verified, "" of one that is.
func verify(s *Subject, _ Record) string {
	_, err := s.Verify()
	switch reason := trust.ReasonOf(err); {
	case err == nil:
		return ""
	case reason == trust.ReasonNoSignerRecord, reason == trust.ReasonSignerNotSAST:
		return after("sign with a token or certificate that the list holds as a SAST", remake(s))
	case stage(reason) == stage(trust.ReasonSignatureWrong):
		return getAgain
	}
	return fixEncoder
}

func spare(s *Subject, _ Record) string {
	if s.Kind == tlv.KindITL {
		return "update to a release with the ITLRecovery certificate (10.0 and later); keep a backup of the ITLRecovery key (`file get tftp ITLRecovery.p12`)"
	}
	return after("add a token in the CTL Client, or in a tokenless cluster update to 10.5(2) or later", remake(s))
}

// renew is how the certificate of a record is replaced.
func renew(s *Subject, r Record) string {
	if r.signsCTL() {
		return renewSigner(s, r)
	}
	return after(r.regenerate(), remake(s))
}

func (r Record) regenerate() string {
	switch r.Role() {
	case tlv.RoleCAPF:
		return "regenerate CAPF in OS Administration, then issue the phones' LSCs again"
	case tlv.RoleTVS:
		return "regenerate TVS in OS Administration, never together with CallManager"
	case tlv.RoleSAST:
		return r.regenerateSAST()
	case tlv.RoleCCM, tlv.RoleCCMTFTP, tlv.RoleTFTP:
		if kind, _ := keyType(r); kind == "EC" {
			return "regenerate CallManager-ECDSA in OS Administration"
		}
		return regenerateCallManager
	}
	return "replace the certificate on its server"
}

// regenerateSAST is for the SASTs that signsCTL leaves.
func (r Record) regenerateSAST() string {
	switch {
	case r.recovery():
		return "regenerate ITLRecovery in OS Administration while CallManager can still sign"
	case r.subject.Kind == tlv.KindCTL:
		return "add a new token to the list while an old one can still sign"
	}
	return regenerateCallManager
}

// renewSigner replaces what phones check the next list with.
func renewSigner(s *Subject, r Record) string {
	regenerate := regenerateCallManager
	if r.recovery() {
		regenerate = "regenerate ITLRecovery in OS Administration"
	}
	first := "see that all phones hold a list with a second SAST whose key is kept"
	if len(s.sastRecords()) < 2 {
		first = "it is the only SAST, and regenerating the only SAST strands the phones: first add a second one (a tokenless cluster has two from 10.5(2) on) and see that all phones hold that list"
	}
	return first + "; then " + regenerate + "; " + remake(s) +
		". The first list with the new certificate must be signed with an old key, that of a SAST in the list that the phones hold: check it with `ctlinspect accept --installed OLD NEW` before the phones are reset"
}
