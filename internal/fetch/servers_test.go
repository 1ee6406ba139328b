package fetch

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// start runs a server until the test ends and returns what it has said so far.
func start(tb testing.TB, path string, args ...string) func() string {
	tb.Helper()
	log := &lockedBuffer{}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if tb.Failed() {
			tb.Logf("%s said:\n%s", filepath.Base(path), log)
		}
	})
	return log.String
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// await waits for something that takes a moment, on a busy machine a long one.
func await(tb testing.TB, what string, ready func() bool) {
	tb.Helper()
	for range 6000 {
		if ready() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	tb.Fatal("this did not happen: " + what)
}

func freeTCPPort(tb testing.TB) string {
	tb.Helper()
	_, port, _ := net.SplitHostPort(testneed.TCPAddress(tb))
	return port
}

func tcpOpen(port string) bool {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// shared is a folder that servers can read as another user.
func shared(tb testing.TB, files map[string][]byte) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "fetch")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// tftpd runs tftpd-hpa and returns its address.
func tftpd(tb testing.TB, dir string) string {
	tb.Helper()
	address := testneed.UDPAddress(tb)
	start(tb, testneed.LinuxServer(tb, "in.tftpd"), "-L", "-a", address, "-s", dir)
	await(tb, "tftpd listens", func() bool { return testneed.UDPListens(address) })
	return address
}

// dnsmasq runs dnsmasq as a TFTP server and returns its address. It knows no
// port but 69, so it gets an address of its own.
func dnsmasq(tb testing.TB, dir string) string {
	tb.Helper()
	address := fmt.Sprintf("127.69.%d.%d", 1+os.Getpid()%250, 1+dnsmasqs.Add(1))
	log := start(tb, testneed.LinuxServer(tb, "dnsmasq"), "-d", "-p", "0", "--conf-file=/dev/null", "--pid-file=", "--user=root",
		"--enable-tftp", "--tftp-root="+dir, "--listen-address="+address, "--bind-interfaces")
	await(tb, "dnsmasq listens", func() bool { return strings.Contains(log(), "TFTP root is") })
	return address + ":69"
}

var dnsmasqs atomic.Int32

// content is data of a size in which no two blocks are alike.
func content(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of this file, %s\n", i, strings.Repeat("x", i%60))
	}
	return b.Bytes()[:n]
}

func writeShared(tb testing.TB, dir, name string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		tb.Fatal(err)
	}
}
