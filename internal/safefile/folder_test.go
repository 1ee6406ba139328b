package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func openFolder(t *testing.T, name string) *Folder {
	t.Helper()
	f, err := OpenFolder(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := openFolder(t, dir)
	if _, err := f.Read("CTLFile.tlv", 9); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read = %v", err)
	}
	for _, content := range []string{"first", "second"} {
		if err := f.Write("CTLFile.tlv", []byte(content), true); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Read("CTLFile.tlv", 9); err != nil || string(got) != content {
			t.Errorf("got %q: %v", got, err)
		}
	}
	if _, err := f.Read("CTLFile.tlv", 5); err == nil {
		t.Error("a file over the limit is read")
	}
	for range 2 {
		sub, err := f.Folder("host")
		if err != nil {
			t.Fatal(err)
		}
		if err := sub.Write("x", nil, true); err != nil {
			t.Error(err)
		}
		sub.Close()
	}
	if _, err := f.Folder("CTLFile.tlv"); err == nil {
		t.Error("a file is opened as a folder")
	}
	if err := f.Write("host", nil, true); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder is replaced: %v", err)
	}
	alone(t, dir, "CTLFile.tlv", "host")
	alone(t, filepath.Join(dir, "host"), "x")
}

func TestFolderKeepsMode(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := openFolder(t, dir).Write("x", []byte("new"), true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "x")); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v: %v", info.Mode(), err)
	}
}

// Links are not followed, neither out of the folder nor to another place in it.
func TestFolderFollowsNoLink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "inside"), 0o755); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(other, "victim")
	if err := os.WriteFile(victim, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"out": other, "in": "inside", "up": "..", "file": victim, "nowhere": "nosuch"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	f := openFolder(t, dir)
	for _, name := range []string{"out", "in", "up", "file", "nowhere"} {
		if _, err := f.Folder(name); !errors.Is(err, ErrLink) {
			t.Errorf("Folder(%s) = %v", name, err)
		}
		if _, err := f.Read(name, 9); !errors.Is(err, ErrLink) {
			t.Errorf("Read(%s) = %v", name, err)
		}
		if err := f.Write(name, []byte("new"), true); !errors.Is(err, ErrLink) {
			t.Errorf("Write(%s) = %v", name, err)
		}
	}
	if _, err := f.Folder("../x"); err == nil {
		t.Error("a folder outside is created")
	}
	if err := f.Write("../x", nil, true); err == nil {
		t.Error("a file outside is written")
	}
	if read(t, victim) != "old" {
		t.Error("the file behind the link has changed")
	}
	alone(t, other, "victim")
}

// A link that appears between check and write is not followed either.
func TestFolderLinkAppearsMeanwhile(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	victim := filepath.Join(other, "victim")
	if err := os.WriteFile(victim, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := openFolder(t, dir)
	sub, err := f.Folder("host")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	beforeRename = func() error {
		return errors.Join(os.Symlink(victim, filepath.Join(dir, "host", "x")),
			os.Rename(filepath.Join(dir, "host"), filepath.Join(dir, "away")), os.Symlink(other, filepath.Join(dir, "host")))
	}
	defer func() { beforeRename = func() error { return nil } }()
	if err := sub.Write("x", []byte("new"), true); err != nil {
		t.Error(err)
	}
	if read(t, victim) != "old" || read(t, filepath.Join(dir, "away", "x")) != "new" {
		t.Error("the link was followed")
	}
	alone(t, other, "victim")
}

// No input is replaced, under whatever name.
func TestFolderKeepsInputs(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "phones.txt")
	if err := os.WriteFile(input, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(input, filepath.Join(dir, "CTLFile.tlv")); err != nil {
		t.Fatal(err)
	}
	f := openFolder(t, dir)
	f.Inputs = FindInputs(input, "nosuch")
	for _, name := range []string{"phones.txt", "CTLFile.tlv"} {
		if err := f.Write(name, []byte("new"), true); !errors.Is(err, ErrInput) {
			t.Errorf("Write(%s) = %v", name, err)
		}
	}
	sub, err := f.Folder("host")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if err := os.Link(input, filepath.Join(dir, "host", "x")); err != nil {
		t.Fatal(err)
	}
	if err := sub.Write("x", nil, true); !errors.Is(err, ErrInput) {
		t.Errorf("Write = %v", err)
	}
	if read(t, input) != "old" {
		t.Error("the input has changed")
	}
}

// Whatever stops a write, the old file stays and no temporary file is left.
func TestFolderStopped(t *testing.T) {
	stopped := errors.New("stopped")
	beforeRename = func() error { return stopped }
	defer func() { beforeRename = func() error { return nil } }()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := openFolder(t, dir).Write("x", []byte("new"), true); !errors.Is(err, stopped) {
		t.Errorf("Write = %v", err)
	}
	if read(t, filepath.Join(dir, "x")) != "old" {
		t.Error("the old file has changed")
	}
	alone(t, dir, "x")
}

// outside is a file out of the folder, which nothing may change.
func outside(t *testing.T) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(name, []byte("outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if got := read(t, name); got != "outside" {
			t.Errorf("outside holds %q", got)
		}
	})
	return name
}

func TestNamesLeadNowhere(t *testing.T) {
	f := openFolder(t, t.TempDir())
	for _, name := range []string{"", ".", "..", "../out", "/out", "sub/out", `sub\out`} {
		if err := f.Write(name, []byte("new"), true); err == nil {
			t.Errorf("%q is written", name)
		}
	}
	alone(t, f.name)
}

// An input is not replaced, by whatever name the output is meant.
func TestInputsAreNotReplaced(t *testing.T) {
	dir := t.TempDir()
	input, other := filepath.Join(dir, "pin"), filepath.Join(dir, "other")
	for _, name := range []string{input, other} {
		if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(input, filepath.Join(dir, "hard")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pin", filepath.Join(dir, "soft")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pin", "hard", "soft", "./pin"} {
		name = dir + "/" + name
		for _, given := range []string{input, filepath.Join(dir, "soft")} {
			if err := Check(name, true, "", "no such", given); !errors.Is(err, ErrInput) {
				t.Errorf("Check(%s) = %v", name, err)
			}
			if err := Write(name, []byte("new"), true, given); !errors.Is(err, ErrInput) {
				t.Errorf("Write(%s) = %v", name, err)
			}
		}
	}
	if err := Write(other, []byte("new"), true, input); err != nil {
		t.Error(err)
	}
	if got := read(t, input); got != "old" {
		t.Errorf("the input holds %q", got)
	}
}

// An input that gets the output's name while that is written is not replaced.
func TestInputAppearsMeanwhile(t *testing.T) {
	input := outside(t)
	dir := t.TempDir()
	name := filepath.Join(dir, "CTLFile.tlv")
	beforeRename = func() error { return os.Link(input, name) }
	defer func() { beforeRename = func() error { return nil } }()
	if err := Write(name, []byte("new"), true, input); !errors.Is(err, ErrInput) {
		t.Errorf("Write = %v", err)
	}
}
