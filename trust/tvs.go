package trust

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A TVSCertificate is a certificate that TVS servers have.
type TVSCertificate struct {
	*cert.Certificate
	Roles []tlv.Role // that they give it; none if they know it and vouch for nothing
	From  string     // how that is known, for messages: a server, a store, a list
	// Servers are the certificates of the servers that said so. A phone listens only if
	// its ITL has each of them; during a sequence that may be another ITL. None: it is
	// known in another way, and goes for any server that the ITL has.
	Servers []*cert.Certificate
}

// String is for messages: "APP-SERVER (tomcat-trust)".
func (t *TVSCertificate) String() string {
	var names []string
	for _, r := range t.Roles {
		names = append(names, r.String())
	}
	s := strings.Join(names, ", ")
	if s == "" {
		s = "no role"
	}
	if t.From != "" {
		s += fmt.Sprintf(" (%s)", t.From)
	}
	return s
}

// Serves reports whether one of the roles does what is asked for: CCM+TFTP also
// serves as CCM and as TFTP.
func Serves(asked tlv.Role, roles []tlv.Role) bool {
	both := asked == tlv.RoleCCM || asked == tlv.RoleTFTP
	return slices.ContainsFunc(roles, func(r tlv.Role) bool { return r == asked || both && r == tlv.RoleCCMTFTP })
}

// askTVS decides about a list that is in order but whose signer is not installed:
// unknown says who that is, isSigner finds its certificate.
func (p Phone) askTVS(unknown *UnknownSignerError, isSigner func(*cert.Certificate) bool) *Decision {
	unknown.CanAskTVS = p.HasTVS()
	for i := range p.TVS {
		t := &p.TVS[i]
		switch {
		case !isSigner(t.Certificate):
		case !Serves(tlv.RoleSAST, t.Roles):
			unknown.TVS = t
		case unknown.CanAskTVS && p.listensTo(t.Servers):
			return &Decision{Verdict: VerdictAccepted, TVS: t, Stranded: StrandedWithoutTVS}
		}
	}
	return refuse(VerdictUnknownSigner, unknown)
}

// listensTo reports whether the phone's ITL has all these servers.
func (p Phone) listensTo(servers []*cert.Certificate) bool {
	return !slices.ContainsFunc(servers, func(c *cert.Certificate) bool { return p.TVSServer(c) == nil })
}

// HasTVS reports whether an installed ITL has a TVS record. Without one phones ask no
// TVS server [S].
func (p Phone) HasTVS() bool {
	return slices.ContainsFunc(p.Installed, func(l *List) bool {
		return l.Header.Kind() == tlv.KindITL && slices.ContainsFunc(l.Records, func(r tlv.Record) bool { return r.Role() == tlv.RoleTVS })
	})
}

// TVSServer returns the record of an installed ITL that holds the certificate of a
// TVS server, nil if there is none: phones listen to no other server [S]. Whether
// the ITL verifies is another question.
func (p Phone) TVSServer(server *cert.Certificate) *Voucher {
	for n, l := range p.Installed {
		if l.Header.Kind() != tlv.KindITL {
			continue
		}
		if held := cert.NewIndex(l.Records).Holding(server.Known(), tlv.RoleTVS); len(held) > 0 {
			return p.voucher(n, held[0].Record-1)
		}
	}
	return nil
}

// isSigner reports whether a certificate of TVS is the signer's. The whole
// certificate must be equal; of a record without one, key and serial.
func (v *Verified) isSigner(c *cert.Certificate) bool {
	if der := v.Record.Certificate(); der != nil {
		return bytes.Equal(der, c.Raw)
	}
	key, err := c.PublicKey()
	return err == nil && cert.SameKey(v.Key, key) && v.Record.SerialNumber().Matches(c.SerialNumber)
}
