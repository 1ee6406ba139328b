package testkit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func (c *Case) phone(t *testing.T) trust.Phone {
	t.Helper()
	p := trust.Phone{Installed: c.lists(t, "installed")}
	for i, der := range c.Parts["tvs"] {
		known := trust.TVSCertificate{}
		var err error
		if known.Certificate, err = cert.Read(der); err != nil {
			t.Fatal(err)
		}
		for word := range strings.FieldsSeq(c.Keys["tvs-roles"][i]) {
			role, err := tlv.ParseRole(word)
			if err != nil {
				t.Fatal(err)
			}
			known.Roles = append(known.Roles, role)
		}
		p.TVS = append(p.TVS, known)
	}
	return p
}

// outcome is a decision in the words of the kit.
func outcome(d *trust.Decision) string {
	switch {
	case d.Unknown:
		return "unknown"
	case d.Verdict.Taken() && d.Stranded == trust.StrandedWithoutTVS:
		return "taken with TVS"
	case d.Verdict.Taken():
		return "taken"
	}
	return "refused"
}

func TestAccept(t *testing.T) {
	for _, c := range Cases(t, "accept") {
		t.Run(c.Name, func(t *testing.T) {
			d := trust.Accept(c.phone(t), c.lists(t, "offered")[0])
			if got := outcome(d); got != c.Get("expect") {
				t.Errorf("%s (%s, %v), expected %s: %s", got, d.Verdict, d.Reason, c.Get("expect"), c.Get("why"))
			}
			if yes := d.Yes(); yes != (c.Get("expect") == "taken") {
				t.Errorf("Yes is %t", yes)
			}
			if d.Voucher != nil {
				c.check(t, "list", strconv.Itoa(d.Voucher.Installed+1))
				c.check(t, "record", strconv.Itoa(d.Voucher.Number))
			} else if d.Verdict == trust.VerdictAccepted && c.has("record") {
				t.Error("no record vouches")
			}
			if c.has("reason") {
				c.check(t, "reason", refusal(d))
			}
		})
	}
}

// refusal is why a phone refuses a list, in the words of the kit.
func refusal(d *trust.Decision) string {
	var large *trust.TooLargeError
	switch {
	case d.Verdict == trust.VerdictUnknownSigner:
		return string(d.Verdict)
	case errors.As(d.Reason, &large):
		return "too-large"
	}
	return string(trust.ReasonOf(d.Reason))
}

func TestSequences(t *testing.T) {
	for _, c := range Cases(t, "sequence") {
		t.Run(c.Name, func(t *testing.T) {
			var steps []trust.Step
			for _, l := range c.lists(t, "step") {
				steps = append(steps, trust.Step{List: l})
			}
			var phones []string
			stranded := false
			for _, p := range trust.Sequence(c.phone(t), steps...) {
				phones = append(phones, pathText(p))
				stranded = stranded || p.Stranded
			}
			if !slices.Equal(phones, c.Keys["phone"]) {
				t.Errorf("got\n%s\nexpected\n%s\n%s", strings.Join(phones, "\n"), strings.Join(c.Keys["phone"], "\n"), c.Get("why"))
			}
			expect := "all phones follow"
			if stranded {
				expect = "phones are stranded"
			}
			c.check(t, "expect", expect)
		})
	}
}

func pathText(p trust.Path) string {
	when := "on"
	if p.From != p.To {
		when = fmt.Sprintf("off %d to %d", p.From+1, p.To+1)
	}
	end := "follows"
	if p.Stranded {
		end = "stranded"
	}
	outcomes := make([]string, len(p.Decisions))
	for i, d := range p.Decisions {
		if outcomes[i] = "-"; d != nil {
			outcomes[i] = outcome(d)
		}
	}
	return fmt.Sprintf("%s: %s; %s", when, strings.Join(outcomes, " "), end)
}
