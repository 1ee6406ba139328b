//go:build cgo

package token

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
)

const testPIN = "right-4711"

// fixedPIN is a PIN from nowhere in particular.
func fixedPIN(pin string) PINSource {
	return PINFunc(func(Info) ([]byte, error) { return []byte(pin), nil })
}

func readKey(tb testing.TB, name string) *rsa.PrivateKey {
	tb.Helper()
	key, err := x509.ParsePKCS8PrivateKey(readPEM(tb, "keys", name))
	if err != nil {
		tb.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func readPEM(tb testing.TB, kind, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile("../testdata/" + kind + "/" + name + ".pem")
	if err != nil {
		tb.Fatal(err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		tb.Fatalf("%s is not PEM", name)
	}
	return block.Bytes
}

// named is the key and certificate of that name in testdata.
func named(tb testing.TB, name string) softhsm.Object {
	tb.Helper()
	return softhsm.Object{Key: readKey(tb, name), Certificate: readPEM(tb, "certs", name),
		ID: []byte{1}, Label: name, PublicKey: true}
}

// module opens the module and closes it at the end of the test.
func module(tb testing.TB, c Config) *Module {
	tb.Helper()
	m, err := Open(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := m.Close(); err != nil && !errors.Is(err, ErrCloseTimeout) {
			tb.Error(err)
		}
	})
	return m
}

func signerFor(tb testing.TB, m *Module, uri string) *Signer {
	tb.Helper()
	u, err := ParseURI(uri)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := m.FindCertificate(u)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := m.Signer(c)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// sameAsKey compares signatures of the token with those of the key itself.
func sameAsKey(tb testing.TB, s *Signer, key *rsa.PrivateKey) {
	tb.Helper()
	if !key.PublicKey.Equal(s.Public()) {
		tb.Error("the signer has another public key")
	}
	message := []byte("what is signed")
	one, many := sha1.Sum(message), sha512.Sum512(message)
	for hash, digest := range map[crypto.Hash][]byte{crypto.SHA1: one[:], crypto.SHA512: many[:]} {
		want, err := rsa.SignPKCS1v15(nil, key, hash, digest)
		if err != nil {
			tb.Fatal(err)
		}
		got, err := s.Sign(rand.Reader, digest, hash)
		if err != nil || !bytes.Equal(got, want) {
			tb.Errorf("%v: %x, %v; want %x", hash, got, err, want)
		}
		got, err = crypto.SignMessage(s, rand.Reader, message, hash)
		if err != nil || !bytes.Equal(got, want) {
			tb.Errorf("%v, message: %x, %v; want %x", hash, got, err, want)
		}
	}
}

func TestSignWithTwoTokens(t *testing.T) {
	env := softhsm.New(t)
	a := env.Token(t, "SAST-A", testPIN)
	b := env.Token(t, "SAST-B", testPIN)
	big := env.Token(t, "BIG", testPIN)
	a.Import(t, named(t, "etoken-a"))
	b.Import(t, named(t, "etoken-b"))
	big.Import(t, named(t, "capf-2048"))
	for label, name := range map[string]string{"SAST-A": "etoken-a", "SAST-B": "etoken-b", "BIG": "capf-2048"} {
		m := module(t, Config{Module: env.Module, PIN: fixedPIN(testPIN)})
		s := signerFor(t, m, "pkcs11:token="+label)
		sameAsKey(t, s, readKey(t, name))
		if !bytes.Equal(s.Certificate().DER, readPEM(t, "certs", name)) {
			t.Errorf("%s has another certificate", label)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOnePINServesOneToken(t *testing.T) {
	env := softhsm.New(t)
	a, b := env.Token(t, "SAST-A", testPIN), env.Token(t, "SAST-B", testPIN)
	a.Import(t, named(t, "etoken-a"))
	b.Import(t, named(t, "etoken-b"))
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	sameAsKey(t, signerFor(t, m, "pkcs11:token=SAST-A"), readKey(t, "etoken-a"))
	_, err := signOnce(signerFor(t, m, "pkcs11:token=SAST-B"))
	if !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), `the one given is for token "SAST-A"`) {
		t.Errorf("error %v", err)
	}
	if proxy.Logins() != 1 {
		t.Errorf("%d logins", proxy.Logins())
	}
}

func signOnce(s *Signer) ([]byte, error) {
	digest := sha1.Sum([]byte("message"))
	return s.Sign(rand.Reader, digest[:], crypto.SHA1)
}

func TestListing(t *testing.T) {
	env := softhsm.New(t)
	a := env.Token(t, "SAST-A", testPIN)
	a.Import(t, named(t, "etoken-a"))
	a.Import(t, softhsm.Object{Certificate: readPEM(t, "certs", "tftp-ec"), Label: "no id"})
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module})
	tokens, err := m.Tokens()
	if err != nil || len(tokens) != 2 {
		t.Fatalf("%v, %v; want SAST-A and the blank token of SoftHSM", tokens, err)
	}
	i := tokens[0]
	if i.Label != "SAST-A" || i.Serial != a.Serial || i.Manufacturer == "" || i.Model == "" || i.PIN != PINStateFine || i.ProtectedPath || i.Blank {
		t.Errorf("token is %+v", i)
	}
	if !tokens[1].Blank {
		t.Errorf("blank token is %+v", tokens[1])
	}
	certificates, err := m.Certificates(i)
	if err != nil || len(certificates) != 2 {
		t.Fatalf("%d certificates, %v", len(certificates), err)
	}
	for _, c := range certificates {
		got, err := m.FindCertificate(c.URI())
		if err != nil || !bytes.Equal(got.DER, c.DER) {
			t.Errorf("%s does not find its certificate: %v", c.URI(), err)
		}
	}
	if proxy.Logins() != 0 {
		t.Error("listing logs in")
	}
	if _, err := m.Signer(certificates[0]); err != nil && certificates[0].Label == "etoken-a" {
		t.Error(err)
	}
}

func TestECKeyIsRefused(t *testing.T) {
	env := softhsm.New(t)
	env.Token(t, "EC", testPIN).Import(t, softhsm.Object{Certificate: readPEM(t, "certs", "tftp-ec"), Label: "tftp"})
	m := module(t, Config{Module: env.Module})
	c, err := m.FindCertificate(URI{Object: "tftp"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Signer(c); !errors.Is(err, ErrUnsupported) || !typedError(err) {
		t.Errorf("error %v", err)
	}
}

func TestTwoTokensWithOneLabel(t *testing.T) {
	env := softhsm.New(t)
	a, b := env.Token(t, "SAST", testPIN), env.Token(t, "SAST", testPIN)
	a.Import(t, named(t, "etoken-a"))
	b.Import(t, named(t, "etoken-b"))
	m := module(t, Config{Module: env.Module, PIN: fixedPIN(testPIN)})
	_, err := m.FindToken(URI{Token: "SAST"})
	var choice *SelectionError
	if !errors.As(err, &choice) || !errors.Is(err, ErrAmbiguous) || len(choice.There) != 2 {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{a.Serial, b.Serial} {
		if !strings.Contains(err.Error(), "serial="+want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	if _, err := m.FindCertificate(URI{Token: "SAST"}); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("error %v", err)
	}
	for _, s := range choice.There {
		u, err := ParseURI(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.FindToken(u); err != nil {
			t.Errorf("%s chooses no token: %v", s, err)
		}
	}
	sameAsKey(t, signerFor(t, m, "pkcs11:serial="+b.Serial), readKey(t, "etoken-b"))
}

func TestNothingMatches(t *testing.T) {
	env := softhsm.New(t)
	a := env.Token(t, "SAST", testPIN)
	a.Import(t, named(t, "etoken-a"))
	m := module(t, Config{Module: env.Module})
	_, err := m.FindToken(URI{Token: "OTHER"})
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), a.Serial) || !typedError(err) {
		t.Errorf("error %v", err)
	}
	for _, u := range []URI{{ID: []byte{9}}, {Object: "nothing"}, {Type: "data"}} {
		if _, err := m.FindCertificate(u); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "id=%01") {
			t.Errorf("%s: error %v", u, err)
		}
	}
	for _, u := range []URI{{LibraryManufacturer: "Aladdin"}, {LibraryDescription: "x"}, {LibraryVersion: "9"}, {SlotDescription: "x"}, {Model: "x"}} {
		if _, err := m.FindToken(u); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: error %v", u, err)
		}
	}
	if _, err := m.FindToken(URI{LibraryManufacturer: "SoftHSM", LibraryVersion: "2"}); err != nil {
		t.Error(err)
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*softhsm.Object)
	}{
		{"no public key object", func(o *softhsm.Object) { o.PublicKey = false }},
		{"key without the certificate's CKA_ID", func(o *softhsm.Object) { o.KeyID = []byte{7} }},
		{"no CKA_ID at all", func(o *softhsm.Object) { o.ID, o.KeyID = nil, nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := softhsm.New(t)
			tok := env.Token(t, "SAST", testPIN)
			other := named(t, "etoken-b")
			other.Certificate, other.ID = nil, []byte{2}
			tok.Import(t, other)
			o := named(t, "etoken-a")
			c.change(&o)
			tok.Import(t, o)
			m := module(t, Config{Module: env.Module, PIN: fixedPIN(testPIN)})
			sameAsKey(t, signerFor(t, m, "pkcs11:token=SAST"), o.Key)
		})
	}
}

func TestKeyOfAnotherCertificate(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST", testPIN)
	o := named(t, "etoken-a")
	o.Key = readKey(t, "etoken-b")
	tok.Import(t, o)
	m := module(t, Config{Module: env.Module, PIN: fixedPIN(testPIN)})
	_, err := signOnce(signerFor(t, m, "pkcs11:token=SAST"))
	if !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), "belongs to another certificate") {
		t.Errorf("error %v", err)
	}
}

