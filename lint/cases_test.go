package lint_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func readCase(t *testing.T, name string) *trust.List {
	t.Helper()
	data, err := os.ReadFile("../testdata/cases/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

// judge returns the findings of one rule.
func judge(t *testing.T, l *trust.List, o lint.Options, id string) []lint.Finding {
	t.Helper()
	r, err := lint.Find(allRules(), id)
	if err != nil {
		t.Fatal(err)
	}
	if o.At.IsZero() {
		o.At = at
	}
	found, _ := r.Apply(lint.NewSubject(l, o))
	return found
}

// A serial number of one zero byte is there, and so is an empty one.
func TestSerialZero(t *testing.T) {
	l := readCase(t, "serial-zero.tlv")
	if found := judge(t, l, lint.Options{}, "field-missing"); found != nil {
		t.Errorf("one zero byte: %+v", found)
	}
	empty := changed(t, healthy, record(4, tlv.RecordSerialNumber))
	if found := judge(t, empty, lint.Options{}, "field-missing"); found != nil {
		t.Errorf("an empty field: %+v", found)
	}
}

func TestKeysThatNoPhoneKnows(t *testing.T) {
	found := judge(t, readCase(t, "ed25519.tlv"), lint.Options{}, "key-type")
	if len(found) != 1 || found[0].Record != 1 || found[0].Severity != lint.SeverityError || found[0].Message != "Ed25519 key of 256 bits" {
		t.Errorf("Ed25519: %+v", found)
	}
	if found := judge(t, vector(t, "itl-sha512-ec"), lint.Options{}, "key-type"); found != nil {
		t.Errorf("EC P-256: %+v", found)
	}
}

// Nothing is said of SASTs that expire together ten years from now.
func TestSASTsThatExpireTogether(t *testing.T) {
	for year, want := range map[int]int{2019: 0, 2027: 0, 2028: 0, 2029: 1} {
		o := lint.Options{At: time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC), Days: 60}
		if found := judge(t, vector(t, "ctl-etoken"), o, "sasts-expire-together"); len(found) != want {
			t.Errorf("%d: %+v", year, found)
		}
	}
}

// The certificate of a CallManager-ECDSA record is not CallManager's.
func TestRemedyForEC(t *testing.T) {
	found := judge(t, vector(t, "itl-sha512-ec"), lint.Options{At: time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)}, "certificate-expired")
	for _, f := range found {
		if f.Record == 4 && f.Host == "tftp-ec.example.com" && strings.HasPrefix(f.Remedy, "regenerate CallManager-ECDSA in") {
			return
		}
	}
	t.Errorf("no such remedy for record 4: %+v", found)
}

// A new ITLRecovery or CallManager may sign the next ITL, which only TVS could vouch
// for then. A server that signs no list changes nothing for phones.
func TestRemedyForSignersOfITL(t *testing.T) {
	found := judge(t, vector(t, "itl-sha512-ec"), lint.Options{At: time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC)}, "certificate-expired")
	checked := 0
	for _, f := range found {
		signs := f.Record <= 3 // ITLRecovery, CallManager, and that as TFTP
		if strings.Contains(f.Remedy, "ctlinspect accept --installed OLD NEW") != signs {
			t.Errorf("record %d: %s", f.Record, f.Remedy)
		}
		checked++
	}
	if checked < 4 {
		t.Errorf("%d findings", checked)
	}
}

// The certificates of CAPF, a token and ITLRecovery in the place of CallManager's.
func TestWrongCertificate(t *testing.T) {
	token := func(p *parts) {
		p.records[2] = vector(t, "ctl-etoken").Records[0]
		record(3, tlv.RecordFunction, 0, 2)(p)
	}
	for name, change := range map[string]func(*parts){
		"CAPF":        copyRecord(5, 3, tlv.RoleCCMTFTP),
		"a USB token": token,
		"ITLRecovery": copyRecord(1, 3, tlv.RoleTVS),
	} {
		found := judge(t, changed(t, healthy, change), lint.Options{}, "wrong-certificate")
		if len(found) != 1 || found[0].Record != 3 || !strings.Contains(found[0].Message, "a certificate of "+name+",") {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// What a cluster needs is no fault of a list for a PBX.
func TestListsForPBX(t *testing.T) {
	for name, l := range map[string]*trust.List{"itl-thirdparty": vector(t, "itl-thirdparty"), "serial-zero": readCase(t, "serial-zero.tlv")} {
		o := lint.Options{At: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Days: 60}
		if got := ids(lint.Run(l, o, allRules())); !slices.Equal(got, []string{"digest-sha1", "few-sasts"}) {
			t.Errorf("%s: %v", name, got)
		}
		o.Profile = lint.ProfileCUCM
		if got := ids(lint.Run(l, o, allRules())); !slices.Contains(got, "itl-without-tftp") || !slices.Contains(got, "itl-without-tvs") {
			t.Errorf("%s, judged for CUCM: %v", name, got)
		}
	}
}
