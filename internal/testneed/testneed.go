// Package testneed is how tests ask for what the machine must have: programs and
// rights. A test whose need is not met is skipped with the reason, or fails where
// it has to run: with CI set in the environment, and for programs also with
// CTLINSPECT_TEST_TOOLS, which says that scripts/test-tools has run.
package testneed

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Program returns the path of a program, also one of those in sbin.
func Program(tb testing.TB, name string) string {
	tb.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin", "/usr/local/sbin") {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	Missing(tb, name+" is not installed; scripts/test-tools installs it")
	return ""
}

// LinuxServer returns the path of a server that exists for Linux only and
// starts as root only.
func LinuxServer(tb testing.TB, name string) string {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip(name + " is tested on Linux")
	}
	Root(tb, name+" starts as root only")
	return Program(tb, name)
}

// Missing says that something is not there which scripts/test-tools installs.
func Missing(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv("CI") != "" || os.Getenv("CTLINSPECT_TEST_TOOLS") != "" {
		tb.Fatal(why)
	}
	tb.Skip(why)
}

// Root is for what only root can do.
func Root(tb testing.TB, why string) {
	tb.Helper()
	if os.Geteuid() != 0 {
		Forbidden(tb, why)
	}
}

// Forbidden says that the system does not let the test do something. No script can
// change that, so the test fails in CI only.
func Forbidden(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv("CI") != "" {
		tb.Fatal(why)
	}
	tb.Skip(why)
}
