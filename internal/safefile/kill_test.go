package safefile

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// victim names the target in the process that is killed.
const victim = "SAFEFILE_TEST_TARGET"

func TestMain(m *testing.M) {
	if name := os.Getenv(victim); name != "" {
		beforeRename = func() error {
			fmt.Println("written")
			select {} // until killed
		}
		fmt.Println(Write(name, []byte("new"), true))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A process killed between write and rename leaves the old file as it was, and
// beside it a whole file that no one takes for a list.
func TestKilledBeforeRename(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "CTLFile.tlv")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	kill(t, name)
	if got := read(t, name); got != "old" {
		t.Errorf("got %q", got)
	}
	left := temporary(t, dir)
	if !strings.HasPrefix(left, ".") || strings.HasSuffix(left, ".tlv") {
		t.Errorf("%s could be taken for a list", left)
	}
	if got := read(t, filepath.Join(dir, left)); got != "new" {
		t.Errorf("the temporary file holds %q", got)
	}
	if err := Write(name, []byte("newer"), true); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "newer" {
		t.Errorf("got %q", got)
	}
}

// kill runs Write in a process of its own and kills it before the rename.
func kill(t *testing.T, name string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if killErr := cmd.Process.Kill(); killErr != nil { // SIGKILL
		t.Fatal(killErr)
	}
	if waitErr := cmd.Wait(); waitErr == nil || err != nil || line != "written\n" {
		t.Fatalf("it wrote %q, %v, and ended with %v", line, err, waitErr)
	}
}

// temporary is the one name in the folder beside the list.
func temporary(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var others []string
	for _, e := range entries {
		if e.Name() != "CTLFile.tlv" {
			others = append(others, e.Name())
		}
	}
	if len(others) != 1 {
		t.Fatalf("beside the list: %v, want one file", others)
	}
	return others[0]
}

// A disk that is full after a few bytes: the old file stays, and nothing else.
func TestDiskFull(t *testing.T) {
	for _, replace := range []bool{false, true} {
		dir := t.TempDir()
		name := filepath.Join(dir, "CTLFile.tlv")
		var want []string
		if replace {
			if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			want = []string{"CTLFile.tlv"}
		}
		err := writeFull(name, replace)
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Write = %v", err)
		}
		alone(t, dir, want...)
		if replace && read(t, name) != "old" {
			t.Error("the old file has changed")
		}
	}
}

func writeFull(name string, replace bool) error {
	write = func(f *os.File, b []byte) (int, error) {
		n, _ := f.Write(b[:1])
		return n, &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	defer func() { write = (*os.File).Write }()
	return Write(name, []byte("new"), replace)
}

func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	folder, link := filepath.Join(dir, "folder"), filepath.Join(dir, "link.tlv")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{folder, os.DevNull, link} {
		for _, replace := range []bool{false, true} {
			if err := Check(name, replace); !errors.Is(err, ErrNotRegular) {
				t.Errorf("Check(%s) = %v", name, err)
			}
			if err := Write(name, []byte("new"), replace); !errors.Is(err, ErrNotRegular) {
				t.Errorf("Write(%s) = %v", name, err)
			}
		}
	}
	alone(t, dir, "folder", "link.tlv")
}

// The folder that counts is the one of the file that a link leads to.
func TestCheckFollowsLinks(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	target, link := filepath.Join(other, "CTLFile.tlv"), filepath.Join(dir, "link.tlv")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := Check(link, false); !errors.Is(err, ErrExists) {
		t.Errorf("Check = %v", err)
	}
	if err := Check(link, true); err != nil {
		t.Errorf("Check = %v", err)
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	if err := Check(link, false); !errors.Is(err, ErrExists) {
		t.Errorf("a link that leads nowhere: Check = %v", err)
	}
	alone(t, dir, "link.tlv")
	alone(t, other)
}
