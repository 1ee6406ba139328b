package lint

import (
	"slices"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// verified is the source of the rules about signatures.
const verifiedSource = "[F][P] lists of CUCM and of open-source tools verify this way; package trust"

// signatureRules follow the reasons of trust.List.Verify, whose names they have; then
// what it warns about and no other rule does.
var signatureRules = []Rule{
	{
		ID: string(trust.ReasonNoSignerRecord), Severity: SeverityError, Source: verifiedSource,
		Title: "The list does not hold its signer",
		Doc:   "A phone looks for the record with the issuer and the serial number that the header names, and checks the signature with the certificate in it. Without that record nothing is proven, and phones keep their old list.",
		Check: func(p *Pass) bool {
			return namesSigner(p.List.Header) && checkVerified(p, trust.ReasonNoSignerRecord)
		},
	},
	{
		ID: string(trust.ReasonSignerNotSAST), Severity: SeverityError, Source: verifiedSource,
		Title: "The signer does not have the role SAST",
		Doc:   "Only a System Administrator Security Token may sign a list. A server's certificate in another role proves nothing.",
		Check: func(p *Pass) bool {
			return namesSigner(p.List.Header) && checkVerified(p, trust.ReasonSignerNotSAST)
		},
	},
	{
		ID: string(trust.ReasonAmbiguous), Severity: SeverityError, Source: "[?] which of two a phone reads",
		Title: "What decides about the signature can be read in two ways",
		Doc:   "Two records name the signer with different keys, or a field that decides appears twice. One phone may accept the list and another refuse it.",
		Check: func(p *Pass) bool { return checkVerified(p, trust.ReasonAmbiguous) },
	},
	{
		ID: string(trust.ReasonKeyUnusable), Severity: SeverityError, Source: verifiedSource,
		Title: "The signer's record holds no key that can check a signature",
		Doc:   "Lists are signed with RSA. A signer without a readable RSA key cannot be checked, so phones keep their old list.",
		Check: func(p *Pass) bool { return checkVerified(p, trust.ReasonKeyUnusable) },
	},
	{
		ID: string(trust.ReasonAlgorithmUnknown), Severity: SeverityError, Source: "[F][P] only code 0, RSA PKCS #1 v1.5, has ever been seen",
		Title: "Unknown signature algorithm",
		Doc:   "A phone that does not know the algorithm cannot check the list and keeps its old one.",
		Check: func(p *Pass) bool { return checkVerified(p, trust.ReasonAlgorithmUnknown) },
	},
	{
		ID: string(trust.ReasonDigestUnknown), Severity: SeverityError, Source: "[F][P] 1 is SHA-1 and 3 SHA-512; no other has been seen in a list of CUCM",
		Title: "Unknown digest",
		Doc:   "A phone that does not know the digest cannot check the list and keeps its old one.",
		Check: func(p *Pass) bool { return checkVerified(p, trust.ReasonDigestUnknown) },
	},
	{
		ID: string(trust.ReasonKeySize), Severity: SeverityError, Source: "[F][P] sizes that SIGNATUREMODULUS can express; package trust",
		Title: "The signer's key is too small or too large to check",
		Doc:   "Keys under 1024 bits prove nothing today, and the format has no code for keys above 4096.",
		Check: func(p *Pass) bool { return checkVerified(p, trust.ReasonKeySize) },
	},
	{
		ID: string(trust.ReasonSignatureWrong), Severity: SeverityError, Source: verifiedSource + "; [D] a phone without a list accepts the first one; [?] if its signature is wrong",
		Title: "The signature does not verify",
		Doc:   "The list was changed after it was signed, was damaged in transit, or was signed with another key. Phones that hold a list report Trust List Update Failed and keep it. A phone without a list accepts the first one it receives, without proof of who made it; whether it accepts one with a wrong signature is not known.",
		Check: func(p *Pass) bool { return checkVerified(p, trust.ReasonSignatureWrong) },
	},
	{
		ID: "signer-name-differs", Severity: SeverityWarning, Source: "[F][P] equal in all known lists; a phone finds the signer by issuer and serial",
		Title: "SIGNERNAME is not the name of the signer's record",
		Doc:   "A phone finds the signer by issuer and serial, so the list works, but the header shows people another name.",
		Check: eachSigner(func(p *Pass, r Record) {
			if name := p.List.Header.SignerName(); name != r.Subject() {
				p.Report(p.Header(tlv.HeaderSignerID, tlv.HeaderSignerName), remedyEncoder, "SIGNERNAME is %q, record %d is %q", name, r.Number, r.Subject())
			}
		}),
	},
	{
		ID: "signer-without-certificate", Severity: SeverityWarning, Source: "[F][P] signers' records hold their certificate in all known lists",
		Title: "The signer's record holds no certificate",
		Doc:   "The signature can be checked with PUBLICKEY, but phones are not known to do that.",
		Check: eachSigner(func(p *Pass, r Record) {
			if len(r.Certificate()) == 0 {
				p.Report(r.At(tlv.RecordPublicKey), RemedyRemake, "no CERTIFICATE in the signer's record")
			}
		}),
	},
}

// eachSigner is a check of SAST records that the header names as the signer.
func eachSigner(check func(*Pass, Record)) func(*Pass) bool {
	return func(p *Pass) bool {
		applies := false
		for r := range p.Each {
			if r.Role() == tlv.RoleSAST && trust.Names(p.List.Header, r.Record) {
				applies = true
				check(p, r)
			}
		}
		return applies
	}
}

// stages are the reasons in the order in which trust.List.Verify comes to them. What
// it may find beyond them counts as the last.
var stages = []trust.Reason{
	trust.ReasonNoSignerRecord, trust.ReasonSignerNotSAST, trust.ReasonAmbiguous, trust.ReasonKeyUnusable,
	trust.ReasonAlgorithmUnknown, trust.ReasonDigestUnknown, trust.ReasonKeySize, trust.ReasonSignatureWrong,
}

func stage(r trust.Reason) int {
	if i := slices.Index(stages, r); i >= 0 {
		return i
	}
	return len(stages) - 1
}

// checkVerified is about one reason. What the verification did not come to is
// not known.
func checkVerified(p *Pass, reason trust.Reason) bool {
	_, err := p.Verify()
	if err == nil {
		return true
	}
	failed, mine := stage(trust.ReasonOf(err)), stage(reason)
	if failed < mine || failed == mine && p.Draft && reason == trust.ReasonSignatureWrong {
		return false
	}
	if failed == mine {
		p.Report(verifyPlace(p, reason), RemedyVerify, "%v", err)
	}
	return true
}

func verifyPlace(p *Pass, reason trust.Reason) Place {
	switch reason {
	case trust.ReasonNoSignerRecord, trust.ReasonSignerNotSAST:
		return p.Header(tlv.HeaderSignerID)
	case trust.ReasonAlgorithmUnknown:
		return p.Header(tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureAlgorithm)
	case trust.ReasonDigestUnknown:
		return p.Header(tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm)
	}
	return p.Header(tlv.HeaderSignature)
}

func namesSigner(h tlv.Header) bool { return h.CAName() != "" && h.SerialNumber() != nil }
