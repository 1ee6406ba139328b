//go:build cgo && linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// answered makes bash stop at a command that has no answer: usage, files, tokens.
const answered = `ctlinspect() { env ` + testNow + `=${now:-$(date -u +%Y-%m-%dT%H:%M:%SZ)} ctlinspect "$@" && code=0 || code=$?; [ $code -le 1 ] || { echo "exit code $code: $*"; exit 99; }; }` + "\n"

// quickStarts has the quick starts of the README: what they say that must be
// another word here, and what they print.
var quickStarts = map[string]struct {
	replace []string
	want    []string
	now     string // "" for the time of openssl, which makes certificates
}{
	"one phone":     {nil, []string{"ITL signed by record", "9d56dfc8", "tftp://"}, testTime},
	"fleet":         {nil, []string{"CTLSEP0011215A1AE3.tlv", "certificate-expired"}, testTime},
	"change window": {nil, []string{"CallManager.pem", "same"}, testTime},
	"two tokens": {
		[]string{"list --in", "list --module $MODULE --in", "--signer pkcs11:token=SAST-A", "--module $MODULE --pin-file pin --signer pkcs11:token=etoken-a", "cucm1.example.com", "14.48.44.80"},
		[]string{"etoken-a", "accepted"},
		testTime,
	},
	"asterisk": {nil, []string{"ITLFile.tlv: 0 errors, 0 warnings", "judged for a PBX"}, ""},
}

// Every block of shell in the README is run by a test, but for how to install.
func TestReadmeBlocks(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	marks := regexp.MustCompile("(?m)^(.*)\n```(?:sh|go)$").FindAllSubmatch(readme, -1)
	if len(marks) < len(quickStarts) {
		t.Fatalf("%d blocks of shell", len(marks))
	}
	for _, m := range marks {
		mark := strings.TrimSuffix(strings.TrimPrefix(string(m[1]), "<!-- "), " -->")
		name, run := strings.CutPrefix(mark, "run: ")
		if _, ok := quickStarts[name]; run && (ok || name == "softhsm" || name == "migration night") || mark == "install" || strings.HasPrefix(mark, "code: ") {
			continue
		}
		t.Errorf("no test runs the block %q", m[1])
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^make ([a-z-]+)`).FindAllStringSubmatch(block(t, "install"), -1) {
		if !strings.Contains(string(makefile), "\n"+m[1]+":") {
			t.Errorf("there is no make %s", m[1])
		}
	}
}

// The Go program in the README is a part of an example, which has a test.
func TestReadmeCode(t *testing.T) {
	const name = "examples/inspect/main.go"
	program, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(block(t, "code: "+name)) {
		if !strings.Contains(string(program), strings.TrimSpace(line)) {
			t.Errorf("not in %s: %s", name, line)
		}
	}
}

func TestQuickStarts(t *testing.T) {
	for _, program := range []string{"bash", "openssl"} {
		testneed.Program(t, program)
	}
	served := servedFolder(t)
	for name, from := range map[string]string{
		"CTLFile.tlv": "CTLFile.tlv", "ITLFile.tlv": "lists/itl-sha512-ec.tlv",
		"CTLSEP0011215A1AE3.tlv": "CTLFile.tlv", "ITLSEP0011215A1AE3.tlv": "ITLFile.tlv",
	} {
		place(t, filepath.Join(served, name), from)
	}
	tftp := startTFTPD(t, testneed.LinuxServer(t, "in.tftpd"), served)
	second := startTFTPD(t, testneed.LinuxServer(t, "in.tftpd"), served)

	for name, q := range quickStarts {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for file, from := range map[string]string{
				"ITLFile.old": "lists/itl-by-recovery.tlv", "CallManager.pem": "certs/CallManager.pem",
				"asterisk.pem": "certs/pub-2048.pem", "certs/CallManager.pem": "certs/CallManager.pem", "certs/CAPF.pem": "certs/CAPF.pem",
			} {
				place(t, filepath.Join(d.dir, file), from)
			}
			if name == "two tokens" {
				place(t, filepath.Join(d.dir, "CTLFile.tlv"), "CTLFile.tlv")
			}
			for file, text := range map[string]string{"phones.txt": "SEP0011215A1AE3\n", "pin": pin} {
				if err := os.WriteFile(filepath.Join(d.dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			script := strings.NewReplacer(append(q.replace, "cucm-pub", tftp, "cucm-sub", second)...).Replace(block(t, "run: "+name))
			cmd := exec.Command("bash", "-euc", answered+script)
			cmd.Dir, cmd.Env = d.dir, append(os.Environ(), "MODULE="+d.module, "now="+q.now)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, script, out)
			}
			for _, want := range q.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

// place copies a file of testdata.
func place(t *testing.T, name, from string) {
	t.Helper()
	data, err := os.ReadFile(testdata + from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o755)
	}
	if err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