func TestAlwaysAuthenticate(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST", testPIN)
	o := named(t, "etoken-a")
	o.AlwaysAuthenticate = true
	tok.Import(t, o)
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(testPIN)})
	s := signerFor(t, m, "pkcs11:token=SAST")
	for range 3 {
		if _, err := signOnce(s); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(proxy.Calls("C_Login"), "\n")
	want := "C_Login user=1 rv=0x0" + strings.Repeat("\nC_Login user=2 rv=0x0", 3)
	if got != want {
		t.Errorf("logins:\n%s\nwant\n%s", got, want)
	}
	if len(m.open) != 1 {
		t.Fatal("the token is not open")
	}
	for _, open := range m.open {
		pin := open.pin
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if len(pin) == 0 || !bytes.Equal(pin, make([]byte, len(pin))) {
			t.Error("the PIN is not wiped by Close")
		}
	}
}

func TestPINIsWiped(t *testing.T) {
	env := softhsm.New(t)
	env.Token(t, "SAST", testPIN).Import(t, named(t, "etoken-a"))
	pin := []byte(testPIN)
	m := module(t, Config{Module: env.Module, PIN: PINFunc(func(Info) ([]byte, error) { return pin, nil })})
	if _, err := signOnce(signerFor(t, m, "pkcs11:token=SAST")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pin, make([]byte, len(pin))) {
		t.Error("the PIN is not wiped after the login")
	}
}

