//go:build linux

package token

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// TestMain is also the program at the terminal: it asks for a PIN and says what
// came out, by its length alone.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_TOKEN_PROMPT") == "" {
		os.Exit(m.Run())
	}
	pin, err := PINFromTerminal().PIN(Info{Label: "SAST-A", Serial: "1", PIN: PINStateLow})
	switch {
	case errors.Is(err, ErrInterrupted):
		fmt.Println("RESULT interrupted:", err)
		os.Exit(3)
	case err != nil:
		fmt.Println("RESULT error:", err)
		os.Exit(4)
	}
	fmt.Println("RESULT length", len(pin))
}

func program(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), "TEST_TOKEN_PROMPT=1")
	return c
}

// A screen collects what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) follow(r io.Reader) {
	b := make([]byte, 1024)
	for {
		n, err := r.Read(b)
		s.mu.Lock()
		s.text.Write(b[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *screen) wait(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(s.String(), want) {
			return
		}
	}
	t.Fatalf("the terminal does not show %q but %q", want, s)
}

func echo(t *testing.T, tty *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func TestTypedPIN(t *testing.T) {
	const pin = "s3cr3t-9173"
	for _, c := range []struct {
		name string
		act  func(keyboard *os.File, p *os.Process)
		want string
	}{
		{"typed", func(k *os.File, _ *os.Process) { fmt.Fprintf(k, "%s\n", pin) }, "RESULT length 11"},
		{"corrected", func(k *os.File, _ *os.Process) { fmt.Fprintf(k, "%sx\x7f\n", pin) }, "RESULT length 11"},
		{"Ctrl-C", func(k *os.File, _ *os.Process) { fmt.Fprintf(k, "%s\x03", pin) }, "RESULT interrupted"},
		{"SIGTERM", func(k *os.File, p *os.Process) {
			fmt.Fprint(k, pin)
			// The kernel hands on what is typed in its own time. What arrives
			// after the program has ended is not the program's to hide.
			time.Sleep(300 * time.Millisecond)
			_ = p.Signal(syscall.SIGTERM)
		}, "RESULT interrupted"},
		{"nothing", func(k *os.File, _ *os.Process) { fmt.Fprint(k, "\n") }, "RESULT length 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			keyboard, tty, err := pty.Open()
			if err != nil {
				testneed.Missing(t, "no pseudo-terminal: "+err.Error())
			}
			defer keyboard.Close()
			defer tty.Close() // open until the end, so that its state can be read
			p := program(t)
			p.Stdin, p.Stdout, p.Stderr = nil, tty, tty // the PIN comes from /dev/tty
			p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
			var s screen
			go s.follow(keyboard)
			if !echo(t, tty) {
				t.Fatal("the terminal has no echo to begin with")
			}
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			s.wait(t, `PIN of token "SAST-A" (serial "1"), a wrong PIN was entered before: `)
			if echo(t, tty) {
				t.Error("the echo is on while the PIN is typed")
			}
			c.act(keyboard, p.Process)
			s.wait(t, c.want)
			_ = p.Wait()
			if !echo(t, tty) {
				t.Error("the echo is not back")
			}
			if strings.Contains(s.String(), "s3cr3t") {
				t.Errorf("the terminal shows the PIN: %q", s.String())
			}
		})
	}
}

// What was typed before the prompt is not taken for a PIN.
func TestTypedAheadIsThrownAway(t *testing.T) {
	keyboard, tty, err := pty.Open()
	if err != nil {
		testneed.Missing(t, "no pseudo-terminal: "+err.Error())
	}
	defer keyboard.Close()
	defer tty.Close()
	fmt.Fprint(keyboard, "typed ahead\n")
	p := program(t)
	p.Stdout, p.Stderr = tty, tty
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	var s screen
	go s.follow(keyboard)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	s.wait(t, "entered before: ")
	fmt.Fprint(keyboard, "1234\n")
	s.wait(t, "RESULT length 4")
	_ = p.Wait()
}

func TestNoTerminal(t *testing.T) {
	p := program(t)
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.Stdin = strings.NewReader("1234\n")
	start := time.Now()
	out, _ := p.Output()
	if !strings.Contains(string(out), "RESULT error") || !strings.Contains(string(out), "there is no terminal") || !strings.Contains(string(out), "give a PIN file") {
		t.Errorf("without a terminal: %s", out)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("without a terminal it takes %v", took)
	}
}
