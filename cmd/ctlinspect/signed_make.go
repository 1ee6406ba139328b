package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const signedExtractLong = `Write the content of a signed file, decrypted if it is encrypted.

An encrypted file needs the private key of the phone's certificate, its LSC or
MIC. The digest of the whole plain text is checked before any of it is written.
With --list or --cert a file that does not verify is not extracted; without them
it is, with a warning.

Exit codes:
  0  extracted
  1  not verified, or it cannot be decrypted with this key
  2  usage, or the output exists: --force replaces it
  3  a file cannot be read or written, or is not a signed file
  4  passphrase`

// An extraction is the flags of signed extract.
type extraction struct {
	signedCheck
	signerFlags
	out   string
	key   string
	force bool
}

func (a *app) signedExtractCommand() *cobra.Command {
	var e extraction
	cmd := &cobra.Command{
		Use:               "extract FILE -o OUT [--key PHONE.pem] [--list LIST... | --cert CERT]",
		Short:             "Write the content of a signed file, decrypted with --key",
		Long:              signedExtractLong,
		Example:           "  ctlinspect signed extract SEP0011215A1AE3.cnf.xml.enc.sgn \\\n    --key phone.key.pem --list ITLFile.tlv -o SEP0011215A1AE3.cnf.xml",
		Args:              oneFile,
		ValidArgsFunction: completeSigned,
		RunE:              func(_ *cobra.Command, args []string) error { return a.signedExtract(&e, args[0]) },
	}
	e.signedCheck.add(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&e.out, "output", "o", "", "write the content to this `FILE`, - for standard output")
	flags.BoolVar(&e.force, "force", false, "replace the output if it exists")
	flags.StringVar(&e.key, "key", "", "private key of the phone's certificate, a `FILE` in PEM")
	flags.StringVar(&e.pinFile, "pin-file", "", "read the passphrase of --key from this `FILE`")
	flags.StringVar(&e.pinEnv, "pin-env", "", "read the passphrase of --key from the environment variable `NAME`")
	return cmd
}

func (a *app) signedExtract(e *extraction, name string) error {
	if e.out == "" {
		return misuse("name the output with -o OUT")
	}
	by, err := a.against(&e.signedCheck)
	if err != nil {
		return err
	}
	if e.out != input.Stdin {
		if err := outputErr(safefile.Check(e.out, e.force, a.inputs()...)); err != nil {
			return err
		}
	}
	f := a.judgeSigned(name, by)
	switch j := f.Judgement; {
	case f.Err != nil:
		return exitError{exitUnreadable, f.Err}
	case j.Reason != nil:
		return exitError{exitNo, fmt.Errorf("%s: NOT VERIFIED, not extracted: %w", name, j.Reason)}
	case !j.Checked:
		a.warn(fmt.Sprintf("%s: NOT VERIFIED: without --list or --cert nobody knows who made it", name))
	}
	content, err := a.contentOf(e, name, f.Judgement)
	if err != nil {
		return err
	}
	return a.writeContent(e.out, content, e.force)
}

func (a *app) contentOf(e *extraction, name string, j *signed.Judgement) ([]byte, error) {
	if j.Image != nil {
		return j.Image.Content, nil
	}
	if _, encrypted := j.File.Header.Encryption(); !encrypted {
		return j.File.Content, nil
	}
	if e.key == "" {
		return nil, misuse("%s: %w; give it with --key", name, signed.ErrKeyNeeded)
	}
	e.signer = e.key
	plain, err := a.decrypt(j.File, &e.signerFlags)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return plain, nil
}

// decrypt decrypts a file with the key file that the flags name.
func (a *app) decrypt(f *tlv.SignedFile, flags *signerFlags) (plain []byte, err error) {
	k := &keyring{app: a, flags: flags}
	defer k.close(&err)
	phone, err := k.fileSigner()
	if err != nil {
		return nil, err
	}
	plain, err = signed.Decrypt(f, phone.key)
	if err != nil {
		return nil, exitError{exitNo, err}
	}
	return plain, nil
}

