// Package inspect reads one file and says what it is: a trust list that
// verifies, one that does not, or something else.
package inspect

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
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

// SignedInstead returns the document of a file that is no list but another signed
// file, nil for others.
func SignedInstead(f *report.File) *report.SignedFile {
	if f.List != nil || f.Data == nil {
		return nil
	}
	j, err := signed.Judge(filepath.Base(f.Name), f.Data, signed.Against{})
	if err != nil || j.List() || j.File != nil && j.File.Header.Filename() == "" {
		return nil
	}
	return report.NewSignedFile(report.Judged{Name: f.Name, Size: len(f.Data), Judgement: j})
}

// NotEvidence says what a file is instead of a list, with the next step.
func NotEvidence(name string, data []byte, err error) error {
	if errors.Is(err, compare.ErrNoEvidence) && len(data) > 0 {
		return fmt.Errorf("%s: %w", name, err)
	}
	return New(name, data).Err
}
