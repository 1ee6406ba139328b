package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// block returns the fenced block of the README behind <!-- MARK -->.
func block(t *testing.T, mark string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)<!-- " + regexp.QuoteMeta(mark) + " -->\n```[a-z]*\n(.*?)```").FindSubmatch(readme)
	if m == nil {
		t.Fatalf("no block %q in the README", mark)
	}
	return string(m[1])
}

// The listing in the README is what the command prints, "..." apart.
func TestReadmeListing(t *testing.T) {
	const expected = "testdata/expected/ctl-etoken.show.txt"
	_, rest, _ := runCommand("--utc", testdata+"CTLFile.tlv")
	for part := range strings.SplitSeq(block(t, "listing: "+expected), "...\n") {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("not in the listing:\n%s", part)
		}
		rest = after
	}
	if rest != "" {
		t.Errorf("the README leaves out the end of the listing:\n%s", rest)
	}
}

// today gives the command the time that openssl, whose certificates begin now, has
// as well; a test may run as in a later year.
const today = `ctlinspect() { ` + testNow + `=$(date -u +%Y-%m-%dT%H:%M:%SZ) command ctlinspect "$@"; }` + "\n"

// The walk through SoftHSM in the README works from nothing.
func TestReadmeSoftHSM(t *testing.T) {
	for _, program := range []string{"softhsm2-util", "pkcs11-tool", "openssl", "bash"} {
		testneed.Program(t, program)
	}
	script := block(t, "run: softhsm")
	const module = "module=/usr/lib/softhsm/libsofthsm2.so"
	if !strings.Contains(script, module) {
		t.Fatalf("the README does not say %s", module)
	}
	script = strings.Replace(script, module, "module="+softhsmModule(t), 1)
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", today+script)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"CTLFile.tlv: verified: CTL signed by record 1, cn=SAST-A;ou=Voice;o=Example,",
		"3   CCM+TFTP  cucm1.example.com  RSA-2048",
		"phones that have the old list accept it: signed by record 2 of the installed CTL",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	code, _, stderr := runCommand("verify", filepath.Join(cmd.Dir, "CTLFile.next.tlv"))
	if code != exitYes {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func softhsmModule(t *testing.T) string {
	t.Helper()
	paths := []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"}
	i := slices.IndexFunc(paths, func(p string) bool { _, err := os.Stat(p); return err == nil })
	if i < 0 {
		t.Fatalf("no SoftHSM module on %s at %v", runtime.GOOS, paths)
	}
	return paths[i]
}
