//go:build cgo && unix

package token

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
)

const serveVariable = "TEST_TOKEN_SERVE"

// TestMain is also the process that holds a module.
func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) == "" {
		os.Exit(m.Run())
	}
	fmt.Println(Serve())
	os.Exit(1)
}

func helperCommand(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), serveVariable+"=1")
	return c
}

func TestSignThroughHelper(t *testing.T) {
	env := softhsm.New(t)
	a, b := env.Token(t, "SAST-A", testPIN), env.Token(t, "SAST-B", testPIN)
	a.Import(t, named(t, "etoken-a"))
	o := named(t, "etoken-b")
	o.AlwaysAuthenticate = true
	b.Import(t, o)
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: typed(testPIN), Helper: helperCommand(t)})
	sameAsKey(t, signerFor(t, m, "pkcs11:token=SAST-A;library-manufacturer=SoftHSM"), readKey(t, "etoken-a"))
	sameAsKey(t, signerFor(t, m, "pkcs11:serial="+b.Serial), readKey(t, "etoken-b"))
	i, err := m.FindToken(URI{Serial: a.Serial})
	if err != nil || i.Label != "SAST-A" || i.Manufacturer == "" || i.Model == "" || i.PIN != PINStateFine || i.SlotDescription == "" {
		t.Errorf("%+v, %v", i, err)
	}
	// One login to each, and one for each of the four signatures of SAST-B.
	if n := proxy.Logins(); n != 6 {
		t.Errorf("logins %v", proxy.Calls("C_Login"))
	}
	h := m.p11.module.(*helper)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	<-h.exited
}

// Neither its command line nor its environment holds the PIN; it leaves no core
// dump, and debuggers stay out.
func TestHelperKeepsThePIN(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	proxy, _ := behindProxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN), Helper: helperCommand(t)})
	if _, err := signOnce(signerFor(t, m, "pkcs11:token=SAST-A")); err != nil {
		t.Fatal(err)
	}
	proc := fmt.Sprintf("/proc/%d/", m.p11.module.(*helper).cmd.Process.Pid)
	for _, file := range []string{"cmdline", "environ"} {
		if b, err := os.ReadFile(proc + file); err == nil && bytes.Contains(b, []byte(testPIN)) {
			t.Errorf("the PIN is in %s", file)
		}
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0") {
		t.Errorf("core dumps are allowed:\n%s", limits)
	}
	// A process that cannot be dumped belongs to root in /proc.
	if info, err := os.Stat(proc + "environ"); err != nil || os.Getuid() != 0 && ownedBy(info, os.Getuid()) {
		t.Errorf("%v, %v", info, err)
	}
}

func TestHelperFailsToLoad(t *testing.T) {
	softhsm.New(t)
	dir := t.TempDir()
	build := func(name, source string) string {
		softhsm.Library(t, dir+"/"+name, source)
		return dir + "/" + name
	}
	for _, c := range []struct {
		path string
		kind error
		text string
	}{
		{dir + "/none.so", ErrModuleMissing, "does not exist"},
		{build("plain.so", "int f(void) { return 1; }"), ErrModuleNoFunctionList, "no C_GetFunctionList"},
		{build("fails.so", "unsigned long C_GetFunctionList(void **l) { return 5; }"), ErrModuleNoFunctionList, "CKR_GENERAL_ERROR, 0x5"},
		{build("symbol.so", "int nowhere(void); extern int data; int *p = &data; int C_GetFunctionList(void) { return nowhere(); }"), ErrModuleLoad, "undefined symbol"},
		{build("crashes.so", "__attribute__((constructor)) void f(void) { *(volatile int *)8 = 0; }"), ErrModuleCrashed, "in C_GetFunctionList, signal: segmentation fault"},
		{build("aborts.so", "#include <stdlib.h>\nunsigned long C_GetFunctionList(void **l) { abort(); }"), ErrModuleCrashed, "signal: aborted"},
		{build("exits.so", "#include <stdlib.h>\nunsigned long C_GetFunctionList(void **l) { exit(7); }"), ErrModuleCrashed, "exit status 7"},
		{build("talks.so", "#include <unistd.h>\nunsigned long C_GetFunctionList(void **l) { for (int i = 0; i < 9; i++) if (write(4, \"nonsense\", 8) < 0) return 6; return 5; }"), ErrModuleCrashed, "in C_GetFunctionList"},
	} {
		_, err := Open(Config{Module: c.path, Helper: helperCommand(t)})
		checkProblem(t, c.path, err, c.kind, c.text, c.path)
	}
	_, err := Open(Config{Module: softhsm.Module(t), Helper: exec.Command(dir + "/nosuch")})
	checkProblem(t, "no helper", err, ErrModuleLoad, "cannot be started", softhsm.Module(t))
	_, err = Open(Config{Module: softhsm.Module(t), Helper: exec.Command("true")})
	checkProblem(t, "another program", err, ErrModuleCrashed, "exit status 0", softhsm.Module(t))
}

