//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package token

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// ttyPath is a variable for the tests.
var ttyPath = "/dev/tty"

// openTerminal gives the controlling terminal. In the background it fails,
// since reading would stop the process until somebody brings it back.
func openTerminal() (in, out *os.File, err error) {
	fd, err := unix.Open(ttyPath, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, &os.PathError{Op: "open", Path: ttyPath, Err: err}
	}
	if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && group != unix.Getpgrp() {
		unix.Close(fd)
		return nil, nil, errors.New("the process runs in the background")
	}
	tty := os.NewFile(uintptr(fd), ttyPath)
	return tty, tty, nil
}

// echoOff turns the echo off, throws away what was typed before, and gives the
// function that puts everything back. It comes before the prompt, so that
// nobody who waits for the prompt can type too early.
func echoOff(fd int) (restore func(), err error) {
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	quiet.Lflag |= unix.ICANON | unix.ISIG
	quiet.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermiosFlush, &quiet); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, nil
}
