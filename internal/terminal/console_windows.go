package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

const sequences = windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING

// Prepare makes consoles of Windows show colours, and returns what puts them back
// as they were, for the mode is that of the window and not of the process. A console
// that cannot (before Windows 10) stays as it is. The code page stays too: what goes
// to a console is written in UTF-16 by package os, whatever the code page is.
func Prepare(files ...*os.File) (restore func()) {
	var undo []func()
	for _, f := range files {
		handle := windows.Handle(f.Fd())
		var mode uint32
		if windows.GetConsoleMode(handle, &mode) != nil || mode&sequences != 0 {
			continue
		}
		if windows.SetConsoleMode(handle, mode|windows.ENABLE_PROCESSED_OUTPUT|sequences) == nil {
			undo = append(undo, func() { _ = windows.SetConsoleMode(handle, mode) })
		}
	}
	return func() {
		for _, do := range undo {
			do()
		}
	}
}

// interprets reports whether a console shows colours.
func interprets(fd uintptr) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(fd), &mode) == nil && mode&sequences != 0
}
