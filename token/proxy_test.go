//go:build cgo

package token

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
)

const wrongPIN = "wrong-1234"

// behindProxy is a token with one key and the proxy in front of it.
func behindProxy(t *testing.T) (*softhsm.Proxy, *softhsm.Token) {
	t.Helper()
	env := softhsm.New(t)
	tok := env.Token(t, "SAST-A", testPIN)
	tok.Import(t, named(t, "etoken-a"))
	return env.Proxy(t), tok
}

// Every run: what the counter is, what is configured, what comes out, and how
// often C_Login may have been called.
func TestPINRules(t *testing.T) {
	for _, c := range []struct {
		name     string
		wrong    int // before
		pin      PINSource
		allow    bool
		want     error
		logins   int
		after    int // counter
		warnings string
	}{
		{"right", 0, fixedPIN(testPIN), false, nil, 1, 0, ""},
		{"right, typed", 0, typed(testPIN), false, nil, 1, 0, ""},
		{"right after a wrong one", 1, fixedPIN(testPIN), false, ErrCountLow, 0, 1, ""},
		{"right after a wrong one, typed", 1, typed(testPIN), false, nil, 1, 0, "a wrong PIN was entered"},
		{"right after a wrong one, allowed", 1, fixedPIN(testPIN), true, nil, 1, 0, "a wrong PIN was entered"},
		{"low, no source", 1, nil, false, ErrNoPIN, 0, 1, "a wrong PIN was entered"},
		{"wrong", 0, fixedPIN(wrongPIN), false, ErrWrongPIN, 1, 1, ""},
		{"wrong, typed", 12, typed(wrongPIN), false, ErrWrongPIN, 1, 13, "a wrong PIN was entered"},
		{"last but one", 13, fixedPIN(wrongPIN), false, ErrCountLow, 0, 13, ""},
		{"last but one, allowed", 13, fixedPIN(wrongPIN), true, ErrWrongPIN, 1, 14, "a wrong PIN was entered"},
		{"final try", 14, fixedPIN(testPIN), false, ErrFinalTry, 0, 14, ""},
		{"final try, typed", 14, typed(testPIN), false, ErrFinalTry, 0, 14, ""},
		{"final try, allowed, not typed", 14, fixedPIN(testPIN), true, ErrFinalTry, 0, 14, ""},
		{"final try, allowed, typed", 14, typed(testPIN), true, nil, 1, 0, "FINAL TRY"},
		{"final try, allowed, typed wrong", 14, typed(wrongPIN), true, ErrWrongPIN, 1, 15, "FINAL TRY"},
		{"final try, allowed, no source", 14, nil, true, ErrFinalTry, 0, 14, ""},
		{"locked", 15, fixedPIN(testPIN), false, ErrLocked, 0, 15, ""},
		{"locked, allowed, typed", 15, typed(testPIN), true, ErrLocked, 0, 15, ""},
		{"empty", 0, fixedPIN(""), false, ErrNoPIN, 0, 0, ""},
		{"two lines", 0, fixedPIN(testPIN + "\n"), false, ErrNoPIN, 0, 0, ""},
		{"no source", 0, nil, false, ErrNoPIN, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy, tok := behindProxy(t)
			proxy.SetWrong(tok, c.wrong)
			var warnings []string
			m := module(t, Config{Module: proxy.Module, PIN: c.pin, AllowFinalTry: c.allow, AllowLowCount: c.allow,
				Warn: func(w string) { warnings = append(warnings, w) }})
			s := signerFor(t, m, "pkcs11:token=SAST-A")
			for n := range 3 { // whatever happens, once
				_, err := signOnce(s)
				if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Errorf("error %v, want %v", err, c.want)
				}
				if err != nil && (n > 0) != errors.Is(err, ErrLoginSpent) {
					t.Errorf("attempt %d: %v", n, err)
				}
				if err != nil && !typedError(err) {
					t.Errorf("%v is not the token's problem", err)
				}
				holdsNoPIN(t, err, testPIN, wrongPIN)
			}
			if proxy.Logins() != c.logins || proxy.Wrong(tok) != c.after {
				t.Errorf("%d logins, counter %d; want %d, %d", proxy.Logins(), proxy.Wrong(tok), c.logins, c.after)
			}
			all := strings.Join(warnings, "\n")
			if !strings.Contains(all, c.warnings) || (all == "") != (c.warnings == "") {
				t.Errorf("warnings %q, want %q", all, c.warnings)
			}
			holdsNoPIN(t, errors.New(all), testPIN, wrongPIN)
		})
	}
}

func TestWrongPINSaysWhatItLedTo(t *testing.T) {
	proxy, tok := behindProxy(t)
	proxy.SetWrong(tok, 13)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(wrongPIN), AllowLowCount: true})
	_, err := signOnce(signerFor(t, m, "pkcs11:"))
	for _, want := range []string{`token "SAST-A"`, "wrong PIN", "PIN state now: final try", "CKR_PIN_INCORRECT, 0xa0 from C_Login", "do not guess"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if !errors.Is(err, CKR(0xa0)) {
		t.Errorf("0xa0 is not behind %v", err)
	}
}

