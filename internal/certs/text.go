package certs

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const serialLabel = "Serial Number:"

// labels are the words in front of values. One ends the value before it.
var labels = []string{
	"Version:", serialLabel, "SignatureAlgorithm:", "Issuer Name:", "Validity From:", "To:", "Subject Name:",
	"Key value:", "Key:", "Extensions:", "-----BEGIN", "]", "[",
}

// isOpenSSL reports whether a text is that of `openssl x509 -text`, without any of
// CUCM.
func isOpenSSL(text string) bool {
	return openSSLText().MatchString(text) && !strings.Contains(text, "Issuer Name:")
}

var openSSLText = lazyregexp.New(`Certificate:\s+Data:\s+Version:`)

// parseText reads the certificates that a text describes.
func parseText(text string) ([]Certificate, error) {
	var list []Certificate
	for {
		_, rest, ok := strings.Cut(text, serialLabel)
		if !ok {
			return list, nil
		}
		one := rest
		if next := strings.Index(rest, serialLabel); next >= 0 {
			one = rest[:next]
		}
		c, err := parseOne(serialLabel + one)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in text: %w", len(list)+1, err)
		}
		list = append(list, Certificate{Known: c, Text: describe(serialLabel + one)})
		text = rest
	}
}

func parseOne(text string) (cert.Known, error) {
	values := split(text)
	serials, err := parseSerial(values[serialLabel])
	if err != nil {
		return cert.Known{}, err
	}
	c := cert.Known{Serials: serials, Issuer: parseName(values["Issuer Name:"]), Subject: parseName(values["Subject Name:"])}
	if len(c.Issuer) == 0 {
		return cert.Known{}, fmt.Errorf("no Issuer Name behind Serial Number %s; copy the whole text", strings.Join(strings.Fields(values[serialLabel]), " "))
	}
	c.Key = parseKey(values["Key value:"])
	return c, nil
}

// parseKey reads a key in hexadecimal. One that was not copied whole is as good
// as none: serial and issuer are left.
func parseKey(value string) []byte {
	key, err := hex.DecodeString(strings.Join(strings.Fields(value), ""))
	if err != nil {
		return nil
	}
	if _, err := cert.ParseKey(key); err != nil {
		return nil
	}
	return key
}

// split returns the text behind each label, up to the next one. Of a label that
// appears twice the first counts.
func split(text string) map[string]string {
	values := make(map[string]string)
	label, start := "", 0
	for i := 0; i < len(text); i++ {
		next := labelAt(text, i)
		if next == "" {
			continue
		}
		keep(values, label, text[start:i])
		label, start = next, i+len(next)
		i = start - 1
	}
	keep(values, label, text[start:])
	return values
}

func keep(values map[string]string, label, value string) {
	if _, twice := values[label]; !twice && label != "" {
		values[label] = strings.TrimSpace(value)
	}
}

// labelAt returns the label that begins at text[i], which must be where a word
// begins.
func labelAt(text string, i int) string {
	if i > 0 && !strings.ContainsRune(" \t\r\n[]", rune(text[i-1])) {
		return ""
	}
	for _, l := range labels {
		if strings.HasPrefix(text[i:], l) {
			return l
		}
	}
	return ""
}

// maxSerial is more than the 20 bytes that X.509 allows, in digits.
const maxSerial = 128

// parseSerial returns what a number can be: hexadecimal, and decimal if it has
// no letters.
func parseSerial(value string) ([]tlv.Serial, error) {
	digits := strings.NewReplacer(":", "", " ", "", "\t", "", "\r", "", "\n", "").Replace(value)
	digits = strings.TrimPrefix(strings.ToLower(digits), "0x")
	if len(digits) == 0 || len(digits) > maxSerial {
		return nil, fmt.Errorf("serial number %.40q: expected up to %d digits", value, maxSerial)
	}
	padded := digits
	if len(padded)%2 == 1 {
		padded = "0" + padded
	}
	b, err := hex.DecodeString(padded)
	if err != nil {
		return nil, fmt.Errorf("serial number %.40q is neither decimal nor hexadecimal", value)
	}
	serials := []tlv.Serial{b}
	if n, ok := new(big.Int).SetString(digits, 10); ok {
		serials = append(serials, n.Bytes())
	}
	return serials, nil
}

// parseName reads a name as Java prints it: `CN=pub, O="Example, Inc.", C=US`.
func parseName(text string) cert.Name {
	var name cert.Name
	for _, part := range splitName(strings.Join(strings.Fields(text), " ")) {
		kind, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		kind = strings.ToUpper(strings.TrimSpace(kind))
		name = append(name, cert.Attribute{Type: kind, Value: strings.TrimSpace(strings.Trim(strings.TrimSpace(value), `"`))})
	}
	return name
}

// splitName splits at commas outside of quotes; a backslash takes the next
// character as it is.
func splitName(text string) []string {
	var parts []string
	var part strings.Builder
	quoted, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
			part.WriteRune(r)
		case r == '\\':
			escaped = true
		case r == ',' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		default:
			quoted = quoted != (r == '"')
			part.WriteRune(r)
		}
	}
	return append(parts, part.String())
}
