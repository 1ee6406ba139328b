package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/inorder"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// tvsSources are the flags of accept that say what TVS vouches for.
type tvsSources struct {
	servers []string // to ask
	trusts  []string // files with certificates
	ctls    []string // that servers have
	stores  []string // NAME=FOLDER
	verify  bool     // servers are asked by VERIFY
	peer    peerFlags
}

func (s *tvsSources) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&s.servers, "tvs", nil, "ask this TVS server, `HOST[:PORT]`, about the signer; repeatable: each must vouch")
	flags.StringArrayVarP(&s.trusts, "tvs-trusts", "t", nil, "certificates that the TVS servers have as SASTs: `CERT`")
	flags.StringArrayVar(&s.ctls, "tvs-ctl", nil, "the `CTL` of the TVS servers, which vouch for its records")
	flags.StringArrayVar(&s.stores, "tvs-store", nil, "a trust store of the TVS servers, such as Phone-SAST-trust, and the certificates in it: `NAME=FOLDER`; repeatable")
	flags.BoolVar(&s.verify, "tvs-verify", false, "TVS: send the certificate (VERIFY) instead of its names (QUERY)")
	s.peer.add(cmd, "TVS: ")
}

// check refuses what makes no sense together.
func (s *tvsSources) check(installed []string) error {
	flags := map[string][]string{"--tvs": s.servers, "--tvs-trusts": s.trusts, "--tvs-ctl": s.ctls, "--tvs-store": s.stores}
	var given []string
	for _, name := range []string{"--tvs", "--tvs-trusts", "--tvs-ctl", "--tvs-store"} {
		if len(flags[name]) > 0 {
			given = append(given, name)
		}
	}
	switch {
	case len(given) > 0 && len(installed) == 0:
		return misuse("%s without --installed: phones ask the TVS servers of their ITL; name it with --installed", given[0])
	case len(given) > 1 && given[0] == "--tvs":
		return misuse("--tvs asks servers what they have, %s says what they would have; use one or the other", given[1])
	}
	return nil
}

