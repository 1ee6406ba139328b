package capturetest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// An OpenSSL is a handshake between openssl s_server and openssl s_client.
type OpenSSL struct {
	Server, Client tls.Certificate
	Version        string   // -tls1, -tls1_1, -tls1_2, -tls1_3
	ServerArgs     []string // more arguments
	ClientArgs     []string
}

// old lets OpenSSL 3 use keys, digests and versions that old phones have.
const old = "ALL:@SECLEVEL=0"

// Run runs the handshake through a recording proxy and returns what was sent.
func (o OpenSSL) Run(t testing.TB) []Chunk {
	t.Helper()
	addr, stop := o.serve(t)
	through, r, wait := Proxy(t, addr)
	o.connect(t, through)
	wait()
	stop()
	return r.Chunks()
}

// RunAgain runs two handshakes, of which the second resumes the session of the
// first, and returns what the second sent.
func (o OpenSSL) RunAgain(t testing.TB) []Chunk {
	t.Helper()
	addr, stop := o.serve(t)
	session := filepath.Join(t.TempDir(), "session")
	first := o
	first.ClientArgs = append([]string{"-sess_out", session}, o.ClientArgs...)
	first.connect(t, addr)
	through, r, wait := Proxy(t, addr)
	o.ClientArgs = append([]string{"-sess_in", session}, o.ClientArgs...)
	o.connect(t, through)
	wait()
	stop()
	return r.Chunks()
}

// RunDirect runs the handshake without a proxy and returns the server's address.
func (o OpenSSL) RunDirect(t testing.TB) string {
	t.Helper()
	addr, stop := o.serve(t)
	o.connect(t, addr)
	stop()
	return addr
}

// serve starts the server on a port that the system chooses, and waits until it
// listens.
func (o OpenSSL) serve(t testing.TB) (addr string, stop func()) {
	t.Helper()
	testneed.Program(t, "openssl")
	args := append([]string{"s_server", "-accept", "127.0.0.1:0", "-cipher", old, "-verify", "3"}, files(t, o.Server)...)
	cmd := exec.Command("openssl", append(args, o.ServerArgs...)...)
	stdin, err := cmd.StdinPipe() // the server goes when its input ends
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if listening, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			addr = listening
			break
		}
	}
	if addr == "" {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatal("openssl s_server does not listen")
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		io.Copy(io.Discard, stdout)
	}()
	return addr, func() {
		stdin.Close()
		cmd.Process.Kill()
		<-drained
		cmd.Wait()
	}
}

// connect runs the client to its end. Whether it likes the server is no matter.
func (o OpenSSL) connect(t testing.TB, addr string) {
	t.Helper()
	args := append([]string{"s_client", "-connect", addr, "-cipher", old, o.Version}, files(t, o.Client)...)
	cmd := exec.Command("openssl", append(args, o.ClientArgs...)...)
	out, err := cmd.CombinedOutput() // no input: it closes after the handshake
	if cmd.ProcessState == nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// files writes a certificate and its key for openssl and returns the arguments
// that name them; none for no certificate.
func files(t testing.TB, c tls.Certificate) []string {
	t.Helper()
	if len(c.Certificate) == 0 {
		return nil
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	names := [2]string{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	for i, b := range []*pem.Block{{Type: "CERTIFICATE", Bytes: c.Certificate[0]}, {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(names[i], pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"-cert", names[0], "-key", names[1]}
}
