package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const buildLong = `Make a new CTL or ITL from certificates and sign it.

Records come in the order of the flags. --token-record takes the certificate of a
token as a SAST; --record takes a file, with the server's host name and address:

  --record CCM+TFTP=cucm1.pem,host=cucm1.example.com,ip=192.0.2.10
  --record CAPF=capf.pem,host=cucm1.example.com,ip=192.0.2.10

Roles: SAST, CCM, CCM+TFTP, TFTP, CAPF, SRST, APP-SERVER, TVS, or a number. The
records of CAPF and TVS in an ITL hold a hash in place of the certificate.

A list must hold its signer as a SAST, and should hold a second one whose key is
kept apart: when a list's only key is lost, phones take no further list. A phone
that has a list already takes this one only if that list holds the signer: to
follow a list that phones have, use "ctlinspect update".

The signer is a pkcs11: URI or a key file. The PIN is typed at the terminal, or
comes from --pin-file, --pin-env or the URI's pin-source; it is tried once.

With --from the list is made that a list.json describes, as "ctlinspect extract"
writes it beside the certificates: change it there, or sign it with another key.

The finished list is read back and verified before it is written.

Exit codes: 0 written; 1 refused, or the list would not verify; 2 usage, or the
output exists; 3 a file cannot be read or written; 4 token or PIN.`

// entries is a flag that collects entries in the order of the command line.
type entries struct {
	list  *[]draft.Entry
	token bool
}

func (e entries) String() string { return "" }

func (e entries) Type() string {
	if e.token {
		return "URI"
	}
	return "ROLE=CERT.pem[,host=NAME][,ip=ADDR]"
}

func (e entries) Set(s string) error {
	if e.token {
		*e.list = append(*e.list, draft.Entry{Role: tlv.RoleSAST, TokenURI: s})
		return nil
	}
	entry, err := draft.ParseEntry(s)
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
		Use:   "build -o OUT --signer SIGNER {--kind ctl|itl [--token-record URI]... [--record ROLE=CERT.pem]... | --from DIR/list.json}",
		Short: "Make a list from certificates and sign it",
		Long:  buildLong,
		Example: "  ctlinspect build --kind ctl -o CTLFile.tlv --signer pkcs11:token=SAST-A \\\n" +
			"    --token-record pkcs11:token=SAST-A --token-record pkcs11:token=SAST-B \\\n" +
			"    --record CCM+TFTP=cucm1.pem,host=cucm1.example.com,ip=192.0.2.10\n" +
			"  ctlinspect build -o CTLFile.tlv --signer key.pem --from list/list.json",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.build(&b) },
	}
	b.add(cmd)
	flags := cmd.Flags()
	flags.Var(&b.kind, "kind", "which list to make")
	flags.Var(entries{&b.entries, true}, "token-record", "add the certificate of this token as a SAST (a pkcs11: URI, see token list)")
	flags.Var(entries{&b.entries, false}, "record", "add a record")
	flags.StringVar(&b.from, "from", "", "make the list that this `FILE`, a list.json of extract, describes, with its time unless --timestamp is given")
	for _, flag := range []string{"kind", "token-record", "record", "style"} {
		cmd.MarkFlagsMutuallyExclusive("from", flag)
	}
	return cmd
}

func (a *app) build(b *building) error {
	if err := b.check(); err != nil {
		return err
	}
	k := &keyring{app: a, flags: &b.signerFlags}
	defer k.close()
	d, err := a.drafted(b, k)
	if err != nil {
		return err
	}
	return a.finish(&b.signingFlags, k, d.Draft)
}

func (a *app) drafted(b *building, k *keyring) (drafting, error) {
	switch {
	case b.from != "":
		return a.described(b)
	case b.kind.kind == tlv.KindUnknown:
		return drafting{}, misuse("--kind is missing: ctl or itl")
	case len(b.entries) == 0:
		return drafting{}, misuse("the list would be empty: give --token-record and --record")
	}
	d, err := a.newDraft(b)
	if err != nil {
		return d, err
	}
	for _, e := range b.entries {
		if err := d.addEntry(k, e, false); err != nil {
			return d, err
		}
	}
	return d, nil
}

// described is the draft of a list.json.
func (a *app) described(b *building) (drafting, error) {
	t, err := listjson.Read(b.from)
	if err != nil {
		return drafting{}, exitError{exitUnreadable, err}
	}
	d := drafting{&draft.Draft{Template: t, Kind: tlv.KindOf(t.Filename), Style: draft.StyleOf(t.Records)}}
	if b.timestamp != "" || t.Timestamp.IsZero() {
		if d.Timestamp, err = b.time(a.now); err != nil {
			return d, err
		}
	}
	if b.digest != "" {
		d.Digest, err = parseDigest(b.digest)
	}
	return d, err
}

// A drafting is a draft whose entries are looked up.
type drafting struct{ *draft.Draft }

func (a *app) newDraft(b *building) (drafting, error) {
	style := tlv.StyleCUCM
	for _, e := range b.entries {
		if e.TokenURI != "" {
			style = tlv.StyleCTLClient
		}
	}
	var err error
	if b.style != "" {
		if style, err = tlv.ParseStyle(b.style); err != nil {
			return drafting{}, badUsage(err)
		}
	}
	d := drafting{&draft.Draft{Template: tlv.NewTemplate(style, b.kind.kind), Kind: b.kind.kind, Style: style}}
	if d.Timestamp, err = b.time(a.now); err != nil {
		return d, err
	}
	if b.digest == "" {
		a.note("the list is signed with SHA-1, what CUCM starts with and all phones know; --digest sha512 is for phones that know it")
		return d, nil
	}
	d.Digest, err = parseDigest(b.digest)
	return d, err
}

// addEntry looks up the certificate and adds its record: at the end, or where
// draft.Add puts it.
func (d drafting) addEntry(k *keyring, e draft.Entry, sorted bool) error {
	c, err := k.entryCertificate(e)
	if err != nil {
		return err
	}
	r, err := e.Record(d.Kind, d.Style, c)
	if err != nil {
		return fmt.Errorf("%s%s: %w", e.File, e.TokenURI, err)
	}
	d.noteForm(e)
	if sorted {
		d.Add(r)
	} else {
		d.Records = append(d.Records, r)
	}
	return nil
}

// noteForm tells how a SAST is written of which it is not sure that it is a
// server's or a token's: phones look for its names and serial as they stand.
func (d drafting) noteForm(e draft.Entry) {
	switch {
	case e.Role != tlv.RoleSAST || e.File == "" || e.Host != (cert.Host{}):
	case d.Style == tlv.StyleCTLClient:
		d.Notes = append(d.Notes, e.File+" is written the way the CTL Client wrote tokens; if it is a server's certificate, give host= and ip=, or the lists that CUCM signs with it name a signer that phones do not find")
	case d.Style == tlv.StyleCUCM:
		d.Notes = append(d.Notes, e.File+" is written the way CUCM writes servers; if it is a token's certificate, use --style ctlclient or --token-record, or phones that know the token from a list of the CTL Client do not find it")
	}
}

func (k *keyring) entryCertificate(e draft.Entry) (*cert.Certificate, error) {
	if e.TokenURI != "" {
		return k.tokenCertificate(e.TokenURI)
	}
	return certs.ReadOne(e.File)
}
