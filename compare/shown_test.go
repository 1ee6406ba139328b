package compare_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
)

// Two pasted listings are compared by their records and times, not by their sums
// only; so is a listing with a list.
func TestListingsByRecords(t *testing.T) {
	show := func(name string) string { return string(readFile(t, "expected/"+name+".show.txt")) }
	withoutSums := func(s string) string { return s[strings.Index(s, "Length of"):] }
	flat := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, tt := range []struct {
		name, phone, server string // a list, if it ends in .tlv
		verdict             compare.Verdict
		records             []string
		times               bool // both are known and differ
	}{
		{"the same", show("ctl-etoken"), show("ctl-etoken"), compare.VerdictSameHash, nil, false},
		{"without sums", withoutSums(show("ctl-etoken")), show("ctl-etoken"), compare.VerdictSameRecords, nil, false},
		{"signed again", show("ctl-etoken"), show("upd-second-token"), compare.VerdictSameRecords, nil, true},
		{"a token added", show("ctl-etoken"), show("upd-add-token"), compare.VerdictDifferent, []string{"0>3 added SAST"}, true},
		{"without sums, a token added", withoutSums(show("ctl-etoken")), withoutSums(show("upd-add-token")), compare.VerdictDifferent, []string{"0>3 added SAST"}, true},
		{"flat", flat(withoutSums(show("ctl-etoken"))), withoutSums(show("ctl-etoken")), compare.VerdictSameRecords, nil, false},
		{"ITL with hashes", withoutSums(show("itl-8.6")), show("itl-8.6"), compare.VerdictSameRecords, nil, false},
		{"a list", withoutSums(show("ctl-etoken")), "lists/ctl-etoken.tlv", compare.VerdictSameRecords, nil, false},
		{"another list", withoutSums(show("ctl-etoken")), "lists/upd-drop-second.tlv", compare.VerdictDifferent, []string{"2>0 removed SAST"}, true},
		{"another time zone", strings.ReplaceAll(withoutSums(show("ctl-etoken")), " UTC ", " CET "), "lists/upd-second-token.tlv", compare.VerdictSameRecords, nil, false},
		{"cut", withoutSums(show("ctl-etoken"))[:3000], "lists/ctl-etoken.tlv", compare.VerdictSameSize, nil, false},
	} {
		phone := compare.EvidenceCopy("phone", compare.ParseText(tt.phone)[0])
		var server []compare.Copy
		if strings.HasSuffix(tt.server, ".tlv") {
			server = readCopies(t, tt.server)
		} else {
			server = []compare.Copy{compare.EvidenceCopy("server", compare.ParseText(tt.server)[0])}
		}
		s := compare.NewServers(server).Compare(phone).Servers[0]
		var records []string
		times := false
		if s.Difference != nil {
			records = brief(s.Difference)
			for _, f := range s.Difference.Signing {
				times = times || f.Name == "TIMESTAMP"
			}
		}
		if diff := cmp.Diff(tt.records, records); s.Verdict != tt.verdict || times != tt.times || diff != "" {
			t.Errorf("%s: %s, times differ %v %s", tt.name, s.Verdict, times, diff)
		}
	}
}
