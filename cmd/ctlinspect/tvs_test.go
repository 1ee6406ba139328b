package main

import (
	"context"
	"crypto/tls"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/schemas"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

const (
	recoveryPEM = testdata + "certs/ITLRecovery.pem"
	oldITL      = testdata + "lists/itl-8.6.tlv"       // of a cluster that phones come from; its TVS is another one
	phoneITL    = testdata + "lists/itl-sha512-ec.tlv" // has the TVS record of tvs.pem
)

func loadPair(t testing.TB, name string) tls.Certificate {
	t.Helper()
	c, err := tls.LoadX509KeyPair(testdata+"certs/"+name+".pem", testdata+"keys/"+name+".pem")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tvsServer runs a server with the certificate tvs.pem until the test ends.
func tvsServer(t testing.TB, s tvs.Server) string {
	t.Helper()
	l := testneed.Listen(t)
	s.Certificate, s.Idle = loadPair(t, "tvs"), time.Minute
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-done })
	return l.Addr().String()
}

// vouching is a server for a certificate of testdata.
func vouching(t testing.TB, certificate string, roles ...tlv.Role) string {
	t.Helper()
	var records []tlv.Record
	for _, role := range roles {
		records = append(records, recordOf(t, certificate, role))
	}
	return tvsServer(t, tvs.Server{Answer: tvs.NewHoldings(records...).Answer})
}

func recordOf(t testing.TB, certificate string, role tlv.Role) tlv.Record {
	t.Helper()
	list, err := certs.ReadWhole(certificate)
	if err != nil {
		t.Fatal(err)
	}
	r, err := list[0].Record(tlv.StyleCUCM, role, cert.Host{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var portPattern = regexp.MustCompile(`127\.0\.0\.1:\d{4,5}`)

// portless has SERVER in place of addresses, whose ports differ from run to run, and
// single blanks.
func portless(s string) string {
	s = portPattern.ReplaceAllString(s, "SERVER")
	return regexp.MustCompile(` {2,}`).ReplaceAllString(s, "  ")
}

const asked = "Certificate: CN=ITLRECOVERY_pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US, " +
	"serial 67:6B:86:B2:73:FF:34:FC:E1:9D:6B:80:4E:FF:5A:3F, issued by CN=ITLRECOVERY_pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US, " +
	"SHA-1 9649839500e08fcc62590944c48a5b10bec6aa2f\n" +
	"SERVER  TLS  ITS CERTIFICATE  ANSWER  ROLES  TTL  A PHONE\n"

func TestTVSQuery(t *testing.T) {
	full := vouching(t, recoveryPEM, tlv.RoleSAST, tlv.RoleTFTP)
	https := vouching(t, recoveryPEM, tlv.RoleAppServer)
	none := vouching(t, testdata+"certs/CAPF.pem", tlv.RoleCAPF)
	const verdict = "SERVER  1.3  record 6  valid  SAST, TFTP  24h  accepts it\n"
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"yes", []string{full, "--cert", recoveryPEM, "--list", phoneITL}, exitYes, asked + verdict + "A phone accepts it as SAST.\n"},
		{"the signer of a list", []string{full, "--from", testdata + "lists/itl-by-recovery.tlv", "--list", phoneITL, "--verify"}, exitYes, asked + verdict + "A phone accepts it as SAST.\n"},
		{"two", []string{full, full, "--cert", recoveryPEM, "--list", phoneITL}, exitYes, asked + verdict + verdict + "A phone accepts it as SAST from each of 2 servers.\n"},
		{"the server is not looked at", []string{full, "--cert", recoveryPEM, "--role", "tftp"}, exitYes, asked +
			"SERVER  1.3  not checked  valid  SAST, TFTP  24h  accepts it\n" +
			"A phone accepts it as TFTP, if its ITL has the certificate of the server. That was not checked: name that ITL with --list.\n"},
		{"a stranger", []string{full, "--cert", recoveryPEM, "--list", oldITL}, exitNo, asked +
			"SERVER  1.3  NOT LISTED  valid  SAST, TFTP  24h  does not listen\n" +
			"SERVER: a phone does not listen to it: no TVS record of the phone's ITL has its certificate\nA phone does not accept it as SAST.\n"},
		{"several", []string{full, https, none, "--cert", recoveryPEM, "--list", phoneITL}, exitNo, asked + verdict +
			"SERVER  1.3  record 6  valid  APP-SERVER  24h  does not accept it\n" +
			"SERVER  1.3  record 6  invalid  -  -  does not accept it\n" +
			"A phone accepts it as SAST from 1 of 3 servers; its configuration says which it asks.\n" +
			"What to do: upload the certificate to Phone-SAST-trust and restart TVS. TVS gives certificates in CallManager-trust no role, so one uploaded there does not help phones.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := runCommand(append([]string{"tvs", "query", "--timeout", "1m"}, tt.args...)...)
			if diff := cmp.Diff(tt.want, portless(stdout)); code != tt.code || diff != "" || stderr != "" {
				t.Errorf("exit code %d\n%s%s", code, stderr, diff)
			}
		})
	}
}

