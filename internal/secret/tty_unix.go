//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package secret

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

const ttyPath = "/dev/tty"

// A tty is the terminal that controls the process.
type tty struct {
	*os.File
	fd     int
	before unix.Termios // as it is when nobody is asked anything
	hidden bool         // the echo was turned off here
}

// open fails in the background, where reading would stop the process until
// somebody brings it back.
func open() (*tty, error) {
	fd, err := unix.Open(ttyPath, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: ttyPath, Err: err}
	}
	if background(fd) {
		unix.Close(fd)
		return nil, errors.New("the process runs in the background")
	}
	return &tty{File: os.NewFile(uintptr(fd), ttyPath), fd: fd}, nil
}

func background(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}

func (t *tty) close() { _ = t.Close() }

// ask leaves the reading goroutine behind when a signal ends the typing: a
// terminal cannot be made to give up a read, and the program is about to end.
func (t *tty) ask(question string) ([]byte, error) {
	// Before the echo goes off, so that no signal falls in between.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGCONT)
	if !signal.Ignored(syscall.SIGTSTP) {
		signal.Notify(signals, syscall.SIGTSTP)
	}
	defer signal.Stop(signals)

	defer t.endLine()
	if err := t.hideAndWrite(question); err != nil {
		return nil, err
	}
	lines := make(chan line, 1)
	go func() {
		text, err := readLine(t)
		lines <- line{text, err}
	}()
	for {
		select {
		case l := <-lines:
			return l.text, l.err
		case s := <-signals:
			if err := t.handle(s, question); err != nil {
				return nil, err
			}
		}
	}
}

// handle stops the process for SIGTSTP, asks again after SIGCONT if somebody
// turned the echo on in between, and ends the typing for any other signal.
func (t *tty) handle(s os.Signal, question string) error {
	switch s {
	case syscall.SIGTSTP:
		t.show()
		stop()
	case syscall.SIGCONT:
	default:
		return Interrupted{s}
	}
	return t.hideAndWrite(question)
}

// hideAndWrite turns the echo off, throws away what was typed before, and
// writes the question; in this order, so that nobody who waits for the question
// can type too early. It does nothing if the echo is still off, or in the
// background, where reading stops the process until it gets the terminal back.
func (t *tty) hideAndWrite(question string) error {
	now, err := unix.IoctlGetTermios(t.fd, getTermios)
	if err != nil {
		return err
	}
	if t.hidden && now.Lflag&unix.ECHO == 0 || background(t.fd) {
		return nil
	}
	quiet := *now
	quiet.Lflag &^= unix.ECHO
	quiet.Lflag |= unix.ICANON | unix.ISIG
	quiet.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(t.fd, setTermiosFlush, &quiet); err != nil {
		return err
	}
	t.before, t.hidden = *now, true
	_, err = io.WriteString(t, question)
	return err
}

// show puts back what hideAndWrite changed.
func (t *tty) show() {
	if t.hidden {
		_ = unix.IoctlSetTermios(t.fd, setTermios, &t.before)
	}
	t.hidden = false
}

// endLine writes the newline that was typed and not shown.
func (t *tty) endLine() {
	if t.hidden {
		_, _ = io.WriteString(t, "\n")
	}
	t.show()
}
