package lint

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

var headerRules = []Rule{
	{
		ID: "header-field-missing", Severity: SeverityError, Source: "[A][F] every known list has them",
		Title: "A field of the header is missing",
		Doc:   "Without the signer's issuer and serial, the digest and the algorithm a phone cannot check the signature.",
		Check: checkHeaderFields,
	},
	{
		ID: "digest-code-4", Severity: SeverityWarning, Source: "[P] an open-source tool before 2021",
		Title: "Digest code 4 for SHA-512",
		Doc:   "SHA-512 is code 3. Files with code 4 were written by an early version of an open-source tool; phones are not known to accept them.",
		Check: checkDigestCode4,
	},
	{
		ID: "signature-modulus", Severity: SeverityWarning, Source: "[F][P] an index into 64, 128, 256, 512 bytes",
		Title: "SIGNATUREMODULUS does not fit the signature",
		Doc:   "The code tells the phone how many bytes of signature to expect. A phone may read the wrong number of bytes and refuse the list.",
		Check: checkModulus,
	},
	{
		ID: "signature-place", Severity: SeverityWarning, Source: "[F][P] SIGNATURE is behind SIGNATUREINFO in all lists seen",
		Title: "SIGNATURE is not in its place",
		Doc:   "The signature covers every byte but its own field, so a list still verifies after the field was moved. A phone may look for it in one place only.",
		Check: checkSignaturePlace,
	},
	{
		ID: "filename", Severity: SeverityWarning, Source: "[F] also in files served under a phone's own name",
		Title: "FILENAME does not match the file",
		Doc:   "A phone asks for a CTL or an ITL and checks what it receives. It refuses a list that claims to be the other one, and a list that was renamed by hand misleads people.",
		Check: checkFilename,
	},
	{
		ID: "timestamp-zero", Severity: SeverityWarning, Source: "[F][P] u32, Unix seconds",
		Title: "TIMESTAMP is 0",
		Doc:   "The list does not say when it was made, so nobody can tell whether it is older than the servers' certificates.",
		Check: checkTimestampZero,
	},
	{
		ID: "timestamp-future", Severity: SeverityWarning, Source: "[F][P] u32, Unix seconds",
		Title: "TIMESTAMP is in the future",
		Doc:   "The clock of the server or workstation that made the list was wrong, and so may be the validity of the certificates it made.",
		Check: checkTimestampFuture,
	},
	{
		ID: "digest-sha1", Severity: SeverityNotice, Source: "[F][P] code 1; [I] newer releases have the enterprise parameter TFTP File Signature Algorithm",
		Title: "The list is signed with SHA-1",
		Doc:   "All phones accept it, and old phones accept nothing else. SHA-1 no longer stops a determined attacker from making two lists with one signature.",
		Check: checkSHA1,
	},
	{
		ID: "header-alignment", Severity: SeverityNotice, Source: "[A][F] CUCM pads the header",
		Title: "HEADERLENGTH is not a multiple of 4",
		Doc:   "CUCM and the CTL Client pad the header to a multiple of 4 bytes. Phones are not known to mind, but this list was written by something else.",
		Check: checkAlignment,
	},
}

// headerKnown reports whether the fields of the header have a known meaning:
// VERSION is 1.x.
func headerKnown(h tlv.Header) bool { return h.Version().Major == 1 }

var neededHeader = [][]tlv.HeaderTag{
	{tlv.HeaderSignerID, tlv.HeaderSignerName},
	{tlv.HeaderSignerID, tlv.HeaderSerialNumber},
	{tlv.HeaderSignerID, tlv.HeaderCAName},
	{tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm},
	{tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureAlgorithm},
	{tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureModulus},
}

func checkHeaderFields(p *Pass) bool {
	if !headerKnown(p.List.Header) {
		return false
	}
	var missing []string
	for _, path := range neededHeader {
		if f, ok := p.List.Header.Field(path...); !ok || len(bytes.Trim(f.Value, "\x00")) == 0 && isName(f.Tag) {
			missing = append(missing, path[len(path)-1].String())
		}
	}
	if len(missing) > 0 {
		p.Report(Place{}, remedyEncoder, "the header has no %s", strings.Join(missing, ", "))
	}
	return true
}

func isName(t tlv.HeaderTag) bool { return t == tlv.HeaderSignerName || t == tlv.HeaderCAName }

func checkDigestCode4(p *Pass) bool {
	d := p.List.Header.Digest()
	if d == tlv.DigestLegacySHA512 {
		p.Report(p.Header(tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm), remedyDigestCode,
			"DIGESTALGORTITHM is 4, phones expect 3 for SHA-512")
	}
	return d != tlv.DigestAbsent
}

func checkModulus(p *Pass) bool {
	h := p.List.Header
	m, n := h.SignatureModulus(), len(h.Signature())
	if m == tlv.SignatureModulusAbsent {
		return false
	}
	if m.Size() != n {
		p.Report(p.Header(tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureModulus), remedyEncoder,
			"SIGNATUREMODULUS is %d%s, but SIGNATURE has %d", int(m), modulusBytes(m), n)
	}
	return true
}

func checkSignaturePlace(p *Pass) bool {
	if len(p.List.Header.Signature()) == 0 {
		return false
	}
	if where := trust.Misplaced(p.List.Header); where != "" {
		p.Report(p.Header(tlv.HeaderSignature), remedyEncoder, "SIGNATURE is %s, not behind SIGNATUREINFO", where)
	}
	return true
}

func modulusBytes(m tlv.SignatureModulus) string {
	if m.Size() == 0 {
		return ", an unknown code"
	}
	return fmt.Sprintf(", for %d bytes", m.Size())
}

func checkFilename(p *Pass) bool {
	h := p.List.Header
	if !headerKnown(h) {
		return false
	}
	at := p.Header(tlv.HeaderFilename)
	switch kind := tlv.KindOf(p.Name); {
	case h.Filename() == "":
		p.Report(at, remedyEncoder, "the header has no FILENAME")
	case h.Filename() != h.Kind().Filename():
		p.Report(at, remedyEncoder, "FILENAME is %q, expected %s or %s", h.Filename(), tlv.KindCTL.Filename(), tlv.KindITL.Filename())
	case kind != tlv.KindUnknown && kind != h.Kind():
		p.Report(at, remedyRename, "FILENAME is %s, but the file is called %s", h.Filename(), p.Name)
	}
	return true
}

func checkTimestampZero(p *Pass) bool {
	t, ok := p.List.Header.Timestamp()
	if ok && t.Unix() == 0 {
		p.Report(p.Header(tlv.HeaderTimestamp), remedySetClock, "TIMESTAMP is 0, the list does not say when it was made")
	}
	return ok
}

func checkTimestampFuture(p *Pass) bool {
	t, ok := p.List.Header.Timestamp()
	if ok && t.After(p.At) {
		p.Report(p.Header(tlv.HeaderTimestamp), remedyClocks,
			"the list is dated %s, later than %s", day(t), day(p.At))
	}
	return ok
}

func checkSHA1(p *Pass) bool {
	d := p.List.Header.Digest()
	if d == tlv.DigestSHA1 {
		p.Report(p.Header(tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm), remedyPreferSHA512, "the signature is over a SHA-1")
	}
	return d != tlv.DigestAbsent
}

func checkAlignment(p *Pass) bool {
	h := p.List.Header
	if !headerKnown(h) {
		return false
	}
	if h.Length()%4 != 0 {
		p.Report(p.Header(tlv.HeaderLength), remedyAccepted, "HEADERLENGTH is %d, not a multiple of 4", h.Length())
	}
	return true
}
