package capturetest

import (
	"os"
	"os/exec"
	"testing"
)

// Need skips a test for want of a program. Where the programs are expected to be
// there, it fails.
func Need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CTLINSPECT_TEST_TOOLS") != "" || os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed; scripts/test-tools does that", program)
	}
	t.Skipf("%s is not installed", program)
}
