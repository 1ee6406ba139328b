package draft

import (
	"crypto"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/keyfile"
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
	d := &Draft{Template: l.Template(), Kind: l.Header.Kind(), Style: StyleOf(l.Records), Old: l}
	d.Timestamp = made
	return d
}

func record(t testing.TB, d *Draft, entry string) tlv.Record {
	t.Helper()
	e, err := ParseEntry(entry)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Record(d.Kind, d.Style, certificate(t, e.File))
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

func TestAdd(t *testing.T) {
	d := successor(t, "ctl-etoken")
	token, server := record(t, d, "SAST=etoken-c"), record(t, d, "CCM+TFTP=sub-1024,host=sub")
	d.Add(server)
	d.Add(token)
	var roles []tlv.Role
	for _, r := range d.Records {
		roles = append(roles, r.Role())
	}
	if diff := cmp.Diff([]tlv.Role{tlv.RoleSAST, tlv.RoleSAST, tlv.RoleSAST, tlv.RoleCCMTFTP, tlv.RoleCAPF, tlv.RoleCCMTFTP}, roles); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(token, d.Records[2]); diff != "" {
		t.Error(diff)
	}
}

// Numbers are those of the old list, whatever was done before.
func TestRemove(t *testing.T) {
	d := successor(t, "ctl-etoken")
	if err := replace(t, d, "CAPF=capf-1024"); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove([]int{1, 4}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.Old.Records[1:3], d.Records); diff != "" {
		t.Error(diff)
	}
	wantError(t, d.Remove([]int{1}), "record 1 is named twice")
	for _, n := range []int{-1, 0, 5} {
		wantError(t, d.Remove([]int{n}), "the list has 4")
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
		"TVS=tvs":                     "use --add to add one",
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
		if n, err := d.NonSecure(); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if got := d.Records[2]; got.Length() != 5+3+12+3+2+3+4 || got.DNSName() != "14.48.44.80" || len(got.Fields) != 4 {
			t.Errorf("record: %v", got)
		}
	}
	if n, err := successor(t, "itl-8.6").NonSecure(); n != 0 || !errors.Is(err, errITLNonSecure) {
		t.Errorf("ITL: %d, %v", n, err)
	}
}

// newDraft is a new CTL with records of these entries.
func newDraft(t testing.TB, entries ...string) *Draft {
	t.Helper()
	d := &Draft{Template: tlv.NewTemplate(tlv.StyleCUCM, tlv.KindCTL), Kind: tlv.KindCTL}
	d.Timestamp = made
	for _, e := range entries {
		d.Records = append(d.Records, record(t, d, e))
	}
	return d
}

// wantProblems wants the override flags, and the beginnings of warnings.
func wantProblems(t *testing.T, got []Problem, want ...string) {
	t.Helper()
	for _, p := range got {
		if !strings.Contains(strings.ToLower(p.Text), "phones") && !strings.Contains(p.Text, "--timestamp") {
			t.Errorf("does not say what phones do: %s", p.Text)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d: %+v", len(got), len(want), got)
	}
	for i, p := range got {
		if p.Override != want[i] && (p.Override != "" || !strings.Contains(p.Text, want[i])) {
			t.Errorf("problem %d: %+v, want %s", i+1, p, want[i])
		}
	}
}

const (
	weakSigner = "the signer is weak"
	fewSASTs   = "SAST whose key can sign lists"
	expired    = "expired on"
	twins      = "are the same"
)

func TestJudge(t *testing.T) {
	change := func(name string, do func(d *Draft)) func(*testing.T) *Draft {
		return func(t *testing.T) *Draft {
			d := successor(t, name)
			do(d)
			return d
		}
	}
	same := func(name string) func(*testing.T) *Draft { return change(name, func(*Draft) {}) }
	build := func(entries ...string) func(*testing.T) *Draft {
		return func(t *testing.T) *Draft { return newDraft(t, entries...) }
	}
	for _, tt := range []struct {
		name, key string
		draft     func(*testing.T) *Draft
		want      []string
	}{
		{"nothing", "itlrecovery", same("ctl-sha512"), nil},
		{"tokens", "etoken-b", same("ctl-etoken"), []string{weakSigner}},
		{"expired", "pub-1024", same("ctl-tokenless"), []string{fewSASTs, expired, weakSigner}},
		{"unknown signer", "etoken-c", same("ctl-etoken"), []string{AllowUnknownSigner, AllowUnlistedSigner, weakSigner}},
		{"unknown signer, added", "etoken-c", func(t *testing.T) *Draft {
			d := successor(t, "ctl-etoken")
			d.Add(record(t, d, "SAST=etoken-c"))
			return d
		}, []string{AllowUnknownSigner, weakSigner}},
		{"signer of another role", "callmanager", same("ctl-etoken"), []string{AllowUnknownSigner, AllowUnlistedSigner, weakSigner}},
		{"signer removed", "etoken-a", change("ctl-etoken", func(d *Draft) { d.Records = d.Records[1:] }), []string{AllowUnlistedSigner, fewSASTs, weakSigner}},
		{"two SASTs of one name", "etoken-a", func(t *testing.T) *Draft {
			d := successor(t, "ctl-etoken")
			a, b := d.Records[0], d.Records[1]
			twin, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{
				Subject: a.Subject(), Issuer: a.Issuer(), SerialNumber: a.SerialNumber(), PublicKey: b.PublicKey(),
			})
			if err != nil {
				t.Fatal(err)
			}
			d.Add(twin)
			return d
		}, []string{"records 1 and 3 are SASTs with the same issuer and serial number", weakSigner}},
		{"all SASTs removed", "etoken-a", change("ctl-etoken", func(d *Draft) { d.Records = d.Records[2:] }), []string{AllowUnlistedSigner, "holds no SAST", weakSigner}},
		{"no records", "etoken-a", change("ctl-etoken", func(d *Draft) { d.Records = nil }), []string{AllowUnlistedSigner, fewSASTs, weakSigner}},
		{"spare removed", "etoken-a", change("ctl-etoken", func(d *Draft) { d.Records = d.Records[:1] }), []string{fewSASTs, weakSigner}},
		{"old list altered", "etoken-a", same("bad-signature"), []string{AllowUnverifiedOld, weakSigner}},
		{"old list altered, unknown signer", "etoken-c", same("bad-signature"), []string{AllowUnverifiedOld, AllowUnknownSigner, AllowUnlistedSigner, weakSigner}},
		{"old list without its signer", "etoken-b", same("no-signer-record"), []string{AllowUnverifiedOld, fewSASTs, weakSigner}},
		{"SHA-512", "etoken-a", change("ctl-etoken", func(d *Draft) { d.Digest = tlv.DigestSHA512 }), []string{"Older phones know only SHA-1", weakSigner}},
		{"before the old list", "itlrecovery", change("ctl-sha512", func(d *Draft) { d.Timestamp = time.Unix(1729999999, 0) }), []string{"before the old one (2024-10-27T03:33:20Z)"}},
		{"second of the old list", "itlrecovery", change("ctl-sha512", func(d *Draft) { d.Timestamp = time.Unix(1730000000, 0) }), nil},
		{"1970", "itlrecovery", change("ctl-sha512", func(d *Draft) { d.Timestamp = time.Unix(0, 0) }), []string{"before the old one", "before the certificate of record 2 becomes valid (2024-01-01"}},
		{"future", "itlrecovery", change("ctl-sha512", func(d *Draft) { d.Timestamp = made.Add(48 * time.Hour) }), []string{"in the future"}},
		{"once too often", "itlrecovery", build("SAST=ITLRecovery", "SAST=pub-2048", "SAST=ITLRecovery"), []string{twins}},
		{"thrice", "itlrecovery", build("SAST=ITLRecovery", "SAST=ITLRecovery", "SAST=ITLRecovery"), []string{fewSASTs, "records 1 and 2 are the same, and 1 more stand twice"}},
		{"spare cannot sign", "itlrecovery", build("SAST=ITLRecovery", "SAST=tftp-ec"), []string{fewSASTs}},
		{"one key under two hosts", "itlrecovery", build("SAST=ITLRecovery,host=a", "SAST=ITLRecovery,host=b"), []string{fewSASTs}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.draft(t)
			wantProblems(t, d.Judge(key(t, tt.key).Public(), nil, made), tt.want...)
		})
	}
}

