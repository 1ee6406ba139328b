package fleet_test

import (
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/fleet"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func known(t testing.TB, name string, set fleet.Set) fleet.Known {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "lists", name+".tlv"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Known{Name: name, Set: set, List: l}
}

func says(device string, k fleet.Known) fleet.Statement {
	sum := sha1.Sum(k.List.Raw())
	return fleet.Statement{Evidence: compare.Evidence{Form: compare.FormAlarm, Device: device, Kind: k.List.Header.Kind(), Sums: compare.Sums{SHA1: sum[:]}}}
}

func none(device string, kind tlv.Kind) fleet.Statement {
	return fleet.Statement{Evidence: compare.Evidence{Form: compare.FormAlarm, Device: device, Kind: kind, Absent: true}}
}

func all(r *fleet.Report) []fleet.Phone { return slices.Collect(r.Phones()) }

func name(i int) string { return fmt.Sprintf("SEP%012X", i) }

// A fleet with known truth: every count comes out right.
func TestFleetOfKnownTruth(t *testing.T) {
	const phones = 100_000
	server, old, next := known(t, "itl-sha512-ec", fleet.SetServer), known(t, "itl-8.6", fleet.SetArchive), known(t, "itl-by-recovery", "")
	ctl := known(t, "ctl-tokenless", fleet.SetServer)
	f := fleet.New(fleet.Lists{Known: []fleet.Known{server, old, ctl}, Next: []fleet.Known{next}})
	random := rand.New(rand.NewPCG(1, 2))
	want := make(map[string]int)
	for i := range phones {
		device := name(i)
		switch kind := random.IntN(5); kind {
		case 0:
			f.Add(says(device, server))
			f.Add(none(device, tlv.KindCTL))
			want["server"]++
		case 1:
			f.Add(says(device, old))
			f.Add(none(device, tlv.KindCTL))
			want["archive"]++
		case 2:
			sum := sha1.Sum([]byte{byte(random.IntN(7))})
			f.Add(fleet.Statement{Evidence: compare.Evidence{Device: device, Kind: tlv.KindITL, Sums: compare.Sums{SHA1: sum[:]}}})
			f.Add(none(device, tlv.KindCTL))
			want["unknown"]++
		case 3:
			f.Add(none(device, tlv.KindCTL))
			f.Add(none(device, tlv.KindITL))
			want["none"]++
		default:
			f.Expect(device, "CP-8841")
			want["nothing-known"]++
		}
	}
	r := f.Report()
	got := make(map[string]int)
	outcomes := make(map[fleet.State]map[fleet.Outcome]int)
	for _, g := range r.Groups {
		got[string(g.ITL.State)] += g.Phones
		if outcomes[g.ITL.State] == nil {
			outcomes[g.ITL.State] = make(map[fleet.Outcome]int)
		}
		outcomes[g.ITL.State][g.Verdicts[0].Outcome] += g.Phones
	}
	for state, n := range want {
		if got[state] != n {
			t.Errorf("%s: %d phones, want %d", state, got[state], n)
		}
	}
	for state, outcome := range map[fleet.State]fleet.Outcome{
		fleet.StateServer: fleet.OutcomeTakes, fleet.StateArchive: fleet.OutcomeRefuses, fleet.StateUnknown: fleet.OutcomeUnknown,
		fleet.StateNone: fleet.OutcomeTakes, fleet.StateNothing: fleet.OutcomeUnknown,
	} {
		if n := outcomes[state][outcome]; n != want[string(state)] || len(outcomes[state]) != 1 {
			t.Errorf("%s: %v, want %s for all", state, outcomes[state], outcome)
		}
	}
	if r.Size != phones || r.Good() {
		t.Errorf("%d phones, good %v", r.Size, r.Good())
	}
	for p := range r.Phones() {
		if p.Group < 0 || r.Groups[p.Group].ITL.State != p.ITL.State {
			t.Fatalf("%s is in group %d", p.Name, p.Group)
		}
	}
}

