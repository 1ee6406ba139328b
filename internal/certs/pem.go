package certs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

const (
	beginPEM = "-----BEGIN CERTIFICATE-----"
	endPEM   = "-----END CERTIFICATE-----"
)

var errCut = errors.New("cut: no " + endPEM)

// parsePEM reads certificates in PEM wherever they begin in a line: `show cert own`
// puts them behind a bracket, `run sql` into the last column of a table, whose other
// columns in front of it say whose they are.
func parsePEM(data []byte, s Selection) ([]*cert.Certificate, error) {
	var list []*cert.Certificate
	for n := 1; ; n++ {
		i := bytes.Index(data, []byte(beginPEM))
		if i < 0 {
			return list, nil
		}
		before := data[bytes.LastIndexByte(data[:i], '\n')+1 : i]
		body, rest, ok := bytes.Cut(data[i+len(beginPEM):], []byte(endPEM))
		if !ok {
			return nil, fmt.Errorf("certificate %d in PEM: %w", n, errCut)
		}
		data = rest
		if !s.wants(strings.Fields(strings.ToLower(string(before)))) {
			continue
		}
		c, err := decode(body)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in PEM: %w", n, err)
		}
		list = append(list, c)
	}
}

// decode reads a certificate in base64, with whatever breaks its lines: line
// breaks, blanks, the escapes of JSON or of XML.
func decode(text []byte) (*cert.Certificate, error) {
	text = lineBreaks().ReplaceAll(text, nil)
	der, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", cert.ErrMalformed, err)
	}
	return cert.Read(trim(der))
}

var lineBreaks = lazyregexp.New(`\s+|\\r|\\n|&#(?:13|10|[xX]0*[dDaA]);`)

// A snapshot is what CUCM's REST interface says about the certificates of a server
// [S, fields likely].
type snapshot struct {
	Identities []struct {
		Service     string `json:"service"`
		Certificate string `json:"certificate"`
	} `json:"identities"`
	Trusts []struct {
		Service      string `json:"service"`
		Certificates []struct {
			Certificate string `json:"certificate"`
		} `json:"certificate_data"`
	} `json:"trusts"`
}

// parseSnapshot reads JSON of the REST interface; ok is false for something else.
func parseSnapshot(data []byte, sel Selection) (list []*cert.Certificate, ok bool, err error) {
	var s snapshot
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) || json.Unmarshal(data, &s) != nil || s.Identities == nil && s.Trusts == nil {
		return nil, false, nil
	}
	for _, i := range s.Identities {
		if !sel.wants([]string{strings.ToLower(i.Service)}) {
			continue
		}
		if list, err = appendSnapshot(list, i.Service, i.Certificate); err != nil {
			return nil, true, err
		}
	}
	for _, trusted := range s.Trusts {
		store := strings.TrimSuffix(strings.ToLower(trusted.Service), trustSuffix) + trustSuffix
		for _, c := range trusted.Certificates {
			if !sel.wants([]string{store}) {
				continue
			}
			if list, err = appendSnapshot(list, trusted.Service, c.Certificate); err != nil {
				return nil, true, err
			}
		}
	}
	return list, true, nil
}

func appendSnapshot(list []*cert.Certificate, service, text string) ([]*cert.Certificate, error) {
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), beginPEM), endPEM)
	if text == "" {
		return list, nil
	}
	c, err := decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", service, err)
	}
	return append(list, c), nil
}

// axlCertificate is an element of AXL (listTvsCertificate) with a certificate in
// base64 without the lines of PEM.
var axlCertificate = lazyregexp.New(`<(?:\w+:)?certificate>\s*(MII[A-Za-z0-9+/=\s&#;]+)</`)

// parseAXL reads certificates of an answer of AXL.
func parseAXL(data []byte) ([]*cert.Certificate, error) {
	if !bytes.Contains(data, []byte("certificate>")) {
		return nil, nil
	}
	var list []*cert.Certificate
	for _, m := range axlCertificate().FindAllSubmatch(data, -1) {
		c, err := decode(m[1])
		if err != nil {
			return nil, fmt.Errorf("certificate %d in XML: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// axlNames are the elements of AXL that name a certificate.
var axlNames = lazyregexp.New(`(?s)<(?:\w+:)?tvsCertificate\b.*?</(?:\w+:)?tvsCertificate>`)

// axlText returns what AXL says about certificates, in the words of OS
// Administration, so that one reader is enough.
func axlText(text string) string {
	if !strings.Contains(text, "tvsCertificate") {
		return text
	}
	var b strings.Builder
	for _, one := range axlNames().FindAllString(text, -1) {
		serial, issuer := element(one, axlSerial()), element(one, axlIssuer())
		if serial != "" && issuer != "" {
			fmt.Fprintf(&b, "Serial Number: %s Issuer Name: %s Subject Name: %s Key:\n", serial, issuer, element(one, axlSubject()))
		}
	}
	return b.String()
}

var (
	axlSerial  = lazyregexp.New(`<(?:\w+:)?serialNumber>([^<]*)<`)
	axlIssuer  = lazyregexp.New(`<(?:\w+:)?issuerName>([^<]*)<`)
	axlSubject = lazyregexp.New(`<(?:\w+:)?subjectName>([^<]*)<`)
)

func element(text string, name *regexp.Regexp) string {
	if m := name.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
