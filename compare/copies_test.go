package compare_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/trust"
)

func readCopies(t *testing.T, name string) []compare.Copy {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := compare.ReadCopies(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func fromArgument(t *testing.T, s string) compare.Copy {
	t.Helper()
	e, err := compare.ParseArgument(s)
	if err != nil {
		t.Fatal(err)
	}
	return compare.EvidenceCopy(s, e)
}

// verdicts writes a verdict a server, and what a phone does: "different:accepted".
func verdicts(r *compare.Report) string {
	var parts []string
	for _, s := range r.Servers {
		part := string(s.Verdict)
		if s.Decision != nil {
			part += ":" + string(s.Decision.Verdict)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestServers(t *testing.T) {
	const ctl, itl = "lists/ctl-etoken.tlv", "lists/itl-8.6.tlv"
	argument := func(s string) compare.Copy { return fromArgument(t, s) }
	file := func(name string) compare.Copy { return readCopies(t, name)[0] }
	tests := []struct {
		name    string
		phone   compare.Copy
		servers []string
		want    string
		known   bool
	}{
		{"lists", file(ctl), []string{ctl, "lists/upd-second-token.tlv", "lists/upd-new-token.tlv", itl}, "same-bytes:same signed-again:accepted different:unknown-signer other-kind", true},
		{"a hash that is a server's", argument("4d736eaf1683928f4a26f663081541b9"), []string{"lists/upd-second-token.tlv", ctl, itl}, "signed-again:accepted same-hash:same other-kind", true},
		{"a hash that is no server's", argument("00000000000000000000000000000000"), []string{ctl, itl}, "different different", false},
		{"a size", argument("size:4712"), []string{ctl, itl}, "same-size different", false},
		{"a listing", file("expected/itl-8.6.show.txt"), []string{ctl, itl}, "other-kind same-hash:same", true},
		{"a list and a server's listing", file(ctl), []string{"expected/ctl-etoken.show.txt", "expected/upd-add-token.show.txt"}, "same-hash different", true},
		{"of several pieces of evidence the nearest", file(itl), []string{"evidence/file-list.txt"}, "same-size", true},
		{"a log and a size", file("evidence/console.txt"), []string{ctl, "lists/upd-add-token.tlv"}, "same-size different", false},
		{"not installed", readCopies(t, "evidence/alarm.xml")[0], []string{ctl, itl}, "not-installed other-kind", false},
		{"no CTL, and a hash that may be an ITL's", readCopies(t, "evidence/alarm.xml")[0], []string{"md5:4d736eaf1683928f4a26f663081541b9"}, "nothing-to-compare", false},
		{"a status message", file("evidence/status.txt"), []string{ctl}, "nothing-to-compare", false},
		{"different hashes", argument("4d736eaf1683928f4a26f663081541b9"), []string{"sha1:8c5d0e8a38cecde58f30aaeb365d4517c454cc8c", "4D736EAF1683928F4A26F663081541B9"}, "nothing-to-compare same-hash", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var servers [][]compare.Copy
			for _, name := range tt.servers {
				if _, err := compare.ParseArgument(name); err == nil {
					servers = append(servers, []compare.Copy{fromArgument(t, name)})
				} else {
					servers = append(servers, readCopies(t, name))
				}
			}
			r := compare.NewServers(servers...).Compare(tt.phone)
			if got := verdicts(r); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if (r.Known != nil) != tt.known {
				t.Errorf("known %v, want %v", r.Known, tt.known)
			}
		})
	}
}

func TestReadCopiesErrors(t *testing.T) {
	for data, want := range map[string]string{
		"":                         "no bytes at all",
		"hello":                    "neither a trust list nor evidence of one",
		"\x01\x00\x02\x01\x02\x02": "cut short",
	} {
		if list, err := compare.ReadCopies("x", []byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v; want %q", data, list, err, want)
		}
	}
}

func ExampleServers() {
	data, err := os.ReadFile("../testdata/lists/ctl-etoken.tlv")
	if err != nil {
		panic(err)
	}
	server, err := compare.ReadCopies("pub.tlv", data)
	if err != nil {
		panic(err)
	}
	phone, err := compare.ParseArgument("md5:4d736eaf1683928f4a26f663081541b9")
	if err != nil {
		panic(err)
	}
	r := compare.NewServers(server).Compare(compare.EvidenceCopy("the phone", phone))
	fmt.Println(r.Holds()[0].Name, r.Holds()[0].Verdict, r.Servers[0].Decision.Verdict == trust.VerdictSame)
	// Output: pub.tlv same-hash true
}

// Each list is verified once and each pair of lists judged once, however many
// phones are asked about.
func TestEachIsJudgedOnce(t *testing.T) {
	const phones = 1000
	phone := readCopies(t, "lists/ctl-etoken.tlv")[0]
	first, second := readCopies(t, "lists/ctl-etoken.tlv"), readCopies(t, "lists/upd-add-token.tlv")
	hash := fromArgument(t, "md5:4d736eaf1683928f4a26f663081541b9")
	compareAll := func(n int) (signatures, certificates int) {
		return counts.Since(func() {
			servers := compare.NewServers(first, second)
			for range n {
				for _, p := range []compare.Copy{phone, hash} {
					r := servers.Compare(p)
					for _, s := range r.Servers {
						if s.Unverified() != nil || s.Decision == nil || !s.Decision.Verdict.Taken() {
							t.Fatalf("%s: %v", s.Name, s.Decision)
						}
					}
				}
			}
		})
	}
	// Three lists are verified. The key of a record that vouches is that of the
	// offered list's signer, so nothing is checked again.
	if signatures, certificates := compareAll(1); signatures != 3 || certificates > 15 {
		t.Errorf("%d signatures checked, %d certificates read", signatures, certificates)
	}
	if signatures, certificates := compareAll(phones); signatures != 0 || certificates > 0 {
		t.Errorf("%d phones: %d signatures checked again, %d certificates read", phones, signatures, certificates)
	}
}
