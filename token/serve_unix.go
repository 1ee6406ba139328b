//go:build unix

package token

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// servePipes are the files that startHelper passes on. The module's own child
// processes, if it has any, do not get them.
func servePipes() (requests, answers *os.File, err error) {
	for _, fd := range []int{3, 4} {
		var stat unix.Stat_t
		if err := unix.Fstat(fd, &stat); err != nil {
			return nil, nil, fmt.Errorf("file %d: %w", fd, err)
		}
		if stat.Mode&unix.S_IFMT != unix.S_IFIFO {
			return nil, nil, errors.New("it has no pipes")
		}
		unix.CloseOnExec(fd)
	}
	return os.NewFile(3, "requests"), os.NewFile(4, "answers"), nil
}

// harden keeps the PIN out of core dumps, and leaves Ctrl-C, Ctrl-\ and the end of
// the terminal to the process that uses the module.
func harden() error {
	signal.Ignore(os.Interrupt, syscall.SIGQUIT, syscall.SIGHUP)
	dieBySignals()
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	return hardenMore()
}
