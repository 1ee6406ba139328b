// Package input reads whole files of bounded size.
package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
)

// MaxSize is the largest file that is read, in bytes. Phones fail on lists over
// 64 KiB.
const MaxSize = 16 << 20

// Phones take lists up to 64 KiB. What is much larger may be made to exhaust memory:
// then memory counts more than time.
const (
	large  = 1 << 20 // bytes
	thrift = 15      // memory for garbage, in percent of what is in use
)

// MaxSigned is the largest signed file that is read, in bytes: firmware has up to
// 50 MB.
const MaxSigned = 256 << 20

// ErrTooLarge is the cause of the error for a file that is too large to be read.
var ErrTooLarge = errors.New("refused")

// Stdin is the name that stands for standard input.
const Stdin = "-"

// ErrStdin: a key or a certificate was to come from standard input, which is for
// lists and signatures.
var ErrStdin = errors.New("keys and certificates are read from files, not from standard input (-)")

// ReadFile reads a whole file of MaxSize bytes at most, in one read if it can.
// Errors name the file.
func ReadFile(name string, stdin io.Reader) ([]byte, error) {
	data, err := read(name, stdin, MaxSize)
	if errors.Is(err, ErrTooLarge) {
		return nil, fmt.Errorf("%w; phones take lists up to 64 KiB", err)
	}
	return data, err
}

// Start is ReadFile for a file that may be larger than MaxSize: then it returns what
// is read of it so far, and the rest, which the caller closes. Otherwise rest is nil.
func Start(name string, stdin io.Reader) (data []byte, rest io.ReadCloser, err error) {
	if name == Stdin {
		rest = io.NopCloser(stdin)
		data, err = readAll("standard input", stdin, 0, MaxSize)
	} else {
		f, openErr := os.Open(name)
		if openErr != nil {
			return nil, nil, openErr
		}
		rest = f
		data, err = readAll(name, f, int(min(sizeOf(f), MaxSize)), MaxSize)
	}
	if errors.Is(err, ErrTooLarge) {
		return data, rest, nil
	}
	_ = rest.Close()
	return data, nil, err
}

// ReadSigned is ReadFile for a signed file of MaxSigned bytes at most.
func ReadSigned(name string, stdin io.Reader) ([]byte, error) {
	data, err := read(name, stdin, MaxSigned)
	if err != nil {
		return nil, err
	}
	return data, nil
}

func read(name string, stdin io.Reader, limit int) ([]byte, error) {
	if name == Stdin {
		return readAll("standard input", stdin, 0, limit)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(name, f, int(min(sizeOf(f), int64(limit))), limit)
}

// sizeOf is what a file says of its size; 0 if it says nothing.
func sizeOf(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// readAll reads to the end, which it expects after size bytes. With ErrTooLarge it
// returns what it has read.
func readAll(name string, r io.Reader, size, limit int) ([]byte, error) {
	data := make([]byte, 0, size+512)
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		var pe *fs.PathError
		switch {
		case len(data) > limit:
			return data, fmt.Errorf("%s: larger than %d MiB, %w", name, limit>>20, ErrTooLarge)
		case errors.Is(err, io.EOF):
			if len(data) > large {
				debug.SetGCPercent(thrift)
			}
			return data, nil
		case errors.As(err, &pe):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}
