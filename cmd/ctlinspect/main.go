// Command ctlinspect prints, verifies, creates and signs the trust lists of Cisco
// IP phones: CTLFile.tlv and ITLFile.tlv.
//
// See ctlinspect --help. Exit codes: 0 yes (verified), 1 no (not verified,
// refused), 2 usage, 3 a file cannot be read or written or is not a trust list, 4
// token or PIN. With several files, the highest code.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
)

// garbage may take so much of the memory in use, in percent. Lists are small:
// collecting less often makes ten thousand of them faster. Large files lower it.
const garbage = 400

func main() {
	debug.SetGCPercent(garbage)
	args := os.Args[1:]
	if runtime.GOOS == "windows" {
		args = expandPatterns(args)
	}
	restore := terminal.Prepare(os.Stdout, os.Stderr)
	code := run(context.Background(), args, os.Stdin, standardOutput(), os.Stderr)
	restore()
	os.Exit(code)
}
