package tlv_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

func TestStyles(t *testing.T) {
	names := map[tlv.Style]string{tlv.StyleCUCM: "cucm", tlv.StyleCTLClient: "ctlclient", tlv.StyleCertutils: "certutils"}
	for style, name := range names {
		if got := style.String(); got != name {
			t.Errorf("String = %q, want %q", got, name)
		}
		if got, err := tlv.ParseStyle(name); err != nil || got != style {
			t.Errorf("ParseStyle(%q) = %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "CUCM", "style 9"} {
		if got, err := tlv.ParseStyle(name); err == nil {
			t.Errorf("ParseStyle(%q) = %v", name, got)
		}
	}
	if got := tlv.Style(9).String(); got != "style 9" {
		t.Errorf("unknown style is %q", got)
	}
}

// TestCodesInJSON: documents spell codes as flags do, and read them back.
func TestCodesInJSON(t *testing.T) {
	type codes struct {
		Kinds   []tlv.Kind
		Digests []tlv.Digest
		Roles   []tlv.Role
		Styles  []tlv.Style
	}
	want := codes{
		[]tlv.Kind{tlv.KindCTL, tlv.KindITL, tlv.KindUnknown},
		[]tlv.Digest{tlv.DigestAbsent, tlv.DigestSHA1, tlv.DigestSHA256, tlv.DigestSHA512, tlv.DigestLegacySHA512, 9},
		[]tlv.Role{tlv.RoleAbsent, tlv.RoleSAST, tlv.RoleCCMTFTP, tlv.RoleTVS, tlv.RoleUnknown, 4711},
		[]tlv.Style{tlv.StyleCUCM, tlv.StyleCTLClient, tlv.StyleCertutils},
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"Kinds":["ctl","itl",""],"Digests":["","sha1","sha256","sha512","sha512-legacy","9"],` +
		`"Roles":["","SAST","CCM+TFTP","TVS","UNKNOWN","4711"],"Styles":["cucm","ctlclient","certutils"]}`
	if string(b) != text {
		t.Errorf("got  %s\nwant %s", b, text)
	}
	var got codes
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnmarshalTextRefuses(t *testing.T) {
	for _, s := range []string{`{"K":"ctlx"}`, `{"D":"md5"}`, `{"D":"256"}`, `{"R":"NOBODY"}`, `{"S":"cisco"}`} {
		var v struct {
			K tlv.Kind
			D tlv.Digest
			R tlv.Role
			S tlv.Style
		}
		if err := json.Unmarshal([]byte(s), &v); err == nil {
			t.Errorf("%s was read as %+v", s, v)
		}
	}
}
