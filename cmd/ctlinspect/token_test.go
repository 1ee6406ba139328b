//go:build cgo && unix

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
)

// pin is in no other text that these tests could meet.
const pin = "pin-7305-secret"

// A desk is two tokens with the keys of etoken-a and etoken-b, a third with that
// of etoken-c, and a folder to work in. Each command is a process of its own.
type desk struct {
	*testing.T
	env    *softhsm.Env
	module string
	dir    string
	tokens map[string]*softhsm.Token
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, env: softhsm.New(t), dir: t.TempDir(), tokens: map[string]*softhsm.Token{}}
	d.module = d.env.Module
	for _, name := range []string{"etoken-a", "etoken-b", "etoken-c"} {
		d.token(name, name, softhsm.Object{ID: []byte{1}, PublicKey: true})
	}
	return d
}

// token sets up a token with a key and certificate of testdata.
func (d *desk) token(label, name string, o softhsm.Object) {
	d.Helper()
	key, err := x509.ParsePKCS8PrivateKey(readPEM(d.T, "keys/"+name+".pem"))
	if err != nil {
		d.Fatal(err)
	}
	o.Key, o.Certificate, o.Label = key.(*rsa.PrivateKey), readPEM(d.T, "certs/"+certificateOf(name)+".pem"), "signer"
	d.tokens[label] = d.env.Token(d.T, label, pin)
	d.tokens[label].Import(d.T, o)
}

// certificateOf is the file of testdata/certs for a key of testdata/keys.
func certificateOf(key string) string {
	if key == "itlrecovery" {
		return "ITLRecovery"
	}
	return key
}

func readPEM(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata + name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("%s holds no PEM", name)
	}
	return block.Bytes
}

// run runs the command with the PIN in the environment, and looks for it in all
// that is printed.
func (d *desk) run(want int, args ...string) string {
	d.Helper()
	return d.runWithPIN(want, pin, args...)
}

func (d *desk) runWithPIN(want int, secret string, args ...string) string {
	d.Helper()
	cmd := d.command(args...)
	cmd.Env = append(cmd.Env, "DESK_PIN="+secret)
	out, err := cmd.CombinedOutput()
	if got := exitStatus(err); got != strconv.Itoa(want) {
		d.Errorf("%v: exit code %s, want %d\n%s", args, got, want, out)
	}
	if secret != "" && bytes.Contains(out, []byte(secret)) || bytes.Contains(out, []byte(pin)) {
		d.Errorf("%v prints the PIN:\n%s", args, out)
	}
	return string(out)
}

// command is a process without a terminal.
func (d *desk) command(args ...string) *exec.Cmd {
	cmd := exec.Command("ctlinspect", args...)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1314811683")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// signedBy are the arguments for a signature by a token.
func (d *desk) signedBy(label string) []string {
	return []string{"--signer", "pkcs11:token=" + label, "--module", d.module, "--pin-env", "DESK_PIN"}
}

// data is the absolute path of a file of testdata.
func (d *desk) data(name string) string {
	d.Helper()
	path, err := filepath.Abs(testdata + name)
	if err != nil {
		d.Fatal(err)
	}
	return path
}

func (d *desk) read(name string) []byte {
	d.Helper()
	data, err := os.ReadFile(filepath.Join(d.dir, name))
	if err != nil {
		d.Fatal(err)
	}
	return data
}

// same wants two files to hold the same bytes.
func (d *desk) same(name, vector string) {
	d.Helper()
	want, err := os.ReadFile(testdata + vector)
	if err != nil {
		d.Fatal(err)
	}
	if !bytes.Equal(d.read(name), want) {
		d.Errorf("%s is not %s byte for byte", name, vector)
	}
}

// only wants the folder to hold these files, and no temporary ones.
func (d *desk) only(names ...string) {
	d.Helper()
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		d.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		d.Errorf("the folder holds %q, want %q", got, names)
	}
}

// etokenList are the arguments that build testdata/lists/ctl-etoken.tlv from
// tokens.
func (d *desk) etokenList(out string) []string {
	return append([]string{
		"build", "-o", out, "--kind", "ctl",
		"--token-record", "pkcs11:token=etoken-a", "--token-record", "pkcs11:token=etoken-b",
		"--record", "CCM+TFTP=" + d.data("certs/CallManager.pem") + ",host=14.48.44.80,ip=14.48.44.80",
		"--record", "CAPF=" + d.data("certs/CAPF.pem") + ",host=14.48.44.80,ip=14.48.44.80",
		"--allow", "certificate-expired",
	}, d.signedBy("etoken-a")...)
}

