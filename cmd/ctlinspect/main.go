// Command ctlinspect prints, verifies and sums the trust lists of Cisco IP
// phones: CTLFile.tlv and ITLFile.tlv.
//
// Run ctlinspect --help for its use. Exit codes: 0 verified, 1 not verified,
// 2 usage, 3 a file that cannot be read or is not a trust list. Of several files
// the worst counts.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
