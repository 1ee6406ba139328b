package trust_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// readOwnKey reads a key of a size that no vector has. Like theirs, it protects
// nothing.
func readOwnKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

// certificateFor returns a self-signed certificate.
func certificateFor(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(0x5AFE), Subject: pkix.Name{CommonName: "test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// templateFor returns a list of one SAST, the certificate.
func templateFor(t testing.TB, digest tlv.Digest, der []byte) *tlv.Template {
	t.Helper()
	c, err := cert.Read(der)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Record(tlv.StyleCUCM, tlv.RoleSAST, cert.Host{DNSName: "pub.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	template := tlv.NewTemplate(tlv.StyleCUCM, tlv.KindCTL)
	template.Digest, template.Timestamp = digest, time.Unix(1730000000, 0)
	template.Records = []tlv.Record{r}
	return template
}

func TestSignKeySizes(t *testing.T) {
	keys := map[string]crypto.Signer{
		"1024": readKey(t, "pub-1024"),
		"2048": readKey(t, "pub-2048"),
		"4096": readOwnKey(t, "rsa-4096"),
	}
	for name, key := range keys {
		for _, digest := range []tlv.Digest{tlv.DigestSHA1, tlv.DigestSHA512} {
			t.Run(name+" "+digest.String(), func(t *testing.T) {
				data, err := signNew(templateFor(t, digest, certificateFor(t, key)), key)
				if err != nil {
					t.Fatal(err)
				}
				l := parse(t, data)
				v, err := l.Verify()
				if err != nil {
					t.Fatal(err)
				}
				if !v.Key.Equal(key.Public()) || v.Digest != digest || l.Header.SignatureModulus().String() != name+" bits" {
					t.Errorf("Verify = %+v, SIGNATUREMODULUS %s", v, l.Header.SignatureModulus())
				}
			})
		}
	}
}

func TestSignWithRefusedCertificate(t *testing.T) {
	key := readKey(t, "pub-2048")
	data, err := signNew(templateFor(t, tlv.DigestSHA512, refusedSerial(t, readPEM(t, "certs/pub-2048"))), key)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := parse(t, data).Verify(); err != nil || len(v.Warnings) > 0 {
		t.Errorf("Verify = %v, %v", v, err)
	}
}

// signNew signs a list for phones that hold none, and returns the file.
func signNew(t *tlv.Template, signer crypto.Signer) ([]byte, error) {
	s, err := trust.Sign(t, signer, trust.Conditions{})
	if err != nil {
		return nil, err
	}
	return s.Raw(), nil
}

// Sign takes the template by pointer, and leaves it as it was.
func TestSignKeepsTemplate(t *testing.T) {
	template := templateFor(t, tlv.DigestSHA1, readPEM(t, "certs/pub-1024"))
	template.SignerName, template.SignatureSize = "CN=somebody else", 64
	if _, err := signNew(template, readKey(t, "pub-1024")); err != nil {
		t.Fatal(err)
	}
	if template.SignerName != "CN=somebody else" || template.SignatureSize != 64 {
		t.Errorf("Sign changed the template: %+v", template)
	}
}

// A signer counts how often it is asked, and may answer for another key or with
// an error.
type fakeSigner struct {
	public crypto.PublicKey
	key    crypto.Signer
	err    error
	asked  int
}

func (s *fakeSigner) Public() crypto.PublicKey { return s.public }

func (s *fakeSigner) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.asked++
	if s.err != nil {
		return nil, s.err
	}
	return s.key.Sign(r, digest, opts)
}

func TestSignRefuses(t *testing.T) {
	good, other := readKey(t, "pub-2048"), readKey(t, "sub-2048")
	removed := errors.New("the token was removed")
	tests := []struct {
		name    string
		digest  tlv.Digest
		signer  fakeSigner
		reason  trust.Reason
		is      error
		asked   int
		ownCert bool // the list holds a certificate of the signer
	}{
		{name: "digest 2", digest: tlv.DigestSHA256, signer: fakeSigner{public: good.Public()}, reason: trust.ReasonDigestUnknown},
		{name: "digest 4", digest: tlv.DigestLegacySHA512, signer: fakeSigner{public: good.Public()}, reason: trust.ReasonDigestUnknown},
		{name: "no digest", digest: tlv.DigestAbsent, signer: fakeSigner{public: good.Public()}, reason: trust.ReasonDigestUnknown},
		{name: "wrong signature", digest: tlv.DigestSHA1, signer: fakeSigner{public: good.Public(), key: other}, reason: trust.ReasonSignatureWrong, asked: 1},
		{name: "signature of another size", digest: tlv.DigestSHA1, signer: fakeSigner{public: good.Public(), key: readKey(t, "pub-1024")}, reason: trust.ReasonSignatureWrong, asked: 1},
		{name: "key that is not in the list", digest: tlv.DigestSHA1, signer: fakeSigner{public: other.Public(), key: other}, reason: trust.ReasonNoSignerRecord},
		{name: "EC key", digest: tlv.DigestSHA1, signer: fakeSigner{public: readKey(t, "tftp-ec").Public()}, reason: trust.ReasonKeyUnusable},
		{name: "no key", digest: tlv.DigestSHA1, signer: fakeSigner{}, reason: trust.ReasonKeyUnusable},
		{name: "small key", digest: tlv.DigestSHA1, signer: fakeSigner{public: &rsa.PublicKey{N: big.NewInt(35), E: 5}}, reason: trust.ReasonKeySize},
		{name: "3072 bits", digest: tlv.DigestSHA1, signer: fakeSigner{key: readOwnKey(t, "rsa-3072")}, reason: trust.ReasonKeyUnusable, is: tlv.ErrSignatureSize, ownCert: true},
		{name: "error of the signer", digest: tlv.DigestSHA1, signer: fakeSigner{public: good.Public(), err: removed}, is: removed, asked: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			der := readPEM(t, "certs/pub-2048")
			if tt.ownCert {
				tt.signer.public = tt.signer.key.Public()
				der = certificateFor(t, tt.signer.key)
			}
			data, err := signNew(templateFor(t, tt.digest, der), &tt.signer)
			if err == nil || data != nil {
				t.Fatalf("Sign = %d bytes, %v; want an error", len(data), err)
			}
			if got := trust.ReasonOf(err); got != tt.reason {
				t.Errorf("reason %q (%v), want %q", got, err, tt.reason)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v does not wrap %v", err, tt.is)
			}
			if tt.signer.asked != tt.asked {
				t.Errorf("the signer was asked %d times, want %d", tt.signer.asked, tt.asked)
			}
		})
	}
}

// What the list holds beside the signer can make it ambiguous: Sign reads its
// work before it hands it out.
func TestSignRefusesAmbiguousList(t *testing.T) {
	template := templateFor(t, tlv.DigestSHA1, readPEM(t, "certs/pub-2048"))
	other := templateFor(t, tlv.DigestSHA1, readPEM(t, "certs/sub-2048"))
	f := forged{records: append(template.Records, other.Records...)}
	f.namedAs(2)
	template.Records = f.records
	data, err := signNew(template, readKey(t, "pub-2048"))
	if trust.ReasonOf(err) != trust.ReasonAmbiguous || data != nil {
		t.Errorf("Sign = %d bytes, %v; want reason %s", len(data), err, trust.ReasonAmbiguous)
	}
}

// A messageSigner hashes by itself, as tokens may.
type messageSigner struct {
	crypto.Signer
	message []byte
}

func (s *messageSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("asked for the signature of a digest")
}

func (s *messageSigner) SignMessage(r io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.message = message
	h := opts.HashFunc().New()
	h.Write(message)
	return s.Signer.Sign(r, h.Sum(nil), opts)
}

func TestMessageSigner(t *testing.T) {
	signer := &messageSigner{Signer: readKey(t, "pub-2048")}
	data, err := signNew(templateFor(t, tlv.DigestSHA512, readPEM(t, "certs/pub-2048")), signer)
	if err != nil {
		t.Fatal(err)
	}
	before, after := parse(t, data).Signed()
	if !bytes.Equal(signer.message, append(bytes.Clone(before), after...)) {
		t.Error("the message is not what the list says was signed")
	}
}
