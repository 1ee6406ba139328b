package report

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A File is a file and what was found out about it.
type File struct {
	Name     string
	Data     []byte // nil if it could not be read
	Kind     tlv.Kind
	Guessed  bool         // neither FILENAME nor the name told the kind
	List     *trust.List  // nil if the file is not a trust list
	Fragment tlv.Fragment // what could be read, of a list all
	Verified *trust.Verified
	Err      error // not readable, or not a trust list: with the next step
	Reason   error // why a list is not verified
}

// NewFile judges the bytes of a file. Its kind comes from FILENAME, else from the
// file's name, else it is as; if that is not known either, it is guessed to be a CTL.
func NewFile(name string, data []byte, as tlv.Kind) *File {
	f := &File{Name: name, Data: data}
	f.parse()
	f.setKind(as)
	return f
}

// NewUnreadable is a file that could not be read because of err, which names it.
func NewUnreadable(name string, err error, as tlv.Kind) *File {
	f := &File{Name: name, Err: err}
	f.setKind(as)
	return f
}

func (f *File) parse() {
	var err error
	if f.List, err = trust.Read(f.Data); err == nil {
		f.Fragment = tlv.Fragment{Header: f.List.Header, Records: f.List.Records}
		f.Data = f.List.Raw() // one copy is enough
		f.Verified, f.Reason = f.List.Verify()
		return
	}
	f.Err = fmt.Errorf("%s: %w", f.Name, err)
	var pe *tlv.ParseError
	if errors.As(err, &pe) {
		f.Fragment = pe.Read
	}
	if step := nextStep(f, err); step != "" {
		f.Err = fmt.Errorf("%w; %s", f.Err, step)
	}
}

func (f *File) setKind(as tlv.Kind) {
	f.Kind = f.Fragment.Header.Kind()
	if f.Kind == tlv.KindUnknown {
		f.Kind = tlv.KindOf(filepath.Base(f.Name))
	}
	if f.Kind == tlv.KindUnknown {
		f.Kind = as
	}
	if f.Kind == tlv.KindUnknown {
		f.Kind, f.Guessed = tlv.KindCTL, true
	}
}
