package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/token"
	"github.com/ctlinspect/ctlinspect/trust"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Look at hardware tokens",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenListCommand(), a.serveCommand())
	return cmd
}

const tokenListLong = `List the tokens that are plugged in: the state of their PIN, their certificates,
and the URIs that name them to build and update. No PIN is needed.

A token locks itself for good after a number of wrong PINs in a row (15 on
Cisco's eTokens). It does not report how many tries are left, only whether the
count is low, whether this is the final try, and whether it is locked.

Serial numbers of certificates are shown in both byte orders: the CTL Client
wrote them into lists in reverse.

With --in, each certificate that is a SAST of LIST is marked: it may sign the
list that follows LIST.

Exit codes: 0 listed; 3 LIST cannot be read; 4 no module, no token, or a token
that cannot be read.`

func (a *app) tokenListCommand() *cobra.Command {
	l := tokenListing{app: a}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List tokens, the state of their PIN, certificates and URIs",
		Long:    tokenListLong,
		Example: "  ctlinspect token list\n  ctlinspect token list --in CTLFile.tlv --module /usr/lib/libeToken.so",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return l.run() },
	}
	cmd.Flags().StringVar(&l.module, "module", "", "PKCS #11 module `FILE` (default: the usual paths are tried)")
	cmd.Flags().StringVar(&l.in, "in", "", "mark the certificates that are a SAST of this `LIST`")
	cmd.Flags().BoolVarP(&l.json, "json", "j", false, "print JSON")
	return cmd
}

// A tokenListing is the flags of token list.
type tokenListing struct {
	app        *app
	module, in string
	json       bool
	list       *trust.List // --in, nil if it was not given
}

func (l *tokenListing) run() (err error) {
	if l.in != "" {
		f := inspect.Open(l.in, l.app.stdin, tlv.KindUnknown)
		if f.Err != nil {
			return exitError{exitUnreadable, f.Err}
		}
		if f.Verified == nil {
			l.app.warn(fmt.Sprintf("%s is not verified (%v), so phones do not hold it: the marked certificates may not help", l.in, f.Reason))
		}
		l.list = f.List
	}
	m, err := openModule(token.Config{Module: l.module, Warn: l.app.warn}, "")
	if err != nil {
		return err
	}
	defer l.app.closeModule(m, &err)
	tokens, err := m.Tokens()
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		return exitError{exitToken, errors.New("the module sees no token; plug one in, and check that its middleware or reader service (pcscd) runs")}
	}
	d := report.Tokens{Head: report.NewHead(report.TypeTokens)}
	for _, t := range tokens {
		d.Tokens = append(d.Tokens, l.item(m, t))
	}
	return l.write(d)
}

// item describes a token. One that cannot be read does not hide the others.
func (l *tokenListing) item(m *token.Module, t token.Info) report.Token {
	item := report.Token{
		Label: t.Label, Serial: t.Serial, Maker: t.Manufacturer, Model: t.Model, Slot: t.SlotDescription,
		Blank: t.Blank, PIN: t.PIN.String(), ProtectedPath: t.ProtectedPath,
		Certificates: []report.TokenCertificate{},
	}
	if t.Blank {
		return item
	}
	item.URI = l.uri(t.URI())
	certificates, err := m.Certificates(t)
	if err != nil {
		item.Error = err.Error()
		l.app.worst(exitToken)
	}
	for _, c := range certificates {
		item.Certificates = append(item.Certificates, l.certificate(c))
	}
	return item
}

// uri is a URI that is ready to use: with the module, if one was asked for.
func (l *tokenListing) uri(u token.URI) string {
	u.ModulePath = l.module
	return u.String()
}

func (l *tokenListing) certificate(c token.Certificate) report.TokenCertificate {
	item := report.TokenCertificate{Label: c.Label, URI: l.uri(c.URI())}
	if read, err := cert.Read(c.DER); err == nil {
		item.Subject, item.Issuer = read.Subject().String(), read.Issuer().String()
		item.SetSerial(tlv.Serial(read.SerialNumber))
		if !read.NotAfter.IsZero() {
			item.NotAfter = &read.NotAfter
		}
	}
	key, err := c.PublicKey()
	if err != nil {
		return item
	}
	kind, bits := cert.KeyType(key)
	item.PublicKey = &report.PublicKey{Type: kind, Bits: bits}
	if l.list == nil {
		return item
	}
	for i := range l.list.SASTs(key) {
		item.Record = new(i + 1)
		break
	}
	return item
}

func (l *tokenListing) write(d report.Tokens) error {
	var err error
	if l.json {
		err = report.Write(l.app.stdout, d)
	} else {
		err = report.Terminal{Width: terminal.Width(l.app.stdout)}.WriteTokens(l.app.stdout, d, l.in)
	}
	if err != nil {
		return outputFailure(err)
	}
	return nil
}
