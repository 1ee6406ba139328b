package safefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ErrLink is the cause of the error for a symbolic link in a [Folder].
var ErrLink = errors.New("is a symbolic link, which is not followed here")

// ErrInput is the cause of the error for a target that this run reads from.
var ErrInput = errors.New("is an input of this run and is not replaced")

// Inputs are the files that a run reads from, whatever their names.
type Inputs []fs.FileInfo

// FindInputs returns the files of these names that exist.
func FindInputs(names ...string) Inputs {
	var inputs Inputs
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			inputs = append(inputs, info)
		}
	}
	return inputs
}

func (i Inputs) has(info fs.FileInfo) bool {
	return slices.ContainsFunc(i, func(other fs.FileInfo) bool { return os.SameFile(info, other) })
}

// A Folder is a folder that files are written into. Its own name may lead through
// symbolic links; below it none is followed, also one that appears meanwhile, and
// nothing outside of it is reached. Names of files have no folder in them.
type Folder struct {
	Inputs Inputs // that are not replaced

	name string
	root *os.Root
}

// OpenFolder opens a folder, which is created if needed.
func OpenFolder(name string) (*Folder, error) {
	if err := os.MkdirAll(name, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &Folder{name: name, root: root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Path returns the path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.name, name) }

// Folder opens a folder in the folder, which is created if needed.
func (f *Folder) Folder(name string) (*Folder, error) {
	if err := f.root.Mkdir(name, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, f.failed(name, err)
	}
	seen, err := f.lstat(name, fs.ModeDir)
	if err != nil {
		return nil, err
	}
	sub, err := f.root.OpenRoot(name)
	if err != nil {
		return nil, f.failed(name, err)
	}
	if opened, err := sub.Stat("."); err != nil || !os.SameFile(seen, opened) {
		return nil, errors.Join(f.failed(name, ErrLink), err, sub.Close())
	}
	return &Folder{Inputs: f.Inputs, name: f.Path(name), root: sub}, nil
}

// lstat looks at a file that must be of this type; [fs.ErrNotExist] if there is
// none.
func (f *Folder) lstat(name string, want fs.FileMode) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	switch {
	case err != nil:
		return nil, f.failed(name, err)
	case info.Mode().Type() == fs.ModeSymlink:
		return nil, f.failed(name, ErrLink)
	case info.Mode().Type() != want && want == fs.ModeDir:
		return nil, f.failed(name, errors.New("is not a folder"))
	case info.Mode().Type() != want:
		return nil, f.failed(name, ErrNotRegular)
	}
	return info, nil
}

// failed names the file.
func (f *Folder) failed(name string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return &fs.PathError{Op: pe.Op, Path: f.Path(name), Err: pe.Err}
	}
	return fmt.Errorf("%s %w", f.Path(name), err)
}

// Read reads a regular file of at most limit bytes. The error is
// [fs.ErrNotExist], [ErrLink] or [ErrNotRegular] if there is no such file.
func (f *Folder) Read(name string, limit int64) ([]byte, error) {
	seen, err := f.lstat(name, 0)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, f.failed(name, err)
	}
	defer file.Close()
	if opened, err := file.Stat(); err != nil || !os.SameFile(seen, opened) {
		return nil, errors.Join(f.failed(name, ErrLink), err)
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", f.Path(name), limit)
	}
	return data, err
}

// Write writes a file as the function Write does, but replaces no link and no
// input.
func (f *Folder) Write(name string, data []byte) error {
	old, err := f.lstat(name, 0)
	switch {
	case err == nil && f.Inputs.has(old):
		return f.failed(name, ErrInput)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	file, err := createTemporary(name, f.root.OpenFile)
	if err != nil {
		return f.failed(name, err)
	}
	temporary := filepath.Base(file.Name())
	err = fill(file, old, data)
	if err == nil {
		err = beforeRename()
	}
	if err == nil {
		err = f.root.Rename(temporary, name) // replaces a link that appears now, and does not follow it
	}
	if err != nil {
		return errors.Join(f.failed(name, err), f.root.Remove(temporary))
	}
	return syncFolder(f.root.Open("."))
}
