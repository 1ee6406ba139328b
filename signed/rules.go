package signed

import (
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// IDs of rules.
const (
	ruleNoRecord     = "signed-no-record"
	ruleRole         = "signed-role"
	ruleSignature    = "signed-signature-wrong"
	ruleUnusable     = "signed-unusable"
	ruleOtherName    = "signed-other-name"
	ruleList         = "signed-list-not-verified"
	ruleUnproven     = "signed-unproven"
	ruleNoEncrypted  = "signed-encrypted-missing"
	ruleDamaged      = "firmware-damaged"
	ruleMembers      = "firmware-members"
	ruleWithoutLists = "signed-without-list"
)

const phoneChecks = "[D][P] phones look for the signer by issuer and serial number among the TFTP and CCM+TFTP records of their lists; package signed"

// rules are those for signed files, in the order in which they are checked.
var rules = []lint.Rule{
	{
		ID: ruleNoRecord, Severity: lint.SeverityError, Source: phoneChecks,
		Title: "No list names the file's signer as a TFTP server",
		Doc:   "Phones that hold these lists refuse the file: their screen says TFTP Error with its name, and they keep the old configuration. The list or the file is from before a certificate was regenerated, or from another cluster.",
	},
	{
		ID: ruleRole, Severity: lint.SeverityError, Source: phoneChecks,
		Title: "The file's signer does not have the role TFTP",
		Doc:   "Only a record with the role TFTP or CCM+TFTP signs files. A SAST signs lists.",
	},
	{
		ID: ruleSignature, Severity: lint.SeverityError, Source: phoneChecks,
		Title: "The signature of the file does not verify",
		Doc:   "The file was changed after it was signed, was damaged in transit, or was signed with another key than that of the record which it names. Phones refuse it.",
	},
	{
		ID: ruleUnusable, Severity: lint.SeverityError, Source: "[?] how phones read such a file or such a list",
		Title: "The signature of the file cannot be checked",
		Doc:   "The signer can be read in two ways, its record holds no RSA key, or digest or algorithm are unknown. One phone may accept the file and another refuse it.",
	},
	{
		ID: ruleOtherName, Severity: lint.SeverityError, Source: "[F] FILENAME is the name that the phone asks for in all known files; [?] whether phones compare it",
		Title: "The file was signed under the name of another phone",
		Doc:   "A phone that compares the name refuses the file, and one that does not gets the configuration of another phone.",
	},
	{
		ID: ruleList, Severity: lint.SeverityError, Source: "[F][P] lists of CUCM and of open-source tools verify; [?] whether phones hold one that does not",
		Title: "A list beside the file does not verify",
		Doc:   "It vouches for nothing: what it says of signers is not proven, so nothing is known of the file.",
	},
	{
		ID: ruleUnproven, Severity: lint.SeverityError, Source: "[?] whether phones mind",
		Title: "No phone is known to accept such a file",
		Doc:   "The signature is right, but the header or the signer's record is odd in a way that no known file is.",
	},
	{
		ID: ruleNoEncrypted, Severity: lint.SeverityError, Source: "[P] the short configuration that a server keeps beside the encrypted one",
		Title: "The encrypted configuration is missing",
		Doc:   "The signed file holds no settings: it tells the phone to ask for SEP<MAC>.cnf.xml.enc.sgn. Without that the phone keeps its old configuration.",
	},
	{
		ID: ruleDamaged, Severity: lint.SeverityError, Source: "[F, 5 of 5 files] the header of 78xx firmware holds the SHA-256 of the content",
		Title: "The firmware is not what its own SHA-256 says",
		Doc:   "The file was damaged in transit, or is not whole. Phones refuse it.",
	},
	{
		ID: ruleMembers, Severity: lint.SeverityError, Source: "[I] names and sizes in the content of .loads files",
		Title: "A file that a .loads file names is wrong",
		Doc:   "It is missing, or has another size. A phone that upgrades asks for each of these files, and stops if one is missing.",
	},
	{
		ID: ruleWithoutLists, Severity: lint.SeverityWarning, Source: phoneChecks,
		Title: "There is no list beside the file",
		Doc:   "Nothing says whether phones accept the file.",
	},
}

// Rules returns the rules for files that phones check with their lists. They are not
// about lists: lint.Run finds nothing by them. See [Judgement.Lint].
func Rules() []lint.Rule {
	list := slices.Clone(rules)
	for i := range list {
		list[i].Check = func(*lint.Pass) bool { return false }
	}
	return list
}

// Beside is what stands beside a file.
type Beside struct {
	Lists     bool     // a list of the phone, or of all phones
	ListError error    // why a list there is none: its vouching is not known
	Encrypted bool     // the encrypted configuration of the same phone
	Members   []string // what is wrong with the files that a .loads file names
	Profile   lint.Profile
}

// Lint returns what is wrong with a file that was judged by the lists beside it,
// with what to do about it.
func (j *Judgement) Lint(b Beside) []lint.Finding {
	var found []lint.Finding
	report := func(id, remedy, message string) {
		i := slices.IndexFunc(rules, func(r lint.Rule) bool { return r.ID == id })
		found = append(found, lint.Finding{
			Rule: id, Severity: rules[i].Severity, Message: message, Remedy: remedy, Holder: lint.Holder{Role: tlv.RoleAbsent},
		})
	}
	pbx := j.profile(b.Profile) == lint.ProfilePBX
	switch rule := ruleOf(j.Reason); {
	case rule != "":
		report(rule, remedy(rule, pbx), j.Reason.Error())
	case j.Firmware():
	case b.ListError != nil:
		report(ruleList, remedy(ruleList, pbx), b.ListError.Error())
	case !b.Lists:
		report(ruleWithoutLists, remedy(ruleWithoutLists, pbx), "neither CTLFile.tlv, ITLFile.tlv nor a list of its phone is in the folder")
	}
	if j.sendsOn() && !b.Encrypted {
		report(ruleNoEncrypted, remedy(ruleNoEncrypted, pbx), "it sends the phone to its encrypted configuration, which is not in the folder")
	}
	for _, m := range b.Members {
		report(ruleMembers, remedy(ruleMembers, pbx), m)
	}
	return found
}

// sendsOn reports whether the file is a short configuration.
func (j *Judgement) sendsOn() bool {
	if j.File == nil {
		return false
	}
	_, ok := ParseShort(j.File.Content)
	return ok
}

// profile is what the file is judged for, by the form of its header if nothing else
// says so.
func (j *Judgement) profile(p lint.Profile) lint.Profile {
	if j.File == nil {
		return p.For(tlv.StyleCUCM)
	}
	return p.For(cert.StyleOf(j.File.Header, nil))
}

// ruleOf returns the rule that a reason breaks, "" for none. That firmware cannot be
// checked is not wrong.
func ruleOf(reason error) string {
	switch r := ReasonOf(reason); r {
	case ReasonNone, ReasonFirmware:
		return ""
	case ReasonNoRecord:
		return ruleNoRecord
	case ReasonRole:
		return ruleRole
	case ReasonOtherName:
		return ruleOtherName
	case ReasonList:
		return ruleList
	case ReasonUnproven:
		return ruleUnproven
	case ReasonDamaged:
		return ruleDamaged
	case Reason(trust.ReasonSignatureWrong):
		return ruleSignature
	}
	return ruleUnusable
}

const (
	signAgain    = "sign the file again with the key of a TFTP or CCM+TFTP record of the list that the phones hold (`ctlinspect signed make --list LIST`)"
	restartTFTP  = "restart Cisco TFTP on the server that the file came from, so that it signs its files with its present certificate, and fetch them again"
	fetchAgain   = "compare its hash with the server's (`ctlinspect sum`), and fetch it again in binary (octet) mode if they differ"
	whichIsOlder = "find out which is the newer, the list or the file (`ctlinspect signed show`). If the list: " + restartTFTP +
		". If the file: make the list again (CTL: `utils ctl update CTLFile`; ITL: restart Cisco TFTP), check it with `ctlinspect accept --installed OLD NEW`, and only then reset the phones"
)

// remedy says what to do about a finding, on a cluster or on another server.
func remedy(rule string, pbx bool) string {
	choose := func(cluster, other string) string {
		if pbx {
			return other
		}
		return cluster
	}
	switch rule {
	case ruleNoRecord, ruleRole:
		return choose(whichIsOlder, signAgain+"; or put the signer's certificate into the next list as TFTP (`ctlinspect update --add TFTP=CERT`)")
	case ruleSignature:
		return fetchAgain + "; if they agree, " + choose(restartTFTP, signAgain)
	case ruleUnusable, ruleUnproven:
		return choose("lint the list as well; then "+restartTFTP, signAgain)
	case ruleOtherName:
		return "put the file of this phone in its place; or " + choose(restartTFTP, signAgain+" under its own name")
	case ruleList:
		return "get a list that verifies (`ctlinspect verify`), and judge the file again"
	case ruleNoEncrypted:
		return choose("fetch it from the same server (`ctlinspect fetch --config`); if the server does not have it, save the phone's page in CUCM and apply its configuration", "make it (`ctlinspect signed make --encrypt-to PHONE.pem`), or serve the whole configuration under this name")
	case ruleDamaged, ruleMembers:
		return choose("install the firmware (.cop) again on this server, and restart Cisco TFTP", "unpack the firmware again, and copy all of its files in binary mode")
	}
	return "fetch the lists of the same server into the same folder (`ctlinspect fetch`), or name the phone's lists: `ctlinspect signed verify --list LIST`"
}
