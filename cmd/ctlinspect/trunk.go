package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/internal/trunkreport"
	"github.com/ctlinspect/ctlinspect/report"
)

const trunkLong = `Predict whether the nodes of two CUCM clusters, A and B, would connect over a
SIP TLS trunk: every node of one to every node of the other, in both
directions. The output says which node is refused by whom and why, which share
of the calls fails, and what to upload or type where.

For each side give the CallManager certificates of all nodes that run the
trunk (--a-cert), what the trust store CallManager-trust has (--a-trust), and
the X.509 subject names in the SIP trunk security profile as typed there
(--a-names). "" is an empty store or an empty field. The names of A are those
that A expects: B's nodes.

Certificates are files in PEM or DER, folders of such files, the text that
CUCM shows in OS Administration or for "show cert own CallManager", the output
of "run sql" on the table certificate, or the JSON of the REST interface
(snapshot/server). A file of the last two can be given for both --a-cert and
--a-trust: the right certificates are taken from it. Text is enough for
certificates that sign themselves; whether a CA signed a certificate can be
checked only if the certificates are given themselves.

CUCM uses OpenSSL, whose security level decides which keys and signatures are
too weak: 2 refuses RSA keys below 2048 bits, 1 those below 1024; both refuse
SHA-1. The level of your release is not published. Use a lower one only if you
know that both clusters accept it. Revocation is not checked. Where it is not
known what CUCM does, the answer is no, and says so. docs/trunk.md has the
rules and the whole story.

--capture shows which certificates the nodes really showed on port 5061 (--port
for others), and who refused whom. --trace reads SDL and SDI traces of any size,
also compressed with gzip: which certificates the nodes of CUCM met, whether
their names are in the profiles, and what OpenSSL said about them.

Exit codes:
  0  all pairs of nodes would connect, in both directions
  1  some would not, or it is not known; or a capture or trace shows otherwise
  2  usage
  3  a file cannot be read, or contains no certificate`

const trunkExample = `  ctlinspect trunk --a-cert a/cm --a-trust a/trust --a-names "cucm-b1,cucm-b2" \
      --b-cert b/cm --b-trust b/trust --b-names "cucm-a1,cucm-a2"
  ctlinspect trunk --template > trunk.json
  ctlinspect trunk --file trunk.json --at 2027-06-01
  ctlinspect trunk --file trunk.json --capture a3.pcap --trace SDL*.txt.gz`

// A trunkRun is the flags of trunk.
type trunkRun struct {
	sides    [2]report.TrunkSideDescription
	file     string
	template bool
	at       timeFlag
	level    levelFlag
	captures []string
	traces   []string
	ports    portsFlag
	memory   sizeFlag
	json     bool
	color    colorFlag
}

// trunkSides are the names of the sides in flags.
var trunkSides = [2]string{"a", "b"}

