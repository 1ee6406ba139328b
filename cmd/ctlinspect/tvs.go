package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
	"github.com/ctlinspect/ctlinspect/tvs"
)

const tvsLong = `The Trust Verification Service: phones ask it, on port 2445 of a CUCM server,
about certificates that their lists do not contain.`

func (a *app) tvsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tvs COMMAND",
		Short:   "Ask TVS servers what phones would ask them",
		Long:    tvsLong,
		Example: "  ctlinspect tvs query cucm-pub cucm-sub --from ITLFile.new --list ITLFile.tlv",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tvsQueryCommand(), a.tvsServeCommand())
	return cmd
}

const tvsQueryLong = `Ask TVS servers whether they vouch for a certificate, and show what a phone
makes of each answer: its roles, how long the phone remembers it, and whether
the phone listens to that server at all.

The certificate is CERT, or the signer of LIST, asked for by the names in LIST
as a phone does. To accept a list a phone needs the role SAST, which is the
default of --role; for a signed configuration file it needs TFTP.

--list names the lists that the phone has. It listens only to servers whose
certificate a TVS record of its ITL contains. Without --list the servers' own
certificates are not checked, and the output says so.

A QUERY names the certificate, as in the one exchange that is published.
--verify sends the certificate itself; open-source servers answer only that.
An answer that is not as CUCM writes it counts as no: it is not known what
phones do with it. Whether CUCM insists on a phone's certificate is not known;
--client-cert and --client-key show one.

Exit codes; with several servers, the highest:
  0  every server vouches for the certificate in the role
  1  a server does not, its answer is not understood, or a phone does not
     listen to it
  2  usage
  3  a server could not be asked, or a file cannot be read`

const tvsQueryExample = `  ctlinspect tvs query cucm-pub cucm-sub --cert ITLRecovery.pem
  ctlinspect tvs query old-pub --from new/ITLFile.tlv --list old/ITLFile.tlv
  ctlinspect tvs query 192.0.2.10:2445 --cert CallManager.pem --role TFTP`

// A tvsQuery is the flags of tvs query.
type tvsQuery struct {
	cert, from string
	lists      []string
	role       string
	verify     bool
	device     string
	servers    serverFlags
}

func (a *app) tvsQueryCommand() *cobra.Command {
	var q tvsQuery
	cmd := &cobra.Command{
		Use:     "query HOST[:PORT]... {--cert CERT | --from LIST}",
		Short:   "Ask TVS servers whether they vouch for a certificate",
		Long:    tvsQueryLong,
		Example: tvsQueryExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no server named; give one or more CUCM servers")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.tvsQuery(cmd.Context(), &q, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&q.cert, "cert", "", "ask about this certificate `CERT`, PEM or DER")
	flags.StringVar(&q.from, "from", "", "ask about the signer of this `LIST`")
	flags.StringArrayVar(&q.lists, "list", nil, "a `LIST` that the phone has: its CTL or its ITL; repeatable")
	flags.StringVar(&q.role, "role", "SAST", "`ROLE` that the certificate must have")
	flags.BoolVar(&q.verify, "verify", false, "send the certificate (VERIFY) instead of its names (QUERY)")
	flags.StringVar(&q.device, "device", tvs.DefaultDevice, "`NAME` to ask as; whether CUCM looks at it is not known")
	q.servers.add(cmd, "`NUMBER` of servers to ask at once")
	return cmd
}

// tvsQuery asks all servers. None is asked before everything that was typed is known
// to make sense.
func (a *app) tvsQuery(ctx context.Context, q *tvsQuery, args []string) error {
	addresses, err := q.servers.addresses(args, tvs.Port)
	if err != nil {
		return err
	}
	asked := report.TVSAsked{Verify: q.verify}
	if asked.Role, err = tlv.ParseRole(q.role); err != nil {
		return misuse("--role: %w", err)
	}
	if err := onceStdin(append([]string{q.from}, q.lists...)); err != nil {
		return err
	}
	if asked.Question, err = a.tvsQuestion(ctx, q); err != nil {
		return err
	}
	if asked.Phone, err = a.tvsPhone(ctx, q.lists); err != nil {
		return err
	}
	pair, err := a.openPeer(&q.servers.peer)
	if err != nil {
		return err
	}
	client := &tvs.Client{Timeout: q.servers.peer.timeout, LegacyTLS: q.servers.peer.legacy, Certificate: pair, Device: q.device, Verify: q.verify}
	ctx, stop := interruptible(ctx)
	defer stop()
	return askServers(a, &q.servers, len(args), func(i int) *report.TVSAnswer {
		one := asked
		one.Server = args[i]
		return report.NewTVSAnswer(ask(ctx, client, addresses[i], one, "--verify"))
	}, report.TVSText, func(d *report.TVSAnswer) int { return serverCode(d.Certificate, d.Vouches) })
}

// tvsQuestion is about the certificate that was named.
func (a *app) tvsQuestion(ctx context.Context, q *tvsQuery) (tvs.Question, error) {
	if (q.cert == "") == (q.from == "") {
		return tvs.Question{}, misuse("give exactly one of --cert and --from")
	}
	if q.cert != "" {
		c, err := certs.ReadOne(q.cert)
		if err != nil {
			return tvs.Question{}, exitError{exitUnreadable, err}
		}
		return tvs.About(c), nil
	}
	l, err := a.readList(ctx, q.from)
	if err != nil {
		return tvs.Question{}, err
	}
	question, err := tvs.AboutSigner(l)
	if err != nil {
		return question, exitError{exitNo, fmt.Errorf("%s: its signer is not known: %w", q.from, err)}
	}
	return question, nil
}

// tvsPhone is a phone that has these lists, nil if none is named. A list that does
// not verify proves nothing.
func (a *app) tvsPhone(ctx context.Context, names []string) (*trust.Phone, error) {
	if len(names) == 0 {
		return nil, nil
	}
	phone, err := a.readInstalled(ctx, names)
	if err != nil {
		return nil, err
	}
	var verified []*trust.List
	for i, l := range phone.Installed {
		if a.proves(names[i], l) {
			verified = append(verified, l)
		}
	}
	phone.Installed = verified
	if !phone.HasTVS() {
		a.complain(errors.New("the phone has no ITL with a TVS record, so it asks no TVS server (normal with a PBX)"))
		a.worst(exitNo)
	}
	return &phone, nil
}

// withHelp adds to what went wrong the flag that may help; verify is the one that
// asks by VERIFY, "" if that was done.
func withHelp(err error, verify string) error {
	if errors.Is(err, tvs.ErrNoAnswer) && verify != "" {
		return fmt.Errorf("%w; open-source servers answer only %s", err, verify)
	}
	return withTLSHelp(err)
}

// withTLSHelp is withHelp for any server.
func withTLSHelp(err error) error {
	var e *tlspeer.Error
	switch found := errors.As(err, &e); {
	case found && e.Fault == tlspeer.FaultVersions:
		return fmt.Errorf("%w; for an old server use --legacy-tls", err)
	case found && e.Fault == tlspeer.FaultCertificate:
		return fmt.Errorf("%w; show one with --client-cert and --client-key", err)
	}
	return err
}
