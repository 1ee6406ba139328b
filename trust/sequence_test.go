package trust_test

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func caseList(t *testing.T, name string) *trust.List {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../testdata/cases/01-itlrecovery-advice", name))
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func certificateFile(t *testing.T, name string) *cert.Certificate {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	c, err := cert.Read(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ITLRecovery was made anew: a list signed with it strands phones, one signed with
// CallManager first does not.
func TestSequence(t *testing.T) {
	phone := trust.Phone{Installed: []*trust.List{caseList(t, "CTLFile.tlv")}}
	update, reset := trust.Step{List: caseList(t, "update.tlv")}, trust.Step{List: caseList(t, "reset.tlv")}
	for _, tt := range []struct {
		what     string
		steps    []trust.Step
		stranded []bool // of each path
	}{
		{"the wrong order", []trust.Step{update}, []bool{true}},
		{"the right order", []trust.Step{reset, update}, []bool{false, true}}, // a phone that was off for the reset
		{"the right order, and back", []trust.Step{reset, update, reset}, []bool{false, false, false, false}},
	} {
		paths := trust.Sequence(phone, tt.steps...)
		if len(paths) != len(tt.stranded) {
			t.Errorf("%s: %d paths", tt.what, len(paths))
			continue
		}
		for i, p := range paths {
			if p.Stranded != tt.stranded[i] {
				t.Errorf("%s: off from %d to %d: stranded %v, holds %v", tt.what, p.From, p.To, p.Stranded, p.Holds)
			}
			for j, d := range p.Decisions {
				if (d == nil) != (j >= p.From && j < p.To && d == nil) {
					t.Errorf("%s: off from %d to %d: decision %d is %v", tt.what, p.From, p.To, j, d)
				}
			}
		}
	}
}

func TestAcceptSignedBy(t *testing.T) {
	const dir = "cases/01-itlrecovery-advice/"
	phone := trust.Phone{Installed: []*trust.List{caseList(t, "CTLFile.tlv")}}
	fresh, callManager := certificateFile(t, dir+"newitl.pem"), certificateFile(t, dir+"CallManager.pem")
	var unknown *trust.UnknownSignerError
	if d := trust.AcceptSignedBy(phone, tlv.KindCTL, fresh); d.Verdict != trust.VerdictUnknownSigner || !errors.As(d.Reason, &unknown) {
		t.Errorf("ITLRecovery made anew: %v, %v", d.Verdict, d.Reason)
	}
	if d := trust.AcceptSignedBy(phone, tlv.KindCTL, callManager); d.Verdict != trust.VerdictAccepted || d.Voucher == nil || d.Voucher.Number != 2 {
		t.Errorf("CallManager: %v, %v", d.Verdict, d.Reason)
	}
	if d := trust.AcceptSignedBy(trust.Phone{}, tlv.KindCTL, fresh); d.Verdict != trust.VerdictFirst {
		t.Errorf("no list: %v", d.Verdict)
	}
	if d := trust.AcceptSignedBy(phone, tlv.KindCTL, certificateFile(t, "certs/tftp-ec.pem")); d.Verdict != trust.VerdictInvalid {
		t.Errorf("an EC key signs: %v", d.Verdict)
	}
	itl := trust.NewList(readList(t, "itl-8.6").List)
	holds := trust.Phone{Installed: []*trust.List{itl}, TVS: inTVS(fresh)}
	if d := trust.AcceptSignedBy(holds, tlv.KindITL, fresh); d.Verdict != trust.VerdictAccepted || d.TVS == nil || d.Stranded != trust.StrandedWithoutTVS {
		t.Errorf("TVS: %v, %v", d.Verdict, d.Reason)
	}
}

// The prediction is the verdict on the real list.
func TestAcceptSignedByAgrees(t *testing.T) {
	names := []string{"ctl-etoken", "ctl-tokenless", "itl-8.6", "itl-by-recovery", "itl-sha512-ec", "upd-second-token", "upd-add-token", "upd-new-token", "upd-drop-second"}
	asked := 0
	for _, a := range names {
		for _, b := range names {
			installed, offered := readList(t, a), readList(t, b)
			v, err := offered.Verify()
			if err != nil || a == b || installed.Header.Kind() != offered.Header.Kind() {
				continue
			}
			c, err := cert.Read(v.Record.Certificate())
			if err != nil {
				t.Fatal(err)
			}
			phone := trust.Phone{Installed: []*trust.List{installed}}
			real, predicted := trust.Accept(phone, offered), trust.AcceptSignedBy(phone, offered.Header.Kind(), c)
			if real.Verdict != predicted.Verdict {
				t.Errorf("%s after %s: %v, predicted %v", b, a, real.Verdict, predicted.Verdict)
			}
			asked++
		}
	}
	if asked < 10 {
		t.Errorf("%d pairs", asked)
	}
}

// Of a list that is not made yet only its signer is known.
func TestSequenceOfPromises(t *testing.T) {
	const dir = "cases/01-itlrecovery-advice/"
	phone := trust.Phone{Installed: []*trust.List{caseList(t, "CTLFile.tlv")}}
	callManager := trust.Step{Kind: tlv.KindCTL, Signer: certificateFile(t, dir+"CallManager.pem")}
	fresh := trust.Step{Kind: tlv.KindCTL, Signer: certificateFile(t, dir+"newitl.pem")}
	paths := trust.Sequence(phone, callManager, callManager)
	if paths[0].Stranded || paths[1].Stranded {
		t.Errorf("the same signer twice: %+v", paths)
	}
	paths = trust.Sequence(phone, callManager, fresh)
	var promised *trust.PromisedError
	if d := paths[0].Decisions[1]; !paths[0].Stranded || d.Verdict.Taken() || !d.Unknown || !errors.As(d.Reason, &promised) {
		t.Errorf("another signer after a promise: %+v", d)
	}
	paths = trust.Sequence(phone, trust.Step{List: caseList(t, "reset.tlv")}, fresh)
	if paths[0].Stranded || !paths[1].Stranded {
		t.Errorf("a real list between: %v, %v", paths[0].Decisions, paths[1].Decisions)
	}
	paths = trust.Sequence(trust.Phone{}, fresh, callManager)
	if !paths[0].Stranded || paths[0].Decisions[0].Verdict != trust.VerdictFirst {
		t.Errorf("a new phone: %+v", paths[0])
	}
}

// A phone that was off asks for both lists when it comes back, the CTL first.
func TestSequenceOfKinds(t *testing.T) {
	ctl, itl := readList(t, "ctl-tokenless"), readList(t, "itl-by-recovery")
	phone := trust.Phone{Installed: []*trust.List{readList(t, "itl-sha512-ec")}}
	for _, p := range trust.Sequence(phone, trust.Step{List: ctl}, trust.Step{List: itl}) {
		if p.Decisions[1] == nil || !p.Decisions[1].Verdict.Taken() || p.Decisions[0] == nil {
			t.Errorf("off from %d to %d: %v, holds %v", p.From, p.To, p.Decisions, p.Holds)
		}
	}
}
