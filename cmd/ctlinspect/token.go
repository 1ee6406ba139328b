package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/trust"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
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
that follows it.

Exit codes: 0 listed; 3 LIST cannot be read; 4 no module, no token, or one that
cannot be read.`

func (a *app) tokenListCommand() *cobra.Command {
	l := tokenListing{app: a}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List tokens, the state of their PIN, certificates and URIs",
		Long:  tokenListLong,
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return l.run() },
	}
	cmd.Flags().StringVar(&l.module, "module", "", "the PKCS #11 module, a `FILE`; by default the usual ones are tried")
	cmd.Flags().StringVar(&l.in, "in", "", "say which certificates are a SAST of this `LIST`")
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

// tokenDocument is what --json writes.
type tokenDocument struct {
	report.Head
	Tokens []tokenItem `json:"tokens"`
}

type tokenItem struct {
	Label         string            `json:"label"`
	Serial        string            `json:"serial"`
	Maker         string            `json:"maker"`
	Model         string            `json:"model"`
	Slot          string            `json:"slot"`
	Blank         bool              `json:"blank"` // never set up
	PIN           string            `json:"pin"`   // "fine", "low", "final try", "locked", "not reported"
	ProtectedPath bool              `json:"protectedPath"`
	URI           string            `json:"uri"`
	Error         string            `json:"error"`
	Certificates  []certificateItem `json:"certificates"`
}

type certificateItem struct {
	Label     string            `json:"label"`
	Subject   string            `json:"subject"`
	Issuer    string            `json:"issuer"`
	Serial    string            `json:"serial"`
	NotAfter  *time.Time        `json:"notAfter"`
	PublicKey *report.PublicKey `json:"publicKey"`
	URI       string            `json:"uri"`
	Record    *int              `json:"record"` // the SAST of --in with this key, null if there is none
}

func (l *tokenListing) run() error {
	if l.in != "" {
		f := inspect.Open(l.in, l.app.stdin, tlv.KindUnknown)
		if f.Err != nil {
			return exitError{exitUnreadable, f.Err}
		}
		if f.Verified == nil {
			l.app.warn(fmt.Sprintf("%s is not verified (%v), so it is not what phones hold: what is said about its SASTs may not help", l.in, f.Reason))
		}
		l.list = f.List
	}
	m, err := token.Open(token.Config{Module: l.module, Warn: l.app.warn})
	if err != nil {
		return err
	}
	defer m.Close()
	tokens, err := m.Tokens()
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		return exitError{exitToken, errors.New("no token is plugged in, as far as the module sees; plug one in, and check that its middleware or reader service (pcscd) runs")}
	}
	d := tokenDocument{Head: report.NewHead(report.TypeTokens)}
	for _, t := range tokens {
		d.Tokens = append(d.Tokens, l.item(m, t))
	}
	return l.write(d)
}

// item describes a token. One that cannot be read does not hide the others.
func (l *tokenListing) item(m *token.Module, t token.Info) tokenItem {
	item := tokenItem{
		Label: t.Label, Serial: t.Serial, Maker: t.Manufacturer, Model: t.Model, Slot: t.SlotDescription,
		Blank: t.Blank, PIN: t.PIN.String(), ProtectedPath: t.ProtectedPath,
		Certificates: []certificateItem{},
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

func (l *tokenListing) certificate(c token.Certificate) certificateItem {
	item := certificateItem{Label: c.Label, URI: l.uri(c.URI())}
	if read, err := cert.Read(c.DER); err == nil {
		item.Subject, item.Issuer = read.Subject().String(), read.Issuer().String()
		item.Serial = tlv.Serial(read.SerialNumber).String()
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
	for i, r := range l.list.Records {
		if _, ok := draft.FindSAST([]tlv.Record{r}, key); ok {
			n := i + 1
			item.Record = &n
			break
		}
	}
	return item
}

func (l *tokenListing) write(d tokenDocument) error {
	var err error
	if l.json {
		err = report.Write(l.app.stdout, d)
	} else {
		_, err = io.WriteString(l.app.stdout, l.text(d))
	}
	if err != nil {
		return outputError{fmt.Errorf("cannot write the output: %w", err)}
	}
	return nil
}

func (l *tokenListing) text(d tokenDocument) string {
	var w lines
	for i, t := range d.Tokens {
		if i > 0 {
			w.add("")
		}
		if t.Blank {
			w.add("Token    never set up, in %s", t.Slot)
			continue
		}
		w.add("Token    %s", t.Label)
		w.add("Serial   %s", t.Serial)
		w.add("Maker    %s", t.Maker)
		w.add("Model    %s", t.Model)
		w.add("PIN      %s", t.PIN+protected(t.ProtectedPath))
		w.add("URI      %s", t.URI)
		if t.Error != "" {
			w.add("  cannot be read: %s", t.Error)
		} else if len(t.Certificates) == 0 {
			w.add("  no certificates: nothing on this token can sign a list")
		}
		for _, c := range t.Certificates {
			l.certificateText(&w, c)
		}
	}
	return w.String()
}

func protected(path bool) string {
	if path {
		return ", entered at the reader"
	}
	return ""
}

func (l *tokenListing) certificateText(w *lines, c certificateItem) {
	w.add("  Certificate  %s", c.Label)
	w.add("    Subject  %s", c.Subject)
	w.add("    Issuer   %s", c.Issuer)
	w.add("    Serial   %s", c.Serial)
	if c.NotAfter != nil {
		w.add("    Expires  %s", c.NotAfter.Format(time.DateOnly))
	}
	if c.PublicKey != nil {
		w.add("    Key      %s-%d", c.PublicKey.Type, c.PublicKey.Bits)
	}
	w.add("    URI      %s", c.URI)
	switch {
	case l.list == nil:
	case c.Record != nil:
		w.add("    In %s: record %d, SAST: may sign its successor", l.in, *c.Record)
	default:
		w.add("    In %s: not a SAST: phones that hold this list refuse what it signs", l.in)
	}
}

// lines is text in the making. What comes from tokens cannot break a line.
type lines struct{ strings.Builder }

func (l *lines) add(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = terminal.Escape(s)
		}
	}
	fmt.Fprintf(l, format+"\n", args...)
}
