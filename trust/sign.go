package trust

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Conditions are what a list is signed under.
type Conditions struct {
	// Installed is the list that phones hold; nil if they hold none.
	Installed *List
	// Permit lists the refusals that do not count.
	Permit Permission
	// Outsider is a record of the signer's certificate. It names a signer that
	// neither list holds. Such a list needs PermitUnlistedSigner.
	Outsider *tlv.Record
}

// Sign signs the list that the template describes.
//
// It names the signer in the header: the SAST record that holds the key, and of
// several one that phones find in the list they hold. It refuses, with
// [Refusals], a list that such phones would not take. It asks the signer once,
// after everything else is known to be right. Then it reads the finished list
// back, verifies it and asks [Accept] about it.
//
// The signer is any [crypto.Signer] with an RSA key of 1024, 2048 or 4096 bits: a
// key in memory or on a token. A [crypto.MessageSigner] gets the message. The
// digest is the template's: SHA-1 or SHA-512.
//
// Sign is [Prepare] and [Signing.Sign], and fails as they do.
func Sign(t *tlv.Template, signer crypto.Signer, c Conditions) (*Signed, error) {
	s, err := Prepare(t, signer.Public(), c)
	if err != nil {
		return nil, err
	}
	return s.Sign(signer)
}

// A Signing is a list that is ready to be signed.
type Signing struct {
	// Draft is the finished list with a signature of zeros, to look at.
	Draft *List
	// Unsigned are the bytes to sign.
	Unsigned tlv.Unsigned
	// Key is the signer's.
	Key *rsa.PublicKey
	// Permitted are the refusals that were permitted.
	Permitted Refusals

	conditions Conditions
}

// A Signed is a signed list that was read back and verified.
type Signed struct {
	*List
	// Decision is what phones do that hold the installed list, or none.
	Decision *Decision
	// Permitted are the refusals that were permitted.
	Permitted Refusals
}

// Prepare does everything that Sign does before it asks the signer. The template
// stays as it is.
//
// It fails with [Refusals], [*UnlistedKeyError] if they are permitted but nothing
// says how the list should name the signer, [*DigestError], [*KeyError], [*KeySizeError],
// [*AmbiguousError], and as [tlv.Template.Unsigned] does.
func Prepare(t *tlv.Template, key crypto.PublicKey, c Conditions) (*Signing, error) {
	k, err := signingKey(key)
	if err != nil {
		return nil, err
	}
	if err := signingDigest(t.Digest); err != nil {
		return nil, err
	}
	named := *t
	named.SignatureSize = k.Size()
	r, nameless := c.signer(&named, k)
	named.SignerName, named.SerialNumber, named.CAName = r.Subject(), r.SerialNumber(), r.Issuer()
	u, err := named.Unsigned()
	if err != nil {
		return nil, err
	}
	s, err := Resume(u, k, c)
	if err == nil && nameless != nil {
		return nil, nameless
	}
	return s, err
}

// Resume returns the Signing of bytes that were written down, to be signed
// elsewhere with the key. It fails as Prepare does, and with a [*tlv.ParseError]
// if the bytes are not a list.
func Resume(u tlv.Unsigned, key crypto.PublicKey, c Conditions) (*Signing, error) {
	k, err := signingKey(key)
	if err != nil {
		return nil, err
	}
	data, err := u.Splice(make([]byte, k.Size()))
	if err != nil {
		return nil, err
	}
	s := &Signing{Unsigned: u, Key: k, conditions: c}
	if s.Draft, err = c.read(data); err != nil {
		return nil, err
	}
	if err := signingDigest(s.Draft.Header.Digest()); err != nil {
		return nil, err
	}
	s.Draft.willSign = k
	if _, s.Permitted, err = c.judge(s.Draft, k); err != nil {
		return nil, err
	}
	return s, nil
}

// Sign asks the signer for the signature and finishes the list. It fails with the
// signer's own error, and as [Signing.Attach] does.
func (s *Signing) Sign(signer crypto.Signer) (*Signed, error) {
	signature, err := ask(signer, s.Draft.Header.Digest(), s.Unsigned.Bytes)
	if err != nil {
		return nil, err
	}
	return s.Attach(signature)
}

// ask asks a signer for a signature over bytes.
func ask(signer crypto.Signer, d tlv.Digest, b []byte) ([]byte, error) {
	hash, err := HashOf(d)
	if err != nil {
		return nil, err
	}
	return crypto.SignMessage(signer, rand.Reader, b, hash)
}

// Attach finishes the list with a signature that was made elsewhere. The finished
// list is read back, verified and judged like the draft. Attach fails with
// [*SignatureError] if the signature is not one of the key over these bytes.
func (s *Signing) Attach(signature []byte) (*Signed, error) {
	if len(signature) != s.Unsigned.Size {
		return nil, fmt.Errorf("%w; it has %d bytes, the list needs %d", &SignatureError{}, len(signature), s.Unsigned.Size)
	}
	data, err := s.Unsigned.Splice(signature)
	if err != nil {
		return nil, err
	}
	l, err := s.conditions.read(data)
	if err != nil {
		return nil, err
	}
	l.shared = s.Draft.shared
	if err := l.CheckSignature(s.Key); err != nil {
		return nil, err
	}
	signed := &Signed{List: l}
	signed.Decision, signed.Permitted, err = s.conditions.judge(l, s.Key)
	if err != nil {
		return nil, err
	}
	return signed, nil
}

