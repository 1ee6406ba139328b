package main

import (
	"crypto"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/print"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/token"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Look at hardware tokens",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenListCommand())
	return cmd
}

const tokenListLong = `List the tokens that are plugged in, the state of their PIN, their certificates,
and the URIs that name them to build and update. No PIN is asked for.

A token locks itself for good after a number of wrong PINs in a row (15 on Cisco's
eTokens), and does not say how many are left: only that the count is low, that one
try is left, or that it is locked.

With --in it says which certificates are a SAST of that list and may sign the list
that follows it.`

func (a *app) tokenListCommand() *cobra.Command {
	var module, in string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List tokens, the state of their PIN, certificates and URIs",
		Long:  tokenListLong,
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.tokenList(module, in) },
	}
	cmd.Flags().StringVar(&module, "module", "", "the PKCS #11 module; by default the usual ones are tried")
	cmd.Flags().StringVar(&in, "in", "", "say which certificates are a SAST of this list")
	return cmd
}

func (a *app) tokenList(path, in string) error {
	var list *tlv.List
	if in != "" {
		f := inspect.Open(in, a.stdin, tlv.UnknownKind)
		if f.Err != nil {
			return exitError{exitUnreadable, f.Err}
		}
		list = f.List
	}
	m, err := token.Open(token.Config{Module: path, Warn: a.warn})
	if err != nil {
		return err
	}
	defer m.Close()
	tokens, err := m.Tokens()
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		return exitError{exitToken, fmt.Errorf("no token is plugged in, as far as the module sees; plug one in, and check that its middleware or reader service (pcscd) runs")}
	}
	for i, t := range tokens {
		if err := a.showToken(m, i, t, list, in); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showToken(m *token.Module, i int, t token.Info, list *tlv.List, in string) error {
	var text lines
	if i > 0 {
		text.add("")
	}
	text.add("Token    %s", t.Label)
	text.add("Serial   %s", t.Serial)
	text.add("Maker    %s", t.Manufacturer)
	text.add("Model    %s", t.Model)
	text.add("PIN      %s", pinText(t))
	text.add("URI      %s", t.URI().String())
	if err := text.certificates(m, t, list, in); err != nil {
		return err
	}
	if _, err := fmt.Fprint(a.stdout, print.EscapeLines(string(text))); err != nil {
		return outputError{fmt.Errorf("cannot write the output: %w", err)}
	}
	return nil
}

func pinText(t token.Info) string {
	s := t.PIN.String()
	if t.ProtectedPath {
		s += ", entered at the reader"
	}
	if t.Blank {
		s += ", the token was never set up"
	}
	return s
}

// lines is text in the making. What comes from tokens has no line breaks.
type lines string

func (l *lines) add(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = print.Escape(s)
		}
	}
	*l += lines(fmt.Sprintf(format, args...) + "\n")
}

func (l *lines) certificates(m *token.Module, t token.Info, list *tlv.List, in string) error {
	if t.Blank {
		return nil
	}
	certificates, err := m.Certificates(t)
	if err != nil {
		return err
	}
	for _, c := range certificates {
		l.certificate(c, list, in)
	}
	if len(certificates) == 0 {
		l.add("  no certificates: nothing on this token can sign a list")
	}
	return nil
}

func (l *lines) certificate(c token.Certificate, list *tlv.List, in string) {
	l.add("  Certificate  %s", c.Label)
	if read, err := cert.Read(c.DER); err == nil {
		l.add("    Subject  %s", read.Subject().String())
		l.add("    Issuer   %s", read.Issuer().String())
		l.add("    Serial   %s", tlv.Serial(read.SerialNumber).String())
		if !read.NotAfter.IsZero() {
			l.add("    Expires  %s", read.NotAfter.Format("2006-01-02"))
		}
	}
	key, err := c.PublicKey()
	if err == nil {
		kind, bits := cert.KeyType(key)
		l.add("    Key      %s-%d", kind, bits)
	}
	l.add("    URI      %s", c.URI().String())
	if list != nil {
		l.add("    In %s: %s", in, standing(list, key))
	}
}

// standing says what the key may do for the successor of a list.
func standing(list *tlv.List, key crypto.PublicKey) string {
	for i, r := range list.Records {
		if _, ok := draft.FindSAST(list.Records[i:i+1], key); ok {
			return fmt.Sprintf("record %d, %s: may sign its successor", i+1, r.Role().Short())
		}
	}
	return "not a SAST: phones that hold this list refuse what it signs"
}