func TestPINStates(t *testing.T) {
	for wrong, want := range map[int]PINState{0: PINStateFine, 1: PINStateLow, 13: PINStateLow, 14: PINStateFinalTry, 15: PINStateLocked} {
		proxy, tok := behindProxy(t)
		proxy.SetWrong(tok, wrong)
		m := module(t, Config{Module: proxy.Module})
		i, err := m.FindToken(URI{Token: "SAST-A"})
		if err != nil || i.PIN != want {
			t.Errorf("%d wrong PINs: %v, %v; want %v", wrong, i.PIN, err, want)
		}
		m.Close()
	}
}

func TestModuleThatReportsNoFlags(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("no-flags")
	var warnings []string
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN), Warn: func(w string) { warnings = append(warnings, w) }})
	s := signerFor(t, m, "pkcs11:token=SAST-A")
	if s.Certificate().Token.PIN != PINStateNotReported {
		t.Errorf("state is %v", s.Certificate().Token.PIN)
	}
	if _, err := signOnce(s); err != nil {
		t.Error(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "it is not known how many tries are left") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestPINPad(t *testing.T) {
	for _, c := range []struct {
		typed  string
		wrong  int
		want   error
		logins int
	}{
		{testPIN, 0, nil, 1},
		{wrongPIN, 0, ErrWrongPIN, 1},
		{testPIN, 14, ErrFinalTry, 0},
		{testPIN, 15, ErrLocked, 0},
	} {
		proxy, tok := behindProxy(t)
		proxy.Fault("pin-pad")
		proxy.PadPIN(c.typed)
		proxy.SetWrong(tok, c.wrong)
		warned := ""
		m := module(t, Config{Module: proxy.Module, AllowFinalTry: true, Warn: func(w string) { warned += w }})
		s := signerFor(t, m, "pkcs11:token=SAST-A")
		_, err := signOnce(s)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || proxy.Logins() != c.logins {
			t.Errorf("%+v: error %v after %d logins", c, err, proxy.Logins())
		}
		if c.logins == 1 && (!s.Certificate().Token.ProtectedPath || !strings.Contains(warned, "at the reader")) {
			t.Errorf("nobody is told to use the reader: %q", warned)
		}
		m.Close()
	}
}

// The PIN pad of a reader is used for a final try by nobody: its PIN is not
// typed at a terminal, whatever the source in the Config says.
func TestPINPadFinalTryWithTypedSource(t *testing.T) {
	proxy, tok := behindProxy(t)
	proxy.Fault("pin-pad")
	proxy.SetWrong(tok, 14)
	m := module(t, Config{Module: proxy.Module, AllowFinalTry: true, PIN: typed(testPIN)})
	_, err := signOnce(signerFor(t, m, "pkcs11:token=SAST-A"))
	if !errors.Is(err, ErrFinalTry) || proxy.Logins() != 0 {
		t.Errorf("error %v after %d logins", err, proxy.Logins())
	}
}

func TestAlwaysAuthenticateFailure(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST-A", testPIN)
	o := named(t, "etoken-a")
	o.AlwaysAuthenticate = true
	tok.Import(t, o)
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	s := signerFor(t, m, "pkcs11:token=SAST-A")
	if _, err := signOnce(s); err != nil {
		t.Fatal(err)
	}
	// Somebody changes the PIN behind our back.
	for _, open := range m.open {
		copy(open.pin, "wrong")
	}
	for range 3 {
		_, err := signOnce(s)
		if !errors.Is(err, ErrWrongPIN) {
			t.Errorf("error %v", err)
		}
	}
	if proxy.Logins() != 3 || proxy.Wrong(tok) != 1 {
		t.Errorf("logins %v, counter %d", proxy.Calls("C_Login"), proxy.Wrong(tok))
	}
	if len(m.open) != 0 {
		t.Error("the session is kept")
	}
}

// A wrong PIN for such a key costs one try: the second login is not reached.
func TestAlwaysAuthenticateWrongPIN(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST-A", testPIN)
	o := named(t, "etoken-a")
	o.AlwaysAuthenticate = true
	tok.Import(t, o)
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(wrongPIN)})
	if _, err := signOnce(signerFor(t, m, "pkcs11:token=SAST-A")); !errors.Is(err, ErrWrongPIN) {
		t.Errorf("error %v", err)
	}
	if proxy.Logins() != 1 || proxy.Wrong(tok) != 1 {
		t.Errorf("%d logins, counter %d", proxy.Logins(), proxy.Wrong(tok))
	}
}

