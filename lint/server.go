package lint

import (
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Nonsecure reports whether it is a cluster's CTL without a certificate of a
// CallManager or TFTP server: one of a cluster that is not in mixed mode [A].
func (s *Subject) Nonsecure() bool {
	return s.Kind == tlv.KindCTL && !s.PBX() && s.nonsecure.get(func() bool {
		for r := range s.Each {
			if r.CallManager() && (r.Has(tlv.RecordCertificate) || r.Has(tlv.RecordCertHash)) {
				return false
			}
		}
		return true
	})
}

// CallManager reports whether the record is that of a CallManager or TFTP server.
func (r Record) CallManager() bool {
	return r.Role() == tlv.RoleCCM || r.Role() == tlv.RoleCCMTFTP || r.Role() == tlv.RoleTFTP
}

// recovery reports whether the record is that of the ITLRecovery certificate.
func (r Record) recovery() bool { return isRecovery(r.Subject()) }

func isRecovery(name string) bool { return strings.Contains(name, "ITLRECOVERY") }

// token reports whether the record is that of a USB token: they have no host, and
// sign CTLs only.
func (r Record) token() bool {
	return r.subject.Kind == tlv.KindCTL && r.Role() == tlv.RoleSAST && !r.recovery() && strings.TrimSpace(r.DNSName()) == ""
}

// signsCTL reports whether the certificate of a server, that of the record, may
// sign CTLs. Tokens have no host.
func (r Record) signsCTL() bool {
	server := r.CallManager() || r.Role() == tlv.RoleSAST && !r.token()
	return server && r.subject.Kind == tlv.KindCTL && r.isSAST()
}

// signsITL reports whether the certificate of a server, that of the record, may
// sign ITLs.
func (r Record) signsITL() bool {
	return r.subject.Kind == tlv.KindITL && r.isSAST()
}

// isSAST reports whether the list holds the certificate of the record as a SAST.
func (r Record) isSAST() bool {
	return r.subject.sasts.get(r.subject.findSASTs).identities[r.identity()]
}
