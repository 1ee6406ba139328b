package lint

import (
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Words are what a remedy says about a list and a record. The record is the zero
// Record if the finding is about none.
type words func(*Subject, Record) string

func fixed(text string) words { return pbx(text, text) }

// pbx has other words for lists that are not those of a cluster.
func pbx(cluster, other string) words {
	return func(s *Subject, _ Record) string {
		if s.PBX() {
			return other
		}
		return cluster
	}
}

// then is something to do first, and a new list.
func then(first words) words {
	return func(s *Subject, r Record) string { return after(first(s, r), remake(s)) }
}

// after puts steps in a row.
func after(steps ...string) string {
	return strings.Join(slices.DeleteFunc(steps, func(s string) bool { return s == "" }), "; ")
}

const (
	restart = "then restart Cisco CallManager and Cisco TFTP, and reset the phones"

	regenerateCallManager = "regenerate CallManager in OS Administration, never together with TVS"
)

var (
	clocks     = pbx("check the clocks of the servers (`utils ntp status`)", "check the clock of the machine that made it")
	fixEncoder = pbx("make the list again with the cluster itself (`utils ctl update CTLFile`) or repair the program that wrote it",
		"repair the program that wrote it, or make the list with `ctlinspect build`")
	getAgain = pbx("compare its sums with `show ctl` or `show itl` on the server: if they differ, fetch the file again in binary (octet) mode; if they agree, the server's list is wrong and must be made again",
		"compare its sums with the file on the server: if they differ, fetch it again in binary (octet) mode; if they agree, the list must be signed again")
)

// remake is how the list is made again.
func remake(s *Subject) string {
	switch {
	case s.PBX():
		return "make the next list with `ctlinspect update` or the program that made this one, and sign it with a SAST of the list that the phones hold; then put it where the phones fetch it, and restart them"
	case s.Kind == tlv.KindITL:
		return "make the list again: restart the Cisco TFTP service of the server that it came from, then reset the phones"
	case s.Nonsecure():
		return "if the cluster is to be in mixed mode: `utils ctl set-cluster mixed-mode`, or the CTL Client if USB tokens sign; " + restart
	}
	if v, err := s.Verify(); err == nil && s.Records[v.Number-1].token() {
		// From tokens to tokenless: no phone knows the key that the publisher signs with [D].
		return "make the list again in the CTL Client, with a token of the list that the phones hold; not with `utils ctl update CTLFile`, which signs with a key that phones do not know; " + restart
	}
	return "make the list again: `utils ctl update CTLFile` on the publisher, or the CTL Client if USB tokens sign; " + restart
}

// verify is about a list that is not verified, "" of one that is.
func verify(s *Subject, r Record) string {
	_, err := s.Verify()
	switch reason := trust.ReasonOf(err); {
	case err == nil:
		return ""
	case reason == trust.ReasonNoSignerRecord, reason == trust.ReasonSignerNotSAST:
		return after("sign with a token or certificate that the list holds as a SAST", remake(s))
	case stage(reason) == stage(trust.ReasonSignatureWrong):
		return getAgain(s, r)
	}
	return fixEncoder(s, r)
}

func spare(s *Subject, _ Record) string {
	switch {
	case s.PBX():
		return after("add a second SAST, and keep its key in another place", remake(s))
	case s.Kind == tlv.KindITL:
		return "update to a release with the ITLRecovery certificate (10.0 and later); keep a backup of the ITLRecovery key (`file get tftp ITLRecovery.p12`)"
	}
	return after("add a token in the CTL Client, or in a tokenless cluster update to 10.5(2) or later", remake(s))
}

// renew is how the certificate of a record is replaced.
func renew(s *Subject, r Record) string {
	switch {
	case s.PBX():
		return after(r.replace(), remake(s))
	case r.signsCTL():
		return renewSigner(s, r)
	case r.signsITL():
		return after(r.regenerate(), remake(s)) + ". Phones accept that list only if a SAST of their lists signed it, or TVS vouches for the new signer: check it with `ctlinspect accept --installed OLD NEW` before the phones are reset"
	}
	return after(r.regenerate(), remake(s))
}

// replace is how it is done outside of a cluster.
func (r Record) replace() string {
	switch r.Role() {
	case tlv.RoleSAST:
		return "add a new SAST while this one can still sign; leave this one out of a later list, once all phones hold the new one"
	case tlv.RoleAppServer:
		return "find out which CA the certificate of the HTTPS server comes from today, and put that CA into the list"
	}
	return "give the server a new certificate and put that into the list"
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
