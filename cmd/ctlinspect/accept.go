package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
	"github.com/ctlinspect/ctlinspect/tvs"
)

const acceptLong = `Show whether phones accept a new list, before it goes to TFTP.

A phone without a list accepts the first one it gets. After that the signature
must be right and the signer must be a SAST of a list that the phone has; a
CTL vouches for an ITL as well. If the signer is unknown the phone asks a TVS
server that its ITL contains. Phones without TVS (7940, 7960, many
TelePresence models, Jabber) then keep the old list, which must be deleted by
hand.

The signature is checked with the key of the installed record: a name alone
does not vouch. If it is not known what phones do, the verdict is "refused",
marked as a guess.

Verdicts: first, same, accepted; unknown-signer, invalid, signer-absent,
unknown. Warnings are those of "ctlinspect update".

LIST and NEW are files, - or URLs (tftp://, http://, https://, ssh://). A phone
has one CTL and one ITL: if phones have different lists, ask for each.

--tvs asks a TVS server about the signer. Every server that you name must vouch,
and its certificate must be in a TVS record of an installed ITL. --tvs-store,
--tvs-ctl and --tvs-trusts predict instead of asking: they say what TVS has, in a
trust store, in its own CTL, or as SASTs. Of the stores, CallManager and
Phone-SAST-trust help; CallManager-trust does not. docs/tvs.md lists all of them.

With --then the lists that follow are offered in turn, and a table shows where
a phone ends that was switched off during some steps. --signed-by CERT asks
about a list that is not made yet. The exit code is then about phones that are
on for every step. docs/renewals.md has the order of steps for each renewal.

Exit codes:
  0  accepted by all phones that have these lists
  1  refused, or accepted by some phones only
  2  usage
  3  a file or URL cannot be read, or is not a trust list`

const acceptExample = `  ctlinspect accept --installed CTLFile.old --installed ITLFile.old ITLFile.tlv
  ctlinspect accept -i ITLFile.old --tvs-trusts ITLRecovery.pem ITLFile.tlv
  ctlinspect accept -i ITLFile.old --tvs old-pub --tvs old-sub ITLFile.tlv
  ctlinspect accept -i ITLFile.old --tvs-store Phone-SAST-trust=new ITLFile.tlv
  ctlinspect accept -i CTLFile.old --signed-by ITLRecovery.pem
  ctlinspect accept -i CTLFile.old reset.tlv --then update.tlv`

// An offering is the flags of accept.
type offering struct {
	installed []string
	sources   tvsSources
	allow     bool // installed lists that do not verify
	steps     []report.NamedStep
	json      bool
	color     colorFlag
}

func (a *app) acceptCommand() *cobra.Command {
	o := offering{color: "auto"}
	cmd := &cobra.Command{
		Use:               "accept [--installed LIST]... [--tvs HOST]... NEW [--then LIST]...",
		Short:             "Show whether phones that have these lists accept a new one",
		Long:              acceptLong,
		Example:           acceptExample,
		Args:              func(cmd *cobra.Command, args []string) error { return needOneList(args, o.steps) },
		ValidArgsFunction: completeFiles,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.accept(cmd.Context(), &o, args) },
	}
	cmd.Flags().StringArrayVarP(&o.installed, "installed", "i", nil, "a `LIST` that the phone has: its CTL or its ITL; repeatable")
	o.sources.add(cmd)
	cmd.Flags().BoolVar(&o.allow, "allow-unverified-installed", false, "answer even if an installed list does not verify")
	cmd.Flags().BoolVarP(&o.json, "json", "j", false, "print JSON")
	cmd.Flags().Var(&o.color, "color", "colour the verdict; auto: on a terminal, unless NO_COLOR is set")
	addStepFlags(cmd, &o.steps)
	a.addTransportFlags(cmd)
	return cmd
}

func needOneList(args []string, steps []report.NamedStep) error {
	if len(args) != 1 && (len(args) > 1 || len(steps) == 0) {
		return errors.New("expected one new list; name the lists that the phone has with --installed")
	}
	return nil
}

