//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// signTo are the arguments that sign a list again with a key file.
func signTo(out string) []string {
	return []string{"update", testdata + "lists/ctl-etoken.tlv", "--signer", testdata + "keys/etoken-a.pem", "--force", "-o", out}
}

// wantOld wants the old file to be intact and alone.
func wantOld(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "CTLFile.tlv"))
	if err != nil || string(data) != "old" {
		t.Errorf("the old file holds %q, %v", data, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// mounted is a file system of its own, of so many bytes.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	testneed.Root(t, "only root can mount a file system")
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	if err := os.WriteFile(filepath.Join(dir, "CTLFile.tlv"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDiskFull(t *testing.T) {
	dir := mounted(t, "size=8k") // the old file has one page, the new one needs two
	code, _, stderr := runCommand(signTo(filepath.Join(dir, "CTLFile.tlv"))...)
	if code != exitUnreadable {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	wantOld(t, dir)
}

func TestReadOnlyFolder(t *testing.T) {
	dir := mounted(t, "size=64k")
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := runCommand(signTo(filepath.Join(dir, "CTLFile.tlv"))...)
	if code != exitUnreadable {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	wantOld(t, dir)
}

func TestFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd := exec.Command("ctlinspect", signTo("-")...)
	cmd.Stdout = full
	if got := exitStatus(cmd.Run()); got != "3" {
		t.Errorf("exit code %s, want 3", got)
	}
}
