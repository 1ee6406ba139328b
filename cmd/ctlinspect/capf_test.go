package main

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/schemas"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// capfServer is a server that speaks first, with a certificate of testdata.
func capfServer(t testing.TB, certificate, first string) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{loadPair(t, certificate)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func(conn net.Conn) {
				defer conn.Close()
				_, _ = io.WriteString(conn, first)
				_, _ = io.Copy(io.Discard, conn)
			}(conn)
		}
	}()
	return l.Addr().String()
}

func TestCAPFProbe(t *testing.T) {
	const (
		ctl  = testdata + "lists/ctl-sha512.tlv"
		head = "SERVER  TLS  ITS CERTIFICATE  CAPF RECORD  CAPF\n"
		name = "CN=CAPF-1f2e3d4c,OU=Voice,O=Example,L=Dallas,ST=TX,C=US"
	)
	capf, http, other := capfServer(t, "capf-2048", "\x55\x01\x00\x04more"), capfServer(t, "capf-2048", "HTTP/1.1"), capfServer(t, "tvs", "\x55\x01")
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"yes", []string{capf, "--list", ctl, "--list", phoneITL}, exitYes, []string{head, "5 of ../../testdata/lists/ctl-sha512.tlv, 5 of ../../testdata/lists/itl-sha512-ec.tlv  yes\n"}},
		{"without a list", []string{capf}, exitYes, []string{head, "  not checked  yes\n"}},
		{"HTTP", []string{http, "--list", ctl}, exitNo, []string{"SERVER: it sends 48 54 first; CAPF sends 55 01\n"}},
		{"another certificate", []string{other, "--list", ctl}, exitNo, []string{"  NOT LISTED  yes\n", "What to do: "}},
		{"one list of two", []string{capf, "--list", ctl, "--list", oldITL}, exitNo, []string{"5 of ../../testdata/lists/ctl-sha512.tlv; NOT in every list"}},
		{"dead", []string{testneed.TCPAddress(t), capf}, exitUnreadable, []string{"SERVER  -  -  -  no\n", "SERVER: cannot connect: ", "yes\n"}},
		{"not verified", []string{capf, "--list", testdata + "lists/bad-signature.tlv"}, exitNo, []string{"NOT LISTED"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"capf", "probe", "--timeout", "1m"}, tt.args...)
			code, stdout, stderr := runCommand(args...)
			for _, want := range tt.want {
				if !strings.Contains(portless(stdout), want) {
					t.Errorf("no %q in\n%s%s", want, portless(stdout), stderr)
				}
			}
			if code != tt.code {
				t.Errorf("exit code %d", code)
			}
			code, stdout, _ = runCommand(append(args, "--json")...)
			if err := schemas.Validate([]byte(stdout)); err != nil || code != tt.code {
				t.Errorf("JSON: exit code %d, %v\n%s", code, err, stdout)
			}
		})
	}
	_, stdout, _ := runCommand("capf", "probe", "--json", "--timeout", "1m", capf, "--list", ctl)
	if !strings.Contains(stdout, `"listed":true,"records":[{"file":"../../testdata/lists/ctl-sha512.tlv","record":5,"role":"CAPF","roleCode":4,"by":"certificate"}],"speaksCAPF":true,"first":"5501",`) {
		t.Error(stdout)
	}
	if !strings.Contains(stdout, name) {
		t.Error(cmp.Diff(name, stdout))
	}
}

func TestCAPFProbeUsage(t *testing.T) {
	for args, want := range map[string]string{
		"": "no server named; CAPF runs on the publisher", "h --jobs 999": "--jobs 999: use 1 to 256", "h:0": "the port is not between 1 and 65535",
		"h --list - --list -": "only once", "h --client-key x": "go together",
	} {
		code, stdout, stderr := runCommand(append([]string{"capf", "probe"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: exit code %d\n%s", args, code, stderr)
		}
	}
	if code, _, stderr := runCommand("capf", "probe", "h", "--list", "nosuch.tlv"); code != exitUnreadable {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}
