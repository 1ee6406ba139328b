package itl

import (
	"slices"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Rules returns the rules that only ITLs have; those of lint.Rules come on top.
func Rules() []lint.Rule {
	return []lint.Rule{
		{
			ID: "itl-without-tftp", Severity: lint.SeverityError, Source: "[D] the ITL holds the certificate that signs configuration files",
			Title: "An ITL without TFTP or CCM+TFTP",
			Doc:   "A phone accepts a configuration file only if a server with this role signed it. Without one, the phone accepts no further changes. Not checked for a PBX.",
			Check: needRole("TFTP or CCM+TFTP", tlv.RoleTFTP, tlv.RoleCCMTFTP),
		},
		{
			ID: "itl-without-tvs", Severity: lint.SeverityWarning, Source: "[S][D] phones ask a TVS of their ITL about signers that they do not know",
			Title: "An ITL without TVS",
			Doc:   "Without a Trust Verification Service the phone cannot ask about certificates that are not in its list: a new signer strands it, and HTTPS services fail. Not checked for a PBX.",
			Check: needRole("TVS", tlv.RoleTVS),
		},
		{
			ID: "itl-older-than-certificate", Severity: lint.SeverityWarning, Source: "[D] the server makes the ITL again after a certificate changed",
			Title: "The ITL is older than a certificate in it",
			Doc:   "The list was made, by its time stamp, before the certificate was valid. A clock was wrong, or the list was put together by hand.",
			Check: lint.OlderThanCertificate(tlv.KindITL),
		},
	}
}

func needRole(name string, roles ...tlv.Role) func(*lint.Pass) bool {
	return func(p *lint.Pass) bool {
		if p.Kind != tlv.KindITL || p.PBX() {
			return false
		}
		for r := range p.Each {
			if slices.Contains(roles, r.Role()) {
				return true
			}
		}
		p.Report(lint.Place{}, lint.RemedyStartTFTP, "no record with the role %s", name)
		return true
	}
}
