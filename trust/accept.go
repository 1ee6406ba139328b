package trust

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Verdict says what a phone does with a list that it is offered.
type Verdict string

// Verdicts. A phone takes the list for the first three. For the others it keeps
// what it has and reports "Trust List Update Failed" [D], unless the Decision says
// that this is unknown.
const (
	VerdictFirst         Verdict = "first"          // nothing is installed: taken without proof [D]
	VerdictSame          Verdict = "same"           // the bytes of an installed list
	VerdictAccepted      Verdict = "accepted"       // a SAST of an installed list vouches, or TVS does [D][S]
	VerdictUnknownSigner Verdict = "unknown-signer" // *UnknownSignerError
	VerdictInvalid       Verdict = "invalid"        // *InvalidError
	VerdictSignerAbsent  Verdict = "signer-absent"  // *SignerAbsentError
	VerdictUnknown       Verdict = "unknown"        // *UnprovenError, *UnverifiedInstalledError: what phones do is not known [?]
)

// Taken reports whether the phone holds the offered list afterwards. For a yes see
// [Decision.Yes].
func (v Verdict) Taken() bool { return v == VerdictFirst || v == VerdictSame || v == VerdictAccepted }

// MaxITLSize is the largest ITL that does not fail on phones, in bytes [D].
const MaxITLSize = 64 << 10

// A Phone is what decides about a list that is offered to it.
type Phone struct {
	// Installed are the lists that it holds: a CTL and an ITL at most. Phones
	// that hold different lists are asked about one by one.
	Installed []*List
	// AllowUnverified asks about installed lists that do not verify as if they did.
	AllowUnverified bool
	// TVS are certificates that its TVS servers are known to have, and in which roles.
	TVS []TVSCertificate
}

// A Decision is a verdict and its reasons.
type Decision struct {
	Verdict  Verdict
	Voucher  *Voucher        // the installed record whose key checks the signature, nil if there is none
	TVS      *TVSCertificate // what TVS vouches for where no installed record does, else nil
	Stranded Stranded        // who does not take the list
	Unknown  bool            // what phones do is not known [?], and no is the safe answer
	Reason   error           // why the answer is not yes, nil if it is
	Warnings []string        // what is taken but should be looked at
}

// Yes reports whether all phones that hold the installed lists accept the offered
// one, as far as anybody knows.
func (d *Decision) Yes() bool {
	return d.Verdict.Taken() && !d.Unknown && d.Stranded == StrandedNone
}

// A Voucher is a SAST record of an installed list.
type Voucher struct {
	Installed int // index in Phone.Installed
	List      *List
	Number    int // of the record, from 1
	Record    tlv.Record
}

// String is for messages: "record 1 of the installed CTL".
func (v *Voucher) String() string {
	return fmt.Sprintf("record %d of the installed %s", v.Number, v.List.Header.Kind())
}

// Stranded says which phones do not take a list.
type Stranded uint8

// Stranded phones. Which models have no TVS is documented [D].
const (
	StrandedNone Stranded = iota
	StrandedWithoutTVS
	StrandedAll
)

// String names the phones.
func (s Stranded) String() string {
	switch s {
	case StrandedNone:
		return "none"
	case StrandedWithoutTVS:
		return "phones without TVS: 7940, 7960, many TelePresence models, Jabber"
	}
	return "all phones"
}

// Accept says whether a phone takes a list, by the rule that phones follow:
//
//   - With no list installed a phone takes the first one it gets, without proof
//     of who made it [D]. What it does with a first list whose own signature is
//     wrong is unknown [?]: Accept says no.
//   - Otherwise the signature must verify, and the signer must be a SAST of a
//     list already installed; one SAST is enough [D][S]. An installed CTL
//     vouches for an ITL as well [D][S]. That an installed ITL vouches for a CTL
//     follows from the rule but was not seen [I]; it comes with a warning.
//   - If the signer is unknown the phone asks a TVS server whose certificate its
//     ITL holds and which its old configuration names; if TVS vouches, the list
//     is taken [S]. Accept cannot see the configuration. Phones without TVS
//     refuse [D].
//
// An installed record vouches only if the list names it as the signer, by issuer
// and serial number, and its own key checks the signature: anybody can copy a
// name into a new certificate. A record with the right key under another name or
// serial does not vouch, because signers are looked up by both [F][P].
//
// If it is not known what phones do, the answer is no, and Unknown is set. That is
// so if the list does not hold its own signer; if the signer can be read in two
// ways, in the offered list or in an installed one, or the installed lists hold
// two keys under its name; if something is odd about the list or about a record
// that vouches for it, such as a VERSION or a digest code that no list of CUCM
// has; and if an installed list does not verify.
func Accept(p Phone, offered *List) *Decision {
	own, err := offered.Verify()
	d := p.decide(offered, own, err)
	p.doubt(d, offered, own)
	d.Warnings = p.warnings(d, offered, own)
	return d
}