// read reads a list, which shares certificates with the installed one.
func (c Conditions) read(data []byte) (*List, error) {
	l, err := Read(data)
	if err != nil {
		return nil, fmt.Errorf("the new list: %w", err)
	}
	if c.Installed != nil {
		l.shared = c.Installed.shared
	}
	return l, nil
}

// phone is a phone that the list is for. Whether the installed list verifies is a
// question of its own.
func (c Conditions) phone() Phone {
	if c.Installed == nil {
		return Phone{}
	}
	return Phone{Installed: []*List{c.Installed}, AllowUnverified: true}
}

// judge asks what phones do with a list that the key has signed.
func (c Conditions) judge(l *List, key *rsa.PublicKey) (*Decision, Refusals, error) {
	own, err := l.Verify()
	var unlisted *NoSignerError
	switch {
	case err != nil && !errors.As(err, &unlisted):
		return nil, nil, &UnverifiableError{err}
	case own != nil && !sameRSA(own.Key, key):
		return nil, nil, &KeyError{own.Number, errors.New("it is not the key that is to sign")}
	}
	d := Accept(c.phone(), l)
	refusals := c.refusals(l, d, key)
	if unlisted != nil {
		refusals = append(refusals, &Refusal{PermitUnlistedSigner, unlisted})
	}
	permitted, refused := refusals.divide(c.Permit)
	if len(refused) > 0 {
		return nil, nil, refused
	}
	return d, permitted, nil
}

// refusals are about phones that hold the installed list.
func (c Conditions) refusals(l *List, d *Decision, key *rsa.PublicKey) Refusals {
	var r Refusals
	if err := c.phone().unverified(); err != nil {
		r = append(r, &Refusal{PermitUnverifiedInstalled, err})
	}
	var large *TooLargeError
	var unproven *UnprovenError
	var absent *SignerAbsentError
	switch {
	case d.Reason == nil:
	case errors.As(d.Reason, &large):
		r = append(r, &Refusal{PermitTooLarge, large})
	case errors.As(d.Reason, &unproven):
		r = append(r, &Refusal{PermitUnproven, unproven})
	case !errors.As(d.Reason, &absent):
		r = append(r, &Refusal{PermitUnknownSigner, d.Reason})
	case c.Installed != nil && absent.Installed == nil:
		r = append(r, &Refusal{PermitUnknownSigner, &UnknownSignerError{Signer: signerID(l.Header), Renamed: c.phone().findKey(key)}})
	}
	return r
}

// maxNames bounds how many names of one key are tried, which keeps the work in
// proportion to the lists. Real lists have one, or two after a renewal.
const maxNames = 16

// signer chooses the record that names the signer.
func (c Conditions) signer(t *tlv.Template, key *rsa.PublicKey) (tlv.Record, error) {
	l := NewList(&tlv.List{Records: t.Records})
	if c.Installed != nil {
		l.shared = c.Installed.shared
	}
	var first *tlv.Record
	tried := make(map[string]bool)
	for i := range l.SASTs(key) {
		r := l.Records[i]
		if first == nil {
			first = &r
		}
		name := r.Issuer() + "\x00" + string(r.SerialNumber())
		if c.Installed == nil || len(tried) == maxNames {
			break
		}
		if !tried[name] && c.vouches(r, key) {
			return r, nil
		}
		tried[name] = true
	}
	if first != nil {
		return *first, nil
	}
	if c.Installed != nil {
		for i := range c.Installed.SASTs(key) {
			return c.Installed.Records[i], nil
		}
	}
	if c.Outsider != nil {
		return *c.Outsider, nil
	}
	return tlv.Record{}, &UnlistedKeyError{}
}

// vouches reports whether phones find the signer in the installed list if it is
// named by the record.
func (c Conditions) vouches(r tlv.Record, key *rsa.PublicKey) bool {
	found, err := findSigner(naming(r), c.Installed, tlv.RoleSAST)
	return err == nil && sameRSA(found.key, key)
}

// naming is a header that names the record as its signer.
func naming(r tlv.Record) tlv.Header {
	return tlv.Header{Fields: []tlv.HeaderField{{Tag: tlv.HeaderSignerID, Fields: []tlv.HeaderField{
		{Tag: tlv.HeaderSerialNumber, Value: r.SerialNumber()},
		{Tag: tlv.HeaderCAName, Value: append([]byte(r.Issuer()), 0)},
	}}}}
}

// signingKey returns the key if lists can be signed with it.
func signingKey(key crypto.PublicKey) (*rsa.PublicKey, error) {
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, &KeyError{Err: notRSA(key)}
	}
	if err := checkKeySize(k); err != nil {
		return nil, err
	}
	if _, ok := tlv.SignatureModulusOf(k.Size()); !ok {
		return nil, &KeyError{Err: fmt.Errorf("it is RSA with %d bits: %w", k.N.BitLen(), tlv.ErrSignatureSize)}
	}
	return k, nil
}

// signingDigest refuses digests that lists can be read with at most.
func signingDigest(d tlv.Digest) error {
	if d != tlv.DigestSHA1 && d != tlv.DigestSHA512 {
		return &DigestError{d}
	}
	return nil
}
