package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/capf"
	"github.com/ctlinspect/ctlinspect/internal/inorder"
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
	lists []string
	jobs  int
	json  bool
	color colorFlag
	peer  peerFlags
}

func (a *app) capfProbeCommand() *cobra.Command {
	p := capfProbe{color: "auto"}
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
	flags := cmd.Flags()
	flags.StringArrayVar(&p.lists, "list", nil, "a `LIST` whose CAPF record must have the certificate; repeatable")
	flags.IntVar(&p.jobs, "jobs", 32, "`NUMBER` of servers to look at at once")
	flags.BoolVarP(&p.json, "json", "j", false, "print JSON, one document per server")
	flags.Var(&p.color, "color", "colour the verdicts; auto: on a terminal, unless NO_COLOR is set")
	p.peer.addTimeout(cmd)
	p.peer.add(cmd, "")
	return cmd
}

func (a *app) capfProbe(ctx context.Context, p *capfProbe, args []string) error {
	if p.jobs < 1 || p.jobs > 256 {
		return misuse("--jobs %d: use 1 to 256", p.jobs)
	}
	addresses, err := serverAddresses(args, capf.Port)
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
	pair, err := a.openPeer(&p.peer)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	probes := make([]*report.CAPFProbe, len(args))
	err = inorder.Do(slices.Values(indices(len(args))), inorder.Output{Stdout: a.stdout, Stderr: a.stderr, Workers: p.jobs}, func(turn *inorder.Turn, i int) error {
		found, err := capf.Look(ctx, addresses[i], p.peer.timeout, tlspeer.Options{Legacy: p.peer.legacy, Certificate: pair})
		if found != nil {
			found.Err = withTLSHelp(found.Err)
		}
		probes[i] = report.NewCAPFProbe(args[i], found, withTLSHelp(err), lists)
		if p.json {
			return report.Write(turn.Stdout(), probes[i])
		}
		return nil
	})
	if err == nil && !p.json {
		err = report.CAPFText(a.stdout, probes, terminalOf(a.stdout, p.color))
	}
	if err != nil {
		return outputFailure(err)
	}
	for _, d := range probes {
		switch {
		case d.Certificate == nil:
			a.worst(exitUnreadable)
		case !d.Good():
			a.worst(exitNo)
		}
	}
	return nil
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
