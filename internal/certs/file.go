package certs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A File is a file and the certificates in it.
type File struct {
	Name         string
	Certificates []Certificate
	ECDSA        bool // of the selection CallManager: CallManager-ECDSA is in the file too, and was left out
}

// An Error: a file does not hold what it should.
type Error struct {
	Name string
	Err  error
}

func (e *Error) Error() string { return e.Name + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// ReadWhole reads the certificates of a file that are there themselves, in PEM
// or one in DER; text about one is not enough. It fails with an [*Error], or
// because the file cannot be read. Standard input is for lists and signatures.
func ReadWhole(name string) ([]*cert.Certificate, error) {
	if name == input.Stdin {
		return nil, input.ErrStdin
	}
	data, err := input.ReadFile(name, nil)
	if err != nil {
		return nil, err
	}
	list, err := parseWhole(data, Everything)
	if err == nil && len(list) == 0 {
		err = errors.New("no certificate, neither PEM nor DER")
	}
	if err != nil {
		return nil, &Error{name, err}
	}
	return list, nil
}

// ReadOne reads the one certificate of a file as ReadWhole does.
func ReadOne(name string) (*cert.Certificate, error) {
	list, err := ReadWhole(name)
	if err != nil {
		return nil, err
	}
	if len(list) > 1 {
		return nil, &Error{name, fmt.Errorf("contains %d certificates; put the one you mean into a file of its own", len(list))}
	}
	return list[0], nil
}

// OpenAll reads files, standard input ("-"), or all files of folders. Of a folder it
// also returns the names of files without a certificate; hidden files, folders and
// whatever is not a regular file are skipped. A certificate that is in several files
// counts once.
func OpenAll(names []string, stdin io.Reader) (files []File, skipped []string, err error) {
	return Own.OpenAll(names, stdin)
}

// OpenAll opens several names and reads the selected certificates.
func (s Selection) OpenAll(names []string, stdin io.Reader) (files []File, skipped []string, err error) {
	seen := make(map[string]bool)
	for _, name := range names {
		more, none, err := s.open(name, stdin)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range more {
			f.Certificates = slices.DeleteFunc(f.Certificates, func(c Certificate) bool { return c.again(seen) })
			files = append(files, f)
		}
		skipped = append(skipped, none...)
	}
	return files, skipped, nil
}

// again reports whether the certificate was seen before.
func (c Certificate) again(seen map[string]bool) bool {
	if c.Full == nil {
		return false
	}
	before := seen[string(c.Full.Raw)]
	seen[string(c.Full.Raw)] = true
	return before
}

func (s Selection) open(name string, stdin io.Reader) (files []File, skipped []string, err error) {
	info, err := os.Stat(name)
	if name == input.Stdin || err != nil || !info.IsDir() {
		f, err := s.openFile(name, stdin)
		return []File{f}, nil, err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		path := filepath.Join(name, e.Name())
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		f, err := s.openFile(path, nil)
		switch {
		case errors.Is(err, ErrNone), errors.Is(err, errList):
			skipped = append(skipped, path)
		case err != nil:
			return nil, nil, err
		default:
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil, nil, &Error{name, errors.New("no file in this folder contains a certificate")}
	}
	return files, skipped, nil
}

func (s Selection) openFile(name string, stdin io.Reader) (File, error) {
	data, err := input.ReadFile(name, stdin)
	if err != nil {
		return File{}, err
	}
	list, err := s.Parse(data)
	if errors.Is(err, ErrNone) && isList(data) {
		err = errList
	}
	if err != nil {
		return File{}, &Error{name, err}
	}
	return File{name, list, s == CallManager && bytes.Contains(bytes.ToLower(data), []byte(ecdsa))}, nil
}

var errList = errors.New("this is a trust list, not a certificate: give one list as FILE, and certificates with --cert")

func isList(data []byte) bool {
	_, err := tlv.Parse(data)
	return err == nil
}
