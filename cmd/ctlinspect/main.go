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
	"runtime/debug"
)

// garbage may take so much of the memory in use, in percent. Lists are small:
// collecting less often makes ten thousand of them faster. Large files lower it.
const garbage = 400

func main() {
	debug.SetGCPercent(garbage)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, standardOutput(), os.Stderr))
}