// decrypts sees that the finished file decrypts to its content.
func (a *app) decrypts(key string, data, content []byte) error {
	f, err := tlv.ParseSigned(data)
	if err != nil {
		return err
	}
	plain, err := a.decrypt(f, &signerFlags{signer: key})
	if err == nil && !bytes.Equal(plain, content) {
		err = exitError{exitNo, errors.New("it decrypts to something else")}
	}
	return err
}

func (a *app) writeContent(out string, content []byte, force bool) error {
	if out != input.Stdin {
		return outputErr(safefile.Write(out, content, force, a.inputs()...))
	}
	if _, err := a.stdout.Write(content); err != nil {
		return outputFailure(err)
	}
	return nil
}

const signedMakeLong = `Sign a file for phones, and encrypt it for one phone with --encrypt-to.

The signer must be the TFTP or CCM+TFTP record of the list that phones hold. Give
that list with --list: the file then names its signer as the list does, and what
phones would refuse is not written. Without it --style says how names are written, as
in lists of CUCM (cucm) or as in those of open-source tools (certutils).

FILENAME in the header is the name that phones ask for: that of OUT, or --filename.

With --encrypt-to a second file, the short configuration SEP....cnf.xml.sgn that
sends the phone to the encrypted one, is made with --short OUT.

The signer is a pkcs11: URI or a key file with --signer-cert. The PIN is typed at
the terminal, or comes from --pin-file, --pin-env or the URI's pin-source; it is
tried once. The finished file is verified before it is written, and decrypted if
--key has the phone's key.

Exit codes: 0 written; 1 phones would refuse it; 2 usage, or the output exists;
3 a file cannot be read or written; 4 token or PIN.`

// A making is the flags of signed make.
type making struct {
	signerFlags
	signedCheck
	out, filename, short string
	encryptTo, key       string
	digest, style        string
	timestamp            string
	force                bool
}

func (a *app) signedMakeCommand() *cobra.Command {
	var m making
	cmd := &cobra.Command{
		Use:   "make FILE -o OUT.sgn --signer SIGNER [--encrypt-to PHONE.pem]",
		Short: "Sign a configuration file, and encrypt it for a phone",
		Long:  signedMakeLong,
		Example: "  ctlinspect signed make SEP0011215A1AE3.cnf.xml \\\n" +
			"    -o SEP0011215A1AE3.cnf.xml.sgn --signer tftp.key.pem \\\n" +
			"    --signer-cert tftp.pem --style certutils --list ITLFile.tlv",
		Args: oneFile,
		RunE: func(_ *cobra.Command, args []string) error { return a.signedMake(&m, args[0]) },
	}
	flags := cmd.Flags()
	m.signerFlags.add(flags)
	flags.StringArrayVarP(&m.lists, "list", "l", nil, "a `LIST` that phones hold, to check that they accept the file")
	flags.StringVarP(&m.out, "output", "o", "", "write the signed file to this `FILE`")
	flags.StringVar(&m.filename, "filename", "", "`NAME` that phones ask for, if it is not that of OUT")
	flags.StringVar(&m.short, "short", "", "also write the short configuration, signed, to this `FILE`")
	flags.StringVar(&m.encryptTo, "encrypt-to", "", "encrypt for the phone with this certificate `FILE`")
	flags.StringVar(&m.key, "key", "", "decrypt the finished file with the phone's key, a `FILE`, before it is written")
	flags.StringVar(&m.digest, "digest", "sha1", "hash that is signed, `sha1|sha512`")
	flags.StringVar(&m.style, "style", "cucm", "style of the signer's names without --list: `cucm|certutils`")
	flags.StringVar(&m.timestamp, "timestamp", "", "`TIME` when the file was made: RFC 3339 or Unix seconds (default SOURCE_DATE_EPOCH, else now)")
	flags.BoolVar(&m.force, "force", false, "replace outputs if they exist")
	return cmd
}

