//go:build linux

package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// A ptySession is the command at a pseudo-terminal.
type ptySession struct {
	*testing.T
	cmd      *exec.Cmd
	keyboard *os.File
	tty      *os.File

	mu   sync.Mutex
	text bytes.Buffer
}

// atTerminal starts the command at a wide terminal. Its standard output is the
// terminal too, or goes elsewhere.
func atTerminal(t *testing.T, stdout io.Writer, args ...string) *ptySession {
	t.Helper()
	return atTerminalOf(t, 200, stdout, args...)
}

func atTerminalOf(t *testing.T, columns uint16, stdout io.Writer, args ...string) *ptySession {
	t.Helper()
	s := &ptySession{T: t, cmd: exec.Command("ctlinspect", args...)}
	var err error
	if s.keyboard, s.tty, err = pty.Open(); err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 40, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.tty, s.tty, s.tty
	if stdout != nil {
		s.cmd.Stdout = stdout
	}
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = append(os.Environ(), "TERM=xterm", "SSH_AUTH_SOCK=")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.keyboard.Close()
		_ = s.tty.Close()
	})
	go io.Copy(s, s.keyboard)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *ptySession) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *ptySession) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *ptySession) until(text string) {
	s.Helper()
	for range 12000 { // a minute: the machine may be busy
		if strings.Contains(s.screen(), text) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.Fatalf("no %q on the screen:\n%s", text, s.screen())
}

func (s *ptySession) types(text string) {
	s.Helper()
	if _, err := s.keyboard.WriteString(text); err != nil {
		s.Fatal(err)
	}
}

func (s *ptySession) echoes() bool {
	s.Helper()
	state, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func (s *ptySession) ends(code string) {
	s.Helper()
	if got := exitStatus(s.cmd.Wait()); got != code {
		s.Errorf("exit code %s, want %s\n%s", got, code, s.screen())
	}
	if !s.echoes() {
		s.Error("the echo is not back")
	}
}

// sshPhone is a phone with one list and the password "sesame". It returns its
// address and a known_hosts file.
func sshPhone(t *testing.T, list []byte) (address, knownHosts string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if string(password) != "sesame" {
			return nil, errors.New("wrong")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	l := testneed.Listen(t)
	go testneed.Accept(l, func(conn net.Conn) { servePhone(conn, config, list) })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	knownHosts = filepath.Join(t.TempDir(), "known_hosts")
	line := fmt.Sprintf("[%s]:%s %s", host, port, ssh.MarshalAuthorizedKey(signer.PublicKey()))
	if err := os.WriteFile(knownHosts, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), knownHosts
}

func servePhone(conn net.Conn, config *ssh.ServerConfig, list []byte) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		for r := range requests {
			_ = r.Reply(r.Type == "exec", nil)
			_, _ = channel.Write(list)
			_, _ = channel.SendRequest("exit-status", false, make([]byte, 4))
			channel.Close()
		}
	}
}

func TestFetchAsksForPassword(t *testing.T) {
	address, knownHosts := sshPhone(t, readTestdata(t, "lists/ctl-etoken.tlv"))
	args := []string{"fetch", "ssh://admin@" + address + "/tmp/CTLFile.tlv", "--known-hosts", knownHosts}
	prompt := "Password of admin on 127.0.0.1: "

	s := atTerminal(t, nil, args...)
	s.until(prompt)
	if s.echoes() {
		t.Error("the echo is on while the password is typed")
	}
	s.types("sesame\n")
	s.ends("0")
	s.until("CTLFile.tlv: new, 4712 bytes, ")
	if strings.Contains(s.screen(), "sesame") {
		t.Errorf("the password is on the screen:\n%s", s.screen())
	}

	s = atTerminal(t, nil, args...)
	s.until(prompt)
	s.types("wrong\n")
	s.ends("3")
	s.until("the login failed")

	s = atTerminal(t, nil, args...)
	s.until(prompt)
	s.types("\x03")
	s.ends("3")
	s.until("interrupted")
	if _, err := os.Stat(filepath.Join(s.cmd.Dir, "CTLFile.tlv")); err == nil {
		t.Error("a file was written")
	}
}

// Without a terminal nobody waits for a password.
func TestFetchNoTerminalNoPassword(t *testing.T) {
	address, knownHosts := sshPhone(t, nil)
	cmd := exec.Command("ctlinspect", "fetch", "ssh://admin@"+address+"/tmp/CTLFile.tlv", "--known-hosts", knownHosts)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK=")
	cmd.Stdin = strings.NewReader("sesame\n")
	out, err := cmd.CombinedOutput()
	if exitStatus(err) != "3" || !strings.Contains(string(out), "no terminal to ask for it (an agent or --identity needs none)") {
		t.Errorf("exit code %s: %s", exitStatus(err), out)
	}
}

// The bar is on a terminal only, and not for a few files; results stay whole.
func TestFetchProgressBar(t *testing.T) {
	host := serveLists(t, readTestdata(t, "lists/ctl-etoken.tlv"))
	args := []string{"fetch", "--http", host}
	few := append([]string{}, args...)
	few = append(few, "--device", "SEP001122334400")
	for i := range 20 {
		args = append(args, "--device", fmt.Sprintf("SEP0011223344%02d", i))
	}

	s := atTerminal(t, nil, args...)
	s.ends("1")
	s.until("40 files: 20 verified, 20 NOT VERIFIED")
	if screen := s.screen(); !strings.Contains(screen, "fetch ") || strings.Count(screen, " bytes, MD5 ") != 40 {
		t.Errorf("the screen shows:\n%s", screen)
	}

	var stdout bytes.Buffer
	s = atTerminal(t, &stdout, args...)
	s.ends("1")
	s.until("40 files: ")
	if n := strings.Count(stdout.String(), "\n"); n != 40 || strings.Contains(stdout.String(), "\x1b") {
		t.Errorf("%d lines on standard output:\n%s", n, stdout.String())
	}

	s = atTerminal(t, nil, few...)
	s.ends("1")
	s.until(" bytes, MD5 ")
	if strings.Contains(s.screen(), "\x1b") {
		t.Errorf("a bar for two files:\n%q", s.screen())
	}
	if _, _, stderr := runCommand(append(args, "-d", t.TempDir())...); strings.Contains(stderr, "\x1b") {
		t.Errorf("a bar without a terminal:\n%q", stderr)
	}
}

func TestFetchFitsTheTerminal(t *testing.T) {
	host := serveLists(t, readTestdata(t, "lists/ctl-etoken.tlv"))
	s := atTerminalOf(t, testColumns, nil, "fetch", "--http", host, "http://no-such-host.invalid/CTLFile.tlv", "--tries", "1")
	s.ends("3")
	s.until("no-such-host")
	s.until("(wrong-kind)")
	for line := range strings.Lines(s.screen()) {
		if line = strings.TrimRight(line, "\r\n"); len(line) > testColumns {
			t.Errorf("%d columns: %q", len(line), line)
		}
	}
}

// Memory does not grow with the number of phones: nothing of a file is kept.
func TestFetchMemoryFlat(t *testing.T) {
	big := bytes.Repeat([]byte("not a list, and long. "), 3000)
	host := serveLists(t, big)
	few, many := fetchPeak(t, 100, "--http", host), fetchPeak(t, 2000, "--http", host)
	if grown := many - few; grown > 32<<10 {
		t.Errorf("100 phones take %d KiB, 2000 phones %d KiB", few, many)
	}
}

// fetchPeak returns the largest resident size in KiB while the lists of so many
// phones are got.
func fetchPeak(tb testing.TB, phones int, args ...string) int64 {
	tb.Helper()
	dir := tb.TempDir()
	cmd := exec.Command("ctlinspect", append([]string{"fetch", "--devices", devicesFile(tb, phones), "-d", dir}, args...)...)
	if err := cmd.Run(); err != nil && exitStatus(err) != "1" && exitStatus(err) != "3" {
		tb.Fatal(err)
	}
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
}

func devicesFile(tb testing.TB, phones int) string {
	tb.Helper()
	var b bytes.Buffer
	for i := range phones {
		fmt.Fprintf(&b, "SEP%012X\n", i)
	}
	name := filepath.Join(tb.TempDir(), "phones.txt")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	return name
}

// BenchmarkFetch gets the CTL and ITL of 1,000 phones from tftpd-hpa with 16
// jobs: "bare" only the transfers, "command" with judging, sums and files.
func BenchmarkFetch(b *testing.B) {
	tftpd := testneed.LinuxServer(b, "in.tftpd")
	served := servedFolder(b)
	for name, list := range map[string]string{"CTLFile.tlv": "ctl-tokenless.tlv", "ITLFile.tlv": "itl-8.6.tlv"} {
		if err := os.WriteFile(filepath.Join(served, name), readTestdata(b, "lists/"+list), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	rules := filepath.Join(b.TempDir(), "rules")
	if err := os.WriteFile(rules, []byte("r ^CTLSEP.* /CTLFile.tlv\nr ^ITLSEP.* /ITLFile.tlv\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	host := startTFTPD(b, tftpd, served, "-m", rules)
	const phones = 1000
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			getAll(b, host, phones)
		}
		b.ReportMetric(float64(2*phones*b.N)/b.Elapsed().Seconds(), "files/s")
	})
	b.Run("command", func(b *testing.B) {
		var peak int64
		for b.Loop() {
			peak = max(peak, fetchPeak(b, phones, host))
		}
		b.ReportMetric(float64(2*phones*b.N)/b.Elapsed().Seconds(), "files/s")
		b.ReportMetric(float64(peak), "KiB-peak")
	})
}

// getAll gets the lists with 16 jobs and lets them go.
func getAll(b *testing.B, host string, phones int) {
	locations := make(chan fetch.Location)
	var jobs sync.WaitGroup
	for range 16 {
		jobs.Go(func() {
			for l := range locations {
				if _, err := fetch.Get(b.Context(), l, fetch.Options{}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	name, port, err := fetch.SplitHost(host)
	if err != nil {
		b.Fatal(err)
	}
	for i := range phones {
		locations <- fetch.At(fetch.SchemeTFTP, name, port, fmt.Sprintf("CTLSEP%012X.tlv", i))
		locations <- fetch.At(fetch.SchemeTFTP, name, port, fmt.Sprintf("ITLSEP%012X.tlv", i))
	}
	close(locations)
	jobs.Wait()
}
