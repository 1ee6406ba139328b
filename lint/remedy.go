package lint

import (
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Remake says how the list is made again.
func (s *Subject) Remake() string {
	if s.Kind == tlv.ITL {
		return "make the list again: restart the Cisco TFTP service of the server that it came from, then reset the phones"
	}
	return "make the list again: `utils ctl update CTLFile` on the publisher, or the CTL Client where USB tokens sign; then restart Cisco CallManager and Cisco TFTP, and reset the phones"
}

// Renew says how the certificate of a record is replaced.
func (r Record) Renew() string {
	return r.how() + "; " + r.subject.Remake()
}

func (r Record) how() string {
	switch r.Role() {
	case tlv.CAPF:
		return "regenerate CAPF in OS Administration, then issue the phones' LSCs again"
	case tlv.TVS:
		return "regenerate TVS in OS Administration, never together with CallManager"
	case tlv.SAST:
		return r.howSAST()
	case tlv.CCM, tlv.CCMTFTP, tlv.TFTP:
		return regenerateCallManager
	}
	return "replace the certificate on its server"
}

const regenerateCallManager = "regenerate CallManager in OS Administration, never together with TVS"

// howSAST tells a token, which has no host in a CTL, from a server's certificate.
func (r Record) howSAST() string {
	switch {
	case strings.Contains(r.Subject(), "ITLRECOVERY"):
		return "regenerate ITLRecovery in OS Administration while CallManager still signs"
	case r.subject.Kind == tlv.CTL && strings.TrimSpace(r.DNSName()) == "":
		return "add a new token to the list while an old one still signs"
	}
	return regenerateCallManager
}

const (
	getAgain   = "get the file again in binary (octet) mode and compare its sums with `show ctl` or `show itl`; if they agree, the server's list is wrong and must be made again"
	fixEncoder = "make the list again with the cluster itself (`utils ctl update CTLFile`) or repair the program that wrote it"
)
