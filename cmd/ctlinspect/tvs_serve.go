package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

const tvsServeLong = `Run a TVS server for labs and tests. It vouches for every record of the lists, as
CUCM's does for those of its own CTL, and prints one line for each question.

It answers anybody who can reach it: by default only this machine. --listen
ADDRESS:PORT is for a lab network; port 0 takes a free one. Records without a
certificate, such as the hashes of CAPF and TVS in an ITL, are left out. What
CUCM answers about a certificate that it does not have is not known; this
server says "invalid" and no more.

Clients, the time that they may take, and the size of messages are limited.
Ctrl-C or SIGTERM ends the server.

Exit codes:
  0  ended by Ctrl-C or SIGTERM
  2  usage
  3  a file cannot be read, the port is taken, or output cannot be written`

// A tvsServe is the flags of tvs serve.
type tvsServe struct {
	lists     []string
	cert, key string
	listen    string
	legacy    bool
	clients   int
}

func (a *app) tvsServeCommand() *cobra.Command {
	var s tvsServe
	cmd := &cobra.Command{
		Use:     "serve --list LIST... --cert CERT --key KEY",
		Short:   "Run a TVS server for labs and tests",
		Long:    tvsServeLong,
		Example: "  ctlinspect tvs serve --list CTLFile.tlv --cert tvs.pem --key tvs.key\n  ctlinspect tvs serve --list CTLFile.tlv --cert tvs.pem --key tvs.key \\\n      --listen 192.0.2.5:2445 --legacy-tls",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.tvsServe(cmd.Context(), &s) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&s.lists, "list", nil, "vouch for the records of this `LIST`; repeatable")
	flags.StringVar(&s.cert, "cert", "", "certificate of the server: `CERT`, PEM or DER")
	flags.StringVar(&s.key, "key", "", "its private key, a `FILE` in PEM")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:"+strconv.Itoa(tvs.Port), "listen on this `ADDRESS:PORT`")
	flags.BoolVar(&s.legacy, "legacy-tls", false, "allow TLS 1.0 and 1.1, for 79xx phones")
	flags.IntVar(&s.clients, "clients", tvs.DefaultConnections, "`NUMBER` of clients at a time; others wait")
	return cmd
}

func (a *app) tvsServe(ctx context.Context, s *tvsServe) error {
	switch {
	case len(s.lists) == 0:
		return misuse("name the lists to vouch for with --list")
	case s.cert == "" || s.key == "":
		return misuse("the server needs a certificate and its key: --cert and --key")
	case s.clients < 1 || s.clients > 10000:
		return misuse("--clients %d: use 1 to 10000", s.clients)
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return misuse("--listen %s: use ADDRESS:PORT", s.listen)
	}
	if err := onceStdin(s.lists); err != nil {
		return err
	}
	holdings, err := a.tvsHoldings(ctx, s.lists)
	if err != nil {
		return err
	}
	pair, err := readPair(s.cert, s.key)
	if err != nil {
		return err
	}
	if s.legacy {
		a.warn(tlspeer.LegacyWarning)
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return exitError{exitUnreadable, fmt.Errorf("cannot listen on %s: %w", s.listen, err)}
	}
	if addr, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !addr.Addr().IsLoopback() {
		a.warn(fmt.Sprintf("%s can be reached from other machines, and everybody is answered", l.Addr()))
	}
	log := &serverLog{w: a.stdout, stop: stop}
	log.line(fmt.Sprintf("listening on %s, vouching for %s", l.Addr(), report.Count(holdings.Len(), "record")))
	server := tvs.Server{Certificate: *pair, Answer: holdings.Answer, LegacyTLS: s.legacy, Connections: s.clients, Report: log.served}
	if err := server.Serve(ctx, l); err != nil {
		return exitError{exitUnreadable, err}
	}
	if log.err != nil {
		return outputFailure(log.err)
	}
	return nil
}

// tvsHoldings are the records of lists. A list that does not verify is served anyway,
// as a lab may want that.
func (a *app) tvsHoldings(ctx context.Context, names []string) (*tvs.Holdings, error) {
	var records []tlv.Record
	for _, name := range names {
		l, err := a.readList(ctx, name)
		if err != nil {
			return nil, err
		}
		if _, err := l.Verify(); err != nil {
			a.warn(fmt.Sprintf("%s: NOT VERIFIED: %v; its records are served anyway", name, err))
		}
		records = append(records, l.Records...)
	}
	return tvs.NewHoldings(records...), nil
}

// A serverLog writes a line for each question. Output that fails ends the server.
type serverLog struct {
	mu   sync.Mutex
	w    io.Writer
	err  error
	stop func()
}

func (s *serverLog) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if _, s.err = fmt.Fprintln(s.w, terminal.Escape(text)); s.err != nil {
		s.stop()
	}
}

func (s *serverLog) served(served tvs.Served) {
	if served.Err != nil {
		s.line(fmt.Sprintf("%s: %v", served.Client, served.Err))
		return
	}
	s.line(fmt.Sprintf("%s: %s of %q about %.*s: %s", served.Client, served.Request.Command,
		fmt.Sprintf("%.*s", maxLogged, served.Request.Device()), maxLogged, asksAbout(served.Request), answerText(served.Answer)))
}

// maxLogged is how many characters of a text from a client are printed.
const maxLogged = 200

// asksAbout is the subject that a request is about.
func asksAbout(m *tvs.Message) string {
	if der, ok := m.Find(tvs.TagCertificate); ok {
		c, err := cert.Read(der)
		if err != nil {
			return "a certificate that cannot be read"
		}
		return c.Subject().CUCM()
	}
	return m.Text(tvs.TagSubject)
}

func answerText(m *tvs.Message) string {
	status, _ := m.Find(tvs.TagStatus)
	words := []string{tvs.Status(status[0]).String()}
	roles, _ := m.Find(tvs.TagRoles)
	for _, code := range roles {
		words = append(words, tlv.Role(code).String())
	}
	return strings.Join(words, ", ")
}