// A list made from two tokens is the list that the CTL Client made: the same
// bytes as the vector, and as the key file gives.
func TestBuildWithTokens(t *testing.T) {
	d := newDesk(t)
	d.run(0, d.etokenList("CTLFile.tlv")...)
	d.same("CTLFile.tlv", "lists/ctl-etoken.tlv")
	d.run(0, "verify", "CTLFile.tlv")

	args := d.etokenList("CTLFile.tlv")
	out := d.run(exitUsage, args...)
	if !strings.Contains(out, "CTLFile.tlv exists already; --force replaces it") {
		t.Errorf("got %s", out)
	}
	d.only("CTLFile.tlv")
}

func TestSignWithEitherTokenRefuseTheThird(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	old := d.data("lists/ctl-etoken.tlv")
	d.run(0, append([]string{"update", old, "-o", "a.tlv"}, d.signedBy("etoken-a")...)...)
	d.same("a.tlv", "lists/ctl-etoken.tlv")
	d.run(0, append([]string{"update", old, "-o", "b.tlv", "--timestamp", "1314898083"}, d.signedBy("etoken-b")...)...)
	d.same("b.tlv", "lists/upd-second-token.tlv")
	d.run(0, append([]string{"update", old, "-o", "add.tlv", "--timestamp", "1314901683", "--add-token", "pkcs11:token=etoken-c"}, d.signedBy("etoken-a")...)...)
	d.same("add.tlv", "lists/upd-add-token.tlv")
	if n := proxy.Logins(); n != 3 {
		t.Errorf("%d logins for 3 signatures", n)
	}

	out := d.run(exitNo, append([]string{"update", old, "-o", "c.tlv"}, d.signedBy("etoken-c")...)...)
	if !strings.Contains(out, "refused: the signer is not a SAST of the old list") || !strings.Contains(out, "--allow-unknown-signer") {
		t.Errorf("got %s", out)
	}
	if n := proxy.Logins(); n != 3 {
		t.Errorf("a refused signature logged in: %d logins", n)
	}
	d.run(0, append([]string{"update", "add.tlv", "-o", "c.tlv"}, d.signedBy("etoken-c")...)...)
	d.only("a.tlv", "add.tlv", "b.tlv", "c.tlv")
}

func TestLargerKeyAndSHA512(t *testing.T) {
	d := newDesk(t)
	d.token("recovery", "itlrecovery", softhsm.Object{ID: []byte{9}})
	args := append([]string{"update", d.data("lists/ctl-sha512.tlv"), "-o", "new.tlv", "--timestamp", "1730000000"}, d.signedBy("recovery")...)
	d.run(0, args...)
	d.same("new.tlv", "lists/ctl-sha512.tlv")
	key := []string{"update", d.data("lists/ctl-sha512.tlv"), "-o", "key.tlv", "--digest", "sha1", "--signer", d.data("keys/itlrecovery.pem")}
	d.run(0, key...)
	d.run(0, append([]string{"update", d.data("lists/ctl-sha512.tlv"), "-o", "token.tlv", "--digest", "sha1"}, d.signedBy("recovery")...)...)
	if !bytes.Equal(d.read("key.tlv"), d.read("token.tlv")) {
		t.Error("token and key file give different lists")
	}
}

