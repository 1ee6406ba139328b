package trust

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// AcceptSignedBy answers Accept's question about a list that does not exist yet:
// one of this kind, signed by this certificate. CUCM makes a list only after a
// change, so this is how to ask before it. The answer holds for a list that is in
// order: it holds its signer as a SAST, names it as the installed list does, and
// is not too large.
//
// An installed SAST vouches only if it holds this very certificate. One with the
// same key under another certificate does not, as phones look for issuer and
// serial number.
func AcceptSignedBy(p Phone, kind tlv.Kind, c *cert.Certificate) *Decision {
	d := p.decideSignedBy(kind, c)
	if !d.Verdict.Taken() {
		return d
	}
	if err := p.unverified(); err != nil && !p.AllowUnverified {
		d.doubtful(err)
	} else if err := p.doubtsAbout(d.Voucher); err != nil {
		d.doubtful(err)
	}
	return d
}

// doubtsAbout says what is odd about the record that vouches, nil if nothing is.
func (p Phone) doubtsAbout(v *Voucher) error {
	if v == nil {
		return nil
	}
	s, err := findSigner(naming(v.Record), v.List, tlv.RoleSAST)
	if err != nil {
		return err
	}
	return unproven(signerDoubts(v.List, s))
}

func (p Phone) decideSignedBy(kind tlv.Kind, c *cert.Certificate) *Decision {
	if len(p.Installed) == 0 {
		return &Decision{Verdict: VerdictFirst}
	}
	key, err := c.PublicKey()
	if err != nil {
		return refuse(VerdictInvalid, &InvalidError{Err: &KeyError{Err: err}})
	}
	k, err := signingKey(key)
	if err != nil {
		return refuse(VerdictInvalid, &InvalidError{Err: err})
	}
	voucher, err := p.findCertificate(c, k)
	switch {
	case err != nil:
		d := refuse(VerdictInvalid, &InvalidError{Installed: voucher, Err: err})
		d.Unknown = true
		return d
	case voucher != nil:
		d := &Decision{Verdict: VerdictAccepted, Voucher: voucher}
		if kind == tlv.KindCTL && voucher.List.Header.Kind() == tlv.KindITL {
			d.Warnings = append(d.Warnings, onlyITL)
		}
		return d
	}
	return p.askTVS(&UnknownSignerError{
		Signer:  SignerID{Name: c.Subject().String(), CAName: c.Issuer().String(), SerialNumber: c.SerialNumber},
		Renamed: p.findKey(k),
	}, func(t *cert.Certificate) bool { return bytes.Equal(t.Raw, c.Raw) })
}

// findCertificate returns the installed SAST record that holds the certificate, nil
// if there is none. As for a list that exists, every installed list that has a SAST
// with its issuer and serial number must hold its key.
func (p Phone) findCertificate(c *cert.Certificate, key *rsa.PublicKey) (*Voucher, error) {
	found := p.holding(c, key)
	if found == nil {
		return nil, nil
	}
	h := naming(found.Record)
	for n, l := range p.Installed {
		s, err := findSigner(h, l, tlv.RoleSAST)
		var absent *NoSignerError
		var notSAST *NotSASTError
		if errors.As(err, &absent) || errors.As(err, &notSAST) {
			continue
		}
		if err == nil && !sameRSA(s.key, key) {
			err = &AmbiguousError{fmt.Sprintf("record %d has the issuer and serial number of the signer, and another key", s.index+1)}
		}
		if err == nil {
			err = unproven(signerDoubts(l, s))
		}
		if err != nil {
			return found, &InstalledError{n, l, err}
		}
	}
	return found, nil
}

func (p Phone) holding(c *cert.Certificate, key *rsa.PublicKey) *Voucher {
	for n, l := range p.Installed {
		for i := range l.SASTs(key) {
			if held, err := l.Certificate(i); err == nil && bytes.Equal(held.Raw, c.Raw) {
				return p.voucher(n, i)
			}
		}
	}
	return nil
}

// A Step is a list that servers publish, or that they will make: then only its kind
// and the certificate that will sign it are known.
type Step struct {
	List   *List
	Kind   tlv.Kind          // if there is no List
	Signer *cert.Certificate // if there is no List
}

// PublishedKind returns the kind of the list.
func (s Step) PublishedKind() tlv.Kind {
	if s.List != nil {
		return s.List.Header.Kind()
	}
	return s.Kind
}

// A Path is what becomes of a phone during a sequence of steps. It was switched off
// from step From on, and on again for step To; a phone that was on all the time
// has From == To.
type Path struct {
	From, To  int              // indices of steps
	Decisions []*Decision      // for each step, nil while the phone was off
	Holds     map[tlv.Kind]int // index of the step whose list it holds in the end; -1 for what it held before
	Stranded  bool             // it does not hold the last list of some kind
}

