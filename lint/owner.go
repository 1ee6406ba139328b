package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// checkKeyType is about records whose key could be read if it were of a known kind.
func checkKeyType(p *Pass) bool {
	applies := false
	for r := range p.Each {
		if c := r.Parsed(); c != nil && c.Err != nil || c == nil && !r.Has(tlv.RecordPublicKey) {
			continue
		}
		applies = true
		if what := r.strangeKey(); what != "" {
			p.Report(r.keyPlace(), remedyKnownKey, "%s", what)
		}
	}
	return applies
}

// strangeKey says what is unknown to phones about the key, "" if nothing is.
func (r Record) strangeKey() string {
	key, err := r.subject.List.Key(r.Number - 1)
	if err != nil {
		return fmt.Sprintf("a key of an unknown kind: %v", err)
	}
	switch kind, bits := cert.KeyType(key); {
	case kind == "RSA", kind == "EC" && (bits == 256 || bits == 384 || bits == 521):
		return ""
	default:
		return fmt.Sprintf("%s key of %d bits", kind, bits)
	}
}

// An owner is what a certificate was made for, by its name.
type owner struct {
	prefix, name string
	roles        []tlv.Role // records that may hold it
}

var owners = []owner{
	{"CAPF-", "CAPF", []tlv.Role{tlv.RoleCAPF}},
	{"SAST-ADN", "a USB token", []tlv.Role{tlv.RoleSAST}},
	{"ITLRECOVERY_", "ITLRecovery", []tlv.Role{tlv.RoleSAST}},
}

// owned are the roles that need a certificate of their own.
var owned = []tlv.Role{tlv.RoleSAST, tlv.RoleCCM, tlv.RoleCCMTFTP, tlv.RoleTFTP, tlv.RoleCAPF, tlv.RoleTVS}

// checkOwner is about the names of certificates: CA-signed ones may have any.
func checkOwner(p *Pass) bool {
	applies := false
	for r := range p.Each {
		if !slices.Contains(owned, r.Role()) || r.nonsecure() {
			continue
		}
		applies = true
		name := r.commonName()
		for _, o := range owners {
			if strings.HasPrefix(name, o.prefix) && !slices.Contains(o.roles, r.Role()) {
				p.Report(r.At(tlv.RecordSubjectName), remedyOwnCertificate, "%q is the name of a certificate of %s, in a record of the role %s", name, o.name, r.Role())
			}
		}
	}
	return applies
}

// commonName is that of the certificate, else of SUBJECTNAME.
func (r Record) commonName() string {
	if c := r.Parsed(); c != nil && c.Err == nil {
		return strings.TrimSpace(c.subjectName().Get("CN"))
	}
	return cert.CommonName(r.Subject())
}
