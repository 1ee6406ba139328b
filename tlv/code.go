package tlv

import (
	"fmt"
	"strconv"
	"strings"
)

// A Version is two bytes, major and minor. VERSION is 1.2 in lists, 1.0 or 1.1
// in signed firmware and 2.0 in encrypted configuration files [A][F][P].
type Version struct{ Major, Minor uint8 }

// String returns "major.minor".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// IsZero reports whether v is 0.0, which stands for an absent version.
func (v Version) IsZero() bool { return v == Version{} }

// A Kind says which of the two lists a file is.
type Kind uint8

// The kinds of list.
const (
	KindUnknown Kind = iota
	KindCTL          // Certificate Trust List
	KindITL          // Initial or Identity Trust List
)

// String returns "CTL", "ITL" or "trust list".
func (k Kind) String() string {
	switch k {
	case KindCTL:
		return "CTL"
	case KindITL:
		return "ITL"
	}
	return "trust list"
}

// Filename returns what FILENAME holds in a list of this kind, also in a file
// served under a phone's own name [F]; "" for UnknownKind.
func (k Kind) Filename() string {
	switch k {
	case KindCTL:
		return "CTLFile.tlv"
	case KindITL:
		return "ITLFile.tlv"
	}
	return ""
}

// KindOf returns the kind that a file name speaks of: names that begin with CTL
// or ITL in any case, as CTLFile.tlv, ITLSEP0011215A1AE3.tlv.
func KindOf(filename string) Kind {
	if len(filename) < 3 {
		return KindUnknown
	}
	switch strings.ToUpper(filename[:3]) {
	case "CTL":
		return KindCTL
	case "ITL":
		return KindITL
	}
	return KindUnknown
}

// A Digest is the code in DIGESTALGORTITHM (u8): the hash that was signed.
type Digest int

// Digest codes. 1 and 3 are [F][P]. 2 is taken for SHA-256 by some
// implementations and was never seen. 4 stands for SHA-512 in files made by an
// open-source tool before 2021 [P].
const (
	DigestAbsent       Digest = -1 // the field is absent
	DigestSHA1         Digest = 1
	DigestSHA256       Digest = 2
	DigestSHA512       Digest = 3
	DigestLegacySHA512 Digest = 4
)

// String names the hash; an unknown code is "digest N".
func (d Digest) String() string {
	switch d {
	case DigestAbsent:
		return "no digest"
	case DigestSHA1:
		return "SHA-1"
	case DigestSHA256:
		return "SHA-256 (code 2, never seen)"
	case DigestSHA512:
		return "SHA-512"
	case DigestLegacySHA512:
		return "SHA-512 (code 4)"
	}
	return "digest " + strconv.Itoa(int(d))
}

// A SignatureAlgorithm is the code in SIGNATUREALGORTITHM (u8).
type SignatureAlgorithm int

// Signature algorithms.
const (
	SignatureAlgorithmAbsent SignatureAlgorithm = -1 // the field is absent
	SignatureAlgorithmRSA    SignatureAlgorithm = 0  // PKCS #1 v1.5 [F][P]
)

// String names the algorithm; an unknown code is "signature algorithm N".
func (a SignatureAlgorithm) String() string {
	switch a {
	case SignatureAlgorithmAbsent:
		return "no signature algorithm"
	case SignatureAlgorithmRSA:
		return "RSA"
	}
	return "signature algorithm " + strconv.Itoa(int(a))
}

// signatureSizes are the signature bytes that SIGNATUREMODULUS is an index
// into: RSA-1024 is 1, RSA-2048 is 2, RSA-4096 is 3 [F][P].
var signatureSizes = [...]int{64, 128, 256, 512}

// A SignatureModulus is the code in SIGNATUREMODULUS (u8).
type SignatureModulus int

// NoSignatureModulus stands for an absent field.
const SignatureModulusAbsent SignatureModulus = -1

// SignatureModulusOf returns the code for a signature of size bytes, and false
// if the format has none for it.
func SignatureModulusOf(size int) (SignatureModulus, bool) {
	for i, n := range signatureSizes {
		if n == size {
			return SignatureModulus(i), true
		}
	}
	return SignatureModulusAbsent, false
}

// Size returns the signature bytes that the code stands for, 0 if unknown.
func (m SignatureModulus) Size() int {
	if m < 0 || int(m) >= len(signatureSizes) {
		return 0
	}
	return signatureSizes[m]
}

// String returns the size of the key, as in "2048 bits".
func (m SignatureModulus) String() string {
	if m == SignatureModulusAbsent {
		return "no signature modulus"
	}
	if n := m.Size(); n > 0 {
		return strconv.Itoa(8*n) + " bits"
	}
	return "signature modulus " + strconv.Itoa(int(m))
}

