package lint

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// cluster matches words that are about CUCM and its tools.
var cluster = regexp.MustCompile("CUCM|utils |show [ci]tl|OS Administration|Cisco |CTL Client|publisher|ITLRecovery|enterprise parameter")

func readList(t *testing.T, name string) *trust.List {
	t.Helper()
	data, err := os.ReadFile("../testdata/lists/" + name + ".tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Each remedy has words; those for a PBX speak of nothing that only a cluster has.
func TestRemediesForPBX(t *testing.T) {
	for _, kind := range []tlv.Kind{tlv.KindCTL, tlv.KindITL} {
		s := NewSubject(readList(t, "bad-signature"), Options{Kind: kind, Profile: ProfilePBX, At: time.Unix(1735689600, 0)})
		records := append([]Record{{}}, s.Records...)
		for _, role := range []tlv.Role{tlv.RoleAppServer, tlv.RoleTFTP, tlv.RoleTVS, tlv.RoleCCM} {
			r := s.Records[0]
			r.Record = tlv.Record{Fields: []tlv.RecordField{{Tag: tlv.RecordFunction, Value: []byte{0, byte(role)}}}}
			records = append(records, r)
		}
		for i, remedy := range remedies {
			if remedy == nil {
				t.Fatalf("remedy %d has no words", i)
			}
			if r := Remedy(i); r == RemedyStartCAPF || r == RemedyStartTFTP {
				continue // of rules that are not for a PBX
			}
			for _, r := range records {
				if text := remedy(s, r); text == "" || cluster.MatchString(text) {
					t.Errorf("%s, remedy %d: %q", kind, i, text)
				}
			}
		}
	}
}

func TestProfile(t *testing.T) {
	for _, tt := range []struct {
		list    string
		profile Profile
		pbx     bool
	}{
		{"itl-thirdparty", ProfileAuto, true},
		{"itl-thirdparty", ProfileCUCM, false},
		{"itl-8.6", ProfileAuto, false},
		{"itl-8.6", ProfilePBX, true},
		{"ctl-etoken", ProfileAuto, false},
	} {
		if got := NewSubject(readList(t, tt.list), Options{Profile: tt.profile}).PBX(); got != tt.pbx {
			t.Errorf("%s, profile %s: PBX %v", tt.list, tt.profile, got)
		}
	}
	for _, p := range []Profile{ProfileAuto, ProfileCUCM, ProfilePBX} {
		var back Profile
		text, err := p.MarshalText()
		if err != nil || back.UnmarshalText(text) != nil || back != p {
			t.Errorf("%s reads as %s", text, back)
		}
	}
	if _, err := ParseProfile("asterisk"); err == nil {
		t.Error("no error for an unknown profile")
	}
}
