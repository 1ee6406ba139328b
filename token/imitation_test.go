package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// An imitation is a cryptoki without hardware. It fails where fail says so.
type imitation struct {
	tokens  map[uint]tokenInfo
	objects map[object]map[uint][]byte
	classes map[uint][]object
	key     *rsa.PrivateKey

	fail   map[string]error // by function
	hook   func(function string)
	refuse map[uint]bool // mechanisms

	failAt   int // the call that fails, from 1
	failWith error

	mu        sync.Mutex // a call that was given up still runs
	calls     []string
	sessions  int
	mechanism uint
	hang      <-chan struct{} // C_Finalize waits for it
}

func (f *imitation) call(function string) error {
	f.mu.Lock()
	f.calls = append(f.calls, function)
	n := len(f.calls)
	f.mu.Unlock()
	if n == f.failAt {
		return f.failWith
	}
	if f.hook != nil {
		f.hook(function)
	}
	return f.fail[function]
}

func (f *imitation) count(function string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c == function {
			n++
		}
	}
	return n
}

// made is the number of calls.
func (f *imitation) made() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func (f *imitation) Initialize() error { return f.call("C_Initialize") }
func (f *imitation) Finalize() error {
	if f.hang != nil {
		<-f.hang
	}
	return f.call("C_Finalize")
}

func (f *imitation) Info() (libraryInfo, error) {
	return libraryInfo{"Maker", "Library", 2, 6}, f.call("C_GetInfo")
}

func (f *imitation) SlotList() (slots []uint, err error) {
	for s := range uint(1000) {
		if _, ok := f.tokens[s]; ok {
			slots = append(slots, s)
		}
	}
	return slots, f.call("C_GetSlotList")
}

func (f *imitation) SlotInfo(uint) (slotInfo, error) {
	return slotInfo{"Reader 0", "Maker"}, f.call("C_GetSlotInfo")
}

func (f *imitation) TokenInfo(slot uint) (tokenInfo, error) {
	return f.tokens[slot], f.call("C_GetTokenInfo")
}

func (f *imitation) OpenSession(slot uint) (session, error) {
	if err := f.call("C_OpenSession"); err != nil {
		return 0, err
	}
	f.sessions++
	return session(slot), nil
}

func (f *imitation) CloseSession(session) error {
	f.sessions--
	return f.call("C_CloseSession")
}

func (f *imitation) Login(_ session, user uint, pin []byte) error {
	return f.call(fmt.Sprintf("C_Login %d", user))
}

func (f *imitation) Find(_ session, class uint, limit int) ([]object, error) {
	return f.classes[class], f.call("C_FindObjects")
}

func (f *imitation) Attribute(_ session, o object, attribute uint) ([]byte, error) {
	if err := f.call("C_GetAttributeValue"); err != nil {
		return nil, err
	}
	if err := f.fail[fmt.Sprintf("attribute %x", attribute)]; err != nil {
		return nil, err
	}
	value, ok := f.objects[o][attribute]
	if !ok {
		return nil, ckrAttributeTypeInvalid
	}
	return value, nil
}

func (f *imitation) SignInit(_ session, mechanism uint, _ object) error {
	f.mechanism = mechanism
	if f.refuse[mechanism] {
		return ckrMechanismInvalid
	}
	return f.call("C_SignInit")
}

func (f *imitation) Sign(_ session, data []byte) ([]byte, error) {
	if err := f.call("C_Sign"); err != nil {
		return nil, err
	}
	for hash, info := range digestInfos {
		if f.mechanism == info.mechanism {
			h := hash.New()
			h.Write(data)
			return rsa.SignPKCS1v15(nil, f.key, hash, h.Sum(nil))
		}
	}
	return rsa.SignPKCS1v15(nil, f.key, 0, data)
}

const fineFlags = ckfTokenInitialized | ckfUserPINInitialized

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return key
})

// testCertificate is that of testKey.
var testCertificate = sync.OnceValue(func() []byte {
	der, err := certificateFor(testKey())
	if err != nil {
		panic(err)
	}
	return der
})

