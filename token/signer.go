package token

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1"   // the digests that trust lists use
	_ "crypto/sha256" // and those between
	_ "crypto/sha512"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Signer signs with the private key of a certificate on a token. It is a
// [crypto.Signer] and a [crypto.MessageSigner]. The first signature asks for
// the PIN and logs in; its errors are those of the whole package.
type Signer struct {
	m      *Module
	cert   Certificate
	public *rsa.PublicKey
}

var _ crypto.MessageSigner = (*Signer)(nil)

// Signer prepares to sign with the key of a certificate that FindCertificate or
// Certificates gave. Nothing is asked of the token yet. The error is
// ErrUnsupported if the certificate has no RSA key, or one of less than 1024
// bits, whose signatures crypto/rsa does not verify.
func (m *Module) Signer(c Certificate) (*Signer, error) {
	key, err := c.PublicKey()
	if err != nil {
		return nil, err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, &Error{Kind: ErrUnsupported, Token: c.Token.name(), Text: fmt.Sprintf("the certificate's key is a %T", key),
			Next: "choose a certificate with an RSA key"}
	}
	if bits := public.N.BitLen(); bits < 1024 {
		return nil, &Error{Kind: ErrUnsupported, Token: c.Token.name(), Text: fmt.Sprintf("a key of %d bits", bits),
			Next: "choose a certificate with a key of 1024 bits or more"}
	}
	return &Signer{m, c, public}, nil
}

// Certificate is the certificate that the signatures belong to.
func (s *Signer) Certificate() Certificate { return s.cert }

// Public is the certificate's key, of type *rsa.PublicKey.
func (s *Signer) Public() crypto.PublicKey { return s.public }

// Sign makes a PKCS #1 v1.5 signature of a digest by SHA-1, SHA-256, SHA-384 or
// SHA-512, as opts names it. The random reader is not used.
//
// If the token signs only what it hashes itself, the error is ErrNeedsMessage:
// use SignMessage, as [crypto.SignMessage] does by itself.
func (s *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.sign(nil, digest, opts)
}

// SignMessage hashes the message and signs the digest as Sign does, or has the
// token do both if it insists. The signature is the same.
func (s *Signer) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if message == nil {
		message = []byte{}
	}
	return s.sign(message, nil, opts)
}

// digestInfo is what comes before the digest in the DER of a DigestInfo (RFC
// 8017, section 9.2, note 1), and the mechanism that makes all of it.
type digestInfo struct {
	mechanism uint
	prefix    []byte
}

var digestInfos = map[crypto.Hash]digestInfo{
	crypto.SHA1:   {ckmSHA1RSAPKCS, []byte("\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14")},
	crypto.SHA256: {ckmSHA256RSAPKCS, []byte("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20")},
	crypto.SHA384: {ckmSHA384RSAPKCS, []byte("\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30")},
	crypto.SHA512: {ckmSHA512RSAPKCS, []byte("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40")},
}

// A task is one signature to make.
type task struct {
	hash    crypto.Hash
	info    digestInfo
	digest  []byte
	message []byte // nil if only the digest is known
}

func (t task) digestInfo() []byte { return slices.Concat(t.info.prefix, t.digest) }

func (s *Signer) sign(message, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	t, err := s.task(message, digest, opts)
	if err != nil {
		return nil, err
	}
	signature, err := s.m.sign(s, t)
	if err != nil {
		return nil, err
	}
	if err := rsa.VerifyPKCS1v15(s.public, t.hash, t.digest, signature); err != nil {
		return nil, &Error{Kind: ErrWrongSignature, Token: s.cert.Token.name(), Module: s.m.path, Err: err,
			Next: "the key found is not the certificate's, or the token is faulty; nothing was signed"}
	}
	return signature, nil
}

// task refuses what cannot be signed before a PIN is asked for.
func (s *Signer) task(message, digest []byte, opts crypto.SignerOpts) (task, error) {
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return task{}, s.unsupported("RSA-PSS: trust lists are signed with PKCS #1 v1.5, and phones know nothing else", "sign without PSS options")
	}
	if opts == nil {
		return task{}, s.unsupported("no digest algorithm was named", "pass crypto.SHA1 or crypto.SHA512")
	}
	hash := opts.HashFunc()
	info, ok := digestInfos[hash]
	if !ok {
		return task{}, s.unsupported(fmt.Sprintf("digest algorithm %v", hash), "use SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	if message != nil {
		h := hash.New()
		h.Write(message)
		digest = h.Sum(nil)
	}
	if len(digest) != hash.Size() {
		return task{}, s.unsupported(fmt.Sprintf("a digest of %d bytes where %v has %d", len(digest), hash, hash.Size()), "pass the digest, not the message")
	}
	return task{hash, info, digest, message}, nil
}

func (s *Signer) unsupported(text, next string) error {
	return &Error{Kind: ErrUnsupported, Token: s.cert.Token.name(), Text: text, Next: next}
}

// sign does everything that needs the module, under its lock. A token that is
// gone is not used again, even if it comes back: a new login would be needed.
func (m *Module) sign(s *Signer, t task) ([]byte, error) {
	if err := m.lock(); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if err := m.refused(s.cert.Token); err != nil {
		return nil, err
	}
	token, err := m.keepOpen(s.cert.Token)
	if err != nil {
		return nil, err
	}
	if err := m.login(token); err != nil {
		return nil, err
	}
	key, err := keyOf(s.cert, s.public, token.keys)
	if err != nil {
		return nil, m.blame(err)
	}
	signature, err := m.signWith(token, key, t)
	if errors.Is(err, ErrTokenGone) && m.open[token.info.Slot] == token {
		m.drop(token, err)
	}
	return signature, err
}

// blame names the module in an error that it may be the cause of.
func (m *Module) blame(err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.Module = m.path
	}
	return err
}

func (m *Module) signWith(token *openToken, key privateKey, t task) ([]byte, error) {
	data, err := m.signInit(token, key, t)
	if err != nil {
		return nil, err
	}
	if key.alwaysAuthenticate {
		if err := m.loginForKey(token); err != nil {
			return nil, err
		}
	}
	signature, err := m.p11.Sign(token.session, data)
	return signature, m.failure("C_Sign", token.info, err)
}

// signInit starts the signature and returns what has to be signed: the DigestInfo,
// or the message if the token accepts only a mechanism that hashes.
func (m *Module) signInit(token *openToken, key privateKey, t task) ([]byte, error) {
	err := m.p11.SignInit(token.session, ckmRSAPKCS, key.object)
	if err == nil {
		return t.digestInfo(), nil
	}
	if !refusesMechanism(err) {
		return nil, m.failure("C_SignInit", token.info, err)
	}
	if t.message == nil {
		return nil, &Error{Kind: ErrNeedsMessage, Token: token.info.name(), Op: "C_SignInit", Code: codeOf(err),
			Text: "it refuses CKM_RSA_PKCS, and a digest is not enough for the mechanisms that are left",
			Next: "sign with SignMessage"}
	}
	if err := m.p11.SignInit(token.session, t.info.mechanism, key.object); err != nil {
		return nil, m.failure("C_SignInit", token.info, err)
	}
	return t.message, nil
}

func codeOf(err error) CKR {
	var code CKR
	errors.As(err, &code)
	return code
}
