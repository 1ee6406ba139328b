//go:build cgo

package softhsm

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

//go:embed proxy/proxy.c
var proxySource string

// A Proxy is a PKCS #11 module in front of SoftHSM. It keeps a counter of wrong
// PINs for each token in a file, raises the PIN flags by it, logs the calls that
// matter, and fails on demand. The faults are in the environment, which
// C_Initialize reads, so that it serves child processes too.
type Proxy struct {
	Module string // to be opened instead of SoftHSM's
	env    *Env
	state  string
	log    string
	tb     testing.TB
}

// MaxWrong is how many wrong PINs in a row lock a token behind the proxy.
const MaxWrong = 15

// Proxy builds the module. Each call returns another one, without state.
func (e *Env) Proxy(tb testing.TB) *Proxy {
	tb.Helper()
	dir := tb.TempDir()
	p := &Proxy{env: e, tb: tb, Module: filepath.Join(dir, "proxy.so"),
		state: filepath.Join(dir, "state"), log: filepath.Join(dir, "log")}
	must(tb, os.Mkdir(p.state, 0o700))
	Library(tb, p.Module, proxySource)
	tb.Setenv("CTLINSPECT_PROXY_MODULE", e.Module)
	tb.Setenv("CTLINSPECT_PROXY_STATE", p.state)
	tb.Setenv("CTLINSPECT_PROXY_LOG", p.log)
	tb.Setenv("CTLINSPECT_PROXY_FAULT", "")
	return p
}

// Library compiles C source to a shared library, with the compiler that cgo
// needs anyway. Without one the test is treated as without SoftHSM.
func Library(tb testing.TB, path, source string, flags ...string) {
	tb.Helper()
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	if _, err := exec.LookPath(compiler); err != nil {
		testneed.Missing(tb, "no C compiler: "+err.Error())
	}
	file := path + ".c"
	must(tb, os.WriteFile(file, []byte(source), 0o600))
	args := append([]string{"-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path, file}, flags...)
	out, err := exec.Command(compiler, append(args, "-ldl")...).CombinedOutput()
	if err != nil {
		tb.Fatalf("%s: %v\n%s", compiler, err, out)
	}
}

// Fault sets what the proxy does wrong, from the next C_Initialize on:
//
//	initialize=CKR        C_Initialize fails
//	crash=FUNCTION        FUNCTION writes to an address that does not exist
//	exit=FUNCTION         FUNCTION ends the process with exit code 0
//	hang=FUNCTION         FUNCTION makes the file Hanging and waits for Release
//	error=FUNCTION        FUNCTION fails with CKR_GENERAL_ERROR
//	lie=FUNCTION          FUNCTION reports success and does nothing, or returns
//	                      sizes and texts that cannot be
//	many=FUNCTION         C_GetSlotList, C_FindObjects: far too many
//	sign=CKR              C_Sign fails
//	wrong-signature       C_Sign gives a signature with one bit changed
//	no-raw-rsa            C_SignInit refuses CKM_RSA_PKCS
//	no-mechanism          C_SignInit refuses every mechanism
//	nul-label             texts of the token are padded with NULs
//	no-flags              C_GetTokenInfo reports no flags at all
//	pin-pad               the PIN is entered at the reader; C_Login takes none
//	gone-after=FUNCTION   the token is pulled out once FUNCTION has succeeded
//
// FUNCTION is one of Functions; for gone-after C_CloseSession, C_Login, C_SignInit
// or C_GetTokenInfo.
func (p *Proxy) Fault(faults ...string) {
	p.tb.Helper()
	_ = os.Remove(p.Hanging())
	_ = os.Remove(filepath.Join(p.state, "release"))
	p.tb.Setenv("CTLINSPECT_PROXY_FAULT", ","+strings.Join(faults, ",")+",")
}

// Functions are what package token calls.
var Functions = []string{"C_GetFunctionList", "C_Initialize", "C_Finalize", "C_GetInfo", "C_GetSlotList", "C_GetSlotInfo", "C_GetTokenInfo",
	"C_OpenSession", "C_CloseSession", "C_Login", "C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal", "C_GetAttributeValue",
	"C_SignInit", "C_Sign"}

// Hanging is the file that exists once a function hangs. The next Fault removes
// it.
func (p *Proxy) Hanging() string { return filepath.Join(p.state, "hanging") }

// Release ends what hangs.
func (p *Proxy) Release() {
	p.tb.Helper()
	must(p.tb, os.WriteFile(filepath.Join(p.state, "release"), nil, 0o600))
}

// PadPIN is what somebody types at the reader's keys.
func (p *Proxy) PadPIN(pin string) { p.tb.Setenv("CTLINSPECT_PROXY_PAD_PIN", pin) }

// SetWrong sets the token's counter of wrong PINs in a row.
func (p *Proxy) SetWrong(t *Token, n int) {
	p.tb.Helper()
	must(p.tb, os.WriteFile(filepath.Join(p.state, t.Serial), []byte(strconv.Itoa(n)), 0o600))
}

// Wrong is the token's counter of wrong PINs in a row.
func (p *Proxy) Wrong(t *Token) int {
	p.tb.Helper()
	b, err := os.ReadFile(filepath.Join(p.state, t.Serial))
	if os.IsNotExist(err) {
		return 0
	}
	must(p.tb, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	must(p.tb, err)
	return n
}

// Calls are the logged calls of a function, in their order, each as
// "C_Login user=1 rv=0x0".
func (p *Proxy) Calls(function string) []string {
	p.tb.Helper()
	b, err := os.ReadFile(p.log)
	if err != nil && !os.IsNotExist(err) {
		p.tb.Fatal(err)
	}
	var calls []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, function+" ") {
			calls = append(calls, strings.TrimSpace(line))
		}
	}
	return calls
}

// Logins is how often C_Login was called.
func (p *Proxy) Logins() int {
	p.tb.Helper()
	return len(p.Calls("C_Login"))
}
