package report

import (
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A TVSReply is what a server answered, and what a phone makes of it.
type TVSReply struct {
	Server      string       `json:"server"`      // as given
	Vouches     bool         `json:"vouches"`     // a phone accepts the certificate in the role
	Listed      *bool        `json:"listed"`      // a TVS record of the phone's ITL holds the server's certificate; null: no ITL to look at
	Record      *int         `json:"record"`      // the number of that record
	Certificate *Certificate `json:"certificate"` // the server's
	TLS         string       `json:"tls"`
	Cipher      string       `json:"cipher"`
	Asked       bool         `json:"certificateRequested"` // of the client
	Status      string       `json:"status"`               // "valid", "invalid"; "" without an answer
	Roles       []tlv.Role   `json:"roles"`
	TTL         *int         `json:"ttl"` // seconds
	Message     string       `json:"message"`
	Error       *Error       `json:"error"` // why there is no answer

	role tlv.Role // that was asked for
}

// lacks reports whether the server does not give the certificate the role.
func (d *TVSReply) lacks() bool { return d.Status != "" && !trust.Serves(d.role, d.Roles) }

// Text is what the server answered and what a phone makes of it, on one line.
func (a *TVSReply) Text() string {
	if a.Status == "" {
		return a.Message
	}
	s := a.Status
	if len(a.Roles) > 0 {
		s += ", " + joinRoles(a.Roles)
	}
	if a.Listed != nil && !*a.Listed && !a.lacks() {
		return s + "; " + a.Message
	}
	return s + ": a phone " + a.Message
}

func joinRoles(roles []tlv.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, r.String())
	}
	return strings.Join(names, ", ")
}

// storeAdvice is the classic mistake when clusters are merged [D][S].
const storeAdvice = "upload the certificate to Phone-SAST-trust and restart TVS. " +
	"TVS gives certificates in CallManager-trust no role, so one uploaded there does not help phones."
