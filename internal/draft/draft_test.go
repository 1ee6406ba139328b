package draft

import (
	"crypto"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/keyfile"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const testdata = "../../testdata/"

// made is when the drafts of these tests are dated, and now.
var made = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func readList(t testing.TB, name string) *trust.List {
	t.Helper()
	data, err := os.ReadFile(testdata + "lists/" + name + ".tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func certificate(t testing.TB, name string) *cert.Certificate {
	t.Helper()
	c, err := certs.ReadOne(testdata + "certs/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func key(t testing.TB, name string) crypto.Signer {
	t.Helper()
	k, err := keyfile.Key(testdata+"keys/"+name+".pem", nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// successor is a draft that is still the old list.
func successor(t testing.TB, name string) *Draft {
	t.Helper()
	l := readList(t, name)
	d := Successor(l, l.Header.Kind())
	d.Timestamp = made
	return d
}

func record(t testing.TB, d *Draft, entry string) tlv.Record {
	t.Helper()
	e, err := ParseEntry(entry)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Record(e, certificate(t, e.File))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func replace(t testing.TB, d *Draft, entry string) error {
	t.Helper()
	e, err := ParseEntry(entry)
	if err != nil {
		t.Fatal(err)
	}
	return d.Replace(e, certificate(t, e.File))
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestParseEntry(t *testing.T) {
	ip := netip.MustParseAddr("192.0.2.10")
	for in, want := range map[string]Entry{
		"SAST=a.pem":                          {Role: tlv.RoleSAST, File: "a.pem"},
		"ccm+tftp=a.pem,host=h,ip=192.0.2.10": {Role: tlv.RoleCCMTFTP, File: "a.pem", Host: cert.Host{DNSName: "h", IPAddress: ip}, HasHost: true},
		"CAPF=a.pem,ip=192.0.2.10,host=h":     {Role: tlv.RoleCAPF, File: "a.pem", Host: cert.Host{DNSName: "h", IPAddress: ip}, HasHost: true},
		"CAPF=a.pem,host=192.0.2.10":          {Role: tlv.RoleCAPF, File: "a.pem", Host: cert.Host{DNSName: "192.0.2.10", IPAddress: ip}, HasHost: true},
		"CAPF=a.pem,host=2001:db8::1":         {Role: tlv.RoleCAPF, File: "a.pem", Host: cert.Host{DNSName: "2001:db8::1"}, HasHost: true},
		"CAPF=a.pem,host=":                    {Role: tlv.RoleCAPF, File: "a.pem", HasHost: true},
		"21=a,b=c.pem,host=h":                 {Role: tlv.RoleTVS, File: "a,b=c.pem", Host: cert.Host{DNSName: "h"}, HasHost: true},
		"9=a.pem,hots=h":                      {Role: 9, File: "a.pem,hots=h"},
	} {
		got, err := ParseEntry(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s: -want +got\n%s", in, diff)
		}
	}
}

func TestParseEntryErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "expected ROLE=CERT.pem",
		"a.pem":                           "expected ROLE=CERT.pem",
		"SAST=":                           "expected ROLE=CERT.pem",
		"SAST=,host=h":                    "names no certificate file",
		"BOSS=a.pem":                      `unknown role "BOSS"`,
		"65536=a.pem":                     `unknown role "65536"`,
		"CCM=a.pem,host=a,host=b":         "host is given twice",
		"CCM=a.pem,ip=1.2.3.4,ip=1.2.3.4": "ip is given twice",
		"CCM=a.pem,ip=1.2.3":              "expected an IPv4 address",
		"CCM=a.pem,ip=::1":                "how lists hold IPv6 is unknown",
	} {
		_, err := ParseEntry(in)
		wantError(t, err, want)
	}
}

func TestStyleOf(t *testing.T) {
	for name, want := range map[string]tlv.Style{
		"ctl-etoken": tlv.StyleCTLClient, "ctl-nonsecure": tlv.StyleCTLClient, "ctl-tokenless": tlv.StyleCUCM, "itl-8.6": tlv.StyleCUCM, "itl-thirdparty": tlv.StyleCertutils,
	} {
		if got := StyleOf(readList(t, name).Records); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A server that is a SAST in a list of tokens has the name that CUCM gives it.
func TestServerAmongTokens(t *testing.T) {
	d := successor(t, "ctl-etoken")
	server, spare := record(t, d, "SAST=pub-2048,host=pub,ip=192.0.2.10"), record(t, d, "SAST=etoken-c")
	want := certificate(t, "pub-2048")
	if server.Issuer() != want.Issuer().CUCM() || string(server.SerialNumber()) != string(want.SerialNumber) || server.DNSName() != "pub" {
		t.Errorf("server: %q, serial %s, host %q", server.Issuer(), server.SerialNumber(), server.DNSName())
	}
	if !strings.HasPrefix(spare.Issuer(), "cn=") {
		t.Errorf("token: %q", spare.Issuer())
	}
}

func TestReplace(t *testing.T) {
	t.Run("in place", func(t *testing.T) {
		d := successor(t, "ctl-etoken")
		if err := replace(t, d, "CCM+TFTP=sub-1024"); err != nil {
			t.Fatal(err)
		}
		got, old := d.Records[2], d.Old.Records[2]
		if string(got.Certificate()) != string(certificate(t, "sub-1024").Raw) || got.DNSName() != old.DNSName() || got.IPAddress() != old.IPAddress() {
			t.Errorf("record: %v", got)
		}
		if got.Signature() != nil {
			t.Error("a SIGNATURE, which the CTL Client left out")
		}
	})
	t.Run("hash stays hash", func(t *testing.T) {
		d := successor(t, "itl-8.6")
		if err := replace(t, d, "TVS=tvs"); err != nil {
			t.Fatal(err)
		}
		if got := d.Records[3]; got.CertHash() == nil || got.Certificate() != nil || got.DNSName() != d.Old.Records[3].DNSName() {
			t.Errorf("record: %v", got)
		}
	})
	t.Run("another address", func(t *testing.T) {
		d := successor(t, "ctl-tokenless")
		if err := replace(t, d, "CCM+TFTP=sub-2048,host=CUCM-1051-A-SUB1,ip=192.0.2.9"); err != nil {
			t.Fatal(err)
		}
		if got := d.Records[3].IPAddress().String(); got != "192.0.2.9" {
			t.Error(got)
		}
	})
	t.Run("left behind", func(t *testing.T) {
		d := successor(t, "ctl-tokenless")
		if err := replace(t, d, "CCM+TFTP=sub-2048,host=cucm-1051-a-pub"); err != nil {
			t.Fatal(err)
		}
		if len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "record 1 (SAST) still holds the certificate that was replaced in record 2") {
			t.Errorf("notes: %q", d.Notes)
		}
	})
}

func TestReplaceErrors(t *testing.T) {
	for entry, want := range map[string]string{
		"TVS=tvs":                     "there are SAST, CCM+TFTP, CAPF. Name one of those, or use --add",
		"SAST=etoken-c":               `2 records have the role SAST, host "", ""`,
		"SAST=etoken-c,host=":         "2 records have the role SAST",
		"CCM+TFTP=sub-1024,host=else": `has the host "else": there is "14.48.44.80"`,
	} {
		wantError(t, replace(t, successor(t, "ctl-etoken"), entry), want)
	}
}

func TestNonSecure(t *testing.T) {
	d := successor(t, "ctl-etoken")
	for range 2 { // it can be done again
		if err := d.NonSecure(); err != nil {
			t.Fatal(err)
		}
		if got := d.Records[2]; got.Length() != 5+3+12+3+2+3+4 || got.DNSName() != "14.48.44.80" || len(got.Fields) != 4 {
			t.Errorf("record: %v", got)
		}
	}
	if err := successor(t, "itl-8.6").NonSecure(); !errors.Is(err, errITLNonSecure) {
		t.Errorf("ITL: %v", err)
	}
	wantError(t, successor(t, "ctl-unknown-tag").NonSecure(), "no CCM+TFTP record")
}

// Entries are bytes from a command line; nothing of them panics.
func FuzzParseEntry(f *testing.F) {
	for _, s := range []string{"SAST=a.pem", "CCM+TFTP=a.pem,host=h,ip=192.0.2.10", "0=,=,host=,ip="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEntry(s)
		if err == nil && (e.File == "" || !strings.Contains(s, e.File)) {
			t.Errorf("%q: file %q", s, e.File)
		}
	})
}

// A certificate that does not fit a record is an error, not a broken list.
func TestLongRecord(t *testing.T) {
	c := *certificate(t, "etoken-a")
	c.Raw = make([]byte, 65400)
	_, err := New(tlv.KindCTL, tlv.StyleCUCM).Record(Entry{Role: tlv.RoleSAST}, &c)
	if !errors.Is(err, tlv.ErrTooLong) {
		t.Errorf("error %v", err)
	}
}

// Every refusal says what phones would do and what to do instead, and has a flag.
func TestExplain(t *testing.T) {
	old := readList(t, "ctl-etoken")
	for _, tt := range []struct {
		refusal    trust.Refusal
		flag, want string
	}{
		{trust.Refusal{Permission: trust.PermitUnverifiedInstalled, Err: &trust.UnverifiedInstalledError{Err: &trust.SignatureError{Number: 1}}}, AllowUnverifiedOld, "Fetch the list from the TFTP server again"},
		{trust.Refusal{Permission: trust.PermitUnknownSigner, Err: &trust.UnknownSignerError{}}, AllowUnknownSigner, "to bring in a new signer, add it now"},
		{trust.Refusal{Permission: trust.PermitUnknownSigner, Err: &trust.UnknownSignerError{Renamed: &trust.Voucher{List: old, Number: 1}}}, AllowUnknownSigner, "add the new certificate beside it"},
		{trust.Refusal{Permission: trust.PermitUnknownSigner, Err: &trust.InvalidError{Err: &trust.AmbiguousError{What: "two"}}}, AllowUnknownSigner, "sign with one of its SASTs"},
		{trust.Refusal{Permission: trust.PermitUnlistedSigner, Err: &trust.NoSignerError{}}, AllowUnlistedSigner, "--token-record"},
	} {
		got := Explain(&tt.refusal, false)
		if !strings.Contains(strings.ToLower(got), "phones") || !strings.Contains(got, tt.want) {
			t.Errorf("%v: %s; want %s", tt.refusal.Err, got, tt.want)
		}
		if got := Flag(tt.refusal.Permission); got != tt.flag {
			t.Errorf("%v: flag %s, want %s", tt.refusal.Err, got, tt.flag)
		}
	}
	if got := Explain(&trust.Refusal{Err: &trust.NoSignerError{}}, true); !strings.Contains(got, "--add-token") {
		t.Error(got)
	}
}

func rules(findings []lint.Finding) []string {
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.Rule)
	}
	return ids
}

// What the old list had already is not news.
func TestFindings(t *testing.T) {
	d := successor(t, "ctl-etoken")
	list := func() *trust.List {
		signing, err := trust.Prepare(d.Template, key(t, "etoken-a").Public(), trust.Conditions{Installed: d.Old})
		if err != nil {
			t.Fatal(err)
		}
		return signing.Draft
	}
	if news, kept := Findings(list(), d.Old, d.Kind, made); len(news) > 0 || kept == 0 {
		t.Errorf("the same list: %v, %d kept", rules(news), kept)
	}
	if err := d.Remove(2); err != nil {
		t.Fatal(err)
	}
	if news, _ := Findings(list(), d.Old, d.Kind, made); !slices.Equal(rules(news), []string{"few-sasts"}) {
		t.Errorf("a SAST less: %v", rules(news))
	}
	if news, kept := Findings(list(), nil, d.Kind, made); len(news) < 2 || kept != 0 {
		t.Errorf("a new list: %v, %d kept", rules(news), kept)
	}
}
