package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A stepFlag collects --then and --signed-by in the order of the command line.
type stepFlag struct {
	steps *[]report.NamedStep
	cert  bool
}

func (f stepFlag) String() string { return "" }

func (f stepFlag) Type() string {
	if f.cert {
		return "[ctl=|itl=]CERT"
	}
	return "LIST"
}

func (f stepFlag) Set(s string) error {
	step := report.NamedStep{List: s}
	if f.cert {
		step = report.NamedStep{SignedBy: s}
		if kind, file, ok := strings.Cut(s, "="); ok && (strings.EqualFold(kind, "ctl") || strings.EqualFold(kind, "itl")) {
			step.Kind, step.SignedBy = tlv.KindOf(kind), file
		}
	}
	*f.steps = append(*f.steps, step)
	return nil
}

func addStepFlags(cmd *cobra.Command, steps *[]report.NamedStep) {
	cmd.Flags().Var(stepFlag{steps, false}, "then", "the next list that servers publish; repeatable, in order")
	cmd.Flags().Var(stepFlag{steps, true}, "signed-by", "a list that is not made yet, signed with this certificate; may stand in place of a list, or of --then")
}

// acceptSequence shows what phones do with each of several steps, the first of which
// may be the argument.
func (a *app) acceptSequence(ctx context.Context, o *offering, args []string) error {
	steps := o.steps
	if len(args) == 1 {
		steps = append([]report.NamedStep{{List: args[0]}}, steps...)
	}
	names := slices.Concat(o.installed, o.sources.ctls)
	for _, s := range steps {
		names = append(names, s.List)
	}
	if err := onceStdin(names); err != nil {
		return err
	}
	if len(steps) > maxSteps {
		return misuse("%d steps: use at most %d", len(steps), maxSteps)
	}
	phone, err := a.readPhone(ctx, o)
	if err != nil {
		return err
	}
	plain := make([]trust.Step, len(steps))
	for i := range steps {
		if err := a.readStep(ctx, &steps[i], phone); err != nil {
			return err
		}
		plain[i] = steps[i].Step
	}
	if len(o.sources.servers) > 0 {
		if _, err := a.askAboutSteps(ctx, o, &phone, steps); err != nil {
			return err
		}
	}
	return a.writeSequence(o, steps, trust.Sequence(phone, plain...))
}

// maxSteps is far more than anybody plans; work grows with its square.
const maxSteps = 50

func (a *app) readStep(ctx context.Context, s *report.NamedStep, phone trust.Phone) error {
	if s.List != "" {
		l, err := a.readList(ctx, s.List)
		s.Step.List = l
		return err
	}
	c, err := certs.ReadOne(s.SignedBy)
	if err != nil {
		return fmt.Errorf("--signed-by: %w", err)
	}
	s.Signer = c
	if s.Kind == tlv.KindUnknown {
		if len(phone.Installed) != 1 {
			return misuse("--signed-by %s: say which list it will sign: ctl=%s or itl=%s", s.SignedBy, s.SignedBy, s.SignedBy)
		}
		s.Kind = phone.Installed[0].Header.Kind()
	}
	return nil
}

// writeSequence writes the outcome. The exit code is about phones that are on for
// every step.
func (a *app) writeSequence(o *offering, steps []report.NamedStep, paths []trust.Path) error {
	always := paths[0]
	for _, d := range always.Decisions {
		if !d.Yes() {
			a.worst(exitNo)
		}
	}
	if always.Stranded {
		a.worst(exitNo)
	}
	var err error
	if o.json {
		err = report.Write(a.stdout, report.NewSequence(o.installed, steps, paths))
	} else {
		err = report.SequenceText(a.stdout, steps, paths, o.color.wanted(a.stdout), terminal.Width(a.stdout))
	}
	if err != nil {
		return outputFailure(err)
	}
	return nil
}
