//go:build !windows

package fetch

import "syscall"

// connectionRefused is what connections to a closed port fail with.
const connectionRefused = syscall.ECONNREFUSED
