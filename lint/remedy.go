package lint

// A Remedy names what to do about a finding. Its words depend on the list and on
// the record.
type Remedy uint8

// Remedies that rules outside of this package use as well.
const (
	RemedyNone      Remedy = iota // nothing needs to be done
	RemedyRemake                  // make the list again
	RemedyVerify                  // get a list that verifies; no words for one that does
	RemedyStartCAPF               // let the cluster have a CAPF
	RemedyStartTFTP               // let the server sign files and answer phones
	remedyAccepted
	remedyRenew
	remedyTryOrRenew
	remedyClocksRenew
	remedyEncoder
	remedyDigestCode
	remedyRename
	remedySetClock
	remedyClocks
	remedyClocksRemake
	remedyOldClock
	remedyPreferSHA512
	remedyTryModels
	remedyTrySHA1
	remedyTry2048
	remedyShrink
	remedyTwin
	remedySpare
	remedyLonger
	remedyAlike
	remedyUseRSA
	remedyAuthor
	remedyKnownKey
	remedyOwnCertificate
)

// Advice returns what to do about the list as a whole.
func (s *Subject) Advice(r Remedy) string { return remedies[r](s, Record{}) }

var remedies = [...]words{
	RemedyNone:           pbx("none needed; report it if a release of CUCM wrote it", "none needed"),
	RemedyRemake:         then(fixed("")),
	RemedyVerify:         verify,
	RemedyStartCAPF:      then(fixed("activate Cisco Certificate Authority Proxy Function on the publisher")),
	RemedyStartTFTP:      then(fixed("check on the server that Cisco TFTP and Cisco Trust Verification Service run")),
	remedyAccepted:       fixed("none needed if phones accept the list"),
	remedyRenew:          renew,
	remedyTryOrRenew:     func(s *Subject, r Record) string { return "try it on each phone model, or: " + renew(s, r) },
	remedyClocksRenew:    func(s *Subject, r Record) string { return after(clocks(s, r), renew(s, r)) },
	remedyEncoder:        fixEncoder,
	remedyDigestCode:     fixed("sign it again with digest code 3"),
	remedyRename:         fixed("find out which of the two lists it is, and rename the file"),
	remedySetClock:       then(fixed("set the clock of the program that makes the list")),
	remedyClocks:         func(s *Subject, r Record) string { return clocks(s, r) + " and of this machine" },
	remedyClocksRemake:   then(clocks),
	remedyOldClock:       fixed("check the clock of the program that makes the list, and which list is the newer"),
	remedyPreferSHA512:   pbx("if all phones know SHA-512, set the enterprise parameter TFTP File Signature Algorithm to it, and make the list again", "if all phones know SHA-512, sign the next list with it (`--digest sha512`)"),
	remedyTryModels:      fixed("try the list on one phone of each model first"),
	remedyTrySHA1:        fixed("try one phone of each model first, or sign with SHA-1"),
	remedyTry2048:        pbx("try it on each phone model first; if one fails, regenerate the certificate with 2048 bits", "try it on each phone model first; if one fails, use a certificate with an RSA key of 2048 bits, or for a public CA another of its roots"),
	remedyShrink:         then(fixed("remove servers that are not used, or let several share one multi-server certificate")),
	remedyTwin:           then(pbx("remove the server that is configured twice", "leave out the second record")),
	remedySpare:          spare,
	remedyLonger:         then(fixed("add a SAST that lasts longer while these can still sign")),
	remedyAlike:          fixed("leave one of the two out, or use a certificate with a serial number of its own"),
	remedyUseRSA:         pbx("use an RSA certificate, or let a release that writes signer version 1.1 make the list", "use an RSA certificate, or make the list with signer version 1.1"),
	remedyKnownKey:       then(fixed("use a certificate with an RSA key of 2048 bits, or an EC key on P-256, P-384 or P-521")),
	remedyOwnCertificate: then(fixed("put in the certificate that the server of the record uses")),
	remedyAuthor:         then(fixed("find out who wrote this list before it is used")),
}