func TestConcurrentSigning(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST", testPIN)
	tok.Import(t, named(t, "etoken-a"))
	proxy := env.Proxy(t)
	asked := 0
	m := module(t, Config{Module: proxy.Module, PIN: PINFunc(func(Info) ([]byte, error) {
		asked++ // under the module's lock
		return []byte(testPIN), nil
	})})
	s := signerFor(t, m, "pkcs11:token=SAST")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				if _, err := signOnce(s); err != nil {
					t.Error(err)
				}
				if _, err := m.Certificates(s.Certificate().Token); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if proxy.Logins() != 1 || asked != 1 {
		t.Errorf("%d logins, PIN asked for %d times", proxy.Logins(), asked)
	}
	if sessions := proxy.Calls("C_OpenSession"); len(sessions) == 0 || strings.Contains(strings.Join(sessions, ""), "flags=6") {
		t.Errorf("sessions are not read-only: %v", sessions)
	}
}

func TestConcurrentFailure(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST", testPIN)
	tok.Import(t, named(t, "etoken-a"))
	proxy := env.Proxy(t)
	m := module(t, Config{Module: proxy.Module, PIN: fixedPIN("wrong-1234")})
	s := signerFor(t, m, "pkcs11:token=SAST")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := signOnce(s); !errors.Is(err, ErrWrongPIN) {
				t.Errorf("error %v", err)
			}
		})
	}
	group.Wait()
	if proxy.Logins() != 1 || proxy.Wrong(tok) != 1 {
		t.Errorf("%d logins, counter %d", proxy.Logins(), proxy.Wrong(tok))
	}
}

