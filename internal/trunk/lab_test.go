package trunk_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
)

// now is when tests take place.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// An identity is a certificate with its key.
type identity struct {
	der []byte
	x   *x509.Certificate
	key crypto.Signer
}

func (i identity) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.der})
}

func (i identity) certificate(t testing.TB) *trunk.Certificate {
	t.Helper()
	return read(t, i.x.Subject.CommonName+".pem", i.pem())[0]
}

func read(t testing.TB, name string, data []byte) (list []*trunk.Certificate) {
	t.Helper()
	all, err := certs.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		list = append(list, trunk.New(name, c))
	}
	return list
}

// keyOf reads a key of testdata, or makes one of a curve.
func keyOf(t testing.TB, name string) crypto.Signer {
	t.Helper()
	var key any
	var err error
	switch name {
	case "P-224":
		key, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	case "P-256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "Ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		data, e := os.ReadFile(filepath.Join("..", "..", "testdata", "keys", name+".pem"))
		if e != nil {
			t.Fatal(e)
		}
		block, _ := pem.Decode(data)
		if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

var serial atomic.Int64 // of the last certificate

// A change changes a template.
type change func(*x509.Certificate)

// issue makes a certificate; by nil it signs itself.
func issue(t testing.TB, name, key string, by *identity, changes ...change) identity {
	t.Helper()
	k := keyOf(t, key)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1000 + serial.Add(1)), Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(4, 0, 0),
	}
	if by == nil { // as CUCM signs its own: [S]
		tmpl.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment | x509.KeyUsageKeyAgreement | x509.KeyUsageCertSign
		tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageIPSECEndSystem}
	}
	for _, c := range changes {
		c(tmpl)
	}
	parent, signer := tmpl, k
	if by != nil {
		parent, signer = by.x, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, k.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return identity{der, x, k}
}

func ca(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
}

func extended(usages ...x509.ExtKeyUsage) change {
	return func(c *x509.Certificate) { c.ExtKeyUsage = usages }
}

func usage(u x509.KeyUsage) change { return func(c *x509.Certificate) { c.KeyUsage = u } }

func valid(from, to time.Time) change {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, to }
}

func algorithm(a x509.SignatureAlgorithm) change {
	return func(c *x509.Certificate) { c.SignatureAlgorithm = a }
}

// A handshake is one side of a handshake that the other is to judge.
type handshake struct {
	role    trunk.Role
	shown   identity
	trusted []identity // by the side that judges
	level   int
}

var verifyError = regexp.MustCompile(`verify error:num=(\d+)`)

// run reports whether the other side accepts the certificate, and with what number
// OpenSSL refuses it.
func (h handshake) run(t testing.TB) (bool, int) {
	t.Helper()
	testneed.Program(t, "openssl")
	dir := t.TempDir()
	friend := issue(t, "friend", "itlrecovery", nil)
	sides := map[trunk.Role]identity{trunk.Server: friend, trunk.Client: friend}
	sides[h.role] = h.shown
	store := map[trunk.Role][]identity{trunk.Server: {friend}, trunk.Client: {friend}}
	store[1-h.role] = h.trusted
	args := func(r trunk.Role) []string {
		cert, key, trust := filepath.Join(dir, r.String()+".pem"), filepath.Join(dir, r.String()+".key"), filepath.Join(dir, r.String()+".trust")
		der, err := x509.MarshalPKCS8PrivateKey(sides[r].key)
		if err != nil {
			t.Fatal(err)
		}
		var bundle bytes.Buffer
		for _, i := range store[r] {
			bundle.Write(i.pem())
		}
		for name, data := range map[string][]byte{cert: sides[r].pem(), key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), trust: bundle.Bytes()} {
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		// The side that shows its certificate must not refuse to: only the other judges.
		level := 0
		if r != h.role {
			level = h.level
		}
		list := []string{"-cert", cert, "-key", key, "-no-CApath", "-no-CAstore", "-verify_return_error", "-attime", strconv.FormatInt(now.Unix(), 10),
			"-cipher", "DEFAULT@SECLEVEL=" + strconv.Itoa(level), "-tls1_2"}
		if bundle.Len() > 0 {
			return append(list, "-CAfile", trust)
		}
		return append(list, "-no-CAfile")
	}
	server := exec.Command("openssl", append([]string{"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-Verify", "9"}, args(trunk.Server)...)...)
	var serverErr bytes.Buffer
	server.Stderr = &serverErr
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Process.Kill()
	addr := listening(t, stdout)
	client := exec.Command("openssl", append([]string{"s_client", "-connect", addr, "-verify", "9"}, args(trunk.Client)...)...)
	out, clientErr := client.CombinedOutput()
	stdin.Close()
	server.Wait()
	judged := string(out)
	if h.role == trunk.Client {
		judged = serverErr.String()
	}
	number := 0
	if m := verifyError.FindStringSubmatch(judged); m != nil {
		number, _ = strconv.Atoi(m[1])
	}
	if clientErr != nil && number == 0 {
		t.Logf("%v: client %v\n%s\nserver\n%s", h.role, clientErr, out, serverErr.String())
		number = -1 // the handshake did not come so far
	}
	return clientErr == nil, number
}

func listening(t testing.TB, r interface{ Read([]byte) (int, error) }) string {
	t.Helper()
	var text []byte
	for one := make([]byte, 1); ; {
		if n, err := r.Read(one); n == 1 {
			text = append(text, one[0])
		} else if err != nil {
			t.Fatalf("openssl s_server does not listen: %s", text)
		}
		if line, ok := strings.CutSuffix(string(text), "\n"); ok {
			if _, addr, ok := strings.Cut(line, "ACCEPT "); ok {
				go func() {
					for buffer := make([]byte, 4096); ; {
						if _, err := r.Read(buffer); err != nil {
							return
						}
					}
				}()
				return addr
			}
		}
	}
}

// criticalUnknown adds a critical extension that nobody knows.
func criticalUnknown(c *x509.Certificate) {
	c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Critical: true, Value: []byte{5, 0}})
}

// twoNames is a subject with two common names.
func twoNames(t testing.TB, names ...string) []byte {
	t.Helper()
	var subject pkix.RDNSequence
	for _, n := range names {
		subject = append(subject, pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: n}})
	}
	der, err := asn1.Marshal(subject)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