// doubt turns a yes that nobody can be sure of into a no.
func (p Phone) doubt(d *Decision, offered *List, own *Verified) {
	if !d.Verdict.Taken() {
		return
	}
	if err := p.unverified(); err != nil && !p.AllowUnverified {
		d.doubtful(err)
		return
	}
	if d.Verdict == VerdictSame {
		return
	}
	if err := unproven(p.odd(offered, own)); err != nil {
		d.doubtful(err)
	}
}

// doubtful keeps the verdict "same": the phone holds the list, whatever it is.
func (d *Decision) doubtful(reason error) {
	d.Unknown, d.Reason = true, reason
	if d.Verdict != VerdictSame {
		d.Verdict, d.Stranded = VerdictUnknown, StrandedAll
	}
}

// unverified is why an installed list does not verify.
func (p Phone) unverified() error {
	for _, l := range p.Installed {
		if _, err := l.Verify(); err != nil {
			return &UnverifiedInstalledError{l.Header.Kind(), err}
		}
	}
	return nil
}

// odd is what is odd about a list that would be taken, and about the records that
// vouch for it.
func (p Phone) odd(offered *List, own *Verified) []string {
	odd := slices.Concat(signatureDoubts(offered.Header), listDoubts(offered.Header, own.Key), signerDoubts(offered, own.signer))
	for _, l := range p.Installed {
		s, err := findSigner(offered.Header, l, tlv.RoleSAST)
		if err != nil {
			continue
		}
		for _, text := range signerDoubts(l, s) {
			odd = append(odd, fmt.Sprintf("installed %s: %s", l.Header.Kind(), text))
		}
	}
	return odd
}

// decide follows the rule; own and ownErr are what Verify says of the list.
func (p Phone) decide(offered *List, own *Verified, ownErr error) *Decision {
	if slices.ContainsFunc(p.Installed, func(l *List) bool { return bytes.Equal(l.Raw(), offered.Raw()) }) {
		return &Decision{Verdict: VerdictSame}
	}
	if n := len(offered.Raw()); n > MaxITLSize && offered.Header.Kind() != tlv.KindCTL {
		return refuse(VerdictInvalid, &InvalidError{Err: &TooLargeError{n}})
	}
	reason := ReasonOf(ownErr)
	absent := reason == ReasonNoSignerRecord || reason == ReasonSignerNotSAST
	if ownErr != nil && !absent {
		d := refuse(VerdictInvalid, &InvalidError{Err: ownErr})
		d.Unknown = len(p.Installed) == 0 || reason == ReasonAmbiguous
		return d
	}
	voucher, err := p.findVoucher(offered)
	switch {
	case err != nil:
		d := refuse(VerdictInvalid, err)
		d.Unknown = ReasonOf(err) != ReasonSignatureWrong
		return d
	case absent:
		d := refuse(VerdictSignerAbsent, &SignerAbsentError{voucher, ownErr})
		d.Voucher, d.Unknown = voucher, true
		return d
	case len(p.Installed) == 0:
		return &Decision{Verdict: VerdictFirst}
	case voucher != nil:
		return &Decision{Verdict: VerdictAccepted, Voucher: voucher}
	}
	return p.askTVS(&UnknownSignerError{
		Signer: signerID(offered.Header), Record: own.Record, Renamed: p.findKey(own.Key),
	}, own.isSigner)
}

func refuse(v Verdict, reason error) *Decision {
	return &Decision{Verdict: v, Stranded: StrandedAll, Reason: reason}
}

// findVoucher returns the first installed record that the list names as its
// signer, nil if there is none. Every installed list that holds the signer must
// hold the key that made the signature: which list a phone asks is unknown.
func (p Phone) findVoucher(offered *List) (*Voucher, error) {
	var first, other *Voucher
	var wrong error
	for n, l := range p.Installed {
		s, err := findSigner(offered.Header, l, tlv.RoleSAST)
		var absent *NoSignerError
		var notSAST *NotSASTError
		if errors.As(err, &absent) || errors.As(err, &notSAST) {
			continue
		}
		if err != nil {
			return nil, &InvalidError{Err: &InstalledError{n, l, err}}
		}
		v := p.voucher(n, s.index)
		err = offered.CheckSignature(s.key)
		switch {
		case err != nil && other == nil:
			other, wrong = v, err
		case err == nil && first == nil:
			first = v
		}
	}
	if first != nil && other != nil {
		wrong = &AmbiguousError{fmt.Sprintf("%s has another key under the same name", first)}
	}
	if other != nil {
		return nil, &InvalidError{other, wrong}
	}
	return first, nil
}

