package ctl

import (
	"fmt"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Rules returns the rules that only CTLs have; those of lint.Rules come on top.
func Rules() []lint.Rule {
	return []lint.Rule{
		{
			ID: "ctl-older-than-certificate", Severity: lint.Warning, Source: "[D] the CTL must be made again after a server's certificate changed",
			Title: "The CTL is older than a certificate in it",
			Doc:   "The list was made, by its time stamp, before the certificate was valid. A clock was wrong, or the list was put together by hand.",
			Check: checkAge,
		},
		{
			ID: "ctl-without-certificates", Severity: lint.Warning, Source: "[A] a published listing of a cluster that left mixed mode",
			Title: "A CTL without server certificates",
			Doc:   "When a cluster goes back to non-secure mode, the records of its servers lose their certificates. Phones with secure profiles cannot register, and configuration files are checked with the ITL alone.",
			Check: checkServers,
		},
		{
			ID: "ctl-without-capf", Severity: lint.Warning, Source: "[D] mixed mode needs CAPF for LSCs and encrypted configuration",
			Title: "A CTL without CAPF",
			Doc:   "Phones cannot get or renew their own certificates (LSC) through a CAPF that their list does not hold.",
			Check: checkCAPF,
		},
	}
}

func checkAge(p *lint.Pass) bool {
	made, ok := p.List.Header.Timestamp()
	if p.Kind != tlv.CTL || !ok {
		return false
	}
	applies := false
	for _, r := range p.Records {
		c := r.Parsed()
		if c == nil || c.Err != nil || c.NotBefore.IsZero() {
			continue
		}
		applies = true
		if c.NotBefore.After(made) {
			p.Report(r.At(tlv.RecordCertificate), "check the clocks of the servers (`utils ntp status`); "+p.Remake(),
				"the certificate is valid from %s on, the list was made on %s", c.NotBefore.UTC().Format("2006-01-02 15:04:05Z"), made.Format("2006-01-02 15:04:05Z"))
		}
	}
	return applies
}

func checkServers(p *lint.Pass) bool {
	if p.Kind != tlv.CTL {
		return false
	}
	servers := 0
	for _, r := range p.Records {
		switch r.Role() {
		case tlv.CCM, tlv.CCMTFTP, tlv.TFTP:
			if r.Has(tlv.RecordCertificate) || r.Has(tlv.RecordCertHash) {
				return true
			}
			servers++
		}
	}
	p.Report(lint.Place{}, "if the cluster is to be in mixed mode: `utils ctl set-cluster mixed-mode`, or the CTL Client where USB tokens sign; then restart Cisco CallManager and Cisco TFTP, and reset the phones",
		"%s", withoutServers(servers))
	return true
}

func withoutServers(records int) string {
	if records == 0 {
		return "the list has no record of a server"
	}
	return fmt.Sprintf("none of %d records of servers has a certificate: the cluster went back to non-secure mode", records)
}

func checkCAPF(p *lint.Pass) bool {
	if p.Kind != tlv.CTL {
		return false
	}
	for _, r := range p.Records {
		if r.Role() == tlv.CAPF {
			return true
		}
	}
	p.Report(lint.Place{}, "activate Cisco Certificate Authority Proxy Function on the publisher; "+p.Remake(), "no record with the role CAPF")
	return true
}
