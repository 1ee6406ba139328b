// Package man holds the manual pages of the command, which go generate writes from
// its help.
package man

//go:generate go test ../../cmd/ctlinspect -run ^TestManPages$ -update-man

import "embed"

// Pages are ctlinspect.1, ctlinspect-show.1 and so on.
//
//go:embed *.1
var Pages embed.FS
