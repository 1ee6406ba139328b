//go:build cgo && linux

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
)

// A screen collects what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A seat is the command at a pseudo-terminal.
type seat struct {
	*testing.T
	cmd      *exec.Cmd
	keyboard *os.File
	tty      *os.File
	screen   screen
}

func (d *desk) sit(args ...string) *seat {
	d.Helper()
	s := &seat{T: d.T, cmd: d.command(args...)}
	var err error
	if s.keyboard, s.tty, err = pty.Open(); err != nil {
		d.Fatal(err)
	}
	s.cmd.Stdout, s.cmd.Stderr = s.tty, s.tty
	s.cmd.SysProcAttr.Setctty, s.cmd.SysProcAttr.Ctty = true, 1
	d.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.keyboard.Close()
		_ = s.tty.Close()
	})
	go io.Copy(&s.screen, s.keyboard)
	if err := s.cmd.Start(); err != nil {
		d.Fatal(err)
	}
	return s
}

// until waits for text on the screen.
func (s *seat) until(text string) {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(s.screen.String(), text) {
			return
		}
	}
	s.Fatalf("no %q on the screen:\n%s", text, s.screen.String())
}

func (s *seat) types(text string) {
	s.Helper()
	if _, err := s.keyboard.WriteString(text); err != nil {
		s.Fatal(err)
	}
}

func (s *seat) echoes() bool {
	s.Helper()
	state, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// ends wants the exit code, the echo back, and no PIN on the screen.
func (s *seat) ends(code string) {
	s.Helper()
	if got := exitStatus(s.cmd.Wait()); got != code {
		s.Errorf("exit code %s, want %s\n%s", got, code, s.screen.String())
	}
	if !s.echoes() {
		s.Error("the echo is not back")
	}
	if strings.Contains(s.screen.String(), pin) {
		s.Errorf("the PIN is on the screen:\n%s", s.screen.String())
	}
}

func TestPINAtTheTerminal(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	sign := []string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv", "--signer", "pkcs11:token=etoken-a", "--module", proxy.Module}

	s := d.sit(sign...)
	s.until(`PIN of token "etoken-a"`)
	if s.echoes() {
		t.Error("the echo is on while the PIN is typed")
	}
	s.types("\x03")
	s.ends("4")
	d.only()
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins after Ctrl-C", n)
	}

	s = d.sit(sign...)
	s.until(`PIN of token "etoken-a"`)
	s.types(pin + "\n")
	s.ends("0")
	d.same("new.tlv", "lists/ctl-etoken.tlv")
	if n := proxy.Logins(); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}

// A final try is made only with a flag and a typed PIN.
func TestFinalTryAtTheTerminal(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	proxy.SetWrong(d.tokens["etoken-a"], softhsm.MaxWrong-1)
	sign := []string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv", "--signer", "pkcs11:token=etoken-a", "--module", proxy.Module}

	s := d.sit(sign...)
	s.ends("4")
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins without the flag", n)
	}

	s = d.sit(append(sign, "--allow-final-try")...)
	s.until(`PIN of token "etoken-a"`)
	s.types(pin + "\n")
	s.ends("0")
	if n, wrong := proxy.Logins(), proxy.Wrong(d.tokens["etoken-a"]); n != 1 || wrong != 0 {
		t.Errorf("%d logins, %d wrong PINs counted; want 1 and 0", n, wrong)
	}
}