func selfSigned(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der, err := certificateFor(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func certificateFor(key crypto.Signer) ([]byte, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "SAST"}}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

func number(n uint64) []byte { return binary.NativeEndian.AppendUint64(nil, n) }

// imitate is a token in slot 3 with object 10, a certificate, and 20, its key.
func imitate(t *testing.T) *imitation {
	t.Helper()
	key := testKey()
	return &imitation{
		key:    key,
		fail:   map[string]error{},
		refuse: map[uint]bool{},
		tokens: map[uint]tokenInfo{3: {"SAST\x00\x00junk", "Maker", "Model", "0001", fineFlags}},
		classes: map[uint][]object{
			ckoCertificate: {10},
			ckoPrivateKey:  {20},
		},
		objects: map[object]map[uint][]byte{
			10: {ckaCertificateType: number(ckcX509), ckaValue: testCertificate(), ckaID: {1}, ckaLabel: []byte("cert")},
			20: {ckaID: {1}, ckaModulus: append([]byte{0}, key.N.Bytes()...), ckaAlwaysAuthenticate: {0}},
		},
	}
}

func (f *imitation) start(t *testing.T, c Config) *Module {
	t.Helper()
	if c.PIN == nil {
		c.PIN = PINFunc(func(Info) ([]byte, error) { return []byte("1234"), nil })
	}
	m := &Module{config: c, logins: &logins{}}
	m.p11 = &watched{module: f, path: "/imitation.so", warn: m.warn}
	if err := m.start(); err != nil {
		t.Fatal(err)
	}
	return m
}

func (f *imitation) signer(t *testing.T, c Config) *Signer {
	t.Helper()
	m := f.start(t, c)
	certificate, err := m.FindCertificate(URI{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Signer(certificate)
	if err != nil {
		t.Fatal(err)
	}
	f.calls = nil
	return s
}

func signSHA1(s *Signer) ([]byte, error) { return s.Sign(nil, make([]byte, 20), crypto.SHA1) }

// Each function of the module fails in each way, at listing and at signing: the
// error is typed, the sessions are closed, and the user is logged in once.
func TestEveryCallFails(t *testing.T) {
	for _, c := range []struct {
		function string
		code     CKR
		want     error
		logins   int
	}{
		{"C_GetTokenInfo", ckrTokenNotPresent, ErrTokenGone, 0},
		{"C_GetTokenInfo", ckrDeviceError, ErrFailed, 0},
		{"C_OpenSession", ckrSessionCount, ErrFailed, 0},
		{"C_OpenSession", ckrTokenNotRecognized, ErrTokenGone, 0},
		{"C_Login 1", ckrPINIncorrect, ErrWrongPIN, 1},
		{"C_Login 1", ckrPINInvalid, ErrWrongPIN, 1},
		{"C_Login 1", ckrPINLenRange, ErrWrongPIN, 1},
		{"C_Login 1", ckrPINLocked, ErrLocked, 1},
		{"C_Login 1", ckrPINExpired, ErrPINExpired, 1},
		{"C_Login 1", ckrUserPINNotInitialized, ErrNoUserPIN, 1},
		{"C_Login 1", ckrFunctionCanceled, ErrInterrupted, 1},
		{"C_Login 1", ckrUserAnotherLoggedIn, ErrFailed, 1},
		{"C_Login 1", ckrSessionHandleInvalid, ErrTokenGone, 1},
		{"C_FindObjects", ckrDeviceRemoved, ErrTokenGone, 1},
		{"C_GetAttributeValue", ckrObjectHandleInvalid, ErrTokenGone, 1},
		{"C_SignInit", ckrKeyHandleInvalid, ErrTokenGone, 1},
		{"C_SignInit", ckrNotInitialized, ErrModuleGone, 1},
		{"C_SignInit", ckrKeyTypeInconsistent, ErrMechanism, 1},
		{"C_SignInit", ckrKeyNotPermitted, ErrNeedsMessage, 1},
		{"C_Sign", ckrGeneralError, ErrFailed, 1},
		{"C_Sign", CKR(0x4711), ErrFailed, 1},
		{"C_Sign", ckrDeviceRemoved, ErrTokenGone, 1},
	} {
		t.Run(fmt.Sprintf("%s %v", c.function, c.code), func(t *testing.T) {
			f := imitate(t)
			s := f.signer(t, Config{})
			f.fail[c.function] = c.code
			for range 3 {
				_, err := signSHA1(s)
				if !errors.Is(err, c.want) || !errors.Is(err, c.code) || !typedError(err) {
					t.Errorf("error %v, want %v", err, c.want)
				}
				if !strings.Contains(err.Error(), fmt.Sprintf("0x%x", uint(c.code))) {
					t.Errorf("the number is not in %v", err)
				}
				holdsNoPINAtAll(t, err, "1234")
			}
			if n := f.count("C_Login 1"); n != c.logins {
				t.Errorf("%d logins, want %d", n, c.logins)
			}
			if f.sessions != len(s.m.open) {
				t.Errorf("%d sessions, and %d tokens that are open", f.sessions, len(s.m.open))
			}
			delete(f.fail, c.function)
			if err := s.m.Close(); err != nil || f.sessions != 0 {
				t.Errorf("%d sessions after closing: %v", f.sessions, err)
			}
		})
	}
}

// One call fails, whichever, in every way that there is, when three signatures are
// made: the user is logged in once at most, with the context-specific login only
// after that, nothing wrong is signed, and no session is left.
func TestOneFailureAnywhere(t *testing.T) {
	ways := []error{errLied, &ModuleError{Kind: ErrModuleCrashed}, errors.New("no CKR")}
	for code := range meanings {
		if code != ckrOK {
			ways = append(ways, code)
		}
	}
	runs := 0
	for _, again := range []byte{0, 1} {
		for at := 1; ; at++ {
			last := false
			for _, way := range ways {
				f := imitate(t)
				f.objects[20][ckaAlwaysAuthenticate] = []byte{again}
				f.failAt, f.failWith = at, way
				signThree(t, f)
				last = last || f.made() < at
				runs++
			}
			if last {
				break
			}
		}
	}
	t.Logf("%d runs with a failure", runs)
}

func signThree(t *testing.T, f *imitation) {
	t.Helper()
	const pin = "s3cr3t-PIN" // in no address
	m := &Module{path: "/imitation.so", logins: &logins{}, config: Config{PIN: PINFunc(func(Info) ([]byte, error) { return []byte(pin), nil })}}
	m.p11 = &watched{module: f, path: m.path, warn: m.warn}
	failed := 0
	if m.start() != nil {
		return
	}
	if c, err := m.FindCertificate(URI{}); err == nil {
		s, err := m.Signer(c)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_, err := signSHA1(s)
			if err != nil {
				failed++
			}
			holdsNoPINAtAll(t, err, pin)
		}
	}
	_ = m.Close()
	first, context := f.count("C_Login 1"), f.count("C_Login 2")
	if first > 1 || context > 3 || first == 0 && context > 0 {
		t.Errorf("call %d fails with %v, %d signatures fail: %v", f.failAt, f.failWith, failed, f.calls)
	}
	if e := (*ModuleError)(nil); f.sessions > 1 || f.sessions == 1 && !errors.As(f.failWith, &e) && f.calls[f.failAt-1] != "C_CloseSession" {
		t.Errorf("call %d fails with %v: %d sessions are left after %v", f.failAt, f.failWith, f.sessions, f.calls)
	}
}

func holdsNoPINAtAll(t *testing.T, err error, pin string) {
	t.Helper()
	if shows(fmt.Sprintf("%v %+v %#v", err, err, err), pin) {
		t.Errorf("the PIN is in %v", err)
	}
}

func TestEveryListingCallFails(t *testing.T) {
	for function, want := range map[string]error{
		"C_GetSlotList": ErrFailed, "C_OpenSession": ErrFailed, "C_CloseSession": ErrFailed,
		"C_FindObjects": ErrFailed, "C_GetAttributeValue": ErrFailed,
	} {
		f := imitate(t)
		f.fail[function] = ckrFunctionFailed
		m := f.start(t, Config{})
		_, err := m.FindCertificate(URI{})
		if !errors.Is(err, want) || !strings.Contains(err.Error(), function) {
			t.Errorf("%s: error %v", function, err)
		}
		if f.sessions != 0 {
			t.Errorf("%s: %d sessions are left", function, f.sessions)
		}
	}
	f := imitate(t)
	f.fail["C_GetInfo"] = ckrFunctionFailed
	if _, err := f.start(t, Config{}).FindToken(URI{LibraryVersion: "2"}); !errors.Is(err, ErrFailed) {
		t.Errorf("error %v", err)
	}
	f = imitate(t)
	f.fail["C_GetSlotInfo"] = ckrFunctionFailed
	if _, err := f.start(t, Config{}).FindToken(URI{}); err != nil {
		t.Errorf("a slot without information hides its token: %v", err)
	}
}

func TestUnreadableSlotIsLeftOut(t *testing.T) {
	f := imitate(t)
	f.fail["C_GetTokenInfo"] = ckrTokenNotRecognized
	var warnings []string
	m := f.start(t, Config{Warn: func(w string) { warnings = append(warnings, w) }})
	if tokens, err := m.Tokens(); err != nil || len(tokens) != 0 || len(warnings) != 1 {
		t.Errorf("%v, %v, warnings %q", tokens, err, warnings)
	}
}

func TestAnotherTokenInTheSlot(t *testing.T) {
	f := imitate(t)
	s := f.signer(t, Config{})
	f.hook = func(function string) {
		if function == "C_OpenSession" {
			f.tokens[3] = tokenInfo{"OTHER", "Maker", "Model", "0002", fineFlags}
		}
	}
	_, err := signSHA1(s)
	if !errors.Is(err, ErrTokenGone) || !strings.Contains(err.Error(), `now holds token "OTHER"`) || f.count("C_Login 1") != 0 {
		t.Errorf("error %v after %v", err, f.calls)
	}
	if _, err := s.m.Certificates(s.cert.Token); !errors.Is(err, ErrTokenGone) {
		t.Errorf("error %v", err)
	}
}

// Two tokens that take turns in one slot are two tokens.
func TestTokensTakeTurns(t *testing.T) {
	f := imitate(t)
	first := f.tokens[3]
	s := f.signer(t, Config{PIN: typed("1234")})
	if _, err := signSHA1(s); err != nil {
		t.Fatal(err)
	}
	f.tokens[3] = tokenInfo{"OTHER", "Maker", "Model", "0002", fineFlags}
	c, err := s.m.FindCertificate(URI{Token: "OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.m.Signer(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signSHA1(other); err != nil || f.sessions != 1 {
		t.Errorf("%v with %d sessions", err, f.sessions)
	}
	f.tokens[3] = first
	if _, err := signSHA1(s); !errors.Is(err, ErrLoginSpent) || !errors.Is(err, ErrTokenGone) {
		t.Errorf("error %v", err)
	}
	if f.count("C_Login 1") != 2 {
		t.Errorf("calls %v", f.calls)
	}
}

// typed stands in for a person at a terminal.
type typed string

func (p typed) PIN(Info) ([]byte, error) { return []byte(p), nil }
func (typed) Typed() bool                { return true }

// The flags are read again after the PIN was typed.
func TestLockedWhileThePINIsTyped(t *testing.T) {
	for flag, want := range map[uint]error{ckfUserPINLocked: ErrLocked, ckfUserPINFinalTry: ErrFinalTry} {
		f := imitate(t)
		s := f.signer(t, Config{PIN: PINFunc(func(Info) ([]byte, error) {
			f.tokens[3] = tokenInfo{"SAST", "Maker", "Model", "0001", fineFlags | flag}
			return []byte("1234"), nil
		})})
		if _, err := signSHA1(s); !errors.Is(err, want) || f.count("C_Login 1") != 0 {
			t.Errorf("error %v after %v", err, f.calls)
		}
	}
}

func TestFlagsAreReadRightBeforeTheLogin(t *testing.T) {
	f := imitate(t)
	f.objects[20][ckaAlwaysAuthenticate] = []byte{1}
	s := f.signer(t, Config{})
	if _, err := signSHA1(s); err != nil {
		t.Fatal(err)
	}
	for n, c := range f.calls {
		if strings.HasPrefix(c, "C_Login") && (f.calls[n-1] != "C_GetSlotInfo" || f.calls[n-2] != "C_GetTokenInfo") {
			t.Errorf("before %s comes %v", c, f.calls[:n])
		}
	}
}

func TestSlotListComesFirst(t *testing.T) {
	f := imitate(t)
	if _, err := f.start(t, Config{}).Tokens(); err != nil || f.calls[1] != "C_GetSlotList" {
		t.Errorf("%v, %v", f.calls, err)
	}
}

func TestPINSourceFails(t *testing.T) {
	for _, cause := range []error{errors.New("the keyboard is gone"), &Error{Kind: ErrInterrupted}} {
		f := imitate(t)
		asked := 0
		s := f.signer(t, Config{PIN: PINFunc(func(Info) ([]byte, error) { asked++; return nil, cause })})
		for range 2 {
			if _, err := signSHA1(s); !errors.Is(err, cause) || !typedError(err) {
				t.Errorf("error %v", err)
			}
		}
		if asked != 1 || f.count("C_Login 1") != 0 || f.sessions != 0 {
			t.Errorf("asked %d times, %v", asked, f.calls)
		}
	}
}

func TestAlreadyLoggedIn(t *testing.T) {
	f := imitate(t)
	f.fail["C_Login 1"] = ckrUserAlreadyLoggedIn
	if _, err := signSHA1(f.signer(t, Config{})); err != nil {
		t.Errorf("somebody else's login is not used: %v", err)
	}
	f = imitate(t)
	f.objects[20][ckaAlwaysAuthenticate] = []byte{1}
	f.fail["C_Login 2"] = ckrUserAlreadyLoggedIn
	if _, err := signSHA1(f.signer(t, Config{})); !errors.Is(err, ErrFailed) {
		t.Errorf("error %v", err)
	}
}

func TestContextLoginAfterSignInit(t *testing.T) {
	f := imitate(t)
	f.objects[20][ckaAlwaysAuthenticate] = []byte{1}
	f.refuse[ckmRSAPKCS] = true
	s := f.signer(t, Config{})
	if _, err := s.SignMessage(nil, []byte("m"), crypto.SHA512); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(f.calls, " ")
	if !strings.Contains(all, "C_SignInit C_GetTokenInfo C_GetSlotInfo C_Login 2 C_Sign") || f.count("C_Login 2") != 1 {
		t.Errorf("calls %s", all)
	}
}

func TestRefusedLoginBeforeContextLogin(t *testing.T) {
	f := imitate(t)
	f.objects[20][ckaAlwaysAuthenticate] = []byte{1}
	s := f.signer(t, Config{})
	f.hook = func(function string) {
		if function == "C_SignInit" {
			f.tokens[3] = tokenInfo{"SAST", "Maker", "Model", "0001", fineFlags | ckfUserPINFinalTry}
		}
	}
	if _, err := signSHA1(s); !errors.Is(err, ErrFinalTry) || f.count("C_Login 2") != 0 || f.sessions != 0 {
		t.Errorf("error %v after %v", err, f.calls)
	}
}

func TestKeyOf(t *testing.T) {
	public := &testKey().PublicKey
	right, wrong := public.N.Bytes(), []byte{1, 2, 3}
	c := Certificate{ID: []byte{1}}
	for _, k := range []struct {
		name string
		keys []privateKey
		want object
		text string
	}{
		{"by both", []privateKey{{object: 1, modulus: right}, {object: 2, id: c.ID, modulus: right}}, 2, ""},
		{"by id", []privateKey{{object: 1, id: []byte{2}}, {object: 2, id: c.ID}}, 2, ""},
		{"by modulus", []privateKey{{object: 1, id: c.ID, modulus: wrong}, {object: 2, modulus: right}}, 2, ""},
		{"none", []privateKey{{object: 1}, {object: 2, id: []byte{2}}}, 0, "none of 2 keys"},
		{"two", []privateKey{{object: 1, id: c.ID}, {object: 2, id: c.ID}}, 0, "2 keys have its CKA_ID"},
		{"other", []privateKey{{object: 1, id: c.ID, modulus: wrong}}, 0, "another certificate"},
	} {
		got, err := keyOf(c, public, k.keys)
		if got.object != k.want || (err == nil) != (k.text == "") {
			t.Errorf("%s: %d, %v", k.name, got.object, err)
		}
		if err != nil && (!errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), k.text)) {
			t.Errorf("%s: error %v", k.name, err)
		}
	}
	if _, err := keyOf(Certificate{}, public, []privateKey{{object: 1}}); err == nil {
		t.Error("an empty CKA_ID is taken for the same")
	}
}

// A key that does not tell its modulus is believed by its CKA_ID, and found out.
func TestWrongKeyIsFoundOut(t *testing.T) {
	f := imitate(t)
	delete(f.objects[20], ckaModulus)
	s := f.signer(t, Config{})
	if _, err := signSHA1(s); err != nil {
		t.Fatal(err)
	}
	f.key, _ = rsa.GenerateKey(rand.Reader, 1024)
	if signature, err := signSHA1(s); !errors.Is(err, ErrWrongSignature) || signature != nil {
		t.Errorf("%x, %v", signature, err)
	}
}

func TestSecretAttributesAreAbsent(t *testing.T) {
	f := imitate(t)
	f.fail[fmt.Sprintf("attribute %x", ckaModulus)] = ckrAttributeSensitive
	f.fail[fmt.Sprintf("attribute %x", ckaLabel)] = ckrAttributeTypeInvalid
	if _, err := signSHA1(f.signer(t, Config{})); err != nil {
		t.Error(err)
	}
}

func TestHostileSizes(t *testing.T) {
	f := imitate(t)
	f.classes[ckoCertificate] = make([]object, maxObjects+1)
	if _, err := f.start(t, Config{}).FindCertificate(URI{}); !errors.Is(err, ErrTooMuch) {
		t.Errorf("error %v", err)
	}
	f = imitate(t)
	for s := range uint(maxSlots + 1) {
		f.tokens[s] = f.tokens[3]
	}
	if _, err := f.start(t, Config{}).Tokens(); !errors.Is(err, ErrTooMuch) {
		t.Errorf("error %v", err)
	}
	f = imitate(t)
	f.objects[10][ckaValue] = make([]byte, maxCertificate+1)
	var warnings []string
	m := f.start(t, Config{Warn: func(w string) { warnings = append(warnings, w) }})
	if _, err := m.FindCertificate(URI{}); !errors.Is(err, ErrNotFound) || len(warnings) != 2 {
		t.Errorf("error %v, warnings %q", err, warnings)
	}
	f = imitate(t)
	f.objects[10][ckaCertificateType] = number(1)
	if _, err := f.start(t, Config{}).FindCertificate(URI{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a WTLS certificate is taken: %v", err)
	}
}

func TestTokensThatCannotBeToldApart(t *testing.T) {
	f := imitate(t)
	f.tokens[4] = f.tokens[3]
	f.tokens[5] = tokenInfo{"", "", "", "", ckfUserPINInitialized | ckfTokenInitialized}
	m := f.start(t, Config{})
	_, err := m.FindToken(URI{})
	for _, want := range []string{"serial=0001;slot-id=3", "serial=0001;slot-id=4", "pkcs11:slot-id=5"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	four := uint(4)
	if i, err := m.FindToken(URI{Token: "SAST", SlotID: &four}); err != nil || i.Slot != 4 {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestCannotBeSigned(t *testing.T) {
	f := imitate(t)
	s := f.signer(t, Config{})
	for _, c := range []struct {
		digest int
		opts   crypto.SignerOpts
		text   string
	}{
		{20, &rsa.PSSOptions{Hash: crypto.SHA1}, "RSA-PSS"},
		{20, nil, "no digest algorithm"},
		{20, crypto.Hash(0), "digest algorithm"},
		{16, crypto.MD5, "digest algorithm MD5"},
		{19, crypto.SHA1, "a digest of 19 bytes where SHA-1 has 20"},
	} {
		_, err := s.Sign(nil, make([]byte, c.digest), c.opts)
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("error %v, want %s", err, c.text)
		}
	}
	if len(f.calls) != 0 {
		t.Errorf("the token is asked for it: %v", f.calls)
	}
}

func TestPublicKeyOfCertificates(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := selfSigned(t, testKey())
	if key, err := (Certificate{DER: der}).PublicKey(); err != nil || !testKey().PublicKey.Equal(key) {
		t.Errorf("%v, %v", key, err)
	}
	if key, err := (Certificate{DER: append(der, 0, 0)}).PublicKey(); err != nil || !testKey().PublicKey.Equal(key) {
		t.Errorf("with bytes behind it: %v, %v", key, err)
	}
	negative := bytes.Replace(der, []byte{2, 1, 1, 0x30}, []byte{2, 1, 0x81, 0x30}, 1)
	if _, err := x509.ParseCertificate(negative); err == nil {
		t.Error("crypto/x509 takes a negative serial number")
	}
	if key, err := (Certificate{DER: negative}).PublicKey(); err != nil || !testKey().PublicKey.Equal(key) {
		t.Errorf("with a negative serial number: %v, %v", key, err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 511), E: 3})
	if err != nil {
		t.Fatal(err)
	}
	original, err := x509.MarshalPKIXPublicKey(testKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	short := bytes.Replace(der, original, append(spki, make([]byte, len(original)-len(spki))...), 1)
	m := imitate(t).start(t, Config{})
	if _, err := m.Signer(Certificate{DER: short}); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "a key of 512 bits") {
		t.Errorf("error %v", err)
	}
	for _, der := range [][]byte{nil, der[:100], {0x30, 0}, selfSigned(t, ec), bytes.Replace(der, []byte{0x86, 0xf7, 0x0d, 1, 1, 1}, []byte{0x86, 0xf7, 0x0d, 1, 1, 99}, 1)} {
		if _, err := m.Signer(Certificate{DER: der}); !errors.Is(err, ErrUnsupported) || !typedError(err) {
			t.Errorf("error %v", err)
		}
	}
}

func TestFailingFinalize(t *testing.T) {
	f := imitate(t)
	f.fail["C_Finalize"] = ckrFunctionFailed
	m := f.start(t, Config{})
	m.finalizeWithin = time.Hour
	if err := m.Close(); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "C_Finalize") {
		t.Errorf("error %v", err)
	}
}

// The module answers only when the test is over, so that no time limit is long
// enough.
func TestHangingFinalize(t *testing.T) {
	f := imitate(t)
	over := make(chan struct{})
	defer close(over)
	f.hang = over
	m := f.start(t, Config{})
	if m.finalizeWithin != 2*time.Second {
		t.Errorf("a hanging module is waited for %v", m.finalizeWithin)
	}
	m.finalizeWithin = time.Millisecond
	if err := m.Close(); !errors.Is(err, ErrCloseTimeout) || !typedError(err) {
		t.Errorf("error %v", err)
	}
	if _, err := m.Tokens(); !errors.Is(err, ErrModuleGone) {
		t.Errorf("error %v", err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestErrorsThatAreNoCKR(t *testing.T) {
	f := imitate(t)
	s := f.signer(t, Config{})
	cause := errors.New("broken pipe")
	f.fail["C_Sign"] = cause
	if _, err := signSHA1(s); !errors.Is(err, cause) || !errors.Is(err, ErrFailed) {
		t.Errorf("error %v", err)
	}
}

func TestEveryMeaning(t *testing.T) {
	for code, m := range meanings {
		if !strings.HasPrefix(m.name, "CKR_") || m.next == "" || m.kind == nil {
			t.Errorf("%v: %+v", code, m)
		}
	}
	for code, want := range map[CKR]string{
		ckrPINIncorrect: "CKR_PIN_INCORRECT, 0xa0", 0x4711: "unknown CKR, 0x4711", 0x80000001: "vendor-defined CKR, 0x80000001",
	} {
		if code.Error() != want {
			t.Errorf("%s, want %s", code.Error(), want)
		}
	}
	if PINState(99).String() != "PINState(99)" || PINStateLow.String() != "low" {
		t.Error("PIN states print wrongly")
	}
}

func TestULong(t *testing.T) {
	if n, ok := ulong(binary.NativeEndian.AppendUint32(nil, 7)); n != 7 || !ok {
		t.Error("32 bits")
	}
	if n, ok := ulong(number(7)); n != 7 || !ok {
		t.Error("64 bits")
	}
	if _, ok := ulong(nil); ok {
		t.Error("no bits")
	}
}

// A PIN source that panics leaves nothing locked.
func TestPINSourcePanics(t *testing.T) {
	f := imitate(t)
	s := f.signer(t, Config{PIN: PINFunc(func(Info) ([]byte, error) { panic("keyboard") })})
	func() {
		defer func() { _ = recover() }()
		_, _ = signSHA1(s)
	}()
	if _, err := s.m.Tokens(); err != nil {
		t.Error(err)
	}
	if err := s.m.Close(); err != nil || f.sessions != 0 || f.count("C_Login 1") != 0 {
		t.Errorf("%d sessions, %v", f.sessions, err)
	}
}