// Each combination of lists is judged once, however many phones hold it.
func TestGroupsAreJudgedOnce(t *testing.T) {
	server, next := known(t, "itl-sha512-ec", fleet.SetServer), known(t, "itl-by-recovery", "")
	count := func(phones int) int {
		f := fleet.New(fleet.Lists{Known: []fleet.Known{server}, Next: []fleet.Known{next}})
		for i := range phones {
			f.Add(says(name(i), server))
		}
		decisions := make(map[*trust.Decision]bool)
		for p := range f.Report().Phones() {
			decisions[p.Verdicts[0].Decision] = true
		}
		return len(decisions)
	}
	if n := count(1000); n != 1 {
		t.Errorf("%d decisions for 1000 phones with one list", n)
	}
}

func TestNewestCounts(t *testing.T) {
	server, old := known(t, "itl-by-recovery", fleet.SetServer), known(t, "itl-sha512-ec", fleet.SetArchive)
	at := func(s fleet.Statement, seconds int64) fleet.Statement {
		s.At = time.Unix(seconds, 0)
		return s
	}
	for _, tt := range []struct {
		what  string
		says  []fleet.Statement
		state fleet.State
	}{
		{"the later one", []fleet.Statement{at(says("SEP1", old), 1), at(says("SEP1", server), 2)}, fleet.StateServer},
		{"the later one, read first", []fleet.Statement{at(says("SEP1", server), 2), at(says("SEP1", old), 1)}, fleet.StateServer},
		{"without time the one read last", []fleet.Statement{says("SEP1", server), says("SEP1", old)}, fleet.StateArchive},
		{"one without time", []fleet.Statement{at(says("SEP1", server), 2), says("SEP1", old)}, fleet.StateArchive},
	} {
		f := fleet.New(fleet.Lists{Known: []fleet.Known{server, old}})
		for _, s := range tt.says {
			f.Add(s)
		}
		if got := all(f.Report())[0].ITL.State; got != tt.state {
			t.Errorf("%s: %s, want %s", tt.what, got, tt.state)
		}
	}
}

func TestContradictions(t *testing.T) {
	server, old := known(t, "itl-by-recovery", fleet.SetServer), known(t, "itl-sha512-ec", fleet.SetArchive)
	ctl := known(t, "ctl-etoken", fleet.SetServer)
	f := fleet.New(fleet.Lists{Known: []fleet.Known{server, old, ctl}})
	back := says("SEP1", server)
	back.At = time.Unix(1, 0)
	f.Add(back)
	back = says("SEP1", old)
	back.At = time.Unix(2, 0)
	f.Add(back)
	f.Add(says("SEP2", ctl))
	f.Add(says("SEP2", server))
	r := f.Report()
	if len(r.Contradictions) != 2 || r.Contradictions[0].Phone != "SEP1" || r.Contradictions[1].Phone != "SEP2" {
		t.Errorf("%+v", r.Contradictions)
	}
}

