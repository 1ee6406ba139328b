// Package safefile writes files whole or not at all.
package safefile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists is the cause of the error for a target that is there and is not to
// be replaced.
var ErrExists = errors.New("exists already")

// ErrNotRegular is the cause of the error for a target that is a folder, a
// device or a pipe: a rename would put a file in its place.
var ErrNotRegular = errors.New("is not a regular file")

// Check finds out early, before any PIN is asked for, whether Write has a
// chance: the folder takes files, and the target is not there or may be replaced.
func Check(name string, replace bool) error {
	target, err := resolve(name, replace)
	if err != nil {
		return err
	}
	f, err := createBeside(target)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// resolve follows symbolic links to the file that is to be written.
func resolve(name string, replace bool) (string, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s %w", name, ErrNotRegular)
	}
	if _, err := os.Lstat(name); err == nil && !replace {
		return "", existsError(name)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target, nil
	}
	return name, nil
}

func existsError(name string) error { return fmt.Errorf("%s %w", name, ErrExists) }

// Write writes data to a temporary file beside the target, syncs it and renames
// it. Without replace it fails with [ErrExists] if the target is there, also if
// it appears meanwhile, and always with [ErrNotRegular] if the target is no file.
// If it fails the target is as it was and no temporary file is left; if the
// process is killed, a temporary file may be left, whose name begins with a dot
// and does not end in .tlv. A symbolic link stays one: the file it leads to is
// replaced. A new file has mode 0644 less the umask, a replaced one keeps its
// mode.
func Write(name string, data []byte, replace bool) error {
	target, err := resolve(name, replace)
	if err != nil {
		return err
	}
	f, err := createBeside(target)
	if err != nil {
		return err
	}
	temporary := f.Name()
	old, _ := os.Stat(target) // nil: a new file
	if err := fill(f, old, data); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := beforeRename(); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := move(temporary, target, replace); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncFolder(os.Open(filepath.Dir(target)))
}

// Where tests make a write fail, or stop it.
var (
	write        = (*os.File).Write
	beforeRename = func() error { return nil }
)

func createBeside(name string) (*os.File, error) {
	return createTemporary(name, os.OpenFile)
}

// createTemporary creates a file in the folder of name. Open is [os.OpenFile] or
// that of an [os.Root].
func createTemporary(name string, open func(string, int, fs.FileMode) (*os.File, error)) (*os.File, error) {
	for {
		temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()[:8]+".tmp")
		f, err := open(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		var pe *fs.PathError
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, fs.ErrExist):
		case errors.As(err, &pe):
			return nil, &fs.PathError{Op: "create", Path: name, Err: pe.Err}
		default:
			return nil, err
		}
	}
}

// fill writes and closes a file, with the mode of the one that it replaces.
func fill(f *os.File, old fs.FileInfo, data []byte) error {
	_, err := write(f, data)
	if err == nil && old != nil {
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// move renames, or without replace links, which fails if the target is there.
func move(temporary, target string, replace bool) error {
	if replace {
		return os.Rename(temporary, target)
	}
	err := os.Link(temporary, target)
	switch {
	case err == nil:
		return os.Remove(temporary)
	case errors.Is(err, fs.ErrExist):
		return existsError(target)
	}
	// Not every file system has links. Then a target that appears in this
	// moment is lost.
	if _, err := os.Lstat(target); err == nil {
		return existsError(target)
	}
	return os.Rename(temporary, target)
}

// syncFolder makes the rename last. Not every system can.
func syncFolder(f *os.File, err error) error {
	if err != nil {
		return nil
	}
	_ = f.Sync()
	return f.Close()
}
