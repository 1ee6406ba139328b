//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package secret

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	getTermios      = unix.TIOCGETA
	setTermios      = unix.TIOCSETA
	setTermiosFlush = unix.TIOCSETAF
)

// stop stops the process and returns when it continues. The Go runtime does not
// give SIGTSTP back its default action once it was caught, so another signal
// does it: SIGTTIN stops a process too, and like SIGTSTP only if there is a shell
// to continue it. The signal may reach another thread, so this one waits for it.
func stop() {
	_ = unix.Kill(unix.Getpid(), unix.SIGTTIN)
	time.Sleep(100 * time.Millisecond)
}
