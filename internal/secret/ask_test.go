//go:build linux

package secret

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

// TestMain is also the program at the terminal: it asks for a secret and prints
// its length alone.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_SECRET_ASK") == "" {
		os.Exit(m.Run())
	}
	text, err := Ask("Question: ")
	var interrupted Interrupted
	switch {
	case errors.As(err, &interrupted):
		fmt.Println("RESULT interrupted:", err)
		os.Exit(3)
	case errors.Is(err, ErrNoTerminal):
		fmt.Println("RESULT no terminal:", err)
		os.Exit(4)
	case err != nil:
		fmt.Println("RESULT error:", err)
		os.Exit(5)
	}
	fmt.Println("RESULT length", len(text))
}

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

// A seat is a program at a pseudo-terminal, which controls it.
type seat struct {
	*testing.T
	cmd           *exec.Cmd
	keyboard, tty *os.File
	screen        screen
}

// sit starts a program; with none, the one in TestMain.
func sit(t *testing.T, typedAhead string, program ...string) *seat {
	t.Helper()
	s := &seat{T: t}
	var err error
	if s.keyboard, s.tty, err = pty.Open(); err != nil {
		testneed.Missing(t, "no pseudo-terminal: "+err.Error())
	}
	go io.Copy(&s.screen, s.keyboard)
	if typedAhead != "" {
		// The kernel hands on what is typed when it gets round to it, and echoes it then:
		// only then is it there to be thrown away.
		s.types(typedAhead)
		s.until(strings.TrimSpace(typedAhead), 1)
	}
	s.cmd = exec.Command(self(t))
	s.cmd.Env = append(os.Environ(), "TEST_SECRET_ASK=1")
	if len(program) > 0 {
		s.cmd = exec.Command(program[0], program[1:]...)
		s.cmd.Env = append(os.Environ(), "PS1=ready> ", "HISTFILE=", "TERM=dumb", "SELF="+self(t))
		s.cmd.Stdin = s.tty
	}
	s.cmd.Stdout, s.cmd.Stderr = s.tty, s.tty // the secret comes from /dev/tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		_ = s.keyboard.Close()
		_ = s.tty.Close() // open until the end, so that its state can be read
	})
	if !s.echoes() {
		t.Fatal("the terminal has no echo to begin with")
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *seat) types(text string) {
	s.Helper()
	if _, err := s.keyboard.WriteString(text); err != nil {
		s.Fatal(err)
	}
}

// until waits until the screen has shown text a number of times.
func (s *seat) until(text string, times int) {
	s.Helper()
	s.wait(fmt.Sprintf("%q is not on the screen %d times", text, times), func() bool {
		return strings.Count(s.screen.String(), text) >= times
	})
}

// wait is patient: only a test that fails needs all of it.
func (s *seat) wait(complaint string, done func() bool) {
	s.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	s.Fatalf("%s:\n%s", complaint, s.screen.String())
}

func (s *seat) echoes() bool {
	s.Helper()
	state, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// asked waits for the question.
func (s *seat) asked(times int) {
	s.Helper()
	s.until("Question: ", times)
	if s.echoes() {
		s.Error("the echo is on while the secret is typed")
	}
}

// ends waits for what the program prints last.
func (s *seat) ends(result string) {
	s.Helper()
	s.until(result, 1)
	_ = s.cmd.Wait()
	if !s.echoes() {
		s.Error("the echo is not back")
	}
	s.hidesSecret()
}

func (s *seat) hidesSecret() {
	s.Helper()
	if strings.Contains(s.screen.String(), "s3cr") {
		s.Errorf("the secret is on the screen:\n%s", s.screen.String())
	}
}

func TestAsk(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"typed", "s3cr3t-9173\n", "RESULT length 11"},
		{"corrected", "s3cr3t-9173x\x7f\n", "RESULT length 11"},
		{"nothing", "\n", "RESULT length 0"},
		{"Ctrl-C", "s3cr3t\x03", "RESULT interrupted"},
		{"Ctrl-D", "s3cr3t\x04\x04", "RESULT length 6"},
		{"Ctrl-D alone", "\x04", "RESULT error: EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sit(t, "")
			s.asked(1)
			s.types(c.keys)
			s.ends(c.want)
		})
	}
}

func TestAskEndsBySignal(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		s := sit(t, "")
		s.asked(1)
		if err := s.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		s.ends("RESULT interrupted: interrupted by signal: " + signal.String())
	}
}

// What was typed before the question is not taken for an answer.
func TestTypedAheadIsThrownAway(t *testing.T) {
	s := sit(t, "typed ahead\n")
	s.asked(1)
	s.types("1234\n")
	s.ends("RESULT length 4")
}

// Without a shell that could continue it, Ctrl-Z does not stop a process, which
// must not go on with the echo on.
func TestCtrlZWithoutShell(t *testing.T) {
	s := sit(t, "")
	s.asked(1)
	s.types("s3cr\x1a")
	s.asked(2)
	s.types("s3cr3t\n")
	s.ends("RESULT length 6")
}

func TestNoTerminal(t *testing.T) {
	p := exec.Command(self(t))
	p.Env = append(os.Environ(), "TEST_SECRET_ASK=1")
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.Stdin = strings.NewReader("1234\n")
	out, _ := p.Output()
	if !strings.Contains(string(out), "RESULT no terminal: there is no terminal") {
		t.Errorf("without a terminal: %s", out)
	}
}

// Ctrl-Z and fg in real shells. bash sets the terminal as it likes it whenever
// a job stops; dash leaves it as the job left it.
func TestCtrlZInShells(t *testing.T) {
	for _, shell := range [][]string{{"bash", "--norc", "--noprofile", "-i"}, {"bash", "--norc", "--noprofile", "--noediting", "-i"}, {"dash", "-i"}} {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			shell[0] = testneed.Program(t, shell[0])
			s := sit(t, "", shell...)
			s.until("ready> ", 1)
			s.types("TEST_SECRET_ASK=1 \"$SELF\"\n")
			s.asked(1)
			s.types("s3cr\x1a")
			s.until("ready> ", 2)
			s.seesTyping("once")
			s.types("fg\n")
			s.asked(2)
			s.types("s3cr\x1a")
			s.until("ready> ", 4)
			s.seesTyping("again")
			stops := strings.Count(s.screen.String(), "Stopped")
			s.command("bg")
			// In the background it stops as soon as it reads. Until the shell knows that, its
			// fg would not let the job go on.
			s.wait("the shell does not say that the job stopped", func() bool {
				s.command("jobs")
				return strings.Count(s.screen.String(), "Stopped") > stops
			})
			s.seesTyping("behind")
			s.types("fg\n")
			s.asked(3)
			s.types("s3cr3t\n")
			s.until("RESULT length 6", 1)
			s.command("") // the prompt after the result, and the one after this
			s.seesTyping("ended")
			s.hidesSecret()
		})
	}
}

// command types a line to the shell and waits for the next prompt.
func (s *seat) command(line string) {
	s.Helper()
	prompts := strings.Count(s.screen.String(), "ready> ")
	s.types(line + "\n")
	s.until("ready> ", prompts+1)
}

// seesTyping types a command to the shell, and wants to see it and its output.
func (s *seat) seesTyping(word string) {
	s.Helper()
	s.command("echo " + word)
	s.until("echo "+word, 1)
	s.until(word, 2)
}
