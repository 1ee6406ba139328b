package testkit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// relations are the words of the kit for verdicts, the strongest first.
var relations = []struct {
	verdict compare.Verdict
	word    string
}{
	{compare.VerdictSameHash, "same"}, {compare.VerdictSameSize, "same size"}, {compare.VerdictDifferent, "different"},
	{compare.VerdictNotInstalled, "not installed"},
}

func TestEvidence(t *testing.T) {
	for _, c := range Cases(t, "evidence") {
		t.Run(c.Name, func(t *testing.T) {
			copies, err := compare.ReadCopies("text", c.Part("text"))
			if err != nil && !errors.Is(err, compare.ErrNoEvidence) {
				t.Fatal(err)
			}
			var said []string
			for _, one := range copies {
				if one.Evidence.Comparable() {
					said = append(said, statement(one.Evidence))
				}
			}
			if !slices.Equal(said, c.Keys["statement"]) {
				t.Errorf("got\n%s\nexpected\n%s\n%s", strings.Join(said, "\n"), strings.Join(c.Keys["statement"], "\n"), c.Get("why"))
			}
			c.check(t, "expect", relation(copies, c.lists(t, "list")[0]))
		})
	}
}

// relation is what the evidence and the list have in common.
func relation(copies []compare.Copy, l *trust.List) string {
	servers := compare.NewServers([]compare.Copy{compare.NewCopy("list", l)})
	var verdicts []compare.Verdict
	for _, one := range copies {
		verdicts = append(verdicts, servers.Compare(one).Servers[0].Verdict)
	}
	for _, r := range relations {
		if slices.Contains(verdicts, r.verdict) {
			return r.word
		}
	}
	return "nothing"
}

func statement(e compare.Evidence) string {
	parts := []string{"?"}
	if e.Kind != tlv.KindUnknown {
		parts[0] = strings.ToLower(e.Kind.String())
	}
	if e.Absent {
		parts = append(parts, "absent")
	}
	for name, sum := range map[string][]byte{"md5": e.Sums.MD5, "sha1": e.Sums.SHA1} {
		if sum != nil {
			parts = append(parts, fmt.Sprintf("%s=%x", name, sum))
		}
	}
	slices.Sort(parts[1:])
	if e.Sums.Size != nil {
		parts = append(parts, fmt.Sprintf("size=%d", *e.Sums.Size))
	}
	if e.Device != "" {
		parts = append(parts, "device="+e.Device)
	}
	return strings.Join(parts, " ")
}
