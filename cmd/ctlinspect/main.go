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
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, standardOutput(), os.Stderr))
}
