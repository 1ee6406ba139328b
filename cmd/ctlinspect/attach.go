package main

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const attachLong = `Finish a list whose signature was made where the token is.

  1. ctlinspect update OLD --to-be-signed list.tbs --signer-cert token.pem
     writes list.tbs, the bytes to sign, and list.tbs.json with their digest.
  2. Sign list.tbs with RSA PKCS #1 v1.5 and the digest that list.tbs.json names:
     pkcs11-tool --sign -m SHA1-RSA-PKCS -i list.tbs -o list.sig ...
     openssl dgst -sha1 -sign key.pem -out list.sig list.tbs
  3. ctlinspect attach list.tbs --signature list.sig -o NEW

The signature is taken as bytes, base64, hexadecimal or PEM. The finished list is
read back and verified before it is written; with --old it is checked against the
list that phones hold.`

// toBeSigned is the JSON beside what is to be signed.
type toBeSigned struct {
	Schema          string `json:"schema"`
	Kind            string `json:"kind"`
	Size            int    `json:"size"`            // bytes to sign
	Digest          string `json:"digest"`          // "SHA-1" or "SHA-512"
	DigestValue     string `json:"digestValue"`     // of the bytes, hexadecimal
	DigestInfo      string `json:"digestInfo"`      // what RSA signs, padding aside: DER, hexadecimal
	Mechanism       string `json:"mechanism"`       // the PKCS #11 mechanism over the bytes
	SignatureOffset int    `json:"signatureOffset"` // where the SIGNATURE field goes
	SignatureSize   int    `json:"signatureSize"`   // bytes
	Signer          string `json:"signer"`
	SignerIssuer    string `json:"signerIssuer"`
	SignerSerial    string `json:"signerSerial"`

	SignerCertificate []byte `json:"signerCertificate"` // DER, base64
}

func (t toBeSigned) digest() tlv.Digest {
	if t.Digest == "SHA-512" {
		return tlv.SHA512
	}
	return tlv.SHA1
}

// digestInfoPrefixes precede the digest in a DigestInfo (RFC 8017, 9.2, note 1).
var digestInfoPrefixes = map[tlv.Digest]string{
	tlv.SHA1:   "3021300906052b0e03021a05000414",
	tlv.SHA512: "3051300d060960864801650304020305000440",
}

func digestOf(d tlv.Digest, b []byte) (value []byte, name, mechanism string) {
	if d == tlv.SHA512 {
		sum := sha512.Sum512(b)
		return sum[:], "SHA-512", "CKM_SHA512_RSA_PKCS"
	}
	sum := sha1.Sum(b)
	return sum[:], "SHA-1", "CKM_SHA1_RSA_PKCS"
}

// writeToBeSigned writes the bytes to sign and the JSON beside them.
func (a *app) writeToBeSigned(s *signingFlags, k *keyring, d *draft.Draft) error {
	c, err := k.publicSigner()
	if err != nil {
		return err
	}
	public, err := c.PublicKey()
	if err != nil {
		return fmt.Errorf("the signer's certificate: %w", err)
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return errors.New("the signer's certificate has no RSA key, and lists are signed with RSA")
	}
	if _, err := a.prepare(s, d, crypto.PublicKey(key), c); err != nil {
		return err
	}
	d.SignatureSize = key.Size()
	u, err := d.Unsigned()
	if err != nil {
		return err
	}
	about, err := json.MarshalIndent(describe(d, u, c), "", "  ")
	if err != nil {
		return err
	}
	for _, name := range []string{s.toBeSigned, s.toBeSigned + ".json"} {
		if err := outputErr(safefile.Check(name, s.force)); err != nil {
			return err
		}
	}
	if err := outputErr(safefile.Write(s.toBeSigned, u.Bytes, s.force)); err != nil {
		return err
	}
	if err := outputErr(safefile.Write(s.toBeSigned+".json", append(about, '\n'), s.force)); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s: %d bytes to sign, see %s.json; then: ctlinspect attach %s --signature SIGNATURE -o OUT", s.toBeSigned, len(u.Bytes), s.toBeSigned, s.toBeSigned))
	return nil
}

func describe(d *draft.Draft, u tlv.Unsigned, c *cert.Certificate) toBeSigned {
	value, name, mechanism := digestOf(d.Digest, u.Bytes)
	return toBeSigned{
		Schema: "ctlinspect/1", Kind: strings.ToLower(d.Kind.String()), Size: len(u.Bytes),
		Digest: name, DigestValue: hex.EncodeToString(value), DigestInfo: digestInfoPrefixes[d.Digest] + hex.EncodeToString(value), Mechanism: mechanism,
		SignatureOffset: u.Offset, SignatureSize: u.Size,
		Signer: d.SignerName, SignerIssuer: d.CAName, SignerSerial: d.SerialNumber.String(),
		SignerCertificate: c.Raw,
	}
}

