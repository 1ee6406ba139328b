package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// alone wants the folder to hold just the names.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(names) {
		t.Fatalf("folder holds %v, want %v", entries, names)
	}
	for i, e := range entries {
		if e.Name() != names[i] {
			t.Errorf("folder holds %s, want %s", e.Name(), names[i])
		}
	}
}

func TestWriteNew(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "CTLFile.tlv")
	if err := Check(name, false); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, []byte("new"), false); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "new" {
		t.Errorf("got %q", got)
	}
	alone(t, dir, "CTLFile.tlv")
}

func TestExistingIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "CTLFile.tlv")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Check(name, false); !errors.Is(err, ErrExists) {
		t.Errorf("Check = %v", err)
	}
	if err := Write(name, []byte("new"), false); !errors.Is(err, ErrExists) {
		t.Errorf("Write = %v", err)
	}
	if got := read(t, name); got != "old" {
		t.Errorf("got %q", got)
	}
	alone(t, dir, "CTLFile.tlv")
}

func TestReplaceKeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "CTLFile.tlv"), filepath.Join(dir, "link.tlv")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("CTLFile.tlv", link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new"), true); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "new" || info.Mode() != 0o640 {
		t.Errorf("got %q with mode %v", got, info.Mode())
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	alone(t, dir, "CTLFile.tlv", "link.tlv")
}

// Whatever happens between write and rename, the old file stays.
func TestStoppedBeforeRename(t *testing.T) {
	stopped := errors.New("stopped")
	beforeRename = func() error { return stopped }
	defer func() { beforeRename = func() error { return nil } }()
	dir := t.TempDir()
	name := filepath.Join(dir, "CTLFile.tlv")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, []byte("new"), true); !errors.Is(err, stopped) {
		t.Errorf("Write = %v", err)
	}
	if got := read(t, name); got != "old" {
		t.Errorf("got %q", got)
	}
	alone(t, dir, "CTLFile.tlv")
}

func TestAppearsMeanwhile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "CTLFile.tlv")
	beforeRename = func() error { return os.WriteFile(name, []byte("other"), 0o644) }
	defer func() { beforeRename = func() error { return nil } }()
	if err := Write(name, []byte("new"), false); !errors.Is(err, ErrExists) {
		t.Errorf("Write = %v", err)
	}
	if got := read(t, name); got != "other" {
		t.Errorf("got %q", got)
	}
	alone(t, dir, "CTLFile.tlv")
}

func TestFolderMissing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "nosuch", "CTLFile.tlv")
	if err := Check(name, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Check = %v", err)
	}
	if err := Write(name, nil, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Write = %v", err)
	}
}