// One C_Login is made in the life of the process, also through another Module.
func TestReopeningGivesNoSecondLogin(t *testing.T) {
	env := softhsm.New(t)
	tok := env.Token(t, "SAST", testPIN)
	tok.Import(t, named(t, "etoken-a"))
	proxy := env.Proxy(t)
	for n, pin := range []string{"wrong-1234", testPIN} {
		m := module(t, Config{Module: proxy.Module, PIN: fixedPIN(pin)})
		_, err := signOnce(signerFor(t, m, "pkcs11:token=SAST"))
		if want := []error{ErrWrongPIN, ErrLoginSpent}[n]; !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if proxy.Logins() != 1 {
		t.Errorf("%d logins", proxy.Logins())
	}
}

func TestClosedModule(t *testing.T) {
	env := softhsm.New(t)
	env.Token(t, "SAST", testPIN).Import(t, named(t, "etoken-a"))
	m := module(t, Config{Module: env.Module, PIN: fixedPIN(testPIN)})
	s := signerFor(t, m, "pkcs11:token=SAST")
	for range 2 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, e1 := m.Tokens()
	_, e2 := m.Certificates(Info{})
	_, e3 := m.FindToken(URI{})
	_, e4 := m.FindCertificate(URI{})
	_, e5 := signOnce(s)
	for n, err := range []error{e1, e2, e3, e4, e5} {
		if !errors.Is(err, ErrModuleGone) {
			t.Errorf("%d: error %v", n, err)
		}
	}
}

func TestModuleInUse(t *testing.T) {
	env := softhsm.New(t)
	env.Token(t, "SAST", testPIN)
	first := module(t, Config{Module: env.Module})
	second := module(t, Config{Module: env.Module})
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Tokens(); err != nil {
		t.Errorf("closing a guest shuts the owner's module down: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	build := func(name, source string, flags ...string) string {
		softhsm.Library(t, dir+"/"+name, source, flags...)
		return dir + "/" + name
	}
	build("libmissing.so", "int missing(void) { return 1; }")
	dependent := build("dependent.so", "int missing(void); int C_GetFunctionList(void) { return missing(); }", "-L"+dir, "-lmissing")
	if err := os.Remove(dir + "/libmissing.so"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		kind error
		text string
	}{
		{dir + "/none.so", ErrModuleMissing, "install the token's middleware"},
		{dependent, ErrModuleDependency, "libmissing.so"},
		{build("plain.so", "int f(void) { return 1; }"), ErrModuleNoFunctionList, "no C_GetFunctionList"},
		{build("fails.so", "unsigned long C_GetFunctionList(void **l) { return 5; }"), ErrModuleNoFunctionList, "CKR_GENERAL_ERROR, 0x5"},
		{build("null.so", "unsigned long C_GetFunctionList(void **l) { *l = 0; return 0; }"), ErrModuleNoFunctionList, "returns no list"},
		{build("holes.so", "static void *l[70]; unsigned long C_GetFunctionList(void **p) { *p = l; return 0; }"), ErrModuleNoFunctionList, "has no C_"},
		{build("symbol.so", "int nowhere(void); extern int data; int *p = &data; int C_GetFunctionList(void) { return nowhere(); }"), ErrModuleLoad, "undefined symbol"},
	} {
		_, err := Open(Config{Module: c.path})
		checkProblem(t, c.path, err, c.kind, c.text, c.path)
	}
}

func TestOpenWithoutAPath(t *testing.T) {
	softhsm.New(t)
	m, err := Open(Config{ModuleName: "softhsm2"})
	if err != nil {
		t.Fatal(err)
	}
	if m.Path() != softhsm.Module(t) {
		t.Errorf("opened %s", m.Path())
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	_, err = Open(Config{ModuleName: "nonsense"})
	if !errors.Is(err, ErrNoModule) {
		t.Errorf("error %v", err)
	}
}

func TestRelativeModulePath(t *testing.T) {
	env := softhsm.New(t)
	t.Chdir(t.TempDir())
	if err := os.Symlink(env.Module, "m.so"); err != nil {
		t.Fatal(err)
	}
	module(t, Config{Module: "m.so"})
}

func BenchmarkSign(b *testing.B) {
	env := softhsm.New(b)
	env.Token(b, "SAST", testPIN).Import(b, named(b, "capf-2048"))
	m := module(b, Config{Module: env.Module, PIN: fixedPIN(testPIN)})
	s := signerFor(b, m, "pkcs11:token=SAST")
	if _, err := signOnce(s); err != nil {
		b.Fatal(err)
	}
	digest := sha512.Sum512([]byte("message"))
	t, err := s.task(nil, digest[:], crypto.SHA512)
	if err != nil {
		b.Fatal(err)
	}
	open := m.open[s.cert.Token.Slot]
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if err := m.p11.SignInit(open.session, ckmRSAPKCS, open.keys[0].object); err != nil {
				b.Fatal(err)
			}
			if _, err := m.p11.Sign(open.session, t.digestInfo()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("token", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Sign(nil, digest[:], crypto.SHA512); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// holdsNoPIN looks at an error in every way that it can be printed.
func holdsNoPIN(tb testing.TB, err error, pins ...string) {
	tb.Helper()
	for _, pin := range pins {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			if shows(fmt.Sprintf(verb, err), pin) {
				tb.Errorf("the PIN is in %v", err)
			}
		}
	}
}