// A HashAlgorithm is the code in HASH ALGORITHM (u8): the hash in CERTHASH.
type HashAlgorithm int

// Hash algorithms.
const (
	HashAlgorithmAbsent HashAlgorithm = -1 // the field is absent
	HashAlgorithmSHA1   HashAlgorithm = 1  // [A]
)

// String returns what `show itl` prints: "SHA-1", or the number.
func (h HashAlgorithm) String() string {
	switch h {
	case HashAlgorithmAbsent:
		return "none"
	case HashAlgorithmSHA1:
		return "SHA-1"
	}
	return strconv.Itoa(int(h))
}

// A Role is the code in FUNCTION (u16): what a phone may use the certificate
// for. The zero value is SAST, so an absent FUNCTION is NoRole, never 0.
type Role int

// Roles. 0, 2 and 4 are seen printed by `show ctl`. All codes but 1 and 3 are in a
// log of Cisco's own certificate manager [S], which calls 2 CALLMANAGER_TFTP, 7
// APPLICATION_SERVER and 21 AUTHENTICATION_AUTHORIZATION. How `show ctl` prints 5
// and above is unknown [?]: the names here are those of that log, but for
// APP-SERVER and TVS, which are [P].
const (
	RoleAbsent               Role = -1 // no FUNCTION field
	RoleSAST                 Role = 0  // System Administrator Security Token: may sign lists
	RoleCCM                  Role = 1  // call processing; also an ASA firewall
	RoleCCMTFTP              Role = 2  // CCM and TFTP, in mixed mode
	RoleTFTP                 Role = 3  // signs configuration files
	RoleCAPF                 Role = 4  // issues the phones' locally significant certificates
	RoleSRST                 Role = 5  // registers phones while the cluster is out of reach
	RoleFirewall             Role = 6
	RoleAppServer            Role = 7 // phone services over HTTPS
	RoleCertificateAuthority Role = 20
	RoleTVS                  Role = 21 // Trust Verification Service, port 2445
	RoleCallControl          Role = 22
	RoleProvisioning         Role = 23
	RoleDataService          Role = 24
	RoleNetworkElement       Role = 25
	RoleVPN                  Role = 26 // certificates of Phone-VPN-trust
	RoleServiceability       Role = 27
	RoleUnknown              Role = 255 // the role that Cisco's software calls UNKNOWN
)

var roleNames = map[Role]string{
	RoleSAST: "SAST", RoleCCM: "CCM", RoleCCMTFTP: "CCM+TFTP", RoleTFTP: "TFTP", RoleCAPF: "CAPF", RoleSRST: "SRST",
	RoleFirewall: "FIREWALL", RoleAppServer: "APP-SERVER", RoleCertificateAuthority: "CERTIFICATE_AUTHORITY", RoleTVS: "TVS",
	RoleCallControl: "SIGNALING_CALL_CONTROL", RoleProvisioning: "PROVISIONING_SERVICE", RoleDataService: "DATA_SERVICE",
	RoleNetworkElement: "NETWORK_ELEMENT", RoleVPN: "VPN", RoleServiceability: "SERVICEABILITY", RoleUnknown: "UNKNOWN",
}

const sastListed = "System Administrator Security Token"

// Listed returns what `show ctl` prints: "System Administrator Security Token"
// for a SAST, String for the others.
func (r Role) Listed() string {
	if r == RoleSAST {
		return sastListed
	}
	return r.String()
}

// String returns the name as flags and documents spell it: "SAST", "CCM+TFTP".
// A code without a name is its number, an absent field "none".
func (r Role) String() string {
	if name, ok := roleNames[r]; ok {
		return name
	}
	if r == RoleAbsent {
		return "none"
	}
	return strconv.Itoa(int(r))
}

// Known reports whether the format gives r a meaning.
func (r Role) Known() bool {
	_, ok := roleNames[r]
	return ok
}

// ParseRole reads a role from its name or what `show ctl` prints, in any case, or
// from its number (0 to 65535).
func ParseRole(s string) (Role, error) {
	if strings.EqualFold(s, sastListed) {
		return RoleSAST, nil
	}
	for r, name := range roleNames {
		if strings.EqualFold(s, name) {
			return r, nil
		}
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return Role(n), nil
	}
	return RoleAbsent, fmt.Errorf("unknown role %q: use SAST, CCM, CCM+TFTP, TFTP, CAPF, SRST, APP-SERVER, TVS or a number", s)
}
