package signed_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func TestRules(t *testing.T) {
	id, ground := regexp.MustCompile(`^(signed|firmware)(-[a-z]+)+$`), regexp.MustCompile(`\[[FPDI?]`)
	seen := make(map[string]bool)
	for _, r := range signed.Rules() {
		if !id.MatchString(r.ID) || seen[r.ID] || r.Title == "" || !strings.HasSuffix(r.Doc, ".") || !ground.MatchString(r.Source) || r.Severity == 0 {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
		if found, applies := r.Apply(lint.NewSubject(list(t), lint.Options{})); applies || len(found) > 0 {
			t.Errorf("%s is about lists: %v", r.ID, found)
		}
	}
	if len(seen) == 0 {
		t.Fatal("no rules")
	}
}

// Each rule has a file that fails it, and says what to do; good files fail none.
func TestEachRuleFinds(t *testing.T) {
	config, short := read(t, "sha1/"+plainName+".sgn"), read(t, "sha1/short.cnf.xml.sgn")
	lists := signed.Against{Lists: []*trust.List{list(t)}}
	beside := signed.Beside{Lists: true, Encrypted: true}
	changed := append(config[:len(config)-1:len(config)-1], 'x')
	bySAST, err := signed.Make([]byte("x"), rsaKey(t, "../keys/itlrecovery.pem"), certificate(t, "../certs/ITLRecovery.pem"),
		signed.Options{Filename: "ringlist.xml.sgn", Style: tlv.StyleCertutils, Digest: tlv.DigestSHA1, Timestamp: made})
	if err != nil {
		t.Fatal(err)
	}
	bySub, err := signed.Make([]byte("x"), rsaKey(t, "../keys/capf-2048.pem"), certificate(t, "../certs/capf-2048.pem"),
		signed.Options{Filename: "ringlist.xml.sgn", Style: tlv.StyleCUCM, Digest: tlv.DigestSHA1, Timestamp: made})
	if err != nil {
		t.Fatal(err)
	}
	twice := changedFile(t, func(fields []tlv.HeaderField) []tlv.HeaderField { return append(fields[:2:2], fields[1:]...) })
	odd := changedFile(t, func(fields []tlv.HeaderField) []tlv.HeaderField {
		fields[0].Value = []byte{1, 1}
		return fields
	})
	badList, err := trust.Read(append(list(t).Raw()[:len(list(t).Raw())-1:len(list(t).Raw())-1], 1))
	if err != nil {
		t.Fatal(err)
	}
	whole := image("kern78xx.sgn", []byte("content"))
	damaged := append(whole[:len(whole)-1:len(whole)-1], 'x')
	tested := make(map[string]bool)
	for _, tt := range []struct {
		rule string
		name string
		data []byte
		by   signed.Against
		in   signed.Beside
	}{
		{"signed-no-record", "ringlist.xml.sgn", bySub, lists, beside},
		{"signed-role", "ringlist.xml.sgn", bySAST, lists, beside},
		{"signed-signature-wrong", "copy.sgn", changed, lists, beside},
		{"signed-unusable", "copy.sgn", twice.Raw(), lists, beside},
		{"signed-other-name", "SEP001122334466.cnf.xml.sgn", config, lists, beside},
		{"signed-list-not-verified", "copy.sgn", config, signed.Against{Lists: []*trust.List{badList}}, beside},
		{"signed-list-not-verified", "copy.sgn", config, signed.Against{}, signed.Beside{Lists: true, ListError: errors.New("no list")}},
		{"signed-unproven", "copy.sgn", odd.Raw(), lists, beside},
		{"signed-encrypted-missing", plainName + ".sgn", short, lists, signed.Beside{Lists: true}},
		{"firmware-damaged", "kern78xx.sgn", damaged, lists, beside},
		{"firmware-members", "x.loads", whole, signed.Against{}, signed.Beside{Members: []string{"a.sbn: MISSING"}}},
		{"signed-without-list", "copy.sgn", config, signed.Against{}, signed.Beside{}},
		{"", "copy.sgn", config, lists, beside},
		{"", "short.sgn", short, lists, beside},
		{"", "kern78xx.sgn", whole, lists, beside},
		{"", "kern78xx.sgn", whole, signed.Against{}, signed.Beside{}},
	} {
		j, err := signed.Judge(tt.name, tt.data, tt.by)
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		tested[tt.rule] = true
		for _, p := range []lint.Profile{lint.ProfileCUCM, lint.ProfilePBX} {
			tt.in.Profile = p
			found := j.Lint(tt.in)
			if tt.rule == "" && len(found) > 0 || tt.rule != "" && (len(found) != 1 || found[0].Rule != tt.rule || found[0].Message == "" || found[0].Remedy == "") {
				t.Errorf("%s: %+v", tt.rule, found)
				continue
			}
			for _, f := range found {
				if p == lint.ProfilePBX && strings.Contains(f.Remedy, "Cisco TFTP") {
					t.Errorf("%s: advice about a cluster: %s", f.Rule, f.Remedy)
				}
			}
		}
	}
	for _, r := range signed.Rules() {
		if !tested[r.ID] {
			t.Errorf("%s has no case", r.ID)
		}
	}
}
