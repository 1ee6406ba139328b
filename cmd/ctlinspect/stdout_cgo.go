//go:build cgo && unix

package main

/*
#include <fcntl.h>

static int closed;

// It runs before the runtime of Go opens the null device in place of a closed
// standard output.
__attribute__((constructor)) static void look(void) { closed = fcntl(1, F_GETFD) == -1; }

static int stdout_closed(void) { return closed; }
*/
import "C"

func stdoutClosed() bool { return C.stdout_closed() != 0 }
