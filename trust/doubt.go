package trust

import (
	"crypto/rsa"
	"fmt"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Doubts about a list or a record are what is odd about it, though its signature
// is right: how phones read it is not known. Verify warns of them. Accept says no.

// signerDoubts are about the records of l that a phone may take the signer's key
// from: of the first that has any.
func signerDoubts(l *List, s signer) []string {
	odd := recordDoubts(l, s.index, s.key)
	for _, i := range s.twins {
		if len(odd) > 0 {
			break
		}
		odd = recordDoubts(l, i, s.key)
	}
	return odd
}

func recordDoubts(l *List, i int, key *rsa.PublicKey) []string {
	r, number := l.Records[i], i+1
	if r.Certificate() == nil {
		return []string{fmt.Sprintf("record %d, the signer, has no certificate, so its PUBLICKEY was used; phones are not known to do that", number)}
	}
	var odd []string
	if !publicKeyAgrees(r, key) {
		odd = append(odd, fmt.Sprintf("PUBLICKEY of record %d, the signer, is not the key of its certificate, which was used", number))
	}
	if c, err := l.Certificate(i); err == nil && !r.SerialNumber().Matches(c.SerialNumber) {
		odd = append(odd, fmt.Sprintf("record %d, the signer, has serial %s, its certificate %s", number, r.SerialNumber(), tlv.Serial(c.SerialNumber)))
	}
	return odd
}

// signatureDoubts are about how the header describes the signature.
func signatureDoubts(h tlv.Header) []string {
	var odd []string
	if h.Digest() == tlv.DigestLegacySHA512 {
		odd = append(odd, "digest code 4 for SHA-512, written by an open-source tool before 2021: phones expect 3")
	}
	if m := h.SignatureModulus(); m.Size() != len(h.Signature()) {
		odd = append(odd, fmt.Sprintf("SIGNATUREMODULUS says %s, the signature has %d bytes", m, len(h.Signature())))
	}
	if where := Misplaced(h); where != "" {
		odd = append(odd, "SIGNATURE is "+where+", and not behind SIGNATUREINFO, where CUCM and all known tools write it")
	}
	return odd
}

// Misplaced says where SIGNATURE is if it is not behind SIGNATUREINFO, where CUCM
// and all known tools write it [F][P], and "" if it is. Unknown fields do not count.
func Misplaced(h tlv.Header) string {
	var before tlv.HeaderTag // the last known one
	for _, f := range h.Fields {
		switch {
		case f.Tag == tlv.HeaderSignature && before == tlv.HeaderSignatureInfo:
			return ""
		case f.Tag == tlv.HeaderSignature:
			return "behind " + before.String()
		case f.Tag.Known():
			before = f.Tag
		}
	}
	return "inside of another field"
}

// listVersion is that of every list of CUCM and of open-source tools [A][F].
var listVersion = tlv.Version{Major: 1, Minor: 2}

// listDoubts are about the rest of the list. It verifies anyway, but no
// phone is known to accept such a list.
func listDoubts(h tlv.Header, key *rsa.PublicKey) []string {
	var odd []string
	if v := h.Version(); v != listVersion {
		odd = append(odd, fmt.Sprintf("VERSION is %s; lists have %s", v, listVersion))
	}
	if h.Kind() == tlv.KindUnknown {
		odd = append(odd, fmt.Sprintf("FILENAME is %q; lists have CTLFile.tlv or ITLFile.tlv", h.Filename()))
	}
	if _, ok := tlv.SignatureModulusOf(key.Size()); !ok {
		odd = append(odd, fmt.Sprintf("the signer's key has %d bits, and SIGNATUREMODULUS has no code for that", key.N.BitLen()))
	}
	return odd
}

// FileDoubts are what is odd about the header of a file that is not a list, though
// its signature is right; key is the signer's. No phone is known to accept such a
// file.
func FileDoubts(h tlv.Header, key *rsa.PublicKey) []string {
	odd := signatureDoubts(h)
	version := tlv.Version{Major: 1} // [F]; encrypted 2.0 [P]
	if _, ok := h.Encryption(); ok {
		version.Major = 2
	}
	if v := h.Version(); v != version {
		odd = append(odd, fmt.Sprintf("VERSION is %s; such files have %s", v, version))
	}
	if h.Filename() == "" {
		odd = append(odd, "there is no FILENAME")
	}
	if _, ok := h.Timestamp(); !ok {
		odd = append(odd, "there is no TIMESTAMP")
	}
	if _, ok := tlv.SignatureModulusOf(key.Size()); !ok {
		odd = append(odd, fmt.Sprintf("the signer's key has %d bits, and SIGNATUREMODULUS has no code for that", key.N.BitLen()))
	}
	return odd
}
