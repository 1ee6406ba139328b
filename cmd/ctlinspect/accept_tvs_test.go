package main

import (
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/schemas"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// A list of another cluster is offered to a phone whose ITL has the TVS record of
// tvs.pem.
func TestAcceptTVS(t *testing.T) {
	const (
		stranger = testdata + "lists/itl-8.6.tlv" // signed by CallManager-ca-signed.pem
		signer   = testdata + "certs/CallManager-ca-signed.pem"
	)
	full := vouching(t, signer, tlv.RoleSAST, tlv.RoleTFTP)
	https := vouching(t, signer, tlv.RoleAppServer)
	none := vouching(t, recoveryPEM, tlv.RoleSAST)
	odd := tvsServer(t, tvs.Server{Answer: func(m *tvs.Message) *tvs.Message { return &tvs.Message{Command: m.Command + 1} }})
	dead := testneed.TCPAddress(t)
	const advice = "TVS:  upload the certificate to Phone-SAST-trust and restart TVS."
	for _, tt := range []struct {
		name      string
		installed string
		servers   []string
		want      []string // in the output, with portless
	}{
		{"yes", phoneITL, []string{full}, []string{": accepted, but not by all phones\n", "why:  TVS vouches for the signer, CN=CUCM8-Publisher.bbbburns.lab,OU=TAC,O=Cisco,L=RTP,ST=North Carolina,C=US: SAST, TFTP (SERVER)\n", "TVS:  SERVER: valid, SAST, TFTP: a phone accepts it\n"}},
		{"two", phoneITL, []string{full, full}, []string{": accepted, but not by all phones\n", "SAST, TFTP (SERVER, SERVER)\n"}},
		{"another role", phoneITL, []string{https}, []string{"REFUSED (unknown-signer)", "TVS has its certificate, but not as a SAST: APP-SERVER (SERVER)\n", advice, "stranded:  all phones; they keep the old list"}},
		{"one of two", phoneITL, []string{full, none}, []string{"REFUSED (unknown-signer)", "TVS:  SERVER: invalid: a phone does not accept it\n", advice}},
		{"one is dead", phoneITL, []string{full, dead}, []string{"REFUSED (unknown-signer)", "TVS:  SERVER: cannot connect: ", "TVS:  each server that is named must vouch"}},
		{"not understood", phoneITL, []string{odd}, []string{"REFUSED (unknown-signer)", "TVS:  SERVER: the answer is not understood: "}},
		{"nobody asks", testdata + "lists/ctl-etoken.tlv", []string{full}, []string{"REFUSED (unknown-signer)", "TVS:  cannot help: no installed ITL contains a TVS server\n"}},
		{"its SAST vouches", stranger, []string{dead}, []string{": accepted (same)\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"accept", "--timeout", "1m", "-i", tt.installed, stranger}
			for _, s := range tt.servers {
				args = append(args, "--tvs", s)
			}
			code, stdout, stderr := runCommand(args...)
			if code == exitYes != strings.Contains(stdout, "(same)") {
				t.Errorf("exit code %d\n%s", code, stderr)
			}
			for _, want := range tt.want {
				if !strings.Contains(portless(stdout), want) {
					t.Errorf("no %q in\n%s%s", want, portless(stdout), stderr)
				}
			}
			code2, stdout, _ := runCommand(append(args, "--json")...)
			if err := schemas.Validate([]byte(stdout)); err != nil || code2 != code {
				t.Errorf("JSON: exit code %d, %v\n%s", code2, err, stdout)
			}
		})
	}
}

// The certificate of a server that is not in the phone's ITL is no voucher's.
func TestAcceptTVSStranger(t *testing.T) {
	server := vouching(t, recoveryPEM, tlv.RoleSAST)
	code, stdout, _ := runCommand("accept", "--timeout", "1m", "-i", oldITL, "--tvs", server, testdata+"lists/itl-by-recovery.tlv")
	if code != exitNo || !strings.Contains(stdout, "REFUSED (unknown-signer)") ||
		!strings.Contains(portless(stdout), "TVS:  SERVER: valid, SAST; a phone does not listen to it: no TVS record of the phone's ITL has its certificate\n") ||
		strings.Contains(stdout, "Phone-SAST-trust") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

// An open-source server answers only VERIFY.
func TestAcceptTVSVerify(t *testing.T) {
	h := tvs.NewHoldings(recordOf(t, recoveryPEM, tlv.RoleSAST))
	server := tvsServer(t, tvs.Server{Answer: func(m *tvs.Message) *tvs.Message {
		if m.Command != tvs.CommandVerify {
			return nil
		}
		return h.Answer(m)
	}})
	for flag, want := range map[string]string{
		"--tvs-verify=false": "TVS:  SERVER: the server closed the connection without an answer; open-source servers answer only --tvs-verify\n",
		"--tvs-verify":       "TVS:  SERVER: valid, SAST; a phone does not listen to it", // its certificate is that of another cluster
	} {
		code, stdout, _ := runCommand("accept", "--timeout", "1m", "-i", oldITL, "--tvs", server, flag, testdata+"lists/itl-by-recovery.tlv")
		if code != exitNo || !strings.Contains(portless(stdout), want) {
			t.Errorf("%s: exit code %d, no %q in\n%s", flag, code, want, portless(stdout))
		}
	}
}

// Servers are asked about each step's signer.
func TestAcceptTVSSequence(t *testing.T) {
	const signer = testdata + "certs/CallManager-ca-signed.pem"
	for _, tt := range []struct {
		server string
		want   string
		note   bool
	}{
		{vouching(t, signer, tlv.RoleSAST), "TVS vouches; phones without TVS refuse it", false},
		{vouching(t, recoveryPEM, tlv.RoleSAST), "no installed list holds the signer", true},
	} {
		_, stdout, stderr := runCommand("accept", "--timeout", "1m", "-i", phoneITL, "--tvs", tt.server, "--signed-by", "itl="+signer, "--then", testdata+"lists/itl-8.6.tlv")
		if !strings.Contains(stdout, tt.want) || (strings.Count(portless(stderr), "TVS SERVER, asked about CN=CUCM8-Publisher") == 1) != tt.note {
			t.Errorf("no %q in\n%s%s", tt.want, stdout, stderr)
		}
	}
}
