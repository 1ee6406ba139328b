package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/ctlinspect/ctlinspect/tvs"
)

var serveArgs = []string{"tvs", "serve", "--list", testdata + "lists/itl-by-recovery.tlv", "--cert", testdata + "certs/tvs.pem", "--key", testdata + "keys/tvs.pem", "--listen", "127.0.0.1:0"}

// listeningOn reads the first line of tvs serve.
func listeningOn(t testing.TB, out *bufio.Reader) string {
	t.Helper()
	line, err := out.ReadString('\n')
	address, rest, ok := strings.Cut(strings.TrimPrefix(line, "listening on "), ",")
	if err != nil || !ok || rest != " vouching for 3 records\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return address
}

// A server ends cleanly when it is asked to, with clients connected.
func TestTVSServeSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.Command("ctlinspect", serveArgs...)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewReader(stdout)
		address := listeningOn(t, out)
		for _, flag := range []string{"--verify=false", "--verify"} {
			if code, stdout, stderr := runCommand("tvs", "query", address, "--cert", recoveryPEM, "--timeout", "1m", flag); code != exitYes {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out)
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v\n%s", sig, err, stderr.String())
		}
		const about = ` of "CP-8861-SEP000000000000" about CN=ITLRECOVERY_pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US: valid, SAST` + "\n"
		if got := portless(string(rest)); got != "SERVER: QUERY"+about+"SERVER: VERIFY"+about {
			t.Errorf("printed\n%s", got)
		}
	}
}

// A server whose output is gone ends.
func TestTVSServeOutput(t *testing.T) {
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() { code <- run(context.Background(), serveArgs, strings.NewReader(""), w, io.Discard) }()
	address := listeningOn(t, bufio.NewReader(r))
	r.Close()
	runCommand("tvs", "query", address, "--cert", recoveryPEM, "--timeout", "1m")
	if got := <-code; got != exitUnreadable {
		t.Errorf("exit code %d", got)
	}
}

// What a client sends is printed harmless and short.
func TestTVSServeLog(t *testing.T) {
	var out bytes.Buffer
	log := &serverLog{w: &out}
	q := tvs.Question{Subject: "\x1b[31m" + strings.Repeat("s", 60000)}
	answer := &tvs.Message{Elements: []tvs.Element{{Tag: tvs.TagStatus, Value: []byte{0}}, {Tag: tvs.TagRoles, Value: []byte{0, 99}}}}
	client := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 17), Port: 50123}
	log.served(tvs.Served{Client: client, Request: q.Query(1, "SEP\n"+strings.Repeat("d", 60000)), Answer: answer})
	log.served(tvs.Served{Client: client, Request: &tvs.Message{Elements: []tvs.Element{{Tag: tvs.TagCertificate}}}, Answer: answer})
	log.served(tvs.Served{Client: client, Err: errors.New("gone")})
	const want = `192.0.2.17:50123: command 0 of "" about a certificate that cannot be read: valid, SAST, 99` + "\n192.0.2.17:50123: gone\n"
	first, rest, _ := strings.Cut(out.String(), "\n")
	if len(first) > 600 || !strings.HasPrefix(first, `192.0.2.17:50123: QUERY of "SEP\nddd`) || !strings.Contains(first, `about \x1b[31msss`) || rest != want {
		t.Errorf("%s", out.String())
	}
}

func TestTVSServeUsage(t *testing.T) {
	own := testdata + "certs/tvs.pem --key " + testdata + "keys/tvs.pem --list " + testdata + "lists/itl-by-recovery.tlv"
	server := tvsServer(t, tvs.Server{Answer: tvs.NewHoldings().Answer})
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "name the lists to vouch for with --list"},
		{"--list x", exitUsage, "--cert and --key"},
		{"--cert " + own + " --clients 0", exitUsage, "--clients 0: use 1 to 10000"},
		{"--cert " + own + " --listen 2445", exitUsage, "--listen 2445: use ADDRESS:PORT"},
		{"--cert " + own + " --list - --list -", exitUsage, "only once"},
		{"--cert " + own + " --list nosuch.tlv", exitUnreadable, "nosuch.tlv"},
		{"--list " + testdata + "lists/itl-8.6.tlv --cert " + testdata + "certs/CAPF.pem --key " + testdata + "keys/tvs.pem", exitUsage, "is not the key of"},
		{"--cert " + own + " --listen " + server, exitUnreadable, "cannot listen on " + server},
	} {
		code, stdout, stderr := runCommand(append([]string{"tvs", "serve"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%s: exit code %d, want %d and %q in\n%s%s", tt.args, code, tt.code, tt.want, stderr, stdout)
		}
	}
}

// Whoever listens where others reach it is warned, and so is who serves a list that
// does not verify.
func TestTVSServeWarnings(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"tvs", "serve", "--list", testdata + "lists/bad-signature.tlv", "--cert", testdata + "certs/tvs.pem", "--key", testdata + "keys/tvs.pem", "--listen", "0.0.0.0:0", "--legacy-tls"}, strings.NewReader(""), w, &stderr)
	}()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Error(err)
	}
	cancel()
	if got := <-code; got != exitYes {
		t.Errorf("exit code %d", got)
	}
	for _, want := range []string{"can be reached from other machines, and everybody is answered", "bad-signature.tlv: NOT VERIFIED: ", "its records are served anyway", "old TLS is allowed"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q in\n%s", want, stderr.String())
		}
	}
}
