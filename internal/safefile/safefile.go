// Package safefile writes files whole or not at all, never over an input of the
// run, and never through a link out of a folder.
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
func Check(name string, replace bool, inputs ...string) error {
	folder, base, err := place(name)
	if err != nil {
		return err
	}
	defer folder.Close()
	folder.Inputs = FindInputs(inputs...)
	return folder.Check(base, replace)
}

// Write writes data to a temporary file beside the target, syncs it and renames
// it. Without replace it fails with [ErrExists] if the target is there, also if
// it appears meanwhile, and always with [ErrNotRegular] if the target is no file,
// and with [ErrInput] if it is one of the inputs, by whatever name.
// If it fails the target is as it was and no temporary file is left; if the
// process is killed, a temporary file may be left, whose name begins with a dot
// and does not end in .tlv. A symbolic link stays one: the file it leads to is
// replaced. A new file has mode 0644 less the umask, a replaced one keeps its
// mode.
func Write(name string, data []byte, replace bool, inputs ...string) error {
	folder, base, err := place(name)
	if err != nil {
		return err
	}
	defer folder.Close()
	folder.Inputs = FindInputs(inputs...)
	return folder.Write(base, data, replace)
}

// place follows symbolic links to the file that is to be written, and opens its
// folder.
func place(name string) (*Folder, string, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, "", fmt.Errorf("%s %w", name, ErrNotRegular)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, "", &fs.PathError{Op: "create", Path: name, Err: cause(err)}
	}
	return &Folder{name: filepath.Dir(name), root: root}, filepath.Base(name), nil
}

// Where tests make a write fail, or stop it.
var (
	write        = (*os.File).Write
	beforeRename = func() error { return nil }
)

// temporaryFor is the name of a file beside the one called base.
func temporaryFor(base string) string { return "." + base + "." + rand.Text()[:8] + ".tmp" }

// cause is what is wrong, without the name of a file.
func cause(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}