// readTVS reads what TVS servers have, as far as files say it.
func (a *app) readTVS(ctx context.Context, s *tvsSources) ([]trust.TVSCertificate, error) {
	var all []trust.TVSCertificate
	for _, name := range s.trusts {
		if name == input.Stdin {
			return nil, misuse("--tvs-trusts reads files only")
		}
		list, err := certs.ReadWhole(name)
		if err != nil {
			return nil, exitError{exitUnreadable, err}
		}
		for _, c := range list {
			all = append(all, trust.TVSCertificate{Certificate: c, Roles: []tlv.Role{tlv.RoleSAST}, From: name})
		}
	}
	for _, name := range s.ctls {
		list, err := a.readTVSCTL(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	for _, arg := range s.stores {
		list, err := a.readStore(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// readTVSCTL reads the CTL of TVS servers, which vouch for each of its records [D][S].
func (a *app) readTVSCTL(ctx context.Context, name string) ([]trust.TVSCertificate, error) {
	l, err := a.readList(ctx, name)
	if err != nil {
		return nil, err
	}
	if kind := l.Header.Kind(); kind != tlv.KindCTL {
		return nil, misuse("--tvs-ctl %s: this is an %s; TVS servers vouch for the records of their CTL", name, kind)
	}
	if !a.proves(name, l) {
		return nil, nil
	}
	var all []trust.TVSCertificate
	for i, r := range l.Records {
		if c, err := l.Certificate(i); err == nil {
			all = append(all, trust.TVSCertificate{Certificate: c, Roles: []tlv.Role{r.Role()}, From: fmt.Sprintf("record %d of %s", i+1, name)})
		}
	}
	return all, nil
}

// readStore reads the certificates of a store, with the roles that TVS gives them.
func (a *app) readStore(arg string) ([]trust.TVSCertificate, error) {
	name, path, ok := strings.Cut(arg, "=")
	if !ok || path == "" || path == input.Stdin {
		return nil, misuse("--tvs-store %s: use NAME=FOLDER, such as Phone-SAST-trust=certs", arg)
	}
	store, err := tvs.FindStore(name)
	if err != nil {
		return nil, misuse("--tvs-store: %w", err)
	}
	if len(store.Roles) == 0 {
		a.warn(fmt.Sprintf("TVS gives certificates in %s no role: they do not help phones; those in Phone-SAST-trust do", store.Name))
	}
	files, _, err := certs.Everything.OpenAll([]string{path}, nil)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	var all []trust.TVSCertificate
	for _, f := range files {
		for _, c := range f.Certificates {
			if c.Full == nil {
				a.complain(fmt.Errorf("%s: certificate %d is there as text only and does not count; give it as PEM or DER", f.Name, c.Number))
				continue
			}
			all = append(all, trust.TVSCertificate{Certificate: c.Full, Roles: store.Roles, From: store.Name})
		}
	}
	return all, nil
}

// askTVS asks all servers about a signer. TVS vouches if each of them does: which one
// a phone asks is in its configuration.
func (a *app) askTVS(ctx context.Context, s *tvsSources, phone trust.Phone, q tvs.Question) ([]trust.TVSCertificate, []*report.TVSReply, error) {
	addresses, err := serverAddresses(s.servers, tvs.Port)
	if err != nil {
		return nil, nil, err
	}
	pair, err := a.openPeer(&s.peer)
	if err != nil {
		return nil, nil, err
	}
	client := &tvs.Client{Timeout: s.peer.timeout, LegacyTLS: s.peer.legacy, Certificate: pair, Verify: s.verify}
	ctx, stop := interruptible(ctx)
	defer stop()
	replies := make([]*report.TVSReply, len(addresses))
	certificates := make([]*cert.Certificate, len(addresses)) // of the servers
	err = inorder.Do(indices(len(addresses)), inorder.Output{Stdout: a.stdout, Stderr: a.stderr, Workers: tvsWorkers}, func(_ *inorder.Turn, i int) error {
		asked := report.TVSAsked{Server: s.servers[i], Question: q, Role: tlv.RoleSAST, Phone: &phone}
		asked = ask(ctx, client, addresses[i], asked, "--tvs-verify")
		if asked.Exchange != nil {
			certificates[i] = asked.Exchange.Server
		}
		replies[i] = report.NewTVSReply(asked)
		return nil
	})
	if err == nil && ctx.Err() != nil {
		err = exitError{exitUnreadable, errors.New("interrupted")}
	}
	return vouched(q, replies, certificates), replies, err
}

// tvsWorkers are servers that are asked at a time.
const tvsWorkers = 32

// ask asks a server; verify is the flag that makes the client ask by VERIFY.
func ask(ctx context.Context, client *tvs.Client, address string, asked report.TVSAsked, verify string) report.TVSAsked {
	if client.Verify {
		verify = ""
	}
	asked.Exchange, asked.Err = client.Ask(ctx, address, asked.Question)
	asked.Err = withHelp(asked.Err, verify)
	if e := asked.Exchange; e != nil {
		e.Err = withHelp(e.Err, verify)
	}
	return asked
}

// vouched is what the servers vouch for together, with the roles that the first one
// gives that gives too little.
func vouched(q tvs.Question, replies []*report.TVSReply, servers []*cert.Certificate) []trust.TVSCertificate {
	var names []string
	for _, r := range replies {
		if r.Status != tvs.StatusValid.String() || r.Listed == nil || !*r.Listed {
			return nil
		}
		if !r.Vouches {
			return []trust.TVSCertificate{{Certificate: q.Certificate, Roles: r.Roles, From: r.Server}}
		}
		names = append(names, r.Server)
	}
	return []trust.TVSCertificate{{Certificate: q.Certificate, Roles: replies[0].Roles, From: strings.Join(names, ", "), Servers: servers}}
}

// askAboutSteps asks the servers about the signers of steps, each once.
func (a *app) askAboutSteps(ctx context.Context, o *offering, phone *trust.Phone, steps []report.NamedStep) ([]*report.TVSReply, error) {
	var all []*report.TVSReply
	var seen [][]byte
	for _, step := range steps {
		q, ok := stepQuestion(step)
		if !ok || slices.ContainsFunc(seen, func(der []byte) bool { return bytes.Equal(der, q.Certificate.Raw) }) {
			continue
		}
		seen = append(seen, q.Certificate.Raw)
		list, replies, err := a.askTVS(ctx, &o.sources, *phone, q)
		if err != nil {
			return nil, err
		}
		phone.TVS = append(phone.TVS, list...)
		for _, r := range replies {
			if !r.Vouches {
				a.note(fmt.Sprintf("TVS %s, asked about %s: %s", r.Server, q.Subject, r.Text()))
			}
		}
		all = append(all, replies...)
	}
	return all, nil
}

// stepQuestion is about the signer of a step, if that can be known.
func stepQuestion(s report.NamedStep) (tvs.Question, bool) {
	if s.Step.List == nil {
		return tvs.About(s.Signer), true
	}
	q, err := tvs.AboutSigner(s.Step.List)
	return q, err == nil
}