// Sequence follows a phone through steps: first one that is on all the time, then
// one for each stretch of steps during which a phone may be off and come back.
// A phone asks for lists when it is on, so it never sees those of steps that it
// missed. Sequence is quadratic in the number of steps.
func Sequence(p Phone, steps ...Step) []Path {
	paths := []Path{follow(p, steps, 0, 0)}
	for from := range steps {
		for to := from + 1; to < len(steps); to++ {
			paths = append(paths, follow(p, steps, from, to))
		}
	}
	return paths
}

func follow(p Phone, steps []Step, from, to int) Path {
	h := holder{tvs: p.TVS, allow: p.AllowUnverified}
	for _, l := range p.Installed {
		h.held = append(h.held, held{Step{List: l}, -1})
	}
	path := Path{From: from, To: to, Decisions: make([]*Decision, len(steps)), Holds: make(map[tlv.Kind]int)}
	published := make(map[tlv.Kind]int) // index of the step whose list servers have
	for i, s := range steps {
		published[s.PublishedKind()] = i
		if i < from || i >= to {
			h.ask(steps, published, path.Decisions)
		}
	}
	for kind, i := range published {
		path.Holds[kind] = h.step(kind)
		path.Stranded = path.Stranded || path.Holds[kind] != i
	}
	return path
}

// ask is what a phone does when it starts: it asks for the CTL, then for the ITL
// [D][S], and again for what it refused before.
func (h *holder) ask(steps []Step, published map[tlv.Kind]int, decisions []*Decision) {
	for _, kind := range []tlv.Kind{tlv.KindCTL, tlv.KindITL, tlv.KindUnknown} {
		i, ok := published[kind]
		if !ok || h.step(kind) == i {
			continue
		}
		decisions[i] = h.offer(steps[i])
		if d := decisions[i]; d.Verdict.Taken() && !d.Unknown {
			h.install(steps[i], i)
		}
	}
}

// step returns the step that brought the list of a kind that the phone holds, -1 if
// it held that before, or holds none.
func (h *holder) step(kind tlv.Kind) int {
	for _, x := range h.held {
		if x.PublishedKind() == kind {
			return x.step
		}
	}
	return -1
}

// A holder is a phone in the middle of a sequence.
type holder struct {
	held  []held
	tvs   []TVSCertificate
	allow bool // Phone.AllowUnverified
}

// A held is a list that it holds, and the step that brought it.
type held struct {
	Step
	step int
}

func (h *holder) install(s Step, i int) {
	h.held = append(slices.DeleteFunc(h.held, func(x held) bool { return x.PublishedKind() == s.PublishedKind() }), held{s, i})
}

// offer decides about a step. Of a list that was not at hand only its signer is
// known to be one of its SASTs: what others it would hold is unknown, and no.
func (h *holder) offer(s Step) *Decision {
	p := Phone{TVS: h.tvs, AllowUnverified: h.allow}
	var promised []*cert.Certificate
	for _, x := range h.held {
		if x.List != nil {
			p.Installed = append(p.Installed, x.List)
		} else {
			promised = append(promised, x.Signer)
		}
	}
	if len(promised) == 0 {
		return s.offeredTo(p)
	}
	signer, err := s.signer()
	if err != nil {
		return refuse(VerdictInvalid, &InvalidError{Err: err})
	}
	if slices.ContainsFunc(promised, func(c *cert.Certificate) bool { return bytes.Equal(c.Raw, signer) }) {
		return &Decision{Verdict: VerdictAccepted, Warnings: []string{"the list of an earlier step vouches, which is signed by the same certificate and must hold it as a SAST"}}
	}
	if len(p.Installed) > 0 {
		if d := s.offeredTo(p); d.Verdict != VerdictUnknownSigner {
			return d
		}
	}
	d := refuse(VerdictUnknownSigner, &PromisedError{})
	d.Unknown = true
	return d
}

func (s Step) offeredTo(p Phone) *Decision {
	if s.List != nil {
		return Accept(p, s.List)
	}
	return AcceptSignedBy(p, s.Kind, s.Signer)
}

// signer returns the certificate that signed or will sign the list, in DER.
func (s Step) signer() ([]byte, error) {
	if s.List == nil {
		return s.Signer.Raw, nil
	}
	v, err := s.List.Verify()
	if err != nil {
		return nil, err
	}
	return v.Record.Certificate(), nil
}

// A PromisedError: the phone would hold a list of which only the signer is known,
// and somebody else signs the next one.
type PromisedError struct{}

func (e *PromisedError) Error() string {
	return "of the list that the phone would hold by then only the signer is known, and that is another one; give that list itself, or sign with the same certificate"
}

// onlyITL is the warning about what follows from the rule and was not seen [I].
const onlyITL = "only the installed ITL contains the signer of this CTL: phones should accept it, but that was never seen; try one phone"