func TestHelperReportsErrors(t *testing.T) {
	proxy, tok := behindProxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(wrongPIN), Helper: helperCommand(t)})
	s := signerFor(t, m, "pkcs11:token=SAST-A")
	for n := range 2 {
		_, err := signOnce(s)
		if !errors.Is(err, ErrWrongPIN) || !errors.Is(err, CKR(0xa0)) || (n > 0) != errors.Is(err, ErrLoginSpent) {
			t.Errorf("error %v", err)
		}
		holdsNoPIN(t, err, wrongPIN)
	}
	if proxy.Logins() != 1 || proxy.Wrong(tok) != 1 {
		t.Errorf("%d logins, counter %d", proxy.Logins(), proxy.Wrong(tok))
	}
}

// A crash while somebody is logged in gives no second login, also not through
// another Module.
func TestCrashInLogin(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("crash=C_Login")
	for n := range 2 {
		m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN), Helper: helperCommand(t)})
		_, err := signOnce(signerFor(t, m, "pkcs11:token=SAST-A"))
		want := []error{ErrModuleCrashed, ErrLoginSpent}[n]
		if !errors.Is(err, want) || n == 0 && !strings.Contains(err.Error(), "in C_Login, signal: segmentation fault: it is not known whether the PIN counted as a try") {
			t.Errorf("error %v", err)
		}
		proxy.Fault()
	}
	if proxy.Logins() != 1 {
		t.Errorf("%d logins", proxy.Logins())
	}
}

// The process does not outlive the one that started it, whatever hangs.
func TestHelperEndsWithItsUser(t *testing.T) {
	f := imitate(t)
	hangs, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	f.hook = func(string) {
		close(hangs)
		<-over
	}
	requests, ours := io.Pipe()
	gone := make(chan struct{})
	go (&server{f}).serve(requests, io.Discard, func() { close(gone) })
	if _, err := ours.Write(message{call: callSign}.frame()); err != nil {
		t.Fatal(err)
	}
	<-hangs
	ours.Close()
	<-gone
}

func ownedBy(info os.FileInfo, user int) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == user
}

// By hand it is of no use, and says so.
func TestServeByHand(t *testing.T) {
	out, err := helperCommand(t).Output()
	if err == nil || !strings.Contains(string(out), "this process was not started to hold a PKCS #11 module") {
		t.Errorf("%s, %v", out, err)
	}
}

// The module cannot claim what it likes: the process that holds it has an end to
// its memory.
func TestHelperHasLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("limited on Linux only")
	}
	proxy, _ := behindProxy(t)
	proxy.Fault("many=C_GetSlotList")
	m := module(t, Config{Module: proxy.Module, Helper: helperCommand(t)})
	if _, err := m.Tokens(); !errors.Is(err, ErrModuleCrashed) {
		t.Errorf("error %v", err)
	}
}
