package main

import (
	"bytes"
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

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const attachLong = `Finish a list whose signature was made where the token is.

  1. ctlinspect update OLD --to-be-signed list.tbs --signer-cert token.pem
     writes list.tbs, the bytes to sign, and list.tbs.json with their digest.
  2. Sign list.tbs with RSA PKCS #1 v1.5 and the digest that list.tbs.json has:
     pkcs11-tool --sign -m SHA1-RSA-PKCS -i list.tbs -o list.sig ...
     openssl dgst -sha1 -sign key.pem -out list.sig list.tbs
  3. ctlinspect attach list.tbs --signature list.sig -o NEW

The signature is taken as bytes, base64, hexadecimal or PEM. The finished list is
read back, verified, and checked against the list that phones hold before it is
written: the list that was updated, which the JSON holds, or --old.

Exit codes: 0 written; 1 refused, or the list would not verify; 2 usage, or the
output exists; 3 a file cannot be read or written; 4 token or PIN.`

// toBeSigned is the JSON beside what is to be signed.
type toBeSigned struct{ report.ToBeSigned }

// unsigned checks the document against the bytes that it speaks of.
func (t toBeSigned) unsigned(data []byte) (tlv.Unsigned, error) {
	u := tlv.Unsigned{Bytes: data, Offset: t.SignatureOffset, Size: t.SignatureSize}
	if err := t.Check(report.TypeToBeSigned); err != nil {
		return u, err
	}
	if t.Digest != tlv.DigestSHA1 && t.Digest != tlv.DigestSHA512 {
		return u, fmt.Errorf("digest %s, expected sha1 or sha512", t.Digest)
	}
	if value, _ := digestOf(t.Digest, data); len(data) != t.Size || hex.EncodeToString(value) != t.DigestValue {
		return u, errors.New("it was written for other bytes: size or digest differ")
	}
	if _, ok := tlv.SignatureModulusOf(t.SignatureSize); !ok || t.SignatureOffset < 0 || t.SignatureOffset > len(data) {
		return u, fmt.Errorf("a signature of %d bytes at offset %d cannot be", t.SignatureSize, t.SignatureOffset)
	}
	return u, nil
}

// key is the signer's.
func (t toBeSigned) key() (*rsa.PublicKey, error) {
	c, err := cert.Read(t.SignerCertificate)
	if err != nil {
		return nil, fmt.Errorf("signerCertificate: %w", err)
	}
	public, err := c.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("signerCertificate: %w", err)
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok || key.Size() != t.SignatureSize {
		return nil, fmt.Errorf("signerCertificate has no RSA key that makes signatures of %d bytes", t.SignatureSize)
	}
	return key, nil
}

// digestInfoPrefixes precede the digest in a DigestInfo (RFC 8017, 9.2, note 1).
var digestInfoPrefixes = map[tlv.Digest]string{
	tlv.DigestSHA1:   "3021300906052b0e03021a05000414",
	tlv.DigestSHA512: "3051300d060960864801650304020305000440",
}

func digestOf(d tlv.Digest, b []byte) (value []byte, mechanism string) {
	if d == tlv.DigestSHA512 {
		sum := sha512.Sum512(b)
		return sum[:], "CKM_SHA512_RSA_PKCS"
	}
	sum := sha1.Sum(b)
	return sum[:], "CKM_SHA1_RSA_PKCS"
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
	if err := a.prepare(s, d, public, c); err != nil {
		return err
	}
	u, err := d.Unsigned()
	if err != nil {
		return err
	}
	about, err := report.Indent(describe(d, u, c))
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
	if err := outputErr(safefile.Write(s.toBeSigned+".json", about, s.force)); err != nil {
		return err
	}
	then := fmt.Sprintf("ctlinspect attach %s --signature SIGNATURE -o OUT", s.toBeSigned)
	a.note(fmt.Sprintf("%s: %d bytes to sign, see %s.json; then: %s", s.toBeSigned, len(u.Bytes), s.toBeSigned, then))
	return nil
}

func describe(d *draft.Draft, u tlv.Unsigned, c *cert.Certificate) toBeSigned {
	value, mechanism := digestOf(d.Digest, u.Bytes)
	return toBeSigned{report.ToBeSigned{
		Head: report.NewHead(report.TypeToBeSigned), Kind: d.Kind, Size: len(u.Bytes),
		Digest: d.Digest, DigestValue: hex.EncodeToString(value), DigestInfo: digestInfoPrefixes[d.Digest] + hex.EncodeToString(value), Mechanism: mechanism,
		SignatureOffset: u.Offset, SignatureSize: u.Size,
		Signer: d.SignerName, SignerIssuer: d.CAName, SignerSerial: d.SerialNumber.String(),
		SignerCertificate: c.Raw, Old: rawOf(d.Old),
	}}
}

func rawOf(l *trust.List) []byte {
	if l == nil {
		return nil
	}
	return l.Raw()
}

// An attaching is the flags of attach.
type attaching struct {
	signingFlags
	signature, old string
}

func (a *app) attachCommand() *cobra.Command {
	var t attaching
	cmd := &cobra.Command{
		Use:     "attach FILE --signature SIGNATURE -o OUT",
		Short:   "Finish a list that was signed elsewhere",
		Long:    attachLong,
		Example: "  ctlinspect attach list.tbs --signature list.sig -o CTLFile.tlv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one file, the one that --to-be-signed wrote; got %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.attach(&t, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&t.signature, "signature", "", "the signature `FILE`, - for standard input")
	flags.StringVarP(&t.out, "output", "o", "", "write the list to this `FILE`, - for standard output")
	flags.BoolVar(&t.force, "force", false, "replace the output if it exists")
	flags.StringVar(&t.old, "old", "", "the `LIST` that phones hold, if it is another than the one that was updated; the new list is checked against it")
	t.allowFlag(cmd, draft.AllowUnlistedSigner, "write the list although it does not hold its signer as a SAST")
	t.allowFlag(cmd, draft.AllowUnknownSigner, "write the list although its signer is not a SAST of --old")
	t.allowFlag(cmd, draft.AllowUnverifiedOld, "write the list although the signature of --old is wrong")
	return cmd
}

func (t *attaching) check(name string) error {
	if t.signature == "" || t.out == "" {
		return misuse("name the signature with --signature and the new list with -o")
	}
	if name == input.Stdin {
		return misuse("attach reads two files, FILE and FILE.json: name the file, not -")
	}
	return onceStdin([]string{t.signature, t.old})
}

func (a *app) attach(t *attaching, name string) error {
	if err := t.check(name); err != nil {
		return err
	}
	u, about, err := readToBeSigned(name)
	if err != nil {
		return err
	}
	signature, err := readSignature(t.signature, a.stdin, about.SignatureSize)
	if err != nil {
		return err
	}
	if err := checkAttached(t, u, about, signature); err != nil {
		return err
	}
	data, err := u.Splice(signature)
	if err != nil {
		return exitError{exitUnreadable, fmt.Errorf("%s: %w", name, err)}
	}
	old, err := a.oldList(t, about)
	if err != nil {
		return err
	}
	return a.deliver(&t.signingFlags, data, old)
}

// oldList reads --old, nil if it is not given.
func (a *app) oldList(t *attaching, about toBeSigned) (*trust.List, error) {
	var old *trust.List
	switch {
	case t.old != "":
		f := inspect.Open(t.old, a.stdin, tlv.KindUnknown)
		if f.Err != nil {
			return nil, exitError{exitUnreadable, f.Err}
		}
		old = f.List
	case about.Old != nil:
		var err error
		if old, err = trust.Read(about.Old); err != nil {
			return nil, exitError{exitUnreadable, fmt.Errorf("the JSON: old: %w", err)}
		}
	default:
		return nil, nil
	}
	return old, a.weigh(&t.signingFlags, draft.JudgeOld(old))
}

// checkAttached refuses a signature that is wrong, always.
func checkAttached(t *attaching, u tlv.Unsigned, about toBeSigned, signature []byte) error {
	key, err := about.key()
	if err != nil {
		return exitError{exitUnreadable, fmt.Errorf("the JSON: %w", err)}
	}
	digest := about.Digest
	if err := trust.CheckUnsigned(u, digest, key, signature); err != nil {
		return exitError{exitNo, fmt.Errorf("%s: %w. Phones would refuse the list, so it was not written; sign the bytes again, as the JSON says, with the key of %s", t.signature, err, about.Signer)}
	}
	return nil
}

func readToBeSigned(name string) (tlv.Unsigned, toBeSigned, error) {
	var about toBeSigned
	data, err := input.ReadFile(name, nil)
	if err != nil {
		return tlv.Unsigned{}, about, err
	}
	b, err := input.ReadFile(name+".json", nil)
	if err != nil {
		return tlv.Unsigned{}, about, err
	}
	var u tlv.Unsigned
	if err = json.Unmarshal(b, &about); err == nil {
		u, err = about.unsigned(data)
	}
	if err != nil {
		err = exitError{exitUnreadable, fmt.Errorf("%s.json: %w; write both files again with --to-be-signed", name, err)}
	}
	return u, about, err
}

// readSignature reads a signature of size bytes: as it is, or in PEM, base64 or
// hexadecimal.
func readSignature(name string, stdin io.Reader, size int) ([]byte, error) {
	data, err := input.ReadFile(name, stdin)
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
