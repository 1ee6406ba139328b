// Command ctlinspect prints, verifies, makes and signs the trust lists of Cisco IP
// phones: CTLFile.tlv and ITLFile.tlv.
//
// Run ctlinspect --help for its use. Exit codes: 0 yes (verified), 1 no (not
// verified, refused), 2 usage, 3 a file that cannot be read or written or is not a
// trust list, 4 token or PIN. Of several files the worst counts.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