func (a *app) trunkCommand() *cobra.Command {
	r := trunkRun{color: "auto", level: trunk.DefaultLevel, ports: portsFlag{5061}, memory: 256 << 20}
	cmd := &cobra.Command{
		Use:     "trunk [flags]",
		Short:   "Would two clusters connect over a SIP TLS trunk?",
		Long:    trunkLong,
		Example: trunkExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && len(r.traces) == 0 {
				return fmt.Errorf("unexpected argument %q: give certificates with --a-cert, --a-trust, --b-cert and --b-trust", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.traces = append(r.traces, args...)
			return a.trunk(&r, cmd)
		},
	}
	flags := cmd.Flags()
	for i, side := range trunkSides {
		s, name := &r.sides[i], [2]string{"A", "B"}[i]
		flags.StringArrayVar(&s.Certificates, side+"-cert", nil, "CallManager certificates of "+name+"'s nodes: `CERT`, a file or folder; repeatable")
		flags.StringArrayVar(&s.Trust, side+"-trust", nil, "CallManager-trust of "+name+": `CERT`, a file or folder; repeatable")
		flags.StringArrayVar(&s.Names, side+"-names", nil, "X.509 subject `NAMES` in "+name+"'s profile; repeatable")
	}
	flags.StringVar(&r.file, "file", "", "read both sides from this `FILE` (trunk.json)")
	flags.BoolVar(&r.template, "template", false, "print a trunk.json to fill in")
	flags.Var(&r.at, "at", "judge for this day or time instead of now")
	flags.Var(&r.level, "security-level", "OpenSSL's security level on both sides")
	flags.StringArrayVar(&r.captures, "capture", nil, "hold the connections in this packet capture against both sides: `FILE`; repeatable")
	flags.StringArrayVar(&r.traces, "trace", nil, "hold the connections in this SDL or SDI trace against both sides: `FILE`; repeatable, and more may follow without the flag")
	flags.Var(&r.ports, "port", "ports of SIP TLS, separated by commas")
	flags.Var(&r.memory, "max-memory", "memory limit for --capture, such as 64M or 1G; anything skipped is reported")
	flags.BoolVarP(&r.json, "json", "j", false, "print JSON (see docs/trunk.md)")
	flags.Var(&r.color, "color", "colour the verdicts; auto: on a terminal, unless NO_COLOR is set")
	return cmd
}

func (a *app) trunk(r *trunkRun, cmd *cobra.Command) error {
	if r.template {
		return a.trunkTemplate()
	}
	if r.at.IsZero() {
		r.at.Time = a.now()
	}
	if err := a.describeTrunk(r, cmd); err != nil {
		if isUsage(err) || !r.json {
			return err
		}
		return a.trunkFailure(r, err)
	}
	var sides [2]trunk.Side
	for i, d := range r.sides {
		side, err := a.readTrunkSide(d)
		if err != nil {
			return a.trunkFailure(r, err)
		}
		sides[i] = side
	}
	result := trunk.Judge(sides[0], sides[1], trunk.Options{At: r.at.Time, Level: int(r.level)})
	evidence, err := a.trunkEvidence(r, result)
	if err != nil {
		return a.trunkFailure(r, err)
	}
	if !result.Connects() || evidence.Refutes() {
		a.worst(exitNo)
	}
	return outputFailure(a.writeTrunk(r, result, evidence))
}

// trunkEvidence reads captures and traces.
func (a *app) trunkEvidence(r *trunkRun, result *trunk.Report) (e trunkreport.Evidence, err error) {
	for _, name := range r.captures {
		c, err := a.trunkCapture(r, name)
		if err != nil {
			return e, err
		}
		e.Captures = append(e.Captures, trunkreport.Sight(name, c, result, r.ports))
	}
	if len(r.traces) > 0 {
		e.Trace = trunkreport.NewTrace(result, r.ports)
	}
	for _, name := range r.traces {
		in, done, err := a.open(name)
		if err != nil {
			return e, err
		}
		err = e.Trace.Add(name, in)
		done()
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

func (a *app) trunkCapture(r *trunkRun, name string) (*capture.Capture, error) {
	in, done, err := a.open(name)
	if err != nil {
		return nil, err
	}
	defer done()
	held := captureRun{memory: r.memory}
	c, err := pcap.Read(in, pcap.Options{MaxMemory: held.held()})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if c.CutShort {
		a.complain(fmt.Errorf("%s: the file ends inside packet %d; the packets before it were read", name, c.Packets+1))
	}
	return c, nil
}

func (a *app) writeTrunk(r *trunkRun, result *trunk.Report, e trunkreport.Evidence) error {
	if r.json {
		return report.Write(a.stdout, trunkreport.Document(result, e))
	}
	t := terminalOf(a.stdout, r.color)
	return trunkreport.WriteText(a.stdout, result, e, trunkreport.Options{Color: r.color.wanted(a.stdout), Width: t.Width})
}

// trunkFailure reports what could not be read.
func (a *app) trunkFailure(r *trunkRun, err error) error {
	a.complain(err)
	a.worst(exitUnreadable)
	if !r.json {
		return nil
	}
	return report.Write(a.stdout, trunkreport.Failure(err, r.at.Time))
}

func (a *app) trunkTemplate() error {
	b, err := report.Indent(trunkreport.Template())
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(b)
	return err
}

// describeTrunk takes the sides from --file, or checks those of the flags.
func (a *app) describeTrunk(r *trunkRun, cmd *cobra.Command) error {
	changed := func(flag string) bool { return cmd.Flags().Changed(flag) }
	if r.file != "" {
		for _, side := range trunkSides {
			for _, flag := range []string{"-cert", "-trust", "-names"} {
				if changed(side + flag) {
					return misuse("--file and --%s%s exclude each other", side, flag)
				}
			}
		}
		d, err := trunkreport.ReadDescription(r.file, a.stdin)
		if err != nil {
			return err
		}
		r.sides = [2]report.TrunkSideDescription{d.A, d.B}
	}
	names := slices.Concat([]string{r.file}, r.captures, r.traces)
	for i := range r.sides {
		s, side := &r.sides[i], trunkSides[i]
		switch {
		case r.file != "":
		case !changed(side + "-cert"):
			return misuse("expected the certificates of both sides; give them with --%s-cert, or describe both sides in a file (--template, --file)", side)
		case !changed(side + "-trust"):
			return misuse("expected what CallManager-trust has; give it with --%s-trust", side)
		case !changed(side + "-names"):
			return misuse(`expected the X.509 subject names of the profile; give them with --%s-names ("" if the field is empty)`, side)
		}
		if s.Name == "" {
			s.Name = [2]string{"A", "B"}[i]
		}
		names = append(names, s.Certificates...)
		names = append(names, s.Trust...)
	}
	if r.sides[0].Name == r.sides[1].Name {
		return misuse("both sides have the name %q", r.sides[0].Name)
	}
	return onceStdin(names)
}

// readTrunkSide reads the certificates of a side.
func (a *app) readTrunkSide(d report.TrunkSideDescription) (trunk.Side, error) {
	s := trunk.Side{Name: d.Name, Profile: d.Names}
	nodes, err := a.readTrunkCertificates(d.Certificates, certs.CallManager)
	if err != nil {
		return s, err
	}
	if s.Nodes = a.withoutChains(nodes); len(s.Nodes) == 0 {
		return s, fmt.Errorf("no CallManager certificate of %s", d.Name)
	}
	s.Trust, err = a.readTrunkCertificates(d.Trust, certs.CallManagerTrust)
	return s, err
}

func (a *app) readTrunkCertificates(names []string, selection certs.Selection) (list []*trunk.Certificate, err error) {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
	files, skipped, err := selection.OpenAll(names, a.stdin)
	for _, s := range skipped {
		a.complain(fmt.Errorf("%s skipped: contains no certificate", s))
	}
	for _, f := range files {
		if f.ECDSA {
			a.complain(fmt.Errorf("%s: CallManager-ECDSA skipped; if the enterprise parameter TLS Ciphers prefers ECDSA, run again with those certificates as files", f.Name))
		}
		for _, c := range f.Certificates {
			list = append(list, trunk.New(f.Name, c))
		}
	}
	return list, err
}

// withoutChains leaves out certificates of CAs that were saved together with the node's.
func (a *app) withoutChains(nodes []*trunk.Certificate) []*trunk.Certificate {
	type place struct{ file, name string }
	issuers := make(map[place]bool)
	for _, c := range nodes {
		if !c.SelfSigned() {
			issuers[place{c.File, c.Issuer.CUCM()}] = true
		}
	}
	return slices.DeleteFunc(nodes, func(c *trunk.Certificate) bool {
		chain := issuers[place{c.File, c.Subject.CUCM()}]
		if chain {
			a.complain(fmt.Errorf("%s: %s skipped: it issued another certificate of this file", c.File, c.Name()))
		}
		return chain
	})
}

// A levelFlag is a security level of OpenSSL.
type levelFlag int

func (l *levelFlag) Type() string   { return "0|1|2" }
func (l *levelFlag) String() string { return strconv.Itoa(int(*l)) }

func (l *levelFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > trunk.MaxLevel {
		return errors.New("use 0, 1 or 2")
	}
	*l = levelFlag(n)
	return nil
}

// A portsFlag is ports, separated by commas. The first use replaces the default.
type portsFlag []uint16

func (p *portsFlag) Type() string { return "PORTS" }

func (p *portsFlag) String() string {
	var list []string
	for _, n := range *p {
		list = append(list, strconv.Itoa(int(n)))
	}
	return strings.Join(list, ",")
}

func (p *portsFlag) Set(s string) error {
	var ports []uint16
	for one := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(one), 10, 16)
		if err != nil || n == 0 {
			return errors.New("use ports from 1 to 65535, separated by commas")
		}
		ports = append(ports, uint16(n))
	}
	*p = ports
	return nil
}
