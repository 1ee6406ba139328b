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
	UnknownKind Kind = iota
	CTL              // Certificate Trust List
	ITL              // Initial or Identity Trust List
)

// String returns "CTL", "ITL" or "trust list".
func (k Kind) String() string {
	switch k {
	case CTL:
		return "CTL"
	case ITL:
		return "ITL"
	}
	return "trust list"
}

// Filename returns what FILENAME holds in a list of this kind, also in a file
// served under a phone's own name [F]; "" for UnknownKind.
func (k Kind) Filename() string {
	switch k {
	case CTL:
		return "CTLFile.tlv"
	case ITL:
		return "ITLFile.tlv"
	}
	return ""
}

// KindOf returns the kind that a file name speaks of: names that begin with CTL
// or ITL in any case, as CTLFile.tlv, ITLSEP0011215A1AE3.tlv.
func KindOf(filename string) Kind {
	if len(filename) < 3 {
		return UnknownKind
	}
	switch strings.ToUpper(filename[:3]) {
	case "CTL":
		return CTL
	case "ITL":
		return ITL
	}
	return UnknownKind
}

// A Digest is the code in DIGESTALGORTITHM (u8): the hash that was signed.
type Digest int

// Digest codes. 1 and 3 are [F][P]. 2 is taken for SHA-256 by some
// implementations and was never seen. 4 stands for SHA-512 in files made by an
// open-source tool before 2021 [P].
const (
	NoDigest     Digest = -1 // the field is absent
	SHA1         Digest = 1
	SHA256       Digest = 2
	SHA512       Digest = 3
	LegacySHA512 Digest = 4
)

// String names the hash; an unknown code is "digest N".
func (d Digest) String() string {
	switch d {
	case NoDigest:
		return "no digest"
	case SHA1:
		return "SHA-1"
	case SHA256:
		return "SHA-256 (code 2, never seen)"
	case SHA512:
		return "SHA-512"
	case LegacySHA512:
		return "SHA-512 (code 4)"
	}
	return "digest " + strconv.Itoa(int(d))
}

// A SignatureAlgorithm is the code in SIGNATUREALGORTITHM (u8).
type SignatureAlgorithm int

// Signature algorithms.
const (
	NoSignatureAlgorithm SignatureAlgorithm = -1 // the field is absent
	RSA                  SignatureAlgorithm = 0  // PKCS #1 v1.5 [F][P]
)

// String names the algorithm; an unknown code is "signature algorithm N".
func (a SignatureAlgorithm) String() string {
	switch a {
	case NoSignatureAlgorithm:
		return "no signature algorithm"
	case RSA:
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
const NoSignatureModulus SignatureModulus = -1

// SignatureModulusOf returns the code for a signature of size bytes, and false
// if the format has none for it.
func SignatureModulusOf(size int) (SignatureModulus, bool) {
	for i, n := range signatureSizes {
		if n == size {
			return SignatureModulus(i), true
		}
	}
	return NoSignatureModulus, false
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
	if m == NoSignatureModulus {
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
	NoHashAlgorithm HashAlgorithm = -1 // the field is absent
	HashSHA1        HashAlgorithm = 1  // [A]
)

// String returns what `show itl` prints: "SHA-1", or the number.
func (h HashAlgorithm) String() string {
	switch h {
	case NoHashAlgorithm:
		return "none"
	case HashSHA1:
		return "SHA-1"
	}
	return strconv.Itoa(int(h))
}

// A Role is the code in FUNCTION (u16): what a phone may use the certificate
// for. The zero value is SAST, so an absent FUNCTION is NoRole, never 0.
type Role int

// Roles. 0, 2 and 4 are seen printed; 0, 2, 3 and 21 appear by number in Cisco
// logs; the rest is [P], SRST from one source.
const (
	NoRole    Role = -1 // the field is absent
	SAST      Role = 0  // System Administrator Security Token: may sign lists
	CCM       Role = 1  // call processing; also an ASA firewall
	CCMTFTP   Role = 2  // CCM and TFTP, in mixed mode
	TFTP      Role = 3  // signs configuration files
	CAPF      Role = 4  // issues the phones' locally significant certificates
	SRST      Role = 5
	AppServer Role = 7  // phone services over HTTPS; printed form [?]
	TVS       Role = 21 // Trust Verification Service, port 2445
)

var roleNames = []struct {
	role           Role
	printed, short string
}{
	{SAST, "System Administrator Security Token", "SAST"},
	{CCM, "CCM", "CCM"},
	{CCMTFTP, "CCM+TFTP", "CCM+TFTP"},
	{TFTP, "TFTP", "TFTP"},
	{CAPF, "CAPF", "CAPF"},
	{SRST, "SRST", "SRST"},
	{AppServer, "APP-SERVER", "APP-SERVER"},
	{TVS, "TVS", "TVS"},
}

// String returns what `show ctl` prints: "System Administrator Security Token",
// "CCM+TFTP"; an unknown role is its number.
func (r Role) String() string {
	for _, n := range roleNames {
		if n.role == r {
			return n.printed
		}
	}
	if r == NoRole {
		return "none"
	}
	return strconv.Itoa(int(r))
}

// Short is String with "SAST" for the long name.
func (r Role) Short() string {
	if r == SAST {
		return "SAST"
	}
	return r.String()
}

// Known reports whether the format gives r a meaning.
func (r Role) Known() bool {
	for _, n := range roleNames {
		if n.role == r {
			return true
		}
	}
	return false
}

// ParseRole reads a role from its short or printed name in any case, or from
// its number (0 to 65535).
func ParseRole(s string) (Role, error) {
	for _, n := range roleNames {
		if strings.EqualFold(s, n.short) || strings.EqualFold(s, n.printed) {
			return n.role, nil
		}
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return Role(n), nil
	}
	return NoRole, fmt.Errorf("unknown role %q: use SAST, CCM, CCM+TFTP, TFTP, CAPF, SRST, APP-SERVER, TVS or a number", s)
}