// Pulled out at any moment: one login at most, and none when it is back.
func TestTokenPulledOut(t *testing.T) {
	for _, c := range []struct {
		after  string
		logins int
	}{{"C_CloseSession", 0}, {"C_Login", 1}, {"C_SignInit", 1}} {
		t.Run(c.after, func(t *testing.T) {
			proxy, _ := behindProxy(t)
			proxy.Fault("gone-after=" + c.after)
			m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
			s := signerFor(t, m, "pkcs11:token=SAST-A")
			for range 2 {
				_, err := signOnce(s)
				if !errors.Is(err, ErrTokenGone) || !strings.Contains(err.Error(), "SAST-A") {
					t.Errorf("error %v", err)
				}
				holdsNoPIN(t, err, testPIN)
			}
			if proxy.Logins() != c.logins {
				t.Errorf("%d logins, want %d", proxy.Logins(), c.logins)
			}
			if _, err := m.FindToken(URI{Token: "SAST-A"}); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "shows none") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault string
		want  error
		text  string
	}{
		{"sign=0x30", ErrFailed, "CKR_DEVICE_ERROR, 0x30 from C_Sign"},
		{"sign=0x32", ErrTokenGone, "CKR_DEVICE_REMOVED"},
		{"sign=0x101", ErrFailed, "CKR_USER_NOT_LOGGED_IN"},
		{"sign=0x80000042", ErrFailed, "vendor-defined CKR, 0x80000042"},
		{"wrong-signature", ErrWrongSignature, "nothing was signed"},
		{"no-raw-rsa", ErrNeedsMessage, "sign with SignMessage"},
		{"no-mechanism", ErrNeedsMessage, "CKR_MECHANISM_INVALID"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			proxy, _ := behindProxy(t)
			proxy.Fault(c.fault)
			m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
			signature, err := signOnce(signerFor(t, m, "pkcs11:token=SAST-A"))
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || signature != nil || !typedError(err) {
				t.Errorf("%x, error %v, want %v", signature, err, c.want)
			}
			if proxy.Logins() != 1 {
				t.Errorf("%d logins", proxy.Logins())
			}
		})
	}
}

// The bytes are those that CKM_RSA_PKCS gives: there is only one signature.
func TestMechanismThatHashes(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("no-raw-rsa")
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	s := signerFor(t, m, "pkcs11:token=SAST-A")
	key := readKey(t, "etoken-a")
	for hash := range digestInfos {
		for _, message := range []string{"message", ""} {
			h := hash.New()
			h.Write([]byte(message))
			want, err := rsa.SignPKCS1v15(nil, key, hash, h.Sum(nil))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.SignMessage(nil, []byte(message), hash); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v of %q: %x, %v; want %x", hash, message, got, err, want)
			}
		}
	}
	if proxy.Logins() != 1 {
		t.Errorf("%d logins", proxy.Logins())
	}
}

func TestNoMechanismAtAll(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("no-mechanism")
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	_, err := signerFor(t, m, "pkcs11:").SignMessage(nil, nil, crypto.SHA1)
	if !errors.Is(err, ErrMechanism) {
		t.Errorf("error %v", err)
	}
}

func TestNULPaddedLabels(t *testing.T) {
	proxy, tok := behindProxy(t)
	proxy.Fault("nul-label")
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	i, err := m.FindToken(URI{Token: "SAST-A", Serial: tok.Serial})
	if err != nil || i.Label != "SAST-A" || i.Serial != tok.Serial || strings.ContainsRune(i.Model+i.Manufacturer, 0) {
		t.Errorf("%+v, %v", i, err)
	}
	sameAsKey(t, signerFor(t, m, "pkcs11:token=SAST-A%20%20%00"), readKey(t, "etoken-a"))
}

func TestModuleThatDoesNotStart(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("initialize=0x30")
	_, err := Open(Config{Module: proxy.Module})
	checkProblem(t, "C_Initialize", err, ErrModuleInitialize, "CKR_DEVICE_ERROR, 0x30", proxy.Module)
	if !errors.Is(err, CKR(0x30)) {
		t.Errorf("0x30 is not behind %v", err)
	}
}

func TestModuleThatCannotLock(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("initialize=0xa")
	_, err := Open(Config{Module: proxy.Module})
	if !errors.Is(err, ErrModuleInitialize) || len(proxy.Calls("C_Initialize")) != 2 {
		t.Errorf("error %v after %v", err, proxy.Calls("C_Initialize"))
	}
}

func TestModuleThatHangsAtTheEnd(t *testing.T) {
	proxy, _ := behindProxy(t)
	proxy.Fault("hang=C_Finalize")
	m, err := Open(Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	m.p11.module = tellingWhenFinalized{m.p11.module, ended}
	m.finalizeWithin = 50 * time.Millisecond
	if _, err := signOnce(signerFor(t, m, "pkcs11:")); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); !errors.Is(err, ErrCloseTimeout) {
		t.Errorf("error %v", err)
	}
	if _, err := m.Tokens(); !errors.Is(err, ErrModuleGone) {
		t.Errorf("error %v", err)
	}
	proxy.Release()
	<-ended // SoftHSM is free for the next test
}

type tellingWhenFinalized struct {
	cryptoki
	ended chan<- struct{}
}

func (f tellingWhenFinalized) Finalize() error {
	defer close(f.ended)
	return f.cryptoki.Finalize()
}