// Keys as tokens hold them: no public-key object, the PIN for each signature.
func TestKindsOfKeys(t *testing.T) {
	for name, object := range map[string]softhsm.Object{
		"no public-key object":          {ID: []byte{1}},
		"PIN for each signature":        {ID: []byte{1}, AlwaysAuthenticate: true},
		"key under another CKA_ID":      {ID: []byte{1}, KeyID: []byte{2}},
		"with a public-key object, too": {ID: []byte{1}, PublicKey: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.token("other", "etoken-a", object)
			d.run(0, append([]string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv"}, d.signedBy("other")...)...)
			d.same("new.tlv", "lists/ctl-etoken.tlv")
		})
	}
}

// Two tokens with one label cannot be told apart by it.
func TestOneLabelTwice(t *testing.T) {
	d := newDesk(t)
	twin := d.env.Token(t, "etoken-a", pin)
	key, err := x509.ParsePKCS8PrivateKey(readPEM(t, "keys/etoken-b.pem"))
	if err != nil {
		t.Fatal(err)
	}
	twin.Import(t, softhsm.Object{Key: key.(*rsa.PrivateKey), Certificate: readPEM(t, "certs/etoken-b.pem"), ID: []byte{1}, Label: "signer"})
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	old := d.data("lists/ctl-etoken.tlv")
	out := d.run(exitToken, append([]string{"update", old, "-o", "new.tlv"}, d.signedBy("etoken-a")...)...)
	for _, serial := range []string{twin.Serial, d.tokens["etoken-a"].Serial} {
		if !strings.Contains(out, serial) {
			t.Errorf("the message does not list the token %s:\n%s", serial, out)
		}
	}
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins", n)
	}
	args := d.signedBy("etoken-a")
	args[1] += ";serial=" + d.tokens["etoken-a"].Serial
	d.run(0, append([]string{"update", old, "-o", "new.tlv"}, args...)...)
	d.same("new.tlv", "lists/ctl-etoken.tlv")
}

func TestPINRules(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	a := d.tokens["etoken-a"]
	sign := append([]string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv"}, d.signedBy("etoken-a")...)

	tests := []struct {
		name   string
		wrong  int // PINs in a row before
		secret string
		want   int
		logins int
		text   string
	}{
		{"right", 0, pin, 0, 1, ""},
		{"wrong", 0, "wrong-4711", exitToken, 1, "CKR_PIN_INCORRECT, 0xa0"},
		{"count low", 1, pin, exitToken, 0, "--allow-low-count tries a PIN that is not typed"},
		{"final try", softhsm.MaxWrong - 1, pin, exitToken, 0, "one wrong PIN is left"},
		{"locked", softhsm.MaxWrong, pin, exitToken, 0, "locked"},
		{"empty", 0, "", exitToken, 0, "PIN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proxy.SetWrong(a, tt.wrong)
			before := proxy.Logins()
			out := d.runWithPIN(tt.want, tt.secret, append(sign, "--force")...)
			if got := proxy.Logins() - before; got != tt.logins {
				t.Errorf("%d logins, want %d", got, tt.logins)
			}
			if !strings.Contains(out, tt.text) {
				t.Errorf("no %q in\n%s", tt.text, out)
			}
		})
	}

	t.Run("count low, allowed", func(t *testing.T) {
		proxy.SetWrong(a, 1)
		before := proxy.Logins()
		out := d.run(0, append(sign, "--force", "--allow-low-count")...)
		if got := proxy.Logins() - before; got != 1 || !strings.Contains(out, "warning: ") {
			t.Errorf("%d logins\n%s", got, out)
		}
	})
	t.Run("final try is not for a PIN that is not typed", func(t *testing.T) {
		proxy.SetWrong(a, softhsm.MaxWrong-1)
		before := proxy.Logins()
		d.run(exitToken, append(sign, "--force", "--allow-final-try")...)
		if got := proxy.Logins() - before; got != 0 {
			t.Errorf("%d logins", got)
		}
	})
}

