// Package certtext reads certificates in the forms that a CUCM administrator has
// at hand: PEM, DER, and the text that CUCM shows in their place.
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
// hexadecimal without leading zeros, so with an odd number of digits at times
// [S]. A number without letters can be either; both are tried. The key value is
// the RSAPublicKey that a record holds in PUBLICKEY. Copies may have lost their
// line breaks.
package certtext

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Certificate is what is known of a certificate.
type Certificate struct {
	Number  int               // in its file, from 1
	Full    *cert.Certificate // nil if only text is known
	Subject cert.Name
	Issuer  cert.Name
	Serials []tlv.Serial // magnitudes that the serial number can be; one but for text in digits
	Key     []byte       // as PUBLICKEY holds it; nil if unknown
}

// ErrNone is the cause of the error for data without a certificate.
var ErrNone = errors.New("no certificate: neither PEM, nor DER, nor the text that OS Administration and `show cert own` print")

var errOpenSSL = errors.New("this is what `openssl x509 -text` prints, which is not read; give the certificate in PEM, from -----BEGIN CERTIFICATE----- on")

// Parse reads all certificates of a file. Text that describes one of the
// certificates in PEM beside it adds nothing.
func Parse(data []byte) ([]Certificate, error) {
	if len(data) > 0 && data[0] == 0x30 {
		if c, err := cert.Read(data); err == nil {
			one := full(c)
			one.Number = 1
			return []Certificate{one}, nil
		}
	}
	list, err := parsePEM(data)
	if err != nil {
		return nil, err
	}
	var described []Certificate
	switch openssl := isOpenSSL(string(data)); {
	case openssl && len(list) == 0:
		return nil, errOpenSSL
	case !openssl:
		if described, err = parseText(string(data)); err != nil {
			return nil, err
		}
	}
	for _, d := range described {
		if !slices.ContainsFunc(list, d.describes) {
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		return nil, ErrNone
	}
	for i := range list {
		list[i].Number = i + 1
	}
	return list, nil
}

func parsePEM(data []byte) ([]Certificate, error) {
	var list []Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := cert.Read(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in PEM: %w", len(list)+1, err)
		}
		list = append(list, full(c))
	}
	return list, nil
}

func full(c *cert.Certificate) Certificate {
	key, _ := c.KeyBytes()
	return Certificate{Full: c, Subject: c.Subject(), Issuer: c.Issuer(), Serials: []tlv.Serial{c.SerialNumber}, Key: key}
}

// describes reports whether the text c is about the certificate full.
func (c Certificate) describes(full Certificate) bool {
	if full.Full == nil || !slices.ContainsFunc(c.Serials, func(s tlv.Serial) bool { return s.Matches(full.Full.SerialNumber) }) {
		return false
	}
	return c.Key == nil || bytes.Equal(c.Key, full.Key)
}
