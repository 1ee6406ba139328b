package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/capf"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
	"github.com/ctlinspect/ctlinspect/report"
)

func (a *app) capfCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "capf COMMAND",
		Short:   "Look at CAPF servers",
		Long:    "The Certificate Authority Proxy Function of CUCM issues the certificates of\nphones, on port 3804.",
		Example: "  ctlinspect capf probe cucm-pub --list CTLFile.tlv",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.capfProbeCommand())
	return cmd
}

const capfProbeLong = `Look whether CAPF runs on a server, and whether its certificate is the one in the
CAPF record of a list. Phones get a certificate only from a server whose
certificate their list contains.

The server is expected to speak first (55 01, as far as is known). The command
then hangs up: it asks for nothing, and no certificate is issued.

Exit codes; with several servers, the highest:
  0  the server speaks CAPF, and each LIST has its certificate as CAPF
  1  it does not, or a list does not have it or is not verified
  2  usage
  3  there is no connection over TLS, or a file cannot be read`

// A capfProbe is the flags of capf probe.
type capfProbe struct {
	lists   []string
	servers serverFlags
}

func (a *app) capfProbeCommand() *cobra.Command {
	var p capfProbe
	cmd := &cobra.Command{
		Use:     "probe HOST[:PORT]... [--list LIST]...",
		Short:   "Does CAPF run there, with the certificate that is in the list?",
		Long:    capfProbeLong,
		Example: "  ctlinspect capf probe cucm-pub --list CTLFile.tlv --list ITLFile.tlv\n  ctlinspect capf probe 192.0.2.10 --legacy-tls",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no server named; CAPF runs on the publisher")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.capfProbe(cmd.Context(), &p, args) },
	}
	cmd.Flags().StringArrayVar(&p.lists, "list", nil, "a `LIST` whose CAPF record must have the certificate; repeatable")
	p.servers.add(cmd, "`NUMBER` of servers to look at at once")
	return cmd
}

func (a *app) capfProbe(ctx context.Context, p *capfProbe, args []string) error {
	addresses, err := p.servers.addresses(args, capf.Port)
	if err != nil {
		return err
	}
	if err := onceStdin(p.lists); err != nil {
		return err
	}
	lists, err := a.probeLists(ctx, p.lists)
	if err != nil {
		return err
	}
	pair, err := a.openPeer(&p.servers.peer)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	return askServers(a, &p.servers, len(args), func(i int) *report.CAPFProbe {
		found, err := capf.Look(ctx, addresses[i], p.servers.peer.timeout, tlspeer.Options{Legacy: p.servers.peer.legacy, Certificate: pair})
		if found != nil {
			found.Err = withTLSHelp(found.Err)
		}
		return report.NewCAPFProbe(args[i], found, withTLSHelp(err), lists)
	}, report.CAPFText, func(d *report.CAPFProbe) int { return serverCode(d.Certificate, d.Good()) })
}

// probeLists reads the lists. The records of one that does not verify prove nothing.
func (a *app) probeLists(ctx context.Context, names []string) ([]report.NamedList, error) {
	var lists []report.NamedList
	for _, name := range names {
		l, err := a.readList(ctx, name)
		if err != nil {
			return nil, err
		}
		a.proves(name, l)
		lists = append(lists, report.NamedList{Name: name, List: l})
	}
	return lists, nil
}
