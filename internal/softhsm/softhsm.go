//go:build cgo

package softhsm

import (
	"crypto/rsa"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/pkcs11"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

var modules = []string{
	"/usr/lib/softhsm/libsofthsm2.so",
	"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib64/softhsm/libsofthsm2.so",
	"/usr/lib64/pkcs11/libsofthsm2.so",
	"/usr/local/lib/softhsm/libsofthsm2.so",
	"/opt/homebrew/lib/softhsm/libsofthsm2.so",
}

// Module is the path of SoftHSM's module. Without one the test is skipped, or
// fails where it has to run.
func Module(tb testing.TB) string {
	tb.Helper()
	for _, path := range modules {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	testneed.Missing(tb, "SoftHSM is not installed (packages softhsm2, softhsm, or brew's softhsm); looked for "+strings.Join(modules, ", "))
	return ""
}

// An Env is a directory of tokens of one test.
type Env struct {
	Module string // SoftHSM's own module
	Dir    string
	Conf   string // the file that SOFTHSM2_CONF names
}

// New makes an empty directory of tokens and points SoftHSM in this process, and
// in the processes it starts, to it.
func New(tb testing.TB) *Env {
	tb.Helper()
	e := &Env{Module: Module(tb), Dir: directory(tb)}
	e.Conf = filepath.Join(e.Dir, "softhsm2.conf")
	tokens := filepath.Join(e.Dir, "tokens")
	conf := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens)
	must(tb, os.Mkdir(tokens, 0o700))
	must(tb, os.WriteFile(e.Conf, []byte(conf), 0o600))
	tb.Setenv("SOFTHSM2_CONF", e.Conf)
	return e
}

// directory is not tb.TempDir, which has the name of the test in it: SoftHSM's
// configuration breaks at an equals sign.
func directory(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "softhsm")
	must(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// SOPIN is the security officer's PIN of every token made here.
const SOPIN = "so-8642"

// A Token is a token in an Env.
type Token struct {
	env                *Env
	Label, Serial, PIN string
}

// Token sets up one more token. Labels may be the same; serial numbers differ.
func (e *Env) Token(tb testing.TB, label, pin string) *Token {
	tb.Helper()
	t := &Token{env: e, Label: label, PIN: pin}
	e.run(tb, func(p *pkcs11.Ctx) {
		slots, err := p.GetSlotList(true)
		must(tb, err)
		slot := slots[len(slots)-1] // SoftHSM keeps a blank token in the last slot
		must(tb, p.InitToken(slot, SOPIN, label))
		s, err := p.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
		must(tb, err)
		must(tb, p.Login(s, pkcs11.CKU_SO, SOPIN))
		must(tb, p.InitPIN(s, pin))
		must(tb, p.CloseSession(s))
		info, err := p.GetTokenInfo(slot)
		must(tb, err)
		t.Serial = strings.TrimSpace(info.SerialNumber)
	})
	return t
}

// An Object is a key with its certificate, as Import puts them on a token.
type Object struct {
	Key         *rsa.PrivateKey // nil: no private key
	Certificate []byte          // DER; nil: no certificate
	ID          []byte          // CKA_ID of both
	KeyID       []byte          // CKA_ID of the key, if another
	Label       string

	PublicKey          bool // keep a public-key object too
	AlwaysAuthenticate bool // the key wants the PIN for every signature
}

// Import puts the object on the token.
func (t *Token) Import(tb testing.TB, o Object) {
	tb.Helper()
	t.session(tb, func(p *pkcs11.Ctx, s pkcs11.SessionHandle) {
		for _, template := range templates(o) {
			_, err := p.CreateObject(s, template)
			must(tb, err)
		}
	})
}

func templates(o Object) [][]*pkcs11.Attribute {
	var all [][]*pkcs11.Attribute
	if o.Certificate != nil {
		all = append(all, certificate(o))
	}
	if o.Key != nil {
		all = append(all, privateKey(o))
	}
	if o.PublicKey {
		all = append(all, publicKey(o))
	}
	return all
}

func certificate(o Object) []*pkcs11.Attribute {
	return attributes(pkcs11.CKO_CERTIFICATE, o.Label, o.ID,
		pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_SUBJECT, []byte{0x30, 0}),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, o.Certificate))
}

func privateKey(o Object) []*pkcs11.Attribute {
	id := o.ID
	if o.KeyID != nil {
		id = o.KeyID
	}
	k := o.Key
	return attributes(pkcs11.CKO_PRIVATE_KEY, o.Label, id,
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_RSA),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
		pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, o.AlwaysAuthenticate),
		pkcs11.NewAttribute(pkcs11.CKA_MODULUS, k.N.Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, exponent(k)),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE_EXPONENT, k.D.Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_PRIME_1, k.Primes[0].Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_PRIME_2, k.Primes[1].Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_EXPONENT_1, k.Precomputed.Dp.Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_EXPONENT_2, k.Precomputed.Dq.Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_COEFFICIENT, k.Precomputed.Qinv.Bytes()))
}

func publicKey(o Object) []*pkcs11.Attribute {
	return attributes(pkcs11.CKO_PUBLIC_KEY, o.Label, o.ID,
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_RSA),
		pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true),
		pkcs11.NewAttribute(pkcs11.CKA_MODULUS, o.Key.N.Bytes()),
		pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, exponent(o.Key)))
}

func exponent(k *rsa.PrivateKey) []byte { return big.NewInt(int64(k.E)).Bytes() }

func attributes(class uint, label string, id []byte, more ...*pkcs11.Attribute) []*pkcs11.Attribute {
	return append([]*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, class),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
	}, more...)
}

// session logs in to the token, read-write.
func (t *Token) session(tb testing.TB, do func(*pkcs11.Ctx, pkcs11.SessionHandle)) {
	tb.Helper()
	t.env.run(tb, func(p *pkcs11.Ctx) {
		slot, ok := t.slot(p)
		if !ok {
			tb.Fatalf("token %q (%s) is gone", t.Label, t.Serial)
		}
		s, err := p.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
		must(tb, err)
		must(tb, p.Login(s, pkcs11.CKU_USER, t.PIN))
		do(p, s)
		must(tb, p.CloseSession(s))
	})
}

func (t *Token) slot(p *pkcs11.Ctx) (uint, bool) {
	slots, _ := p.GetSlotList(true)
	for _, slot := range slots {
		info, err := p.GetTokenInfo(slot)
		if err == nil && strings.TrimSpace(info.SerialNumber) == t.Serial {
			return slot, true
		}
	}
	return 0, false
}

// run starts SoftHSM, and shuts it down so that the test can open it itself.
func (e *Env) run(tb testing.TB, do func(*pkcs11.Ctx)) {
	tb.Helper()
	p := pkcs11.New(e.Module)
	if p == nil {
		tb.Fatalf("%s cannot be loaded", e.Module)
	}
	must(tb, p.Initialize())
	defer func() { _ = p.Finalize() }()
	do(p)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
