package lint

import (
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

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

// recovery reports whether the record is that of the ITLRecovery certificate.
func (r Record) recovery() bool { return strings.Contains(r.Subject(), "ITLRECOVERY") }

// signsCTL reports whether the certificate of a server, that of the record, may
// sign CTLs. Tokens have no host.
func (r Record) signsCTL() bool {
	return r.subject.Kind == tlv.KindCTL && (r.CallManager() || r.Role() == tlv.RoleSAST) &&
		slices.ContainsFunc(r.subject.sastRecords(), func(s Record) bool {
			return s.identity() == r.identity() && (r.CallManager() || r.recovery() || strings.TrimSpace(r.DNSName()) != "")
		})
}
