package testkit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

func python(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(testneed.Program(t, "python3"), append([]string{"-B"}, args...)...).CombinedOutput()
	return string(out), err
}

// The generator writes the cases that are there, byte for byte.
func TestGenerate(t *testing.T) {
	if out, err := python(t, filepath.Join(Root, "testkit", "generate"), "--check"); err != nil {
		t.Errorf("testkit/generate --check: %v\n%s", err, out)
	}
}

// A reader in another language agrees with every case.
func TestPython(t *testing.T) {
	out, err := python(t, filepath.Join(Root, "testkit", "run.py"))
	if err != nil {
		t.Errorf("testkit/run.py: %v\n%s", err, out)
	}
}

// The runner sees a wrong expectation.
func TestPythonFails(t *testing.T) {
	for name, change := range map[string][2]string{
		"sha1-1024":   {"expect: verified", "expect: not verified"},
		"not-empty":   {"offset: 0", "offset: 1"},
		"digest-2":    {"reason: digest-unknown", "reason: key-size"},
		"signer-last": {"record: 4", "record: 3"},
	} {
		data, err := os.ReadFile(filepath.Join(Root, "testkit", "cases", "lists", name+".case"))
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1)
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, name+".case"), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := python(t, filepath.Join(Root, "testkit", "run.py"), "--cases", folder)
		if err == nil || !strings.Contains(out, "1 cases, 1 failed") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
