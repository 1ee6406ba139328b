package certtext

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
)

// A File is a file and the certificates in it.
type File struct {
	Name         string
	Certificates []Certificate
}

// Open reads a file, standard input ("-"), or all files of a folder. Of a folder
// it also returns the names of files without a certificate; hidden files,
// folders and what is not a regular file are passed over.
func Open(name string, stdin io.Reader) (files []File, skipped []string, err error) {
	info, err := os.Stat(name)
	if name == inspect.Stdin || err != nil || !info.IsDir() {
		f, err := openFile(name, stdin)
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
		f, err := openFile(path, nil)
		switch {
		case errors.Is(err, ErrNone):
			skipped = append(skipped, path)
		case err != nil:
			return nil, nil, err
		default:
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: no file with a certificate in this folder", name)
	}
	return files, skipped, nil
}

func openFile(name string, stdin io.Reader) (File, error) {
	data, err := inspect.ReadFile(name, stdin)
	if err != nil {
		return File{}, err
	}
	list, err := Parse(data)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	return File{name, list}, nil
}
