package trust_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/trust"
)

const attacks = "../testdata/attacks/"

func readAttack(t *testing.T, name string) *trust.List {
	t.Helper()
	data, err := os.ReadFile(attacks + name)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

// Lists that once got a yes although nobody knows what phones do with them, or
// although they do not take them.
func TestAttacks(t *testing.T) {
	tests := map[string]struct {
		verdict trust.Verdict
		unknown bool
		reason  string // part of it
	}{
		"01-accept-namesake/10-installed-namesake-NUL":        {trust.VerdictInvalid, true, "installed CTL: ISSUERNAME of record 1 equals CANAME only up to an embedded NUL"},
		"01-accept-namesake/12-installed-namesake-dup-issuer": {trust.VerdictInvalid, true, "installed CTL: record 1, the signer, has two fields ISSUERNAME"},
		"02-voucher-publickey/08-installed-publickey-other":   {trust.VerdictUnknown, true, "installed CTL: PUBLICKEY of record 1, the signer, is not the key of its certificate"},
		"03-itl-size/21-itl-120k-no-filename":                 {trust.VerdictInvalid, false, "an ITL of more than 65536 fails on phones"},
		"04-unknown-is-yes/02-digest4":                        {trust.VerdictUnknown, true, "digest code 4"},
		"04-unknown-is-yes/04-modulus-wrong":                  {trust.VerdictUnknown, true, "SIGNATUREMODULUS says"},
		"04-unknown-is-yes/06-own-record-publickey-other":     {trust.VerdictUnknown, true, "PUBLICKEY of record 1, the signer, is not the key"},
		"04-unknown-is-yes/15-version-2.0":                    {trust.VerdictUnknown, true, "VERSION is 2.0"},
		"04-unknown-is-yes/17-no-filename":                    {trust.VerdictUnknown, true, `FILENAME is ""`},
		"04-unknown-is-yes/25-key-3072":                       {trust.VerdictUnknown, true, "3072 bits"},
		"05-less-than-update/03-sha512-after-sha1":            {trust.VerdictAccepted, false, ""}, // warned about by the rules of package lint
		"05-less-than-update/20-older-timestamp":              {trust.VerdictAccepted, false, ""}, // likewise
		"06-unverified-installed/27-installed-tampered":       {trust.VerdictUnknown, true, "the installed CTL does not verify"},
		"06-unverified-installed/28-same-tampered":            {trust.VerdictSame, true, "the installed CTL does not verify"},
	}
	names, err := filepath.Glob(attacks + "*/*.installed0.tlv")
	if err != nil || len(names) != len(tests) {
		t.Fatalf("%d attacks, want %d: %v", len(names), len(tests), err)
	}
	for name, want := range tests {
		d := trust.Accept(trust.Phone{Installed: []*trust.List{readAttack(t, name+".installed0.tlv")}}, readAttack(t, name+".new.tlv"))
		if d.Verdict != want.verdict || d.Unknown != want.unknown || d.Yes() != (want.reason == "") {
			t.Errorf("%s: %s, unknown %v, yes %v; want %+v", name, d.Verdict, d.Unknown, d.Yes(), want)
		}
		if (d.Reason == nil) != (want.reason == "") || d.Reason != nil && !strings.Contains(d.Reason.Error(), want.reason) {
			t.Errorf("%s: %v, want %s", name, d.Reason, want.reason)
		}
	}
}

// A list is verified or not by its own rules, whatever phones do; a SIGNATURE in
// another place is warned about.
func TestMovedSignature(t *testing.T) {
	names, err := filepath.Glob(attacks + "14-signature-moved/*.tlv")
	if err != nil || len(names) != 5 {
		t.Fatalf("%d lists, want 5: %v", len(names), err)
	}
	for _, name := range names {
		l := readAttack(t, strings.TrimPrefix(filepath.ToSlash(name), attacks))
		v, err := l.Verify()
		if err != nil || len(v.Warnings) != 1 || !strings.HasPrefix(v.Warnings[0], "SIGNATURE is ") {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if d := trust.Accept(trust.Phone{Installed: []*trust.List{readList(t, "ctl-etoken")}}, l); d.Verdict != trust.VerdictUnknown || !d.Unknown {
			t.Errorf("%s: %s, unknown %v", name, d.Verdict, d.Unknown)
		}
	}
}

// Whoever asks about an installed list that does not verify can be answered.
func TestAcceptAllowUnverified(t *testing.T) {
	p := trust.Phone{Installed: []*trust.List{readAttack(t, "06-unverified-installed/27-installed-tampered.installed0.tlv")}, AllowUnverified: true}
	d := trust.Accept(p, readAttack(t, "06-unverified-installed/27-installed-tampered.new.tlv"))
	if !d.Yes() || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "does not verify") {
		t.Errorf("%s, %v, warnings %q", d.Verdict, d.Reason, d.Warnings)
	}
}

// Thousands of SASTs that all name the signer cost no signature check and no
// reading of certificates each.
func TestAcceptManySASTs(t *testing.T) {
	for _, n := range []int{100, 1000} {
		template := readList(t, "ctl-etoken").Template()
		for range n {
			template.Add(template.Records[0])
		}
		installed, err := trust.Sign(template, readKey(t, "etoken-a"), trust.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		p := trust.Phone{Installed: []*trust.List{parse(t, installed.Raw())}}
		signatures, certificates := counts.Since(func() {
			if d := trust.Accept(p, readList(t, "upd-second-token")); !d.Yes() {
				t.Errorf("%s: %v", d.Verdict, d.Reason)
			}
		})
		if signatures != 2 || certificates > 4 {
			t.Errorf("%d SASTs: %d signatures were checked, want 2; %d certificates were read, want at most 4", n, signatures, certificates)
		}
	}
}
