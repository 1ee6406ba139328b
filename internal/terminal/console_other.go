//go:build !windows

package terminal

import "os"

// Prepare is for the consoles of Windows; see there.
func Prepare(...*os.File) (restore func()) { return func() {} }

func interprets(uintptr) bool { return true }