func (a *app) accept(ctx context.Context, o *offering, args []string) error {
	if err := o.sources.check(o.installed); err != nil {
		return err
	}
	if _, err := serverAddresses(o.sources.servers, tvs.Port); err != nil {
		return err
	}
	o.sources.peer.timeout = a.transport.Timeout
	if len(o.steps) > 0 {
		return a.acceptSequence(ctx, o, args)
	}
	name := args[0]
	if err := onceStdin(slices.Concat([]string{name}, o.installed, o.sources.ctls)); err != nil {
		return err
	}
	offer, err := a.readOffer(ctx, o, name)
	if err != nil {
		return a.acceptError(o, name, err)
	}
	if !offer.Decision.Yes() {
		a.worst(exitNo)
	}
	if o.json {
		err = report.AcceptJSON(a.stdout, offer)
	} else {
		err = report.Accept(a.stdout, offer, terminalOf(a.stdout, o.color))
	}
	if err != nil {
		return outputFailure(err)
	}
	return nil
}

func (a *app) readOffer(ctx context.Context, o *offering, name string) (report.Offer, error) {
	phone, err := a.readPhone(ctx, o)
	if err != nil {
		return report.Offer{}, err
	}
	offered, err := a.readList(ctx, name)
	if err != nil {
		return report.Offer{}, err
	}
	d := draft.Accept(phone, offered, a.now())
	replies, err := a.askIfUnknown(ctx, o, &phone, offered, d)
	if err != nil {
		return report.Offer{}, err
	}
	if len(replies) > 0 {
		d = draft.Accept(phone, offered, a.now())
	}
	return report.Offer{Name: name, Installed: o.installed, Phone: phone, Decision: d, TVS: replies}, nil
}

// askIfUnknown asks the TVS servers of --tvs if a phone would ask them about the
// signer.
func (a *app) askIfUnknown(ctx context.Context, o *offering, phone *trust.Phone, offered *trust.List, d *trust.Decision) ([]*report.TVSReply, error) {
	var unknown *trust.UnknownSignerError
	if len(o.sources.servers) == 0 || !errors.As(d.Reason, &unknown) || !unknown.CanAskTVS {
		return nil, nil
	}
	q, err := tvs.AboutSigner(offered)
	if err != nil {
		return nil, nil // without a certificate there is nothing to ask about
	}
	list, replies, err := a.askTVS(ctx, &o.sources, *phone, q)
	phone.TVS = append(phone.TVS, list...)
	return replies, err
}

// acceptError writes the document of what cannot be read.
func (a *app) acceptError(o *offering, name string, err error) error {
	if o.json && codeOf(err) == exitUnreadable {
		if werr := report.AcceptErrorJSON(a.stdout, name, o.installed, err); werr != nil {
			return outputFailure(werr)
		}
	}
	return err
}

// readPhone reads what the phone has, and what its TVS servers have.
func (a *app) readPhone(ctx context.Context, o *offering) (trust.Phone, error) {
	phone, err := a.readInstalled(ctx, o.installed)
	if err != nil {
		return phone, err
	}
	phone.AllowUnverified = o.allow
	phone.TVS, err = a.readTVS(ctx, &o.sources)
	return phone, err
}

// readInstalled reads the lists that a phone has: at most one of each kind.
func (a *app) readInstalled(ctx context.Context, lists []string) (trust.Phone, error) {
	var phone trust.Phone
	names := make(map[tlv.Kind]string)
	for _, name := range lists {
		l, err := a.readList(ctx, name)
		if err != nil {
			return phone, err
		}
		kind := l.Header.Kind()
		if other, ok := names[kind]; ok {
			return phone, misuse("%s and %s are both %ss, and a phone has one of each; ask for each in turn", other, name, kind)
		}
		names[kind] = name
		phone.Installed = append(phone.Installed, l)
	}
	return phone, nil
}
