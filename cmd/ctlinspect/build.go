package main

import (
	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const buildLong = `Make a new CTL or ITL from certificates and sign it.

Records come in the order of the flags. --token-record adds the certificate of a
token as a SAST. --record adds a certificate file; for a server, give its host
name and address as well:

  --record CCM+TFTP=cucm1.pem,host=cucm1.example.com,ip=192.0.2.10
  --record CAPF=capf.pem,host=cucm1.example.com,ip=192.0.2.10

Roles: SAST, CCM, CCM+TFTP, TFTP, CAPF, SRST, APP-SERVER, TVS, or a number. In
an ITL the records of CAPF and TVS hold a hash instead of the certificate.

A list must hold its signer as a SAST. It should hold a second SAST whose key is
kept elsewhere: if a list's only key is lost, phones accept no further list. A
phone that already has a list accepts this one only if that list holds the
signer. To follow a list that phones have, use "ctlinspect update".

The signer is a pkcs11: URI or a key file. The PIN is typed at the terminal, or
comes from --pin-file, --pin-env or the pin-source of the URI. It is tried once.

--from rebuilds the list that list.json describes. "ctlinspect extract" writes
that file beside the certificates: edit it, or sign the list with another key.

The finished list is read back and verified before it is written.

Exit codes:
  0  written
  1  refused, or the list would not verify
  2  usage, or the output exists
  3  a file cannot be read or written
  4  token or PIN`

const buildExample = `  ctlinspect build --kind ctl -o CTLFile.tlv --signer 'pkcs11:token=SAST-A' \
    --token-record 'pkcs11:token=SAST-A' --token-record 'pkcs11:token=SAST-B' \
    --record CCM+TFTP=cucm1.pem,host=cucm1.example.com,ip=192.0.2.10
  ctlinspect build --kind itl -o ITLFile.tlv --style certutils \
    --signer sast.key --record SAST=sast.pem --record CCM=pbx.pem
  ctlinspect build --from CTLFile/list.json -o new.tlv --signer sast.key`

// entries is a flag that collects entries in the order of the command line.
type entries struct {
	list  *[]draft.Entry
	token bool
	parse func(string) (draft.Entry, error) // nil: draft.ParseEntry
}

func (e entries) String() string { return "" }

func (e entries) Type() string {
	if e.token {
		return "URI"
	}
	return "ROLE=CERT[,...]"
}

func (e entries) Set(s string) error {
	if e.token {
		*e.list = append(*e.list, draft.Entry{Role: tlv.RoleSAST, TokenURI: s})
		return nil
	}
	parse := e.parse
	if parse == nil {
		parse = draft.ParseEntry
	}
	entry, err := parse(s)
	*e.list = append(*e.list, entry)
	return err
}

// A building is the flags of build.
type building struct {
	signingFlags
	kind    kindFlag
	entries []draft.Entry
	from    string
}

func (a *app) buildCommand() *cobra.Command {
	var b building
	cmd := &cobra.Command{
		Use:     "build --kind ctl|itl -o OUT --signer SIGNER",
		Short:   "Make a list from certificates and sign it",
		Long:    buildLong,
		Example: buildExample,
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.build(&b) },
	}
	b.add(cmd)
	flags := cmd.Flags()
	flags.Var(&b.kind, "kind", "which list to make")
	flags.Var(entries{list: &b.entries, token: true}, "token-record", "add the certificate of this token as a SAST (a pkcs11: URI, see token list)")
	flags.Var(entries{list: &b.entries}, "record", "add a record")
	flags.StringVar(&b.from, "from", "", "rebuild the list that this `FILE`, a list.json of extract, describes; its time stays unless --timestamp is given")
	for _, flag := range []string{"kind", "token-record", "record", "style"} {
		cmd.MarkFlagsMutuallyExclusive("from", flag)
	}
	return cmd
}

func (a *app) build(b *building) (err error) {
	if err := b.check(); err != nil {
		return err
	}
	k := &keyring{app: a, flags: &b.signerFlags}
	defer k.close(&err)
	d, err := a.drafted(b, k)
	if err != nil {
		return err
	}
	return a.finish(&b.signingFlags, k, d)
}

// drafted makes the draft that the flags describe.
func (a *app) drafted(b *building, k *keyring) (*draft.Draft, error) {
	switch {
	case b.from != "":
		return a.described(b)
	case b.kind.kind == tlv.KindUnknown:
		return nil, misuse("--kind is missing: ctl or itl")
	case len(b.entries) == 0:
		return nil, misuse("the list would be empty: give --token-record and --record")
	}
	style, err := b.recordStyle()
	if err != nil {
		return nil, err
	}
	d := draft.New(b.kind.kind, style)
	if b.digest == "" {
		a.note("the list is signed with SHA-1, what CUCM starts with and all phones know; --digest sha512 is for phones that know it")
	}
	if err := b.setTimeAndDigest(d, a.now); err != nil {
		return nil, err
	}
	for _, e := range b.entries {
		r, err := k.record(d, e)
		if err != nil {
			return nil, err
		}
		d.Records = append(d.Records, r)
	}
	return d, nil
}

// described is the draft of a list.json, with its time unless another is given.
func (a *app) described(b *building) (*draft.Draft, error) {
	t, err := listjson.Read(b.from)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	d := draft.Of(t)
	at := d.Timestamp
	if err := b.setTimeAndDigest(d, a.now); err != nil {
		return nil, err
	}
	if b.timestamp == "" && !at.IsZero() {
		d.Timestamp = at
	}
	return d, nil
}

// recordStyle is the CTL Client's for lists of tokens, unless --style says else.
func (b *building) recordStyle() (tlv.Style, error) {
	if b.style != "" {
		style, err := tlv.ParseStyle(b.style)
		return style, badUsage(err)
	}
	for _, e := range b.entries {
		if e.TokenURI != "" {
			return tlv.StyleCTLClient, nil
		}
	}
	return tlv.StyleCUCM, nil
}