// One dead server holds nobody up, and is named in its place.
func TestTVSQueryDead(t *testing.T) {
	full, dead := vouching(t, recoveryPEM, tlv.RoleSAST), testneed.TCPAddress(t)
	code, stdout, _ := runCommand("tvs", "query", dead, full, "--jobs", "1", "--cert", recoveryPEM, "--timeout", "1m")
	if code != exitUnreadable || !strings.Contains(portless(stdout), "SERVER  -  -  none  -  -  gets no answer\n") || !strings.Contains(stdout, ": cannot connect: ") || !strings.Contains(stdout, "from 1 of 2 servers") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	code, stdout, _ = runCommand("tvs", "query", dead, full, "--cert", recoveryPEM, "--timeout", "1m", "--json", "--list", phoneITL)
	if err := schemas.Validate([]byte(stdout)); err != nil || code != exitUnreadable {
		t.Errorf("exit code %d, %v\n%s", code, err, stdout)
	}
	lines := strings.Split(stdout, "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"vouches":false,"listed":null,"record":null,"certificate":null,"tls":"",`) ||
		!strings.Contains(lines[1], `"vouches":true,"listed":true,"record":6,"certificate":{`) || !strings.Contains(lines[1], `"status":"valid","roles":["SAST"],"ttl":86400,`) {
		t.Error(stdout)
	}
}

// What is odd in an answer, or with a server, is a no that says why.
func TestTVSQueryOdd(t *testing.T) {
	odd := func(answer *tvs.Message) string {
		return tvsServer(t, tvs.Server{Answer: func(m *tvs.Message) *tvs.Message {
			return &tvs.Message{Command: answer.Command, Session: m.Session, Elements: answer.Elements}
		}})
	}
	silent := tvsServer(t, tvs.Server{Answer: func(*tvs.Message) *tvs.Message { return nil }})
	noRole := &tvs.Message{Command: tvs.CommandVerifyAnswer, Elements: []tvs.Element{{Tag: tvs.TagStatus, Value: []byte{0}}, {Tag: tvs.TagRoles}, {Tag: tvs.TagTTL, Value: []byte{0, 0, 0, 90}}}}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"no answer", []string{silent}, "the server closed the connection without an answer; open-source servers answer only --verify"},
		{"status 9", []string{odd(&tvs.Message{Command: tvs.CommandQueryAnswer, Elements: []tvs.Element{{Tag: tvs.TagStatus, Value: []byte{9}}}})}, "the answer is not understood: status 9"},
		{"no roles", []string{odd(noRole), "--verify"}, "valid  none  90s  does not accept it"},
		{"its list is not verified", []string{vouching(t, recoveryPEM, tlv.RoleSAST), "--list", testdata + "lists/bad-signature.tlv"}, "NOT LISTED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, _ := runCommand(append([]string{"tvs", "query", "--timeout", "1m", "--cert", recoveryPEM}, tt.args...)...)
			if code != exitNo || !strings.Contains(portless(stdout), tt.want) {
				t.Errorf("exit code %d, no %q in\n%s", code, tt.want, portless(stdout))
			}
		})
	}
	address := vouching(t, recoveryPEM, tlv.RoleSAST)
	code, _, stderr := runCommand("tvs", "query", address, "--cert", recoveryPEM, "--list", testdata+"lists/itl-thirdparty.tlv")
	if code != exitNo || !strings.Contains(stderr, "it asks no TVS server (normal with a PBX)") {
		t.Errorf("PBX: exit code %d\n%s", code, stderr)
	}
	code, _, stderr = runCommand("tvs", "query", address, "--from", testdata+"lists/bad-signature.tlv")
	if code != exitNo || !strings.Contains(stderr, "bad-signature.tlv: its signer is not known: ") {
		t.Errorf("an unverified list: exit code %d\n%s", code, stderr)
	}
}

func TestTVSQueryLegacy(t *testing.T) {
	old := tvsServer(t, tvs.Server{LegacyTLS: true, Answer: tvs.NewHoldings().Answer})
	code, _, stderr := runCommand("tvs", "query", old, "--cert", recoveryPEM, "--legacy-tls", "--client-cert", testdata+"certs/capf-2048.pem", "--client-key", testdata+"keys/capf-2048.pem")
	if code != exitNo || !strings.Contains(stderr, "warning: old TLS is allowed: TLS 1.0 and 1.1,") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestTVSQueryUsage(t *testing.T) {
	address := testneed.TCPAddress(t)
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "no server named"},
		{address, exitUsage, "give exactly one of --cert and --from"},
		{address + " --cert x --from y", exitUsage, "give exactly one of --cert and --from"},
		{address + " --cert x --role king", exitUsage, `--role: unknown role "king"`},
		{address + " --cert x --jobs 0", exitUsage, "--jobs 0: use 1 to 256"},
		{"u:p@h --cert x", exitUsage, "holds a password"},
		{address + " --cert " + recoveryPEM + " --timeout 0s", exitUsage, "--timeout 0s: too short"},
		{address + " --cert " + recoveryPEM + " --client-cert x", exitUsage, "--client-cert and --client-key go together"},
		{address + " --cert " + recoveryPEM + " --client-cert " + recoveryPEM + " --client-key " + testdata + "keys/tvs.pem", exitUsage, "is not the key of"},
		{address + " --cert nosuch.pem", exitUnreadable, "nosuch.pem"},
		{address + " --from nosuch.tlv", exitUnreadable, "nosuch.tlv"},
		{address + " --cert " + recoveryPEM + " --list nosuch.tlv", exitUnreadable, "nosuch.tlv"},
		{address + " --from - --list -", exitUsage, "only once"},
	} {
		code, stdout, stderr := runCommand(append([]string{"tvs", "query"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%s: exit code %d, want %d and %q in\n%s%s", tt.args, code, tt.code, tt.want, stderr, stdout)
		}
	}
}
