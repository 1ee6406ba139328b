// Package certs reads certificates in the forms that an administrator has at
// hand: PEM, DER, what CUCM's database, REST and AXL interfaces give, and the text
// that CUCM shows in their place.
//
// PEM may begin anywhere in a line: `show cert own` puts it behind a bracket, and
// `run sql select ... c.certificate from certificate ...` into the last column of a
// table [D]. REST is JSON with "identities" and "trusts" [S, fields likely], AXL the
// answer to listTvsCertificate [D].
//
// The text is that of the box Certificate File Data in OS Administration and of
// `show cert own CallManager` on the command line:
//
//	[
//	  Version: V3
//	  Serial Number: 398B1DA60000000000E
//	  SignatureAlgorithm: SHA1withRSA (1.2.840.113549.1.1.5)
//	  Issuer Name: CN=pub, OU=Voice, O=Example, L=Dallas, ST=TX, C=US
//	  Validity From: Sun Jul 08 13:05:19 BST 2018
//	           To:   Fri Jul 07 13:05:18 BST 2023
//	  Subject Name: CN=pub, OU=Voice, O=Example, L=Dallas, ST=TX, C=US
//	  Key: RSA (1.2.840.113549.1.1.1)
//	    Key value: 3082010a0282010100c17c...
//
// Releases up to 9.x print the serial number in decimal, later ones in
// hexadecimal without leading zeros, so sometimes with an odd number of digits
// [S]. A number without letters can be either; both are tried. The key value is
// the RSAPublicKey that a record holds in PUBLICKEY. Copies may have lost their
// line breaks.
package certs

import (
	"bytes"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Certificate is what a file says about a certificate.
type Certificate struct {
	cert.Known
	Number int   // in its file, from 1
	Text   *Text // what else the text says, if only text is known
}

var errOpenSSL = errors.New("this is the output of `openssl x509 -text`, which is not supported; give the certificate in PEM, starting at -----BEGIN CERTIFICATE-----")

// Parse reads all certificates of a file that are servers' own. Text that describes
// a certificate which the file also holds in PEM is skipped.
func Parse(data []byte) ([]Certificate, error) { return Own.Parse(data) }

// Parse reads the selected certificates of a file.
func (s Selection) Parse(data []byte) ([]Certificate, error) {
	if err := s.refuse(data); err != nil {
		return nil, err
	}
	whole, err := parseWhole(data, s)
	if err != nil {
		return nil, err
	}
	var described []Certificate
	switch openssl := isOpenSSL(string(data)); {
	case openssl && len(whole) == 0:
		return nil, errOpenSSL
	case !openssl:
		if described, err = parseText(axlText(string(data))); err != nil {
			return nil, err
		}
	}
	list := make([]Certificate, 0, len(whole)+len(described))
	for _, c := range whole {
		list = append(list, Certificate{Known: c.Known(), Number: len(list) + 1})
	}
	already := bySerial(whole)
	for _, d := range described {
		if !already.have(d.Known) {
			d.Number = len(list) + 1
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		return nil, s.none(data)
	}
	return list, nil
}

// serials are certificates by their serial number.
type serials map[string][]*cert.Certificate

func bySerial(list []*cert.Certificate) serials {
	s := make(serials)
	for _, c := range list {
		key := magnitude(c.SerialNumber)
		s[key] = append(s[key], c)
	}
	return s
}

// have reports whether text describes one of the certificates.
func (s serials) have(text cert.Known) bool {
	return slices.ContainsFunc(text.Serials, func(serial tlv.Serial) bool {
		return slices.ContainsFunc(s[magnitude(serial)], text.Describes)
	})
}

func magnitude(serial []byte) string { return string(bytes.TrimLeft(serial, "\x00")) }

// parseWhole reads the certificates themselves: in PEM, in the forms of CUCM's REST
// and AXL, or one in DER. Bytes behind the end of a certificate are dropped: they
// would travel in a list, and phones may read it more strictly.
func parseWhole(data []byte, s Selection) ([]*cert.Certificate, error) {
	if list, ok, err := parseSnapshot(data, s); ok {
		return list, err
	}
	list, err := parsePEM(data, s)
	if err != nil || len(list) > 0 {
		return list, err
	}
	if isDER(data) {
		if c, err := cert.Read(trim(data)); err == nil {
			return []*cert.Certificate{c}, nil
		}
	}
	return parseAXL(data)
}

// isDER reports whether data begins like a certificate in DER.
func isDER(data []byte) bool { return len(data) > 0 && data[0] == 0x30 }

// trim cuts off what follows a certificate.
func trim(der []byte) []byte {
	input := cryptobyte.String(der)
	var whole cryptobyte.String
	if !input.ReadASN1Element(&whole, asn1.SEQUENCE) {
		return der
	}
	return whole
}