// The certificate that phones see is the one in the list.
func TestJudgeCertificateOfList(t *testing.T) {
	d := successor(t, "ctl-tokenless")
	wantProblems(t, d.Judge(key(t, "pub-1024").Public(), certificate(t, "ITLRecovery"), made), fewSASTs, expired, weakSigner)
	d.Records = d.Records[1:]
	wantProblems(t, d.Judge(key(t, "pub-1024").Public(), certificate(t, "ITLRecovery"), made), AllowUnlistedSigner, fewSASTs, "its key is RSA-1024")
}

func TestJudgeValidity(t *testing.T) {
	c := certificate(t, "pub-2048")
	for _, tt := range []struct {
		c    cert.Certificate
		now  time.Time
		want string
	}{
		{*c, made, ""},
		{*c, c.NotAfter.Add(time.Second), "expired on 2029-01-01"},
		{*c, c.NotBefore.Add(-time.Second), "valid only from 2024-01-01"},
		{cert.Certificate{}, made, "no readable end date"},
	} {
		got := judgeCertificate(&tt.c, tt.now)
		if tt.want == "" {
			wantProblems(t, got)
			continue
		}
		wantProblems(t, got, tt.want)
	}
}

// otherSerial puts another serial into a record that is otherwise the same.
func otherSerial(r tlv.Record) tlv.Record {
	var other tlv.Record
	for _, f := range r.Fields {
		if f.Tag == tlv.RecordSerialNumber {
			f.Value = append([]byte{1}, f.Value[1:]...)
		}
		other.Fields = append(other.Fields, f)
	}
	return other
}