// Where the PIN comes from: exactly one place, and a terminal if none is named.
func TestPINSources(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	if err := os.WriteFile(filepath.Join(d.dir, "pin"), []byte(pin+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(d.dir, "pin")
	sign := []string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv", "--force", "--module", d.module, "--signer"}
	d.run(0, append(sign, "pkcs11:token=etoken-a", "--pin-file", file)...)
	d.run(0, append(sign, "pkcs11:token=etoken-a?pin-source=file:"+file)...)
	if n := proxy.Logins(); n != 2 {
		t.Errorf("%d logins, want 2", n)
	}
	d.run(exitUsage, append(sign, "pkcs11:token=etoken-a", "--pin-file", file, "--pin-env", "DESK_PIN")...)
	d.run(exitUsage, append(sign, "pkcs11:token=etoken-a?pin-source=%7Ccat%20pin")...)
	out := d.run(exitToken, append(sign, "pkcs11:token=etoken-a")...)
	if !strings.Contains(out, "--pin-file") || !strings.Contains(out, "--pin-env") {
		t.Errorf("without a terminal the message does not say what to do:\n%s", out)
	}
	out = d.run(0, append(sign, "pkcs11:token=etoken-a?pin-value="+pin)...)
	if !strings.Contains(out, "warning: pin-value") {
		t.Errorf("no warning about pin-value:\n%s", out)
	}
	if n := proxy.Logins(); n != 3 {
		t.Errorf("%d logins, want 3", n)
	}
}

// What a PIN file should not hold costs no try, and who may read it is said.
func TestPINFiles(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	file := filepath.Join(d.dir, "pin")
	sign := []string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv", "--force", "--module", d.module, "--signer"}
	byFlag := append(sign, "pkcs11:token=etoken-a", "--pin-file", file)
	byURI := append(sign, "pkcs11:token=etoken-a?pin-source=file:"+file)
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		" " + pin: "begins with a blank", pin + "\t\n": "ends with a tab", pin + "\u00a0": "ends with a no-break space",
		`"` + pin + `"`: "begins with a quotation mark", "\ufeff" + pin: "begins with a byte order mark",
	} {
		write(text, 0o600)
		for _, args := range [][]string{byFlag, byURI} {
			out := d.run(exitToken, args...)
			if !strings.Contains(out, want) || !strings.Contains(out, "--pin-file-raw") || strings.Contains(out, "other users") {
				t.Errorf("%q: got %s", text, out)
			}
		}
	}
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins", n)
	}
	write(" "+pin+"\n", 0o600)
	out := d.run(exitToken, append(byURI, "--pin-file-raw")...)
	if !strings.Contains(out, "CKR_PIN_INCORRECT") || proxy.Logins() != 1 {
		t.Errorf("%d logins: %s", proxy.Logins(), out)
	}
	proxy.SetWrong(d.tokens["etoken-a"], 0)
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o640: true, 0o604: true, 0o400: false} {
		write(pin+"\n", mode)
		out := d.run(0, byFlag...)
		if strings.Contains(out, "warning: other users can read the PIN file") != want {
			t.Errorf("mode %04o: got %s", mode, out)
		}
		_ = os.Chmod(file, 0o600)
	}
	d.run(exitUsage, append(sign, "pkcs11:token=etoken-a", "--pin-file-raw")...)
}

// Whatever happens to the token, the list that is there stays, and nothing else
// is left.
func TestTokenFaults(t *testing.T) {
	for fault, code := range map[string]int{
		"sign=0x30": exitToken, "wrong-signature": exitToken, "initialize=0x5": exitToken, "no-mechanism": exitToken,
		"gone-after=C_CloseSession": exitToken, "gone-after=C_Login": exitToken, "gone-after=C_SignInit": exitToken, "gone-after=C_GetTokenInfo": exitToken,
		"no-raw-rsa": 0, "nul-label": 0, "no-flags": 0, "hang=C_Finalize": 0,
	} {
		t.Run(fault, func(t *testing.T) {
			d := newDesk(t)
			proxy := d.env.Proxy(t)
			proxy.Fault(fault)
			d.module = proxy.Module
			if err := os.WriteFile(filepath.Join(d.dir, "CTLFile.tlv"), []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			d.run(code, append([]string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "CTLFile.tlv", "--force"}, d.signedBy("etoken-a")...)...)
			if code != 0 && string(d.read("CTLFile.tlv")) != "old" {
				t.Error("the old file is gone")
			}
			if code == 0 {
				d.same("CTLFile.tlv", "lists/ctl-etoken.tlv")
			}
			if n := proxy.Logins(); n > 1 {
				t.Errorf("%d logins", n)
			}
			d.only("CTLFile.tlv")
		})
	}
}

func TestTokenList(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	proxy.SetWrong(d.tokens["etoken-b"], 1)
	proxy.SetWrong(d.tokens["etoken-c"], softhsm.MaxWrong)
	out := d.run(0, "token", "list", "--module", d.module, "--in", d.data("lists/ctl-etoken.tlv"))
	for _, want := range []string{
		"Token    etoken-a\n", "Serial   " + d.tokens["etoken-a"].Serial, "Subject  CN=SAST-ADN4e31f914       \\ ,OU=IPCBU,O=Cisco Systems\\, Inc.\n",
		"Expires  2029-05-14\n", "Key      RSA-1024\n", "\n    Serial   1F:64:88:D8:00:00:00:02:A3:BD\n", "\n    Reversed BD:A3:02:00:00:00:D8:88:64:1F (CTL Client)\n", "record 1, SAST: may sign its successor\n", "record 2, SAST: may sign its successor\n",
		"not a SAST: phones that hold this list refuse what it signs\n", "locked",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins to list tokens", n)
	}

	// The URIs that are printed name what they stand under.
	for line := range strings.Lines(out) {
		uri, ok := strings.CutPrefix(strings.TrimSpace(line), "URI      ")
		if !ok || !strings.Contains(line, "    URI") {
			continue
		}
		d.run(0, "build", "--force", "--to-be-signed", "x", "--kind", "ctl", "--module", d.module, "--token-record", uri, "--signer", uri)
	}
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins to name signers", n)
	}
	d.run(exitToken, "token", "list", "--module", filepath.Join(d.dir, "nosuch.so"))
	d.run(exitUnreadable, "token", "list", "--module", d.module, "--in", "nosuch.tlv")
}

