package cert

import (
	"crypto/x509"
	"iter"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// An Attribute is one part of a name.
type Attribute struct {
	Type  string // "CN", "OU", ... or the object identifier in dots
	Value string // as UTF-8
}

// A Name is a distinguished name: its attributes in the order of the
// certificate. Those of one RelativeDistinguishedName follow each other.
type Name []Attribute

// attributeTypes are the names of types, by the content of their OBJECT IDENTIFIER.
var attributeTypes = map[string]string{
	"\x55\x04\x03": "CN",           // 2.5.4.3
	"\x55\x04\x04": "SN",           // 2.5.4.4
	"\x55\x04\x05": "SERIALNUMBER", // 2.5.4.5
	"\x55\x04\x06": "C",            // 2.5.4.6
	"\x55\x04\x07": "L",            // 2.5.4.7
	"\x55\x04\x08": "ST",           // 2.5.4.8
	"\x55\x04\x09": "STREET",       // 2.5.4.9
	"\x55\x04\x0a": "O",            // 2.5.4.10
	"\x55\x04\x0b": "OU",           // 2.5.4.11
	"\x55\x04\x0c": "T",            // 2.5.4.12
	"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01": "UID",          // 0.9.2342.19200300.100.1.1
	"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",           // 0.9.2342.19200300.100.1.25
	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01":     "emailAddress", // 1.2.840.113549.1.9.1
}

// ParseName reads a Name in DER. Values are taken whatever characters their
// string type allows.
func ParseName(der []byte) (Name, error) {
	input := cryptobyte.String(der)
	var sequence cryptobyte.String
	if !input.ReadASN1(&sequence, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, malformed("name")
	}
	name := make(Name, 0, 6)
	for !sequence.Empty() {
		var set cryptobyte.String
		if !sequence.ReadASN1(&set, cbasn1.SET) {
			return nil, malformed("part of a name")
		}
		for !set.Empty() {
			a, err := readAttribute(&set)
			if err != nil {
				return nil, err
			}
			name = append(name, a)
		}
	}
	return name, nil
}

func readAttribute(set *cryptobyte.String) (Attribute, error) {
	var pair, oid, value cryptobyte.String
	var tag cbasn1.Tag
	if !set.ReadASN1(&pair, cbasn1.SEQUENCE) || !pair.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) || !pair.ReadAnyASN1(&value, &tag) {
		return Attribute{}, malformed("attribute of a name")
	}
	kind, err := attributeType(oid)
	return Attribute{kind, decodeString(tag, value)}, err
}

// maxOID bounds object identifiers, in bytes: writing them in decimal takes time
// that grows with the square of their length.
const maxOID = 64

// attributeType returns the type for the content of an OBJECT IDENTIFIER. Its
// numbers may have any size: those made of UUIDs have 128 bits, and crypto/x509
// refuses them.
func attributeType(content []byte) (string, error) {
	if short, ok := attributeTypes[string(content)]; ok {
		return short, nil
	}
	var oid x509.OID
	if len(content) > maxOID || oid.UnmarshalBinary(content) != nil {
		return "", malformed("type of an attribute")
	}
	return oid.String(), nil
}

// decodeString returns a value as UTF-8: BMPString is UTF-16, UniversalString
// is UTF-32, the rest UTF-8 where it can be and Latin-1 where it cannot.
func decodeString(tag cbasn1.Tag, b []byte) string {
	const universalString, bmpString = 28, 30
	switch {
	case tag == bmpString && len(b)%2 == 0:
		units := make([]uint16, 0, len(b)/2)
		for ; len(b) > 0; b = b[2:] {
			units = append(units, uint16(b[0])<<8|uint16(b[1]))
		}
		return string(utf16.Decode(units))
	case tag == universalString && len(b)%4 == 0:
		var runes []rune
		for ; len(b) > 0; b = b[4:] {
			runes = append(runes, rune(b[0])<<24|rune(b[1])<<16|rune(b[2])<<8|rune(b[3]))
		}
		return string(runes)
	case utf8.Valid(b):
		return string(b)
	}
	latin := make([]rune, len(b))
	for i, c := range b {
		latin[i] = rune(c)
	}
	return string(latin)
}

// Get returns the first value of the type, "" if there is none.
func (n Name) Get(kind string) string {
	for _, a := range n {
		if a.Type == kind {
			return a.Value
		}
	}
	return ""
}

// CUCM returns the name as CUCM writes it for server certificates:
// "CN=...;OU=...;O=...;L=...;ST=...;C=...", always this order whatever the order
// of the certificate, no blanks, other types left out [F][A]. That a type that
// appears twice is written twice, in the order of the certificate, is [I].
func (n Name) CUCM() string {
	var w strings.Builder
	w.Grow(80) // most names are shorter
	for _, kind := range [...]string{"CN", "OU", "O", "L", "ST", "C"} {
		for _, a := range n {
			if a.Type != kind {
				continue
			}
			if w.Len() > 0 {
				w.WriteByte(';')
			}
			w.WriteString(kind)
			w.WriteByte('=')
			w.WriteString(a.Value)
		}
	}
	return w.String()
}

// CTLClient returns the name as the Windows CTL Client wrote it for tokens:
// lower-case types, values in quotes when they have blanks at an end or a comma,
// and the whole cut at the first comma [A]: cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems
// for O=Cisco Systems, Inc. That it begins with the last attribute of the
// certificate is [I]. Keep such names as they are where a list has them; this is
// for new lists.
func (n Name) CTLClient() string {
	var parts []string
	for _, a := range slices.Backward(n) {
		value := a.Value
		if strings.TrimSpace(value) != value || strings.ContainsAny(value, `,`) {
			value = `"` + value + `"`
		}
		parts = append(parts, strings.ToLower(a.Type)+"="+value)
	}
	whole, _, _ := strings.Cut(strings.Join(parts, ";"), ",")
	return whole
}

// String returns the name in the form of RFC 4514, for people: "CN=...,OU=...,O=...",
// the last attribute of the certificate first.
func (n Name) String() string { return n.join(slices.Backward(n)) }

// Certutils returns the name as open-source tools write it in lists: joined by
// commas with the escapes of RFC 4514, but in the order of the certificate, all
// types: "C=US,O=Internet Security Research Group,CN=ISRG Root X1" [F].
func (n Name) Certutils() string { return n.join(slices.All(n)) }

func (n Name) join(attributes iter.Seq2[int, Attribute]) string {
	var parts []string
	for _, a := range attributes {
		parts = append(parts, a.Type+"="+escapeValue(a.Value))
	}
	return strings.Join(parts, ",")
}

func escapeValue(s string) string {
	if !strings.ContainsAny(s, ",+\"\\<>;\x00") && strings.Trim(s, " #") == s && utf8.ValidString(s) {
		return s // nothing to escape
	}
	var w strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune(`,+"\<>;`, r),
			i == 0 && (r == ' ' || r == '#'),
			i == len(s)-1 && r == ' ':
			w.WriteByte('\\')
			w.WriteRune(r)
		case r == 0:
			w.WriteString(`\00`)
		default:
			w.WriteRune(r)
		}
	}
	return w.String()
}
