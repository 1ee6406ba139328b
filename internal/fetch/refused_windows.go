package fetch

import "golang.org/x/sys/windows"

// connectionRefused is what connections to a closed port fail with. Windows has
// a number of its own, which syscall.ECONNREFUSED does not match.
const connectionRefused = windows.WSAECONNREFUSED
