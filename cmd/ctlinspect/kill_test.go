//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// changing are the system calls that change a folder or what is in a file.
var changing = []string{"openat", "write", "pwrite64", "fsync", "fchmod", "fchmodat", "ftruncate", "close", "renameat", "renameat2", "linkat", "unlinkat", "mkdirat"}

// Killed at any system call, a command leaves each file as it was or whole.
func TestKilledAtEverySystemCall(t *testing.T) {
	if out, err := exec.Command(testneed.Program(t, "strace"), "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		testneed.Forbidden(t, "this system lets no process trace another: "+string(out))
	}
	data, err := filepath.Abs(testdata)
	if err != nil {
		t.Fatal(err)
	}
	list, key := filepath.Join(data, "lists", "itl-by-recovery.tlv"), filepath.Join(data, "keys", "itlrecovery.pem")
	update := []string{"update", list, "--signer", key, "--timestamp", "1790000000", "-o"}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"a new file", append(update, "new.tlv")},
		{"a file replaced", append(update, "old.tlv", "--force")},
		{"two files", []string{"update", list, "--signer-cert", filepath.Join(data, "certs", "ITLRecovery.pem"), "--timestamp", "1790000000", "--to-be-signed", "old.tlv", "--force"}},
		{"a folder", []string{"extract", list, "-d", "out"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, whole := startFolder(t), startFolder(t)
			if out, err := commandIn(whole, "ctlinspect", c.args...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			old, want := files(t, before), files(t, whole)
			if maps.EqualFunc(old, want, bytes.Equal) {
				t.Fatal("the command changes nothing")
			}
			kills := 0
			for _, call := range changing {
				kills += killAtEach(t, call, c.args, old, want)
			}
			if kills < 20 {
				t.Errorf("killed at %d calls only", kills)
			}
			t.Logf("killed at %d calls", kills)
		})
	}
}

// killAtEach kills the command at the first call, in another run at the second,
// until it survives, and counts the kills.
func killAtEach(t *testing.T, call string, args []string, old, want map[string][]byte) (kills int) {
	t.Helper()
	// Calls are counted for each thread, and which thread makes one differs from run
	// to run; so one run that survives is not the end.
	for n, survived := 1, 0; survived < 2; n++ {
		dir := startFolder(t)
		err := commandIn(dir, "strace", append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call,
			"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), "ctlinspect"}, args...)...).Run()
		var status *exec.ExitError
		switch {
		case err == nil:
			survived++
		case errors.As(err, &status) && status.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
			survived = 0
			kills++
		default:
			t.Fatalf("%s, call %d: %v", call, n, err)
		}
		for name, content := range files(t, dir) {
			if !strings.HasPrefix(filepath.Base(name), ".") && !bytes.Equal(content, old[name]) && !bytes.Equal(content, want[name]) {
				t.Errorf("killed at %s, call %d: %s has %d bytes, neither those of before nor those of the whole run", call, n, name, len(content))
			}
		}
	}
	return kills
}

// startFolder has two files that the commands replace.
func startFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"old.tlv", "old.tlv.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func commandIn(dir, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	return cmd
}

// files are the contents of all files below a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all[strings.TrimPrefix(path, dir)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
