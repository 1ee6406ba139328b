package trust_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// The pairs of testdata/accept.json, all of them.
func TestAcceptPairs(t *testing.T) {
	var pairs []struct {
		Installed *string
		Offered   string
		Verdict   trust.Verdict
	}
	if err := json.Unmarshal(readFile(t, "accept.json"), &pairs); err != nil {
		t.Fatal(err)
	}
	if len(pairs) == 0 {
		t.Fatal("accept.json is empty")
	}
	for _, p := range pairs {
		phone, name := trust.Phone{}, "nothing"
		if p.Installed != nil {
			name = *p.Installed
			phone.Installed = append(phone.Installed, readList(t, name))
		}
		t.Run(name+" then "+p.Offered, func(t *testing.T) {
			d := trust.Accept(phone, readList(t, p.Offered))
			if d.Verdict != p.Verdict {
				t.Fatalf("verdict %q, want %q: %v", d.Verdict, p.Verdict, d.Reason)
			}
			checkConsistent(t, d)
		})
	}
}

// checkConsistent checks that verdict, reason and vouchers say the same.
func checkConsistent(t *testing.T, d *trust.Decision) {
	t.Helper()
	var unknown *trust.UnknownSignerError
	var invalid *trust.InvalidError
	var absent *trust.SignerAbsentError
	reasons := map[trust.Verdict]bool{
		trust.VerdictUnknownSigner: errors.As(d.Reason, &unknown),
		trust.VerdictInvalid:       errors.As(d.Reason, &invalid),
		trust.VerdictSignerAbsent:  errors.As(d.Reason, &absent),
	}
	for v, is := range reasons {
		if is != (v == d.Verdict) {
			t.Errorf("verdict %q has the reason %T: %[2]v", d.Verdict, d.Reason)
		}
	}
	if (d.Reason == nil) != d.Verdict.Taken() || (d.Stranded == trust.StrandedAll) == d.Verdict.Taken() {
		t.Errorf("verdict %q with reason %v, stranded %v", d.Verdict, d.Reason, d.Stranded)
	}
	if vouched := d.Voucher != nil || d.TVS != nil; d.Verdict == trust.VerdictAccepted && !vouched {
		t.Error("accepted, and nobody vouches")
	}
}

// sign builds a list from records and signs it with a key of testdata/keys.
func sign(t *testing.T, kind tlv.Kind, key string, records ...tlv.Record) *trust.List {
	t.Helper()
	template := tlv.NewTemplate(tlv.StyleCUCM, kind)
	template.Timestamp = time.Unix(1730000000, 0)
	template.Records = records
	signed, err := trust.Sign(template, readKey(t, key), trust.Conditions{Permit: trust.PermitTooLarge | trust.PermitUnproven})
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, signed.Raw())
}

