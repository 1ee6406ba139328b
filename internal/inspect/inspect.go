// Package inspect reads one file and says what it is: a trust list that
// verifies, one that does not, or something else.
package inspect

import (
	"io"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A File is a file and what was found out about it.
type File = report.File

// Open reads and judges a file. Standard input is read for the name "-". The
// kind of list comes from FILENAME, else from the file's name, else it is as.
func Open(name string, stdin io.Reader, as tlv.Kind) *File {
	data, err := input.ReadFile(name, stdin)
	if err != nil {
		return report.NewUnreadable(name, err, as)
	}
	return report.NewFile(name, data, as)
}

// New judges the bytes of a file that was read elsewhere.
func New(name string, data []byte) *File { return report.NewFile(name, data, tlv.KindUnknown) }