// Phones look for issuer and serial: the same key under another serial does not
// vouch, and of two the draft takes the one that phones know.
func TestSignerByName(t *testing.T) {
	public := key(t, "etoken-a").Public()
	d := successor(t, "ctl-etoken")
	known := d.Records[0]
	renamed := otherSerial(known)
	d.Records[0] = renamed
	wantProblems(t, d.Judge(public, nil, made), AllowUnknownSigner, weakSigner)
	d.Records = append([]tlv.Record{renamed, known}, d.Records[1:]...)
	wantProblems(t, d.Judge(public, nil, made), weakSigner)
	if err := d.NameSigner(public, nil); err != nil || !d.SerialNumber.Equal(known.SerialNumber()) {
		t.Errorf("serial %s, %v", d.SerialNumber, err)
	}
}

// An old list that has the signer's name with another key as well.
func TestVouchesForOneKey(t *testing.T) {
	records := readList(t, "ctl-etoken").Records
	signer, other := records[0], records[1]
	impostor := tlv.Record{}
	for _, f := range other.Fields {
		switch f.Tag {
		case tlv.RecordSerialNumber, tlv.RecordIssuerName:
			f, _ = signer.Field(f.Tag)
		}
		impostor.Fields = append(impostor.Fields, f)
	}
	for _, tt := range []struct {
		name string
		old  []tlv.Record
		want bool
	}{
		{"listed", records, true},
		{"not listed", records[1:], false},
		{"impostor alone", []tlv.Record{impostor}, false},
		{"impostor too", []tlv.Record{signer, impostor}, false},
		{"twice", []tlv.Record{signer, signer}, true},
		{"none", nil, false},
	} {
		if got := vouches(tt.old, signer); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
	if vouches(records, tlv.Record{}) {
		t.Error("a record without a key has a voucher")
	}
}

func TestNameSigner(t *testing.T) {
	public := key(t, "etoken-a").Public()
	d := successor(t, "ctl-etoken")
	old := d.Old.Records[0]
	d.Records = d.Records[1:]
	if err := d.NameSigner(public, nil); err != nil || d.CAName != old.Issuer() || d.SignerName != old.Subject() {
		t.Errorf("removed: %q, %v", d.CAName, err)
	}
	d = newDraft(t)
	d.Style = tlv.StyleCTLClient
	wantError(t, d.NameSigner(public, nil), "--signer-cert must say who it is")
	if err := d.NameSigner(public, certificate(t, "etoken-a")); err != nil || d.CAName != old.Issuer() || !d.SerialNumber.Equal(old.SerialNumber()) {
		t.Errorf("unlisted: %q %s, %v", d.CAName, d.SerialNumber, err)
	}
	wantError(t, d.NameSigner(public, &cert.Certificate{}), "malformed")
}

func TestCheckKey(t *testing.T) {
	if k, err := CheckKey(key(t, "pub-2048").Public()); err != nil || k.Size() != 256 {
		t.Errorf("%v, %v", k, err)
	}
	_, err := CheckKey(key(t, "tftp-ec").Public())
	wantError(t, err, "EC with 384 bits")
	_, err = CheckKey(nil)
	wantError(t, err, "unknown with 0 bits")
}

func TestJudgeLargeKey(t *testing.T) {
	large := key(t, "pub-2048").Public()
	wantProblems(t, judgeKey(large, nil))
	k, err := CheckKey(large)
	if err != nil {
		t.Fatal(err)
	}
	twice := *k
	twice.N = k.N.Lsh(k.N, 2048)
	wantProblems(t, judgeKey(&twice, nil), "4096 bits. Some phones")
}

func TestJudgeFinished(t *testing.T) {
	refused := func(err error) *trust.Decision { return &trust.Decision{Verdict: trust.VerdictInvalid, Reason: err} }
	for _, tt := range []struct {
		name     string
		size     int
		reason   error
		decision *trust.Decision
		want     []string
	}{
		{"new", 65536, nil, nil, nil},
		{"taken", 1, nil, &trust.Decision{Verdict: trust.VerdictAccepted}, nil},
		{"refused", 1, nil, refused(&trust.UnknownSignerError{}), []string{AllowUnknownSigner}},
		{"unlisted", 1, &trust.NoSignerError{}, &trust.Decision{Verdict: trust.VerdictSignerAbsent, Voucher: &trust.Voucher{}}, []string{AllowUnlistedSigner}},
		{"unlisted and unknown", 1, &trust.NoSignerError{}, refused(&trust.SignerAbsentError{Err: &trust.NoSignerError{}}), []string{AllowUnlistedSigner, AllowUnknownSigner}},
		{"large", 65537, nil, nil, []string{"65537 bytes"}},
		{"large ITL", 65537, nil, refused(&trust.InvalidError{Err: &trust.TooLargeError{Size: 65537}}), []string{"65537 bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantProblems(t, JudgeFinished(tt.size, tt.reason, tt.decision), tt.want...)
		})
	}
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
	_, err := Entry{Role: tlv.RoleSAST}.Record(tlv.KindCTL, tlv.StyleCUCM, &c)
	if !errors.Is(err, tlv.ErrTooLong) {
		t.Errorf("error %v", err)
	}
}