// One name at two addresses, or on two models, is two phones; a phone that moves is
// one.
func TestTwoPhonesWithOneName(t *testing.T) {
	const columns = "device,address,model,time,ctl,itl,message,error\n"
	line := func(address, model, hour string) string {
		return "SEP001122334455," + address + "," + model + ",2026-11-21T" + hour + ":00:00Z,,,,\n"
	}
	for _, tt := range []struct {
		what, first, second, want string
	}{
		{"two addresses in one file", line("192.0.2.1", "CP-8841", "12") + line("192.0.2.2", "CP-8841", "12"), "",
			"two phones with this name? a.csv has it at 192.0.2.1 and at 192.0.2.2"},
		{"two models", line("192.0.2.1", "CP-8841", "12"), line("192.0.2.1", "CP-7841", "20"), "two phones with this name? it is a CP-8841 and a CP-7841"},
		{"moved", line("192.0.2.1", "CP-8841", "12") + line("192.0.2.2", "Cisco 8841", "20"), line("192.0.2.3", "8841", "12"), ""},
	} {
		f := fleet.New(fleet.Lists{Known: []fleet.Known{known(t, "itl-sha512-ec", fleet.SetServer)}})
		for i, text := range []string{tt.first, tt.second} {
			if err := f.Read(string(rune('a'+i))+".csv", strings.NewReader(columns+text)); err != nil && text != "" {
				t.Fatal(err)
			}
		}
		got := ""
		for _, c := range f.Report().Contradictions {
			got += c.Text
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
}

// What would save phones is what trust.Accept takes; the report counts the phones that
// it would lose.
func TestSaves(t *testing.T) {
	old, next := known(t, "itl-8.6", fleet.SetArchive), known(t, "itl-by-recovery", "")
	current := known(t, "itl-sha512-ec", fleet.SetServer)
	f := fleet.New(fleet.Lists{Known: []fleet.Known{old, current}, Next: []fleet.Known{next}})
	for _, device := range []string{"SEP2", "SEP3"} { // accept the next list, and would not accept the old signer
		f.Add(says(device, current))
		f.Add(none(device, tlv.KindCTL))
	}
	f.Add(none("SEP4", tlv.KindITL)) // nothing is known of its CTL
	f.Add(says("SEP1", old))
	f.Add(none("SEP1", tlv.KindCTL))
	v := all(f.Report())[0].Verdicts[0]
	if v.Outcome != fleet.OutcomeRefuses || len(v.Saves) == 0 {
		t.Fatalf("%+v", v)
	}
	saved := 0
	for i, r := range old.List.Records {
		if r.Role() != tlv.RoleSAST {
			continue
		}
		c, err := old.List.Certificate(i)
		if err != nil {
			continue
		}
		if !strings.HasSuffix(v.Saves[saved], "; BUT 2 other phones would refuse that") {
			t.Errorf("record %d: %q", i+1, v.Saves[saved])
		}
		if !strings.HasPrefix(v.Saves[saved], fmt.Sprintf("sign it with record %d of itl-8.6, ", i+1)) {
			t.Errorf("record %d: %q", i+1, v.Saves[saved])
		}
		if d := trust.AcceptSignedBy(trust.Phone{Installed: []*trust.List{old.List}}, tlv.KindITL, c); !d.Yes() {
			t.Errorf("record %d would not save them: %v", i+1, d.Reason)
		}
		saved++
	}
	if saved == 0 {
		t.Error("no certificate to try")
	}
}

// What is not at hand is not known, and no.
func TestNotAtHand(t *testing.T) {
	next := known(t, "itl-by-recovery", "")
	ctl := known(t, "ctl-tokenless", fleet.SetServer)
	f := fleet.New(fleet.Lists{Known: []fleet.Known{ctl}, Next: []fleet.Known{next}})
	f.Add(says("SEP1", ctl)) // nothing about its ITL
	f.Add(none("SEP2", tlv.KindCTL))
	r := f.Report()
	for p := range r.Phones() {
		if p.Verdicts[0].Outcome != fleet.OutcomeUnknown {
			t.Errorf("%s: %s, %s", p.Name, p.Verdicts[0].Outcome, p.Verdicts[0].Why)
		}
	}
	if r.Good() {
		t.Error("good")
	}
}

// An accepted CTL vouches for the ITL behind it.
func TestCTLFirst(t *testing.T) {
	server := known(t, "ctl-etoken", fleet.SetServer)
	nextCTL, nextITL := known(t, "upd-second-token", ""), known(t, "itl-by-recovery", "")
	f := fleet.New(fleet.Lists{Known: []fleet.Known{server}, Next: []fleet.Known{nextITL, nextCTL}})
	f.Add(says("SEP1", server))
	f.Add(none("SEP1", tlv.KindITL))
	verdicts := all(f.Report())[0].Verdicts
	if len(verdicts) != 2 || verdicts[0].Kind != tlv.KindCTL || verdicts[0].Outcome != fleet.OutcomeTakes || verdicts[1].Outcome != fleet.OutcomeRefuses {
		t.Errorf("%+v", verdicts)
	}
}

// 100,000 phones, 8 lists of servers and an archive of 1,000.
func BenchmarkFleet(b *testing.B) {
	server := known(b, "itl-sha512-ec", fleet.SetServer)
	lists := []fleet.Known{server}
	for len(lists) < 1008 {
		lists = append(lists, fleet.Known{Name: "old", Set: fleet.SetArchive, List: server.List})
	}
	said := says("", server)
	names := make([]string, 100_000)
	for i := range names {
		names[i] = name(i)
	}
	for b.Loop() {
		f := fleet.New(fleet.Lists{Known: lists})
		for i := range names {
			s := said
			s.Device = names[i]
			f.Add(s)
		}
		f.Report()
	}
}
