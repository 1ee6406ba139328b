package pcap_test

import (
	"crypto"
	"crypto/tls"
	"crypto/x509/pkix"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// mutual is a handshake in which both sides have certificates: the server that of
// a CallManager, the client an LSC.
func mutual(t testing.TB, version string) capturetest.OpenSSL {
	t.Helper()
	key := capturetest.Pair(t, vectors, "sub-2048", "sub-2048").PrivateKey.(crypto.Signer)
	capf := capturetest.Pair(t, vectors, "capf-1024", "capf-1024")
	return capturetest.OpenSSL{
		Server:  capturetest.Pair(t, vectors, "pub-1024", "pub-1024"),
		Client:  capturetest.Issue(t, capf, pkix.Name{Organization: []string{"Cisco"}, CommonName: "SEP001122334455"}, key),
		Version: version,
	}
}

var versions = map[string]uint16{"-tls1": tls.VersionTLS10, "-tls1_1": tls.VersionTLS11, "-tls1_2": tls.VersionTLS12, "-tls1_3": tls.VersionTLS13}

func checkOpenSSL(t *testing.T, o capturetest.OpenSSL, c *capture.Capture) {
	t.Helper()
	if len(c.Connections) != 1 {
		t.Fatalf("%d connections", len(c.Connections))
	}
	h := c.Connections[0].Handshake
	if h.Version != versions[o.Version] || h.Cipher == 0 {
		t.Errorf("version %#x, cipher %#x", h.Version, h.Cipher)
	}
	if h.Version == tls.VersionTLS13 {
		if h.State != handshake.Hidden || len(h.Sides[0].Chain)+len(h.Sides[1].Chain) != 0 || len(h.Alerts) != 0 {
			t.Errorf("%+v", h)
		}
		return
	}
	if h.State != handshake.Complete || !h.Requested {
		t.Errorf("%s: %v", h.State, h.Steps)
	}
	if diff := cmp.Diff(o.Server.Certificate, h.Sides[handshake.Server].Chain); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(o.Client.Certificate, h.Sides[handshake.Client].Chain); diff != "" {
		t.Error(diff)
	}
}

func TestOpenSSL(t *testing.T) {
	for version := range versions {
		t.Run(version, func(t *testing.T) {
			o := mutual(t, version)
			chunks := o.Run(t)
			checkOpenSSL(t, o, read(t, capturetest.Ethernet.Write(t, phone.Segments(chunks))))
		})
	}
}

func TestOpenSSLRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(*capturetest.OpenSSL)
		from   handshake.Side
		alert  string // one of these
	}{
		{"the client refuses the server", func(o *capturetest.OpenSSL) {
			o.ClientArgs = []string{"-verify_return_error", "-no-CAfile", "-no-CApath"}
		}, handshake.Client, "unknown_ca, bad_certificate"},
		{"the server refuses the client", func(o *capturetest.OpenSSL) {
			o.ServerArgs = []string{"-verify_return_error", "-no-CAfile", "-no-CApath"}
		}, handshake.Server, "unknown_ca, bad_certificate"},
		{"the server wants another version", func(o *capturetest.OpenSSL) { o.ServerArgs = []string{"-tls1_3"} }, handshake.Server, "protocol_version"},
		{"no cipher in common", func(o *capturetest.OpenSSL) {
			o.ServerArgs, o.ClientArgs = []string{"-cipher", "AES128-SHA@SECLEVEL=0"}, []string{"-cipher", "AES256-SHA@SECLEVEL=0"}
		}, handshake.Server, "handshake_failure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := mutual(t, "-tls1_2")
			tt.change(&o)
			c := read(t, capturetest.Ethernet.Write(t, phone.Segments(o.Run(t))))
			if len(c.Connections) != 1 || len(c.Connections[0].Handshake.Alerts) == 0 {
				t.Fatalf("%+v", c.Connections)
			}
			h := c.Connections[0].Handshake
			a := h.Alerts[0]
			if h.State != handshake.Stopped || a.From != tt.from || !strings.Contains(tt.alert, a.Code.String()) || a.Encrypted {
				t.Errorf("%s, %+v", h.State, a)
			}
		})
	}
}

// A session that is resumed sends no certificates.
func TestOpenSSLResumed(t *testing.T) {
	for _, ticket := range []string{"-no_ticket", "-ticket"} {
		o := mutual(t, "-tls1_2")
		if ticket == "-no_ticket" {
			o.ServerArgs = []string{ticket}
		}
		o.ServerArgs = append(o.ServerArgs, "-id_prefix", "ctl")
		c := read(t, capturetest.Ethernet.Write(t, phone.Segments(o.RunAgain(t))))
		if len(c.Connections) != 1 {
			t.Fatalf("%d connections", len(c.Connections))
		}
		h := c.Connections[0].Handshake
		if !h.Resumed || h.State != handshake.Complete || h.Sides[handshake.Server].SentCertificate {
			t.Errorf("%s: %+v", ticket, h)
		}
	}
}

// Recorded by tcpdump, with whatever this machine's network does.
func TestTcpdump(t *testing.T) {
	for version := range versions {
		t.Run(version, func(t *testing.T) {
			o := mutual(t, version)
			file := recordLoopback(t, "tcp")
			server := o.RunDirect(t)
			checkOpenSSL(t, o, file.until(t, server, func(data []byte) *capture.Capture { return read(t, data) }))
		})
	}
}

// A recording is a file that tcpdump writes.
type recording string

// recordLoopback records what passes a filter of tcpdump on the loopback interface until
// the test ends.
func recordLoopback(t *testing.T, filter ...string) recording {
	t.Helper()
	testneed.Program(t, "tcpdump")
	testneed.Root(t, "recording needs root")
	name := filepath.Join(t.TempDir(), "lo.pcap")
	// The default buffer of 2 MiB loses packets if other tests use the loopback too.
	cmd := exec.Command("tcpdump", "-i", "lo", "-B", "65536", "-s", "0", "-U", "--immediate-mode", "-Z", "root", "-w", name)
	cmd.Args = append(cmd.Args, filter...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 600 { // it writes the file's header when it is ready
		if info, err := os.Stat(name); err == nil && info.Size() >= 24 {
			return recording(name)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("tcpdump does not begin")
	return ""
}

// until waits until the recording has the whole handshake with a server, and returns
// that.
func (r recording) until(t *testing.T, server string, read func([]byte) *capture.Capture) (c *capture.Capture) {
	t.Helper()
	for range 600 {
		data, err := os.ReadFile(string(r))
		if err != nil {
			t.Fatal(err)
		}
		c = read(data)
		c.Connections = slices.DeleteFunc(c.Connections, func(c *capture.Connection) bool { return c.Server.String() != server })
		if len(c.Connections) == 1 && c.Connections[0].Handshake.State != handshake.Stopped {
			return c
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the handshake is not in the recording: %+v", c)
	return nil
}
