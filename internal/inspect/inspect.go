// Package inspect reads one file and says what it is: a trust list that
// verifies, one that does not, or something else.
package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// MaxSize is the largest file that is read, in bytes. Phones fail on lists over
// 64 KiB.
const MaxSize = 16 << 20

// ErrTooLarge is the cause of the error for a file of more than MaxSize bytes.
var ErrTooLarge = fmt.Errorf("larger than %d MiB, refused", MaxSize>>20)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// ErrStdin: a key or a certificate was to come from standard input, which is for
// lists and signatures.
var ErrStdin = errors.New("keys and certificates are read from files, not from standard input (-)")

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
	Reason   error // a list that is not verified: why
}

// Open reads and judges a file. Standard input is read for the name "-". The
// kind of list comes from FILENAME, else from the file's name, else it is as.
func Open(name string, stdin io.Reader, as tlv.Kind) *File {
	f := &File{Name: name}
	f.Data, f.Err = ReadFile(name, stdin)
	if f.Err == nil {
		f.parse()
	}
	f.setKind(as)
	return f
}

// New judges the bytes of a file that was read elsewhere.
func New(name string, data []byte) *File {
	f := &File{Name: name, Data: data}
	f.parse()
	f.setKind(tlv.KindUnknown)
	return f
}

func (f *File) parse() {
	var err error
	if f.List, err = trust.Read(f.Data); err == nil {
		f.Fragment = tlv.Fragment{Header: f.List.Header, Records: f.List.Records}
		f.Verified, f.Reason = f.List.Verify()
		return
	}
	f.Err = fmt.Errorf("%s: %w", f.Name, err)
	var pe *tlv.ParseError
	if errors.As(err, &pe) {
		f.Fragment = pe.Read
	}
	if step := nextStep(f.Data, f.Fragment.Header, err); step != "" {
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

// Missing reports whether there is no such file.
func (f *File) Missing() bool { return errors.Is(f.Err, fs.ErrNotExist) }

// ReadFile reads a whole file of MaxSize bytes at most. Errors name the file.
func ReadFile(name string, stdin io.Reader) ([]byte, error) {
	b := bytes.NewBuffer([]byte{}) // not nil: an empty file has been read
	if _, err := CopyFile(b, name, stdin); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// MaxSigned is the largest signed file that is read, in bytes: firmware has up to
// 50 MB.
const MaxSigned = 256 << 20

// ReadSigned reads a whole file of MaxSigned bytes at most, once and without a
// second copy. Errors name the file.
func ReadSigned(name string, stdin io.Reader) ([]byte, error) {
	var r io.Reader = stdin
	shown, size := "standard input", int64(0)
	if name != Stdin {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = min(info.Size(), MaxSigned)
		}
		r, shown = f, name
	}
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	n, err := b.ReadFrom(io.LimitReader(r, MaxSigned+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	if n > MaxSigned {
		return nil, fmt.Errorf("%s: larger than %d MiB, refused", shown, MaxSigned>>20)
	}
	return b.Bytes(), nil
}

// CopyFile writes a file of MaxSize bytes at most to w and returns its size.
// Errors name the file.
func CopyFile(w io.Writer, name string, stdin io.Reader) (int64, error) {
	if name == Stdin {
		return copyAll(w, "standard input", stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return copyAll(w, name, f)
}

func copyAll(w io.Writer, name string, r io.Reader) (int64, error) {
	n, err := io.Copy(w, io.LimitReader(r, MaxSize+1))
	var pe *fs.PathError
	switch {
	case errors.As(err, &pe):
		return n, err
	case err != nil:
		return n, fmt.Errorf("%s: %w", name, err)
	case n > MaxSize:
		return n, fmt.Errorf("%s: %w; phones take lists up to 64 KiB", name, ErrTooLarge)
	}
	return n, nil
}

// nextStep is what to do about a file that is not a trust list.
func nextStep(data []byte, h tlv.Header, err error) string {
	name := h.Filename()
	switch {
	case len(data) == 0:
		return "the copy is empty, get the file again"
	case printable([]byte(name)) && strings.Contains(name, ".") && !strings.HasSuffix(strings.ToLower(name), ".tlv"):
		return fmt.Sprintf("it is a signed file of another kind, %q", name)
	case bytes.HasPrefix(data, []byte("-----BEGIN")):
		return "it looks like PEM, not like a CTLFile.tlv or ITLFile.tlv"
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		return "it looks like XML or HTML, perhaps a server's error page"
	case errors.Is(err, tlv.ErrNotTrustList) && printable(data[:min(len(data), 64)]):
		return "it looks like text, perhaps a server's error message"
	case errors.Is(err, tlv.ErrTruncated):
		return "the copy is cut short or damaged, get the file again in binary (octet) mode"
	case errors.Is(err, tlv.ErrNotTrustList):
		return "expected a CTLFile.tlv or ITLFile.tlv"
	}
	return "the copy is damaged, get the file again in binary (octet) mode"
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c > '~' {
			return false
		}
	}
	return true
}
