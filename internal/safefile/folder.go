package safefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// Check is the function Check for a file of the folder. A link is [ErrLink].
func (f *Folder) Check(name string, replace bool) error {
	if err := f.MayWrite(name, replace); err != nil {
		return err
	}
	file, temporary, err := f.create(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), f.root.Remove(temporary))
}

// MayWrite looks at what has the name now, and changes nothing.
func (f *Folder) MayWrite(name string, replace bool) error {
	if name != filepath.Base(name) || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("%q is not the name of a file in %s", name, f.name)
	}
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && f.Inputs.has(info):
		return f.failed(name, ErrInput)
	case err == nil && !replace:
		return f.failed(name, ErrExists)
	}
	_, err = f.lstat(name, 0)
	return err
}

// Write writes a file as the function Write does. A link is [ErrLink].
func (f *Folder) Write(name string, data []byte, replace bool) error {
	if err := f.MayWrite(name, replace); err != nil {
		return err
	}
	file, temporary, err := f.create(name)
	if err != nil {
		return err
	}
	err = f.fill(file, name, data)
	if err == nil {
		err = beforeRename()
	}
	if err == nil {
		err = f.move(temporary, name, replace)
	}
	if err != nil {
		return errors.Join(err, f.root.Remove(temporary))
	}
	f.sync()
	return nil
}

// create makes a temporary file beside the one with the name.
func (f *Folder) create(name string) (*os.File, string, error) {
	for {
		temporary := temporaryFor(name)
		file, err := f.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		switch {
		case err == nil:
			return file, temporary, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, "", &fs.PathError{Op: "create", Path: f.Path(name), Err: cause(err)}
		}
	}
}

// fill writes and closes a file, with the mode of the one that it replaces.
func (f *Folder) fill(file *os.File, name string, data []byte) error {
	_, err := write(file, data)
	if info, statErr := f.root.Lstat(name); err == nil && statErr == nil {
		err = file.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// move renames, or without replace links, which fails if the target is there.
// Neither follows a link that appears meanwhile: the one replaces it, the other fails.
func (f *Folder) move(temporary, name string, replace bool) error {
	if replace {
		if info, err := f.root.Lstat(name); err == nil && f.Inputs.has(info) {
			return f.failed(name, ErrInput)
		}
		return f.root.Rename(temporary, name)
	}
	err := f.root.Link(temporary, name)
	switch {
	case err == nil:
		return f.root.Remove(temporary)
	case errors.Is(err, fs.ErrExist):
		return f.failed(name, ErrExists)
	}
	// Not every file system has links. Then a target that appears in this
	// moment is lost.
	if _, err := f.root.Lstat(name); err == nil {
		return f.failed(name, ErrExists)
	}
	return f.root.Rename(temporary, name)
}

// sync makes the rename last. Not every system can.
func (f *Folder) sync() {
	if d, err := f.root.Open("."); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
