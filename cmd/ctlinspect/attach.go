package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const attachLong = `Finish a list whose signature was made elsewhere, where the token is.

  1. ctlinspect update OLD --to-be-signed list.tbs --signer-cert token.pem
     writes list.tbs, the bytes to sign, and list.tbs.json with their digest.
  2. Sign list.tbs with RSA PKCS #1 v1.5 and the digest in list.tbs.json:
     pkcs11-tool --sign -m SHA1-RSA-PKCS -i list.tbs -o list.sig ...
     openssl dgst -sha1 -sign key.pem -out list.sig list.tbs
  3. ctlinspect attach list.tbs --signature list.sig -o NEW

The signature may be raw bytes, base64, hexadecimal or PEM. The finished list is
read back, verified and checked against the list that phones hold before it is
written. That is the list that was updated, which the JSON holds, or --old.

Exit codes:
  0  written
  1  refused, or the list would not verify
  2  usage, or the output exists
  3  a file cannot be read or written`

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
	signing, err := a.prepare(s, d, public, c)
	if err != nil {
		return err
	}
	about, err := report.Indent(draft.NewToBeSigned(d, signing, c))
	if err != nil {
		return err
	}
	data := signing.Unsigned.Bytes
	for _, name := range []string{s.toBeSigned, s.toBeSigned + ".json"} {
		if err := outputErr(safefile.Check(name, s.force, a.inputs()...)); err != nil {
			return err
		}
	}
	if err := outputErr(safefile.Write(s.toBeSigned, data, s.force, a.inputs()...)); err != nil {
		return err
	}
	if err := outputErr(safefile.Write(s.toBeSigned+".json", about, s.force, a.inputs()...)); err != nil {
		return err
	}
	then := fmt.Sprintf("ctlinspect attach %s --signature SIGNATURE -o OUT", s.toBeSigned)
	a.note(fmt.Sprintf("%s: %d bytes to sign, see %s.json; then: %s", s.toBeSigned, len(data), s.toBeSigned, then))
	return nil
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
		Example: "  ctlinspect attach list.tbs --signature list.sig -o CTLFile.tlv\n  base64 -d list.b64 | ctlinspect attach list.tbs --signature - -o new.tlv",
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
	flags.StringVar(&t.old, "old", "", "check the new list against this `LIST` that phones hold, instead of the one that was updated")
	t.allowFlag(cmd, trust.PermitUnlistedSigner, "write the list even if it does not hold its signer as a SAST")
	t.allowFlag(cmd, trust.PermitUnknownSigner, "write the list even if its signer is not a SAST of the old one")
	t.allowFlag(cmd, trust.PermitUnproven, "write the list even if it is not known what phones do with it")
	t.allowFlag(cmd, trust.PermitUnverifiedInstalled, "write the list even if the old one does not verify")
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
	name = strings.TrimSuffix(name, ".json")
	about, data, err := readToBeSigned(name)
	if err != nil {
		return err
	}
	signature, err := readSignature(t.signature, a.stdin, about.SignatureSize)
	if err != nil {
		return err
	}
	old, err := a.oldList(t, about)
	if err != nil {
		return err
	}
	signing, err := about.Resume(data, trust.Conditions{Installed: old, Permit: t.permitted()})
	var wrong *tlv.ParseError
	switch {
	case isRefusal(err):
		return a.refuse(&t.signingFlags, err, old)
	case errors.As(err, &wrong), err != nil && trust.ReasonOf(err) == trust.ReasonUnknown:
		return exitError{exitUnreadable, fmt.Errorf("%s.json: %w", name, err)}
	case err != nil:
		return unverified(err)
	}
	a.warnPermitted(signing.Permitted, old)
	signed, err := signing.Attach(signature)
	if trust.ReasonOf(err) == trust.ReasonSignatureWrong {
		return exitError{exitNo, fmt.Errorf("%s: %w. Phones would refuse the list, so it was not written; sign the bytes again, as the JSON says, with the key of %s", t.signature, err, about.Signer)}
	}
	return a.deliver(&t.signingFlags, signed, err, old)
}

// oldList reads --old, else the list that was updated; nil for neither.
func (a *app) oldList(t *attaching, about *draft.ToBeSigned) (*trust.List, error) {
	if t.old != "" {
		f := inspect.Open(t.old, a.stdin, tlv.KindUnknown)
		if f.Err != nil {
			return nil, exitError{exitUnreadable, f.Err}
		}
		return f.List, nil
	}
	if about.Old == nil {
		return nil, nil
	}
	old, err := trust.Read(about.Old)
	if err != nil {
		return nil, exitError{exitUnreadable, fmt.Errorf("the JSON: old: %w", err)}
	}
	return old, nil
}

// readToBeSigned reads the bytes to sign and the JSON beside them.
func readToBeSigned(name string) (*draft.ToBeSigned, []byte, error) {
	data, err := input.ReadFile(name, nil)
	if err != nil {
		return nil, nil, err
	}
	document, err := input.ReadFile(name+".json", nil)
	if err != nil {
		return nil, nil, err
	}
	about, err := draft.ReadToBeSigned(document, data)
	if err != nil {
		return nil, nil, exitError{exitUnreadable, fmt.Errorf("%s.json: %w; write both files again with --to-be-signed", name, err)}
	}
	return about, data, nil
}

func readSignature(name string, stdin io.Reader, size int) ([]byte, error) {
	data, err := input.ReadFile(name, stdin)
	if err != nil {
		return nil, err
	}
	signature, err := draft.DecodeSignature(data, size)
	if err != nil {
		return nil, exitError{exitUnreadable, fmt.Errorf("%s: %w", name, err)}
	}
	return signature, nil
}
