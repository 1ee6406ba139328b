package tlv_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
)

func TestCodesString(t *testing.T) {
	tests := []struct {
		code fmt.Stringer
		want string
	}{
		{tlv.Version{}, "0.0"},
		{tlv.Version{Major: 1, Minor: 2}, "1.2"},
		{tlv.Version{Major: 255, Minor: 255}, "255.255"},
		{tlv.KindUnknown, "trust list"},
		{tlv.KindCTL, "CTL"},
		{tlv.KindITL, "ITL"},
		{tlv.Kind(200), "trust list"},
		{tlv.DigestAbsent, "no digest"},
		{tlv.DigestSHA1, "SHA-1"},
		{tlv.DigestSHA256, "SHA-256 (code 2, never seen)"},
		{tlv.DigestSHA512, "SHA-512"},
		{tlv.DigestLegacySHA512, "SHA-512 (code 4)"},
		{tlv.Digest(0), "digest 0"},
		{tlv.Digest(255), "digest 255"},
		{tlv.Digest(-2), "digest -2"},
		{tlv.SignatureAlgorithmAbsent, "no signature algorithm"},
		{tlv.SignatureAlgorithmRSA, "RSA"},
		{tlv.SignatureAlgorithm(1), "signature algorithm 1"},
		{tlv.SignatureModulusAbsent, "no signature modulus"},
		{tlv.SignatureModulus(0), "512 bits"},
		{tlv.SignatureModulus(3), "4096 bits"},
		{tlv.SignatureModulus(4), "signature modulus 4"},
		{tlv.SignatureModulus(-2), "signature modulus -2"},
		{tlv.HashAlgorithmAbsent, "none"},
		{tlv.HashAlgorithmSHA1, "SHA-1"},
		{tlv.HashAlgorithm(9), "9"},
		{tlv.RoleAbsent, "none"},
		{tlv.RoleSAST, "SAST"},
		{tlv.RoleCCM, "CCM"},
		{tlv.RoleCCMTFTP, "CCM+TFTP"},
		{tlv.RoleTFTP, "TFTP"},
		{tlv.RoleCAPF, "CAPF"},
		{tlv.RoleSRST, "SRST"},
		{tlv.RoleAppServer, "APP-SERVER"},
		{tlv.RoleTVS, "TVS"},
		{tlv.RoleFirewall, "FIREWALL"},
		{tlv.Role(8), "8"},
		{tlv.Role(65535), "65535"},
		{tlv.HeaderVersion, "VERSION"},
		{tlv.HeaderDigestAlgorithm, "DIGESTALGORTITHM"},
		{tlv.HeaderTag(0), "tag 0"},
		{tlv.HeaderTag(255), "tag 255"},
		{tlv.RecordLength, "RECORDLENGTH"},
		{tlv.RecordHashAlgorithm, "HASH ALGORITHM"},
		{tlv.RecordTag(13), "tag 13"},
		{tlv.RecordTag(255), "tag 255"},
	}
	for _, tt := range tests {
		if got := tt.code.String(); got != tt.want {
			t.Errorf("%T %#v: String = %q, want %q", tt.code, tt.code, got, tt.want)
		}
	}
}

// Every tag of FORMAT has a name, and no two the same.
func TestTagsKnown(t *testing.T) {
	var header, record []int
	names := make(map[string]bool)
	for i := range 256 {
		if h := tlv.HeaderTag(i); h.Known() {
			header = append(header, i)
			names["header "+h.String()] = true
		}
		if r := tlv.RecordTag(i); r.Known() {
			record = append(record, i)
			names["record "+r.String()] = true
		}
	}
	if got := fmt.Sprint(header); got != "[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28]" {
		t.Errorf("known header tags are %s", got)
	}
	if got := fmt.Sprint(record); got != "[1 2 3 4 5 6 7 8 9 10 11 12]" {
		t.Errorf("known record tags are %s", got)
	}
	if len(names) != len(header)+len(record) {
		t.Errorf("%d names for %d tags", len(names), len(header)+len(record))
	}
}

func TestVersionIsZero(t *testing.T) {
	for v, want := range map[tlv.Version]bool{{}: true, {Minor: 1}: false, {Major: 1}: false} {
		if got := v.IsZero(); got != want {
			t.Errorf("%s: IsZero = %t", v, got)
		}
	}
}

