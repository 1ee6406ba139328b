package cert_test

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/cert"
)

const (
	t61String       asn1.Tag = 20
	universalString asn1.Tag = 28
	bmpString       asn1.Tag = 30
)

// attribute is one part of a name in DER, in a place of its own.
func attribute(oid []byte, tag asn1.Tag, value string) []byte {
	return element(asn1.SET, pair(oid, tag, value))
}

func pair(oid []byte, tag asn1.Tag, value string) []byte {
	return sequence(element(asn1.OBJECT_IDENTIFIER, oid), element(tag, []byte(value)))
}

var (
	oidCN    = []byte{0x55, 4, 3}
	oidOU    = []byte{0x55, 4, 11}
	oidO     = []byte{0x55, 4, 10}
	oidL     = []byte{0x55, 4, 7}
	oidST    = []byte{0x55, 4, 8}
	oidC     = []byte{0x55, 4, 6}
	oidDC    = []byte{0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25}
	oidEmail = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1}
)

func parseName(t *testing.T, elements ...[]byte) cert.Name {
	t.Helper()
	name, err := cert.ParseName(sequence(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestNameForms(t *testing.T) {
	utf8String := asn1.UTF8String
	tests := []struct {
		name                    string
		elements                [][]byte
		cucm, ctlClient, string string
	}{
		{"order of the certificate does not matter to CUCM",
			[][]byte{attribute(oidL, utf8String, "Krakow"), attribute(oidC, utf8String, "PL"), attribute(oidST, utf8String, "Malopolska"),
				attribute(oidO, utf8String, "Cisco"), attribute(oidCN, utf8String, "pub"), attribute(oidOU, utf8String, "TAC")},
			"CN=pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL",
			"ou=TAC;cn=pub;o=Cisco;st=Malopolska;c=PL;l=Krakow",
			"OU=TAC,CN=pub,O=Cisco,ST=Malopolska,C=PL,L=Krakow"},
		{"DC and emailAddress are left out",
			[][]byte{attribute(oidDC, asn1.IA5String, "lab"), attribute(oidDC, asn1.IA5String, "bbbburns"),
				attribute(oidEmail, asn1.IA5String, "a@b"), attribute(oidCN, utf8String, "ca")},
			"CN=ca",
			"cn=ca;emailaddress=a@b;dc=bbbburns;dc=lab",
			"CN=ca,emailAddress=a@b,DC=bbbburns,DC=lab"},
		{"a type that stands twice",
			[][]byte{attribute(oidOU, utf8String, "1"), attribute(oidCN, utf8String, "x"), attribute(oidOU, utf8String, "2")},
			"CN=x;OU=1;OU=2", "ou=2;cn=x;ou=1", "OU=2,CN=x,OU=1"},
		{"two in one place",
			[][]byte{element(asn1.SET, bytes.Join([][]byte{pair(oidCN, utf8String, "x"), pair(oidOU, utf8String, "y")}, nil))},
			"CN=x;OU=y", "ou=y;cn=x", "OU=y,CN=x"},
		{"blanks at the end, cut at the comma",
			[][]byte{attribute(oidO, asn1.PrintableString, "Cisco Systems, Inc."), attribute(oidOU, asn1.PrintableString, "IPCBU"),
				attribute(oidCN, asn1.PrintableString, "SAST-ADN4e31f914        ")},
			"CN=SAST-ADN4e31f914        ;OU=IPCBU;O=Cisco Systems, Inc.",
			`cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems`,
			`CN=SAST-ADN4e31f914       \ ,OU=IPCBU,O=Cisco Systems\, Inc.`},
		{"blank in the middle, none at the ends",
			[][]byte{attribute(oidCN, utf8String, "a b")}, "CN=a b", "cn=a b", "CN=a b"},
		{"what RFC 4514 escapes",
			[][]byte{attribute(oidCN, utf8String, `#a+b"c\d<e>f;g=h,i`+"\x00"), attribute(oidOU, utf8String, " x#"), attribute(oidO, utf8String, "")},
			`CN=#a+b"c\d<e>f;g=h,i` + "\x00;OU= x#;O=",
			`o=;ou=" x#";cn="#a+b"c\d<e>f;g=h`,
			`O=,OU=\ x#,CN=\#a\+b\"c\\d\<e\>f\;g=h\,i\00`},
		{"unknown type",
			[][]byte{attribute([]byte{0x2a, 3, 4}, utf8String, "x")}, "", "1.2.3.4=x", "1.2.3.4=x"},
		{"type of more than 64 bits", // 2.25.2^70
			[][]byte{attribute([]byte{0x69, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, utf8String, "x"), attribute(oidCN, utf8String, "y")},
			"CN=y", "cn=y;2.25.1180591620717411303424=x", "CN=y,2.25.1180591620717411303424=x"},
		{"empty", nil, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := parseName(t, tt.elements...)
			if got := name.CUCM(); got != tt.cucm {
				t.Errorf("CUCM\n got %q\nwant %q", got, tt.cucm)
			}
			if got := name.CTLClient(); got != tt.ctlClient {
				t.Errorf("CTLClient\n got %q\nwant %q", got, tt.ctlClient)
			}
			if got := name.String(); got != tt.string {
				t.Errorf("String\n got %q\nwant %q", got, tt.string)
			}
		})
	}
}

func TestNameValues(t *testing.T) {
	tests := []struct {
		name  string
		tag   asn1.Tag
		value string
		want  string
	}{
		{"UTF8String", asn1.UTF8String, "Kraków", "Kraków"},
		{"PrintableString", asn1.PrintableString, "a_b@c", "a_b@c"},
		{"T61String as Latin-1", t61String, "M\xfcnchen", "München"},
		{"T61String as UTF-8", t61String, "München", "München"},
		{"UTF8String that is not UTF-8", asn1.UTF8String, "\xff", "ÿ"},
		{"BMPString", bmpString, "\x00K\x00r\x00a\x00k\x00\xf3\x00w", "Kraków"},
		{"BMPString with a pair of surrogates", bmpString, "\xd8\x3d\xde\x00", "😀"},
		{"BMPString with half a pair", bmpString, "\xd8\x3d", "\ufffd"},
		{"BMPString of odd length", bmpString, "\x00Kr", "\x00Kr"},
		{"UniversalString", universalString, "\x00\x00\x00K\x00\x01\xf6\x00", "K😀"},
		{"UniversalString beyond Unicode", universalString, "\xff\xff\xff\xff", "\ufffd"},
		{"UniversalString of odd length", universalString, "abc", "abc"},
		{"empty", asn1.UTF8String, "", ""},
	}
	for _, tt := range tests {
		name := parseName(t, attribute(oidCN, tt.tag, tt.value))
		if got := name.Get("CN"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNameGet(t *testing.T) {
	name := parseName(t, attribute(oidOU, asn1.UTF8String, "first"), attribute(oidOU, asn1.UTF8String, "second"))
	if got := name.Get("OU"); got != "first" {
		t.Errorf("Get(OU) = %q", got)
	}
	if got := name.Get("CN"); got != "" {
		t.Errorf("Get(CN) = %q", got)
	}
}

func TestParseNameMalformed(t *testing.T) {
	long := append(bytes.Repeat([]byte{0x81}, 100), 1)
	tests := map[string][]byte{
		"nothing":              nil,
		"not a sequence":       {5, 0},
		"bytes behind":         append(sequence(), 0),
		"no set":               sequence([]byte{5, 0}),
		"no pair in the set":   sequence(element(asn1.SET, []byte{5, 0})),
		"no value":             sequence(element(asn1.SET, sequence(element(asn1.OBJECT_IDENTIFIER, oidCN)))),
		"no type":              sequence(element(asn1.SET, sequence(element(asn1.UTF8String, nil)))),
		"empty type":           sequence(attribute(nil, asn1.UTF8String, "x")),
		"type that is cut off": sequence(attribute([]byte{0x55, 0x84}, asn1.UTF8String, "x")),
		"type without end":     sequence(attribute(long, asn1.UTF8String, "x")),
		"cut off":              sequence(attribute(oidCN, asn1.UTF8String, "x"))[:8],
	}
	for name, der := range tests {
		if got, err := cert.ParseName(der); got != nil || !errors.Is(err, cert.ErrMalformed) {
			t.Errorf("%s: %v, %v; want ErrMalformed", name, got, err)
		}
	}
}

// Whatever the bytes, a name has types, and values of UTF-8 in every form.
func FuzzParseName(f *testing.F) {
	for _, der := range certificates(f) {
		c := read(f, der)
		f.Add(c.RawSubject)
		f.Add(c.RawIssuer)
	}
	for _, tag := range []asn1.Tag{t61String, universalString, bmpString} {
		f.Add(sequence(attribute(oidCN, tag, "\x00K\xd8\x3d")))
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		name, err := cert.ParseName(der)
		if err != nil {
			if name != nil || !errors.Is(err, cert.ErrMalformed) {
				t.Errorf("ParseName = %v, %v", name, err)
			}
			return
		}
		for _, a := range name {
			if a.Type == "" || !utf8.ValidString(a.Value) {
				t.Errorf("attribute %q", a)
			}
		}
		for _, s := range []string{name.CUCM(), name.CTLClient(), name.String()} {
			if !utf8.ValidString(s) {
				t.Errorf("%q is not UTF-8", s)
			}
		}
	})
}
