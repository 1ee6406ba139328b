package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/input"
)

// open opens the file that --files-from names, nil if there is none.
func (s *fileSet) open(stdin io.Reader) (io.ReadCloser, error) {
	switch s.from {
	case "":
		return nil, nil
	case input.Stdin:
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(s.from)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// maxName is the longest name that is read, in bytes: more than systems take.
const maxName = 64 << 10

// listed yields the files that a list of names names. Names are separated by NUL,
// as "find -print0" writes them, if there is one near the start, else by line
// breaks.
func (s *fileSet) listed(name string, r io.Reader, yield func(named) bool) {
	b := bufio.NewReaderSize(r, maxName)
	end := byte('\n')
	if start, _ := b.Peek(maxName); bytes.IndexByte(start, 0) >= 0 {
		end = 0
	}
	for {
		line, err := b.ReadSlice(end)
		if err != nil && !errors.Is(err, io.EOF) {
			yield(named{name, fmt.Errorf("%s: cannot read the names of files: %w", name, err)})
			return
		}
		file := strings.TrimSuffix(string(line), string(end))
		if end == '\n' {
			file = strings.TrimSuffix(file, "\r")
		}
		if file == input.Stdin {
			file = "./" + file
		}
		if file != "" && !s.expand(file, yield) || err != nil {
			return
		}
	}
}

// expand yields the files that an argument stands for: itself, or the .tlv files of
// a folder.
func (s *fileSet) expand(arg string, yield func(named) bool) bool {
	switch {
	case arg == input.Stdin:
	case isFolder(arg):
		return s.expandFolder(arg, yield)
	case s.takes(arg):
		return true
	}
	return yield(named{name: arg})
}

// isFolder looks at the file only if its name could be a folder's, which saves a
// system call for each list.
func isFolder(arg string) bool {
	if isListName(arg) {
		return false
	}
	info, err := os.Stat(arg)
	return err == nil && info.IsDir()
}

func isListName(name string) bool { return strings.EqualFold(filepath.Ext(name), ".tlv") }

func (s *fileSet) takes(name string) bool { return s.aside != nil && s.aside(name) }

// expandFolder yields the .tlv files in a folder and below, in the order of their
// names. Links to folders are not followed, nor links to files that are taken aside.
func (s *fileSet) expandFolder(folder string, yield func(named) bool) bool {
	found, more := false, true
	_ = filepath.WalkDir(folder+string(filepath.Separator), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			found = true
			more = yield(named{name, err})
		case !entry.IsDir() && isListName(name):
			found = true
			more = yield(named{name: filepath.Clean(name)})
		case entry.Type().IsRegular() && s.takes(filepath.Clean(name)):
			found = true
		}
		if !more {
			return fs.SkipAll
		}
		return nil
	})
	if !found {
		return yield(named{folder, fmt.Errorf("%s: this folder has no .tlv files", folder)})
	}
	return more
}