// A list that would not verify is refused before a PIN is spent on it: here two
// SASTs have the signer's issuer and serial, and different keys.
func TestRefusedBeforeLogin(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	old, err := x509.ParseCertificate(readPEM(t, "certs/etoken-a.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(readPEM(t, "keys/pub-2048.pem"))
	if err != nil {
		t.Fatal(err)
	}
	issuer := &x509.Certificate{Subject: pkix.Name{Organization: []string{"Cisco Systems"}, CommonName: "Cisco Manufacturing CA"}}
	twin := &x509.Certificate{SerialNumber: old.SerialNumber, Subject: pkix.Name{CommonName: "SAST"}, NotBefore: old.NotBefore, NotAfter: old.NotAfter}
	der, err := x509.CreateCertificate(rand.Reader, twin, issuer, key.(*rsa.PrivateKey).Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(d.dir, "twin.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	out := d.run(exitNo, append([]string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv", "--add", "SAST=" + file}, d.signedBy("etoken-a")...)...)
	if !strings.Contains(out, "both name the signer and do not hold the same key") {
		t.Errorf("got %s", out)
	}
	if n := proxy.Logins(); n != 0 {
		t.Errorf("%d logins", n)
	}
	d.only("twin.pem")
}

// A token signs configuration files, with one try of the PIN for both.
func TestTokenSignsFiles(t *testing.T) {
	d := newDesk(t)
	d.token("tftp", "pub-2048", softhsm.Object{ID: []byte{7}})
	proxy := d.env.Proxy(t)
	d.module = proxy.Module
	list, config := d.data("signed/ITLFile.tlv"), d.data("signed/SEP001122334455.cnf.xml")
	sign := append(d.signedBy("tftp"), "--list", list, config)
	d.run(exitYes, append([]string{"signed", "make", "-o", "SEP001122334455.cnf.xml.sgn", "--timestamp", "1730000400"}, sign...)...)
	if want, err := os.ReadFile(d.data("signed/sha1/SEP001122334455.cnf.xml.sgn")); err != nil || !bytes.Equal(d.read("SEP001122334455.cnf.xml.sgn"), want) {
		t.Errorf("other bytes than the tool's, error %v", err)
	}
	before := proxy.Logins()
	both := append([]string{"signed", "make", "-o", "SEP001122334455.cnf.xml.enc.sgn", "--short", "short.sgn", "--encrypt-to", d.data("signed/lsc.pem"), "--key", d.data("signed/lsc.key.pem")}, sign...)
	d.run(exitYes, both...)
	if n := proxy.Logins() - before; n != 1 {
		t.Errorf("%d logins", n)
	}
	out := d.run(exitYes, "signed", "verify", "--list", list, "SEP001122334455.cnf.xml.enc.sgn", "short.sgn")
	if strings.Count(out, ": verified: signed by record 2 of ") != 2 {
		t.Error(out)
	}
	if out := d.run(exitUsage, both...); !strings.Contains(out, "--force") {
		t.Error(out)
	}
	// A wrong PIN is tried once, though two files are to be signed.
	before = proxy.Logins()
	d.runWithPIN(exitToken, "wrong-4711", append(both, "--force")...)
	if n := proxy.Logins() - before; n != 1 {
		t.Errorf("%d logins with a wrong PIN", n)
	}
	// Who phones do not know does not sign, and no PIN is spent.
	before = proxy.Logins()
	d.run(exitNo, append([]string{"signed", "make", "-o", "never.sgn"}, append(d.signedBy("etoken-a"), "--list", list, config)...)...)
	if n := proxy.Logins() - before; n != 0 {
		t.Errorf("%d logins for a stranger", n)
	}
}