func TestKindOf(t *testing.T) {
	tests := map[string]tlv.Kind{
		"CTLFile.tlv":             tlv.KindCTL,
		"CTLSEP0011215A1AE3.tlv":  tlv.KindCTL,
		"ctlfile.tlv":             tlv.KindCTL,
		"CTL":                     tlv.KindCTL,
		"ITLFile.tlv":             tlv.KindITL,
		"itlsep0011215a1ae3.tlv":  tlv.KindITL,
		"":                        tlv.KindUnknown,
		"IT":                      tlv.KindUnknown,
		"SEP0011215A1AE3.cnf.xml": tlv.KindUnknown,
		"/tftp/CTLFile.tlv":       tlv.KindUnknown,
		"ıtl":                     tlv.KindUnknown,
	}
	for name, want := range tests {
		if got := tlv.KindOf(name); got != want {
			t.Errorf("KindOf(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestKindFilename(t *testing.T) {
	for _, k := range []tlv.Kind{tlv.KindCTL, tlv.KindITL} {
		if got := tlv.KindOf(k.Filename()); got != k {
			t.Errorf("KindOf(%q) = %v, want %v", k.Filename(), got, k)
		}
	}
	if got := tlv.KindUnknown.Filename(); got != "" {
		t.Errorf("UnknownKind.Filename = %q", got)
	}
}

func TestSignatureModulus(t *testing.T) {
	for size, want := range map[int]tlv.SignatureModulus{64: 0, 128: 1, 256: 2, 512: 3} {
		m, ok := tlv.SignatureModulusOf(size)
		if !ok || m != want || m.Size() != size {
			t.Errorf("SignatureModulusOf(%d) = %d, %t with Size %d; want %d", size, m, ok, m.Size(), want)
		}
	}
	for _, size := range []int{-1, 0, 1, 127, 384, 1024} {
		if m, ok := tlv.SignatureModulusOf(size); ok || m != tlv.SignatureModulusAbsent {
			t.Errorf("SignatureModulusOf(%d) = %d, %t", size, m, ok)
		}
	}
	for _, m := range []tlv.SignatureModulus{tlv.SignatureModulusAbsent, -2, 4, 255} {
		if m.Size() != 0 {
			t.Errorf("modulus %d: Size = %d", m, m.Size())
		}
	}
}

func TestParseRole(t *testing.T) {
	tests := map[string]tlv.Role{
		"SAST": tlv.RoleSAST, "sast": tlv.RoleSAST, "system administrator security token": tlv.RoleSAST, "0": tlv.RoleSAST,
		"CCM": tlv.RoleCCM, "ccm+tftp": tlv.RoleCCMTFTP, "Tftp": tlv.RoleTFTP, "capf": tlv.RoleCAPF,
		"srst": tlv.RoleSRST, "app-server": tlv.RoleAppServer, "TVS": tlv.RoleTVS, "21": tlv.RoleTVS,
		"6": tlv.Role(6), "65535": tlv.Role(65535),
	}
	for s, want := range tests {
		if got, err := tlv.ParseRole(s); err != nil || got != want {
			t.Errorf("ParseRole(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "none", "-1", "+1", "65536", "0x1", "CCM TFTP", "SAST ", "1.0"} {
		got, err := tlv.ParseRole(s)
		if err == nil || got != tlv.RoleAbsent {
			t.Errorf("ParseRole(%q) = %d, %v; want NoRole and an error", s, got, err)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", s)) {
			t.Errorf("ParseRole(%q): the error does not say what it was given: %v", s, err)
		}
	}
}

// What is printed for a role is what ParseRole reads.
func TestRoleNames(t *testing.T) {
	known := 0
	for i := range 65536 {
		r := tlv.Role(i)
		if r.Known() {
			known++
		}
		for _, s := range []string{r.Listed(), r.String()} {
			if got, err := tlv.ParseRole(s); err != nil || got != r {
				t.Fatalf("ParseRole(%q) = %d, %v; want %d", s, got, err, r)
			}
		}
	}
	if known != 17 {
		t.Errorf("%d roles are known, want 17", known)
	}
	if got := tlv.RoleSAST.String(); got != "SAST" {
		t.Errorf("SAST.Short = %q", got)
	}
	if tlv.RoleAbsent.Known() || tlv.RoleAbsent.String() != "none" {
		t.Errorf("NoRole: Known = %t, Short = %q", tlv.RoleAbsent.Known(), tlv.RoleAbsent.String())
	}
}