func (m *making) options(a *app) (signed.Options, error) {
	var o signed.Options
	var err error
	if m.out == "" || m.out == input.Stdin {
		return o, misuse("name the output with -o OUT.sgn")
	}
	if m.short != "" && m.encryptTo == "" {
		return o, misuse("--short goes with --encrypt-to: it names the phone's certificate")
	}
	if o.Filename = m.filename; o.Filename == "" {
		o.Filename = filepath.Base(m.out)
	}
	if o.Style, err = tlv.ParseStyle(m.style); err != nil {
		return o, err
	}
	if o.Style == tlv.StyleCTLClient {
		return o, misuse("--style: the CTL Client signs no files; use cucm or certutils")
	}
	if o.Digest, err = parseDigest(m.digest); err != nil {
		return o, err
	}
	s := signingFlags{timestamp: m.timestamp}
	if o.Timestamp, err = s.time(a.now); err != nil {
		return o, err
	}
	if m.encryptTo != "" {
		o.EncryptTo, err = phoneOf(m.encryptTo)
	}
	return o, err
}

func (a *app) signedMake(m *making, name string) (err error) {
	o, err := m.options(a)
	if err != nil {
		return err
	}
	by, err := a.against(&m.signedCheck)
	if err != nil {
		return err
	}
	for _, out := range []string{m.out, m.short} {
		if out == "" {
			continue
		}
		if err := outputErr(safefile.Check(out, m.force, a.inputs()...)); err != nil {
			return err
		}
	}
	content, err := input.ReadSigned(name, a.stdin)
	if err != nil {
		return err
	}
	k := &keyring{app: a, flags: &m.signerFlags}
	defer k.close(&err)
	who, err := k.signer()
	if err != nil {
		return err
	}
	if who.certificate == nil {
		return misuse("the signer's certificate is needed: give it with --signer-cert")
	}
	if o.Record = signed.FindSigner(who.key.Public(), by.Lists...); o.Record == nil && len(by.Lists) > 0 {
		return exitError{exitNo, errors.New("no record with the role TFTP or CCM+TFTP of these lists has the signer's key: phones would refuse the file")}
	}
	if o.Record != nil && draft.StyleOf([]tlv.Record{*o.Record}) == tlv.StyleCertutils {
		o.Style = tlv.StyleCertutils
	}
	file, err := a.makeOne(m.out, content, who, o, by, m)
	if err != nil {
		return err
	}
	made := []*madeFile{file}
	if m.short != "" {
		short := signed.Short(o.EncryptTo)
		o.Filename, o.EncryptTo = shortName(m.short, o.Filename), nil
		if file, err = a.makeOne(m.short, short, who, o, by, m); err != nil {
			return err
		}
		made = append(made, file)
	}
	for _, f := range made {
		if err := a.writeContent(f.out, f.data, m.force); err != nil {
			return err
		}
		a.note(fmt.Sprintf("%s: %d bytes, FILENAME %s, signed with %s", f.out, len(f.data), f.filename, o.Digest))
	}
	return nil
}

// shortName is FILENAME of the short configuration: that of the encrypted one
// without .enc, or that of the file itself.
func shortName(out, encrypted string) string {
	if device := signed.DeviceOf(encrypted); device != "" && signed.DeviceOf(filepath.Base(out)) == "" {
		return device + ".cnf.xml.sgn"
	}
	return filepath.Base(out)
}

// A madeFile is finished and not yet written.
type madeFile struct {
	out, filename string
	data          []byte
}

func (a *app) makeOne(out string, content []byte, who *signer, o signed.Options, by signed.Against, m *making) (*madeFile, error) {
	data, err := signed.Make(content, who.key, who.certificate, o)
	var unsupported *signed.UnsupportedError
	if errors.As(err, &unsupported) {
		return nil, exitError{exitNo, err}
	}
	if err != nil {
		return nil, err
	}
	if len(by.Lists) > 0 {
		j, err := signed.Judge(o.Filename, data, by)
		if err != nil {
			return nil, err
		}
		if j.Reason != nil {
			return nil, exitError{exitNo, fmt.Errorf("%s: not written, phones that hold these lists would refuse it: %w", out, j.Reason)}
		}
	}
	if m.key != "" && o.EncryptTo != nil {
		if err := a.decrypts(m.key, data, content); err != nil {
			return nil, fmt.Errorf("%s: not written: %w", out, err)
		}
	}
	return &madeFile{out, o.Filename, data}, nil
}