// certless is a SAST record with names, serial and the key of a certificate, but
// without the certificate.
func certless(t *testing.T, certificate, subject, issuer string, serial tlv.Serial) tlv.Record {
	t.Helper()
	c := readCert(t, certificate)
	key, err := c.KeyBytes()
	if err != nil {
		t.Fatal(err)
	}
	r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{Subject: subject, Issuer: issuer, SerialNumber: serial, PublicKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readCert(t testing.TB, name string) *cert.Certificate {
	t.Helper()
	c, err := cert.Read(readPEM(t, "certs/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A name and a serial can be copied by anybody: the key decides.
func TestAcceptRefusesCopiedName(t *testing.T) {
	installed := sign(t, tlv.KindCTL, "etoken-a", certless(t, "etoken-a", "CN=a", "CN=ca", tlv.Serial{1, 2}))
	forged := sign(t, tlv.KindCTL, "etoken-c", certless(t, "etoken-c", "CN=a", "CN=ca", tlv.Serial{1, 2}))
	d := trust.Accept(trust.Phone{Installed: []*trust.List{installed}}, forged)
	checkConsistent(t, d)
	var invalid *trust.InvalidError
	if !errors.As(d.Reason, &invalid) || invalid.Installed == nil || trust.ReasonOf(d.Reason) != trust.ReasonSignatureWrong {
		t.Fatalf("%s: %v; want the wrong signature of an installed record", d.Verdict, d.Reason)
	}
}

// A key alone is not found by phones, which look for issuer and serial.
func TestAcceptNamesKeyUnderOtherSerial(t *testing.T) {
	installed := sign(t, tlv.KindCTL, "etoken-a", certless(t, "etoken-a", "CN=a", "CN=ca", tlv.Serial{1, 2}))
	renamed := sign(t, tlv.KindCTL, "etoken-a", certless(t, "etoken-a", "CN=a", "CN=ca", tlv.Serial{2, 1}))
	d := trust.Accept(trust.Phone{Installed: []*trust.List{installed}}, renamed)
	checkConsistent(t, d)
	var unknown *trust.UnknownSignerError
	if !errors.As(d.Reason, &unknown) || unknown.Renamed == nil || unknown.Renamed.Number != 1 {
		t.Fatalf("%s: %v; want the record that holds the key", d.Verdict, d.Reason)
	}
}

// Two records of the signer's name, one with another key: no.
func TestAcceptRefusesContradiction(t *testing.T) {
	good := sign(t, tlv.KindCTL, "etoken-a", certless(t, "etoken-a", "CN=a", "CN=ca", tlv.Serial{1, 2}))
	other := sign(t, tlv.KindITL, "etoken-c", certless(t, "etoken-c", "CN=a", "CN=ca", tlv.Serial{1, 2}))
	offered := sign(t, tlv.KindCTL, "etoken-a", good.Records[0], entry{cert: "etoken-b"}.record(t, tlv.StyleCUCM))
	for _, installed := range [][]*trust.List{{good, other}, {other, good}} {
		d := trust.Accept(trust.Phone{Installed: installed}, offered)
		checkConsistent(t, d)
		if d.Verdict != trust.VerdictInvalid {
			t.Errorf("verdict %q, want invalid", d.Verdict)
		}
	}
}

func TestAcceptSeveralInstalled(t *testing.T) {
	ctl, itl := readList(t, "ctl-etoken"), readList(t, "itl-sha512-ec")
	tests := []struct {
		name, offered string
		installed     []*trust.List
		verdict       trust.Verdict
		list          int // index of the list that vouches
		record        int // of the record, from 1; 0 for none
		warnings      int
	}{
		{"the ITL vouches for an ITL", "itl-by-recovery", []*trust.List{ctl, itl}, trust.VerdictAccepted, 1, 1, 0},
		{"the CTL vouches for a CTL", "upd-second-token", []*trust.List{itl, ctl}, trust.VerdictAccepted, 1, 2, 0},
		{"the second list is the same", "itl-sha512-ec", []*trust.List{ctl, itl}, trust.VerdictSame, 0, 0, 0},
		{"an ITL vouches for a CTL: with a warning", "ctl-sha512", []*trust.List{itl}, trust.VerdictAccepted, 0, 1, 1},
		{"one SAST left, which package lint warns of", "upd-drop-second", []*trust.List{ctl}, trust.VerdictAccepted, 0, 1, 0},
		{"neither knows the signer", "upd-new-token", []*trust.List{ctl, itl}, trust.VerdictUnknownSigner, 0, 0, 0},
		{"absent signer, vouched for", "no-signer-record", []*trust.List{itl, ctl}, trust.VerdictSignerAbsent, 1, 1, 0},
		{"absent signer, nobody knows it", "no-signer-record", []*trust.List{itl}, trust.VerdictSignerAbsent, 0, 0, 0},
		{"absent signer, nothing installed", "no-signer-record", nil, trust.VerdictSignerAbsent, 0, 0, 0},
		{"signer that is no SAST", "signer-not-sast", []*trust.List{ctl}, trust.VerdictSignerAbsent, 0, 1, 0},
		{"signed with the other installed key", "other-key", []*trust.List{ctl}, trust.VerdictInvalid, 0, 0, 0},
		{"a wrong signature, nothing installed", "bad-signature", nil, trust.VerdictInvalid, 0, 0, 0},
		{"an installed list that does not verify", "upd-second-token", []*trust.List{readList(t, "bad-signature")}, trust.VerdictUnknown, 0, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := trust.Accept(trust.Phone{Installed: tt.installed}, readList(t, tt.offered))
			checkConsistent(t, d)
			if d.Verdict != tt.verdict {
				t.Fatalf("verdict %q, want %q: %v", d.Verdict, tt.verdict, d.Reason)
			}
			if len(d.Warnings) != tt.warnings {
				t.Errorf("warnings %q, want %d", d.Warnings, tt.warnings)
			}
			if want := tt.verdict == trust.VerdictSignerAbsent || tt.verdict == trust.VerdictUnknown || tt.verdict == trust.VerdictInvalid && tt.installed == nil; d.Unknown != want {
				t.Errorf("what phones do is unknown: %v, want %v", d.Unknown, want)
			}
			switch v := d.Voucher; {
			case (v != nil) != (tt.record > 0):
				t.Fatalf("voucher %v, want record %d", v, tt.record)
			case v != nil && (v.Installed != tt.list || v.Number != tt.record || v.List != tt.installed[tt.list]):
				t.Errorf("voucher %v of list %d, want record %d of list %d", v, v.Installed, tt.record, tt.list)
			}
		})
	}
}

func TestAcceptTVS(t *testing.T) {
	itl := readList(t, "itl-8.6")
	recovery := inTVS(readCert(t, "tvs"), readCert(t, "ITLRecovery"))
	roleless := []trust.TVSCertificate{{Certificate: readCert(t, "ITLRecovery"), From: "CallManager-trust"}}
	https := []trust.TVSCertificate{{Certificate: readCert(t, "ITLRecovery"), Roles: []tlv.Role{tlv.RoleAppServer}}}
	tests := []struct {
		name     string
		phone    trust.Phone
		verdict  trust.Verdict
		stranded trust.Stranded
	}{
		{"TVS holds the signer", trust.Phone{Installed: []*trust.List{itl}, TVS: recovery}, trust.VerdictAccepted, trust.StrandedWithoutTVS},
		{"TVS gives the signer no role", trust.Phone{Installed: []*trust.List{itl}, TVS: roleless}, trust.VerdictUnknownSigner, trust.StrandedAll},
		{"TVS gives the signer another role", trust.Phone{Installed: []*trust.List{itl}, TVS: https}, trust.VerdictUnknownSigner, trust.StrandedAll},
		{"two stores hold the signer", trust.Phone{Installed: []*trust.List{itl}, TVS: slices.Concat(roleless, https, recovery)}, trust.VerdictAccepted, trust.StrandedWithoutTVS},
		{"TVS holds another", trust.Phone{Installed: []*trust.List{itl}, TVS: recovery[:1]}, trust.VerdictUnknownSigner, trust.StrandedAll},
		{"no ITL that names a TVS", trust.Phone{Installed: []*trust.List{readList(t, "ctl-etoken")}, TVS: recovery}, trust.VerdictUnknownSigner, trust.StrandedAll},
		{"no TVS needed", trust.Phone{Installed: []*trust.List{readList(t, "itl-sha512-ec")}, TVS: recovery}, trust.VerdictAccepted, trust.StrandedNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := trust.Accept(tt.phone, readList(t, "itl-by-recovery"))
			checkConsistent(t, d)
			if d.Verdict != tt.verdict || d.Stranded != tt.stranded {
				t.Errorf("%s, stranded %s; want %s, %s", d.Verdict, d.Stranded, tt.verdict, tt.stranded)
			}
			var unknown *trust.UnknownSignerError
			if errors.As(d.Reason, &unknown) && !bytes.Equal(unknown.Record.Certificate(), recovery[1].Raw) {
				t.Error("the certificate that TVS would have to hold is another")
			}
		})
	}
}

// TVS is asked about a signer without a certificate by key and serial, but phones
// are not known to accept such a signer. TVS does not save a list whose signature
// is wrong.
func TestAcceptTVSWithoutCertificate(t *testing.T) {
	c := readCert(t, "etoken-c")
	phone := trust.Phone{Installed: []*trust.List{readList(t, "itl-8.6")}, TVS: inTVS(c)}
	for serial, want := range map[string]trust.Verdict{
		string(c.SerialNumber):                        trust.VerdictUnknown,
		string(tlv.Serial(c.SerialNumber).Reversed()): trust.VerdictUnknown,
		"\x01": trust.VerdictUnknownSigner,
	} {
		offered := sign(t, tlv.KindITL, "etoken-c", certless(t, "etoken-c", "CN=c", "CN=ca", tlv.Serial(serial)))
		if d := trust.Accept(phone, offered); d.Verdict != want {
			t.Errorf("serial % x: %s, want %s", serial, d.Verdict, want)
		}
		damaged := bytes.Clone(offered.Raw())
		damaged[len(damaged)-1] ^= 1
		if d := trust.Accept(phone, parse(t, damaged)); d.Verdict != trust.VerdictInvalid {
			t.Errorf("damaged: %s, want invalid", d.Verdict)
		}
	}
}

// An ITL may have 64 KiB, a CTL any size.
func TestAcceptLargeITL(t *testing.T) {
	for _, tt := range []struct {
		kind    tlv.Kind
		size    int
		verdict trust.Verdict
	}{
		{tlv.KindITL, trust.MaxITLSize - 4, trust.VerdictFirst},
		{tlv.KindITL, trust.MaxITLSize, trust.VerdictFirst},
		{tlv.KindITL, trust.MaxITLSize + 4, trust.VerdictInvalid},
		{tlv.KindCTL, trust.MaxITLSize + 4, trust.VerdictFirst},
	} {
		l := grow(t, tt.kind, tt.size)
		d := trust.Accept(trust.Phone{}, l)
		checkConsistent(t, d)
		var large *trust.TooLargeError
		if d.Verdict != tt.verdict || errors.As(d.Reason, &large) != (d.Verdict == trust.VerdictInvalid) {
			t.Errorf("%s of %d bytes: %s %v, want %s", tt.kind, len(l.Raw()), d.Verdict, d.Reason, tt.verdict)
		}
	}
}

// grow signs a list of just this size.
func grow(t *testing.T, kind tlv.Kind, size int) *trust.List {
	t.Helper()
	signer := entry{cert: "etoken-a"}.record(t, tlv.StyleCUCM)
	const half = 33000
	filler := func(n int) tlv.Record {
		r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleCAPF, tlv.RecordValues{DNSName: strings.Repeat("x", n)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	l := sign(t, kind, "etoken-a", signer, filler(half), filler(0))
	return sign(t, kind, "etoken-a", signer, filler(half), filler(size-len(l.Raw())))
}

func ExampleAccept() {
	read := func(name string) *trust.List {
		data, err := os.ReadFile("../testdata/lists/" + name)
		if err != nil {
			panic(err)
		}
		l, err := trust.Read(data)
		if err != nil {
			panic(err)
		}
		return l
	}
	phone := trust.Phone{Installed: []*trust.List{read("ctl-etoken.tlv")}}
	for _, name := range []string{"upd-second-token.tlv", "upd-new-token.tlv"} {
		d := trust.Accept(phone, read(name))
		fmt.Println(name, d.Verdict)
		if d.Verdict.Taken() {
			fmt.Println("  by", d.Voucher)
			continue
		}
		var unknown *trust.UnknownSignerError
		if errors.As(d.Reason, &unknown) {
			fmt.Println("  no SAST with serial", unknown.Signer.SerialNumber)
		}
	}
	// Output:
	// upd-second-token.tlv accepted
	//   by record 2 of the installed CTL
	// upd-new-token.tlv unknown-signer
	//   no SAST with serial 83:E9:08:00:00:00:55:45:AF:31
}

// inTVS are certificates that TVS has as SASTs.
func inTVS(list ...*cert.Certificate) []trust.TVSCertificate {
	var all []trust.TVSCertificate
	for _, c := range list {
		all = append(all, trust.TVSCertificate{Certificate: c, Roles: []tlv.Role{tlv.RoleSAST}})
	}
	return all
}

// The reason tells what TVS has of a signer that it does not vouch for.
func TestAcceptTVSRole(t *testing.T) {
	for _, tt := range []struct {
		roles []tlv.Role
		want  string
	}{
		{nil, "but not as a SAST: no role (CallManager-trust)"},
		{[]tlv.Role{tlv.RoleAppServer, tlv.RoleTFTP}, "but not as a SAST: APP-SERVER, TFTP (CallManager-trust)"},
	} {
		phone := trust.Phone{Installed: []*trust.List{readList(t, "itl-8.6")}, TVS: []trust.TVSCertificate{{Certificate: readCert(t, "ITLRecovery"), Roles: tt.roles, From: "CallManager-trust"}}}
		if d := trust.Accept(phone, readList(t, "itl-by-recovery")); d.Yes() || !strings.Contains(d.Reason.Error(), tt.want) {
			t.Errorf("%v", d.Reason)
		}
		if d := trust.AcceptSignedBy(phone, tlv.KindITL, readCert(t, "ITLRecovery")); d.Yes() || !strings.Contains(d.Reason.Error(), tt.want) {
			t.Errorf("%v", d.Reason)
		}
	}
}

func TestServes(t *testing.T) {
	for _, tt := range []struct {
		asked tlv.Role
		roles []tlv.Role
		want  bool
	}{
		{tlv.RoleSAST, nil, false},
		{tlv.RoleSAST, []tlv.Role{tlv.RoleTFTP, tlv.RoleSAST}, true},
		{tlv.RoleSAST, []tlv.Role{tlv.RoleCCMTFTP}, false},
		{tlv.RoleTFTP, []tlv.Role{tlv.RoleCCMTFTP}, true},
		{tlv.RoleCCM, []tlv.Role{tlv.RoleCCMTFTP}, true},
		{tlv.RoleCCMTFTP, []tlv.Role{tlv.RoleTFTP, tlv.RoleCCM}, false},
	} {
		if got := trust.Serves(tt.asked, tt.roles); got != tt.want {
			t.Errorf("%s of %v: %v", tt.asked, tt.roles, got)
		}
	}
}

// A TVS server is known by its certificate in an ITL, or by its hash there.
func TestTVSServer(t *testing.T) {
	itl, ctl := readList(t, "itl-8.6"), readList(t, "ctl-etoken")
	phone := trust.Phone{Installed: []*trust.List{ctl, itl}}
	v := phone.TVSServer(readCert(t, "TVS-8.6"))
	if v == nil || v.Installed != 1 || v.Record.Role() != tlv.RoleTVS || !phone.HasTVS() {
		t.Errorf("%v", v)
	}
	for _, name := range []string{"tvs", "CAPF", "CallManager"} {
		if v := phone.TVSServer(readCert(t, name)); v != nil {
			t.Errorf("%s: %v", name, v)
		}
	}
	if p := (trust.Phone{Installed: []*trust.List{ctl}}); p.HasTVS() || p.TVSServer(readCert(t, "TVS-8.6")) != nil {
		t.Error("a CTL without TVS")
	}
}

// A server counts only for a phone whose ITL has its certificate.
func TestAcceptTVSServers(t *testing.T) {
	asked := inTVS(readCert(t, "ITLRecovery"))
	phone := trust.Phone{Installed: []*trust.List{readList(t, "itl-8.6")}, TVS: asked}
	for _, tt := range []struct {
		servers []*cert.Certificate
		want    trust.Verdict
	}{
		{nil, trust.VerdictAccepted},
		{[]*cert.Certificate{readCert(t, "TVS-8.6")}, trust.VerdictAccepted},
		{[]*cert.Certificate{readCert(t, "tvs")}, trust.VerdictUnknownSigner},
		{[]*cert.Certificate{readCert(t, "TVS-8.6"), readCert(t, "tvs")}, trust.VerdictUnknownSigner},
	} {
		asked[0].Servers = tt.servers
		if d := trust.Accept(phone, readList(t, "itl-by-recovery")); d.Verdict != tt.want {
			t.Errorf("%d servers: %s, %v", len(tt.servers), d.Verdict, d.Reason)
		}
		if d := trust.AcceptSignedBy(phone, tlv.KindITL, readCert(t, "ITLRecovery")); d.Verdict != tt.want {
			t.Errorf("%d servers, signed by: %s, %v", len(tt.servers), d.Verdict, d.Reason)
		}
	}
}
