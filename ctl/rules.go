package ctl

import (
	"fmt"
	"strings"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Rules returns the rules that only CTLs have; those of lint.Rules come on top.
func Rules() []lint.Rule {
	return []lint.Rule{
		{
			ID: "ctl-older-than-certificate", Severity: lint.SeverityWarning, Source: "[D] the CTL must be made again after a server's certificate changed",
			Title: "The CTL is older than a certificate in it",
			Doc:   "The list was made, by its time stamp, before the certificate was valid. A clock was wrong, or the list was put together by hand.",
			Check: lint.OlderThanCertificate(tlv.KindCTL),
		},
		{
			ID: "ctl-without-certificates", Severity: lint.SeverityWarning, Source: "[A] a published listing of a cluster that left mixed mode",
			Title: "A CTL without server certificates",
			Doc:   "When a cluster goes back to non-secure mode, the records of its servers lose their certificates. Phones with secure profiles cannot register, and configuration files are checked with the ITL alone. Not checked for a PBX.",
			Check: checkServers,
		},
		{
			ID: "ctl-without-capf", Severity: lint.SeverityWarning, Source: "[I] LSCs come from CAPF, and phones know it by its record",
			Title: "A CTL without CAPF",
			Doc:   "Phones cannot get or renew their own certificates (LSC) through a CAPF that is not in their list. Not checked for a PBX.",
			Check: checkCAPF,
		},
		{
			ID: "server-without-host", Severity: lint.SeverityWarning, Source: "[A][F] servers' records have a host in every known CTL; [?] what phones do without",
			Title: "A server's record without a host",
			Doc:   "DNSNAME names the server. What a phone does without it is not known, and nobody can tell whose certificate to replace. Not checked for a PBX.",
			Check: checkHosts,
		},
	}
}

func checkServers(p *lint.Pass) bool {
	if p.Kind != tlv.KindCTL || p.PBX() {
		return false
	}
	if !p.Nonsecure() {
		return true
	}
	servers := 0
	for r := range p.Each {
		if r.CallManager() {
			servers++
		}
	}
	p.Report(lint.Place{}, lint.RemedyRemake, "%s", withoutServers(servers))
	return true
}

func checkHosts(p *lint.Pass) bool {
	applies := false
	for r := range p.Each {
		if p.Kind != tlv.KindCTL || p.PBX() || !r.CallManager() && r.Role() != tlv.RoleCAPF {
			continue
		}
		applies = true
		if strings.TrimSpace(r.DNSName()) == "" {
			p.Report(r.At(tlv.RecordDNSName), lint.RemedyRemake, "the record of the role %s has no host in DNSNAME", r.Role().String())
		}
	}
	return applies
}

func withoutServers(records int) string {
	if records == 0 {
		return "the list has no record of a server"
	}
	return fmt.Sprintf("none of %d records of servers has a certificate: the cluster went back to non-secure mode", records)
}

func checkCAPF(p *lint.Pass) bool {
	if p.Kind != tlv.KindCTL || p.PBX() {
		return false
	}
	for r := range p.Each {
		if r.Role() == tlv.RoleCAPF {
			return true
		}
	}
	p.Report(lint.Place{}, lint.RemedyStartCAPF, "no record with the role CAPF")
	return true
}
