package secret

import (
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	getTermios      = unix.TCGETS
	setTermios      = unix.TCSETS
	setTermiosFlush = unix.TCSETSF
)

// stop stops the process and returns when it continues. The Go runtime does not
// give SIGTSTP back its default action once it was caught, so another signal
// does it: SIGTTIN stops a process too, and like SIGTSTP only if there is a shell
// to continue it. The signal goes to this thread, which therefore does not run on
// before the process has stopped.
func stop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGTTIN)
}
