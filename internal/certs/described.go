package certs

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// A Text is what CUCM's text says about a certificate besides names, serial number
// and key. The forms of the extensions are [S]: seen in published listings.
//
//	Extensions: 3 present
//	[
//	   Extension: KeyUsage (OID.2.5.29.15)
//	   Critical: false
//	   Usages: digitalSignature, keyEncipherment, keyCertSign,
//	]
//	[
//	   Extension: ExtKeyUsageSyntax (OID.2.5.29.37)
//	   Critical: false
//	   Usage oids: 1.3.6.1.5.5.7.3.1, 1.3.6.1.5.5.7.3.2, 1.3.6.1.5.5.7.3.5,
//	]
//	[
//	   Extension: SubjectAltName (OID.2.5.29.17)
//	   Critical: false
//	      altNames: 2 names
//	        1) cucm1.example.com (dNSName)
//	        2) cucm2.example.com (dNSName)
//	]
type Text struct {
	NotBefore, NotAfter time.Time // zero if the text does not have them
	// Exact: the zone of the times is UTC. Others are abbreviations that stand for
	// several zones: the times, read as UTC, are up to 14 hours off.
	Exact     bool
	Algorithm string // object identifier of the signature algorithm, "1.2.840.113549.1.1.11"
	// Whole: the text has as many extensions as it says. Else nothing follows from one
	// that is missing.
	Whole      bool
	Extensions []TextExtension
}

// A TextExtension is an extension in the text.
type TextExtension struct {
	OID      string // "2.5.29.15"
	Critical bool
	Values   []string // of KeyUsage "digitalSignature", ...; of ExtKeyUsage identifiers; of SubjectAltName the DNS names; of key identifiers hexadecimal
	Others   int      // names of SubjectAltName that are not DNS names
}

var (
	textAlgorithm  = lazyregexp.New(`SignatureAlgorithm:[^(\n]*\(([0-9.]+)\)`)
	textValidity   = lazyregexp.New(`Validity From:\s*(\w{3} \w{3} +\d+ [\d:]+ ([\w:+-]+) \d{4})\s+To:\s*(\w{3} \w{3} +\d+ [\d:]+ ([\w:+-]+) \d{4})`)
	textCount      = lazyregexp.New(`Extensions:\s*(\d+) present`)
	textExtension  = lazyregexp.New(`Extension:\s*\w+\s*\(OID\.([0-9.]+)\)\s*Critical:\s*(true|false)([^\]]*)\]`)
	textUsages     = lazyregexp.New(`Usages:\s*([\w,\s]*)`)
	textUsageOIDs  = lazyregexp.New(`Usage oids:\s*([0-9.,\s]*)`)
	textAltName    = lazyregexp.New(`\d+\)\s+(\S+)\s+\((\w+)\)`)
	textAltCount   = lazyregexp.New(`altNames:\s*(\d+) name`)
	textIdentifier = lazyregexp.New(`keyID:\s*([0-9a-fA-F]+)`)
)

// describe reads what a text says about one certificate.
func describe(text string) *Text {
	t := new(Text)
	for _, once := range []string{"SignatureAlgorithm:", "Validity From:", "Key value:", "Extensions:"} {
		if strings.Count(text, once) > 1 {
			return t // part of it may be in a name
		}
	}
	if m := textAlgorithm().FindStringSubmatch(text); m != nil {
		t.Algorithm = m[1]
	}
	if m := textValidity().FindStringSubmatch(text); m != nil {
		t.NotBefore, t.NotAfter = javaTime(m[1], m[2]), javaTime(m[3], m[4])
		t.Exact = inUTC(m[2]) && inUTC(m[4])
	}
	m := textCount().FindStringSubmatch(text)
	if m == nil {
		return t
	}
	t.Whole = true
	for _, one := range textExtension().FindAllStringSubmatch(text, -1) {
		e, ok := readExtension(one[1], one[3])
		e.Critical = one[2] == "true"
		t.Extensions = append(t.Extensions, e)
		t.Whole = t.Whole && ok
	}
	t.Whole = t.Whole && m[1] == strconv.Itoa(len(t.Extensions))
	return t
}

// readExtension reads the values of an extension; ok is false if it has none where it
// must have some.
func readExtension(oid, text string) (e TextExtension, ok bool) {
	e.OID = oid
	switch oid {
	case "2.5.29.15":
		e.Values = commas(textUsages(), text)
	case "2.5.29.37":
		e.Values = commas(textUsageOIDs(), text)
	case "2.5.29.14", "2.5.29.35":
		if m := textIdentifier().FindStringSubmatch(text); m != nil {
			e.Values = []string{strings.ToLower(m[1])}
		}
	case "2.5.29.17":
		for _, m := range textAltName().FindAllStringSubmatch(text, -1) {
			if m[2] == "dNSName" {
				e.Values = append(e.Values, m[1])
			} else {
				e.Others++
			}
		}
		count := textAltCount().FindStringSubmatch(text)
		return e, count != nil && count[1] == strconv.Itoa(len(e.Values)+e.Others)
	default:
		return e, true
	}
	return e, len(e.Values) > 0
}

func commas(values *regexp.Regexp, text string) []string {
	m := values.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	return strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
}

// javaTime reads a time as Java prints it: "Sun Jul 08 13:05:19 BST 2018". The zone is
// not read.
func javaTime(text, zone string) time.Time {
	t, err := time.Parse("Mon Jan 2 15:04:05 2006", strings.Join(strings.Fields(strings.Replace(text, " "+zone+" ", " ", 1)), " "))
	if err != nil {
		return time.Time{}
	}
	return t
}

func inUTC(zone string) bool { return zone == "UTC" || zone == "GMT" }