// An attaching is the flags of attach.
type attaching struct {
	signingFlags
	signature, old string
}

func (a *app) attachCommand() *cobra.Command {
	var t attaching
	cmd := &cobra.Command{
		Use:   "attach FILE --signature SIGNATURE -o OUT",
		Short: "Finish a list that was signed elsewhere",
		Long:  attachLong,
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.attach(&t, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&t.signature, "signature", "", "the signature, - for standard input")
	flags.StringVarP(&t.out, "output", "o", "", "write the list to this file, - for standard output")
	flags.BoolVar(&t.force, "force", false, "replace the output if it exists")
	flags.StringVar(&t.old, "old", "", "the list that phones hold, to check that they take the new one")
	t.allowFlag(cmd, draft.AllowUnlistedSigner, "write the list although it does not hold its signer as a SAST")
	t.allowFlag(cmd, draft.AllowUnknownSigner, "write the list although its signer is not a SAST of --old")
	return cmd
}

func (a *app) attach(t *attaching, name string) error {
	if t.signature == "" || t.out == "" {
		return errors.New("name the signature with --signature and the new list with -o")
	}
	u, about, err := readToBeSigned(name, a.stdin)
	if err != nil {
		return err
	}
	signature, err := readSignature(t.signature, a.stdin, about.SignatureSize)
	if err != nil {
		return err
	}
	if err := a.judgeAttached(t, u, about, signature); err != nil {
		return err
	}
	data, err := u.Splice(signature)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var old *tlv.List
	if t.old != "" {
		f := inspect.Open(t.old, a.stdin, tlv.UnknownKind)
		if f.Err != nil {
			return exitError{exitUnreadable, f.Err}
		}
		old = f.List
	}
	return a.deliver(&t.signingFlags, data, old)
}

// judgeAttached refuses a signature that is wrong, always, and a list that does
// not hold its signer unless a flag permits it.
func (a *app) judgeAttached(t *attaching, u tlv.Unsigned, about toBeSigned, signature []byte) error {
	c, err := cert.Read(about.SignerCertificate)
	if err != nil {
		return fmt.Errorf("the JSON: signerCertificate: %w", err)
	}
	public, err := c.PublicKey()
	if err != nil {
		return fmt.Errorf("the JSON: signerCertificate: %w", err)
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return errors.New("the JSON: signerCertificate has no RSA key")
	}
	if err := trust.CheckUnsigned(u, about.digest(), key, signature); err != nil {
		return exitError{exitNo, fmt.Errorf("%s: %w; sign the bytes again, as the JSON says, with the key of %s", t.signature, err, about.Signer)}
	}
	return nil
}

func readToBeSigned(name string, stdin io.Reader) (tlv.Unsigned, toBeSigned, error) {
	var about toBeSigned
	data, err := inspect.ReadFile(name, stdin)
	if err != nil {
		return tlv.Unsigned{}, about, err
	}
	b, err := inspect.ReadFile(name+".json", nil)
	if err != nil {
		return tlv.Unsigned{}, about, err
	}
	if err := json.Unmarshal(b, &about); err != nil {
		return tlv.Unsigned{}, about, fmt.Errorf("%s.json: %w", name, err)
	}
	if value, _, _ := digestOf(about.digest(), data); hex.EncodeToString(value) != about.DigestValue {
		return tlv.Unsigned{}, about, exitError{exitUnreadable, fmt.Errorf("%s is not what %s.json was written for: the digests differ", name, name)}
	}
	return tlv.Unsigned{Bytes: data, Offset: about.SignatureOffset, Size: about.SignatureSize}, about, nil
}

// readSignature reads a signature of size bytes: as it is, or in PEM, base64 or
// hexadecimal.
func readSignature(name string, stdin io.Reader, size int) ([]byte, error) {
	data, err := inspect.ReadFile(name, stdin)
	if err != nil {
		return nil, err
	}
	if len(data) == size {
		return data, nil
	}
	if block, _ := pem.Decode(data); block != nil && len(block.Bytes) == size {
		return block.Bytes, nil
	}
	text := string(bytes.Join(bytes.Fields(data), nil))
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if b, err := decode(text); err == nil && len(b) == size {
			return b, nil
		}
	}
	return nil, exitError{exitUnreadable, fmt.Errorf("%s: no signature of %d bytes, neither as it is nor in base64, hexadecimal or PEM", name, size)}
}