// voucher is the record with the index i of the installed list n.
func (p Phone) voucher(n, i int) *Voucher {
	l := p.Installed[n]
	return &Voucher{n, l, i + 1, l.Records[i]}
}

// findKey returns an installed SAST record with the key of the signer.
func (p Phone) findKey(key *rsa.PublicKey) *Voucher {
	for n, l := range p.Installed {
		for i := range l.SASTs(key) {
			return p.voucher(n, i)
		}
	}
	return nil
}

func (p Phone) warnings(d *Decision, offered *List, own *Verified) []string {
	var list []string
	if own != nil {
		list = append(list, own.Warnings...)
	}
	var told *UnverifiedInstalledError
	if err := p.unverified(); err != nil && !errors.As(d.Reason, &told) {
		list = append(list, err.Error())
	}
	if !d.Verdict.Taken() {
		return list
	}
	kind := offered.Header.Kind()
	if d.Voucher != nil && kind == tlv.KindCTL && d.Voucher.List.Header.Kind() == tlv.KindITL {
		list = append(list, onlyITL)
	}
	return list
}

// An UnknownSignerError: the list is whole, but no SAST of an installed list has
// signed it, and TVS is not known to vouch.
type UnknownSignerError struct {
	Signer    SignerID
	Record    tlv.Record      // the signer's, of the offered list: TVS would have to hold its certificate
	CanAskTVS bool            // an installed ITL holds a TVS server
	TVS       *TVSCertificate // its certificate, which TVS has, but not as a SAST; else nil
	Renamed   *Voucher        // an installed SAST with the signer's key under another issuer or serial, else nil
}

func (e *UnknownSignerError) Error() string {
	s := fmt.Sprintf("no installed list holds the signer %s as a SAST", e.Signer)
	if e.Renamed != nil {
		s += fmt.Sprintf("; %s holds its key, but as serial %s, issued by %s, and phones look for both", e.Renamed, e.Renamed.Record.SerialNumber(), e.Renamed.Record.Issuer())
	}
	if e.TVS != nil {
		s += fmt.Sprintf("; TVS has its certificate, but not as a SAST: %s", e.TVS)
	}
	return s
}

// An InvalidError: the list does not verify, or is too large.
type InvalidError struct {
	Installed *Voucher // the record whose key does not check the signature; nil if the list does not verify by itself
	Err       error    // why: an error of CheckSignature or Verify, or *TooLargeError
}

func (e *InvalidError) Error() string {
	var wrong *SignatureError
	switch {
	case e.Installed == nil:
		return e.Err.Error()
	case errors.As(e.Err, &wrong):
		return fmt.Sprintf("%s has the name of the signer, and its key did not make this signature", e.Installed)
	}
	return fmt.Sprintf("%s has the name of the signer: %v", e.Installed, e.Err)
}

// Unwrap returns why.
func (e *InvalidError) Unwrap() error { return e.Err }

// An InstalledError: an installed list names the signer in a way that can be read
// in two ways, or with a key that checks no signature.
type InstalledError struct {
	Installed int // index in Phone.Installed
	List      *List
	Err       error // *AmbiguousError or *KeyError
}

func (e *InstalledError) Error() string {
	return fmt.Sprintf("the installed %s: %v", e.List.Header.Kind(), e.Err)
}

// Unwrap returns why.
func (e *InstalledError) Unwrap() error { return e.Err }

// A SignerAbsentError: the list does not hold its own signer as a SAST, so it
// cannot be verified by itself. What phones do with it is unknown [?].
type SignerAbsentError struct {
	Installed *Voucher // the record whose key checks the signature, nil if there is none
	Err       error    // *NoSignerError or *NotSASTError
}

func (e *SignerAbsentError) Error() string {
	if e.Installed == nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s has signed it, but %v; what phones do then is unknown", e.Installed, e.Err)
}

// Unwrap returns why the list does not verify by itself.
func (e *SignerAbsentError) Unwrap() error { return e.Err }

// A TooLargeError: an ITL of more than MaxITLSize bytes, which fails on phones [D].
// A list that FILENAME does not call a CTL counts as one.
type TooLargeError struct{ Size int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the list has %d bytes; an ITL of more than %d fails on phones", e.Size, MaxITLSize)
}

// An UnprovenError: the list is signed by a SAST that the phone knows, but
// something is odd, and what phones do is not known [?].
type UnprovenError struct{ Odd []string }

// unproven returns nil if nothing is odd.
func unproven(odd []string) error {
	if len(odd) == 0 {
		return nil
	}
	return &UnprovenError{odd}
}

func (e *UnprovenError) Error() string {
	return strings.Join(e.Odd, "; ") + "; what phones do with that is not known"
}
