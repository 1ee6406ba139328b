package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"syscall"
)

// standardOutput is where results go. If it was closed when the command started,
// the runtime has put the null device in its place, where results would vanish.
func standardOutput() io.Writer {
	if stdoutClosed() {
		return closedOutput{}
	}
	return os.Stdout
}

// A closedOutput takes nothing.
type closedOutput struct{}

func (closedOutput) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.EBADF}
}

// results remember the first error, which what writes them may overlook.
type results struct {
	io.Writer
	err error
}

func (o *results) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// Fd is the file descriptor, so that it can be asked for the width of a terminal.
func (o *results) Fd() uintptr {
	if f, ok := o.Writer.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return math.MaxUint32 // none
}

// lost complains about results that could not be written, unless err says so.
func (a *app) lost(o *results, err error) {
	var reported outputError
	if o.err != nil && !errors.As(err, &reported) {
		a.complain(fmt.Errorf("cannot write the output: %w", o.err))
		a.worst(exitUnreadable)
	}
}
