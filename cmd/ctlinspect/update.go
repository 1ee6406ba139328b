package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const updateLong = `Make the successor of a list that phones hold, and sign it.

Records that you do not name stay byte for byte. With no change the list is
signed again. Record numbers refer to OLD.

  --add ROLE=CERT.pem[,host=NAME][,ip=ADDR]
      add a record
  --add-token URI
      add the certificate of a token as a SAST
  --replace ROLE=CERT.pem[,host=NAME] or NUMBER=CERT.pem
      put another certificate into the record with this role and host, or with
      this number
  --remove NUMBER
      leave a record out
  --non-secure
      empty the CCM+TFTP records, as CUCM does on leaving mixed mode

Phones that hold OLD accept the new list only if a SAST of OLD signs it. Another
signer is refused. To change signers, add the new one and sign with an old one;
when phones have that list, sign with the new one.

The signer is a pkcs11: URI or a key file. The PIN is typed at the terminal, or
comes from --pin-file, --pin-env or the pin-source of the URI. It is tried once.

The finished list is read back, verified and checked against OLD before it is
written.

Exit codes:
  0  written
  1  refused, or the list would not verify
  2  usage, or the output exists
  3  a file cannot be read or written
  4  token or PIN`

const updateExample = `  ctlinspect update CTLFile.tlv -o new.tlv --signer 'pkcs11:token=SAST-A' \
    --replace CCM+TFTP=cucm1.pem,host=cucm1.example.com
  ctlinspect update CTLFile.tlv -o new.tlv --signer 'pkcs11:token=SAST-A' \
    --add-token 'pkcs11:token=SAST-C' --remove 2`

// An updating is the flags of update.
type updating struct {
	signingFlags
	add       []draft.Entry
	replace   []draft.Entry
	remove    []int
	nonSecure bool
}

func (a *app) updateCommand() *cobra.Command {
	var u updating
	cmd := &cobra.Command{
		Use:     "update OLD -o NEW --signer SIGNER [changes]",
		Short:   "Make the successor of a list and sign it",
		Long:    updateLong,
		Example: updateExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one list, the one that phones hold; got %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return a.update(&u, args[0]) },
	}
	u.signingFlags.add(cmd)
	u.allowFlag(cmd, trust.PermitUnknownSigner, "sign even if the signer is not a SAST of OLD")
	u.allowFlag(cmd, trust.PermitUnverifiedInstalled, "work on an OLD that does not verify")
	flags := cmd.Flags()
	flags.Var(entries{list: &u.add}, "add", "add a record")
	flags.Var(entries{list: &u.add, token: true}, "add-token", "add the certificate of this token as a SAST")
	flags.Var(entries{list: &u.replace, parse: draft.ParseReplacement}, "replace", "put another certificate into a record")
	flags.IntSliceVar(&u.remove, "remove", nil, "leave out the record with this `NUMBER`")
	flags.BoolVar(&u.nonSecure, "non-secure", false, "empty the CCM+TFTP records")
	return cmd
}

func (a *app) update(u *updating, name string) (err error) {
	if err := u.check(); err != nil {
		return err
	}
	f := inspect.Open(name, a.stdin, tlv.KindUnknown)
	if f.Err != nil {
		return exitError{exitUnreadable, f.Err}
	}
	k := &keyring{app: a, flags: &u.signerFlags}
	defer k.close(&err)
	d, err := a.successor(u, f)
	if err != nil {
		return err
	}
	if err := u.change(d, k); err != nil {
		return err
	}
	return a.finish(&u.signingFlags, k, d)
}

// successor is a draft that still equals the old list.
func (a *app) successor(u *updating, f *inspect.File) (*draft.Draft, error) {
	d := draft.Successor(f.List, f.Kind)
	if u.style != "" {
		var err error
		if d.Style, err = tlv.ParseStyle(u.style); err != nil {
			return nil, badUsage(err)
		}
	}
	if err := u.setTimeAndDigest(d, a.now); err != nil {
		return nil, err
	}
	switch {
	case d.Digest == tlv.DigestLegacySHA512:
		a.note("OLD has digest code 4 for SHA-512, which phones do not expect; the new list has 3")
		d.Digest = tlv.DigestSHA512
	case d.Digest != tlv.DigestSHA1 && d.Digest != tlv.DigestSHA512:
		return nil, misuse("OLD is signed with %s, which phones are not known to accept: choose with --digest sha1 or sha512", d.Digest)
	}
	if f.Guessed {
		a.note("neither FILENAME nor the file's name says which list OLD is; it is treated as a CTL")
	}
	return d, nil
}

// change makes the changes: certificates in place, then what goes, then what
// comes. So all numbers are those of the old list.
func (u *updating) change(d *draft.Draft, k *keyring) error {
	for _, e := range u.replace {
		c, err := certs.ReadOne(e.File)
		if err != nil {
			return err
		}
		if err := d.Replace(e, c); err != nil {
			return misuse("--replace: %w", err)
		}
	}
	if u.nonSecure {
		if err := d.NonSecure(); err != nil {
			return misuse("--non-secure: %w", err)
		}
	}
	if err := d.Remove(u.remove...); err != nil {
		return misuse("--remove: %w", err)
	}
	for _, e := range u.add {
		r, err := k.record(d, e)
		if err != nil {
			return err
		}
		d.Add(r)
	}
	return nil
}
