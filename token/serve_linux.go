package token

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxMemory is what a module may allocate, in bytes: sizes that it lies about are
// allocated for it before anybody can look at them.
const maxMemory = 1 << 30

// hardenMore also keeps core dumps from the program that the kernel may pipe them
// to, and debuggers away, and limits memory.
func hardenMore() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	used, ok := dataSize()
	if !ok {
		return nil // no /proc: no limit
	}
	limit := uint64(used + maxMemory)
	_ = unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
	return nil
}

// dataSize is how many bytes of memory the process has mapped that RLIMIT_DATA
// counts.
func dataSize() (int, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmData:")); ok {
			n, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))))
			return n << 10, err == nil
		}
	}
	return 0, false
}
