package fetch

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
)

// A Store is where files go, and the older ones that they replace. No symbolic
// link below its folders is followed.
type Store struct {
	Dir     string
	Archive string          // of older files, each under its SHA-1; "": the folder archive in Dir
	Inputs  safefile.Inputs // files that are never replaced
}

// A Change is what a file is to the one in its place before.
type Change string

// Changes.
const (
	ChangeNew     Change = "new" // there was none
	ChangeContent Change = "changed"
	ChangeNone    Change = "unchanged"
)

func (s Store) path(w Wanted) string { return filepath.Join(s.Dir, w.folder, w.name) }

// put writes a file unless it is there already. The file that it replaces goes to
// the archive first; kept is its path there.
func (s Store) put(w Wanted, data []byte) (c Change, kept string, err error) {
	folder, err := s.open(s.Dir, w.folder)
	if err != nil {
		return "", "", err
	}
	defer folder.Close()
	old, err := folder.Read(w.name, input.MaxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ChangeNew, "", folder.Write(w.name, data, true)
	case err != nil:
		return "", "", err
	case bytes.Equal(old, data):
		return ChangeNone, "", nil
	}
	if kept, err = s.keep(old, filepath.Ext(w.name)); err != nil {
		return "", "", fmt.Errorf("the older one cannot be archived: %w", err)
	}
	return ChangeContent, kept, folder.Write(w.name, data, true)
}

// keep writes a file to the archive, under a name that ends as its own does.
func (s Store) keep(data []byte, ext string) (string, error) {
	dir, sub := s.Archive, ""
	if dir == "" {
		dir, sub = s.Dir, "archive"
	}
	folder, err := s.open(dir, sub)
	if err != nil {
		return "", err
	}
	defer folder.Close()
	name := fmt.Sprintf("%x%s", sha1.Sum(data), ext)
	switch there, err := folder.Read(name, input.MaxSize); {
	case errors.Is(err, fs.ErrNotExist):
		return folder.Path(name), folder.Write(name, data, true)
	case err != nil:
		return "", err
	case !bytes.Equal(there, data):
		return "", fmt.Errorf("%s holds another file, whose name does not fit", folder.Path(name))
	}
	return folder.Path(name), nil
}

// open opens a folder in a folder.
func (s Store) open(dir, sub string) (*safefile.Folder, error) {
	folder, err := safefile.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	folder.Inputs = s.Inputs
	if sub == "" {
		return folder, nil
	}
	defer folder.Close()
	return folder.Folder(sub)
}

// has reports whether there is a file of an earlier run.
func (s Store) has(w Wanted) bool {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Lstat(filepath.Join(w.folder, w.name))
	return err == nil && info.Mode().IsRegular()
}
