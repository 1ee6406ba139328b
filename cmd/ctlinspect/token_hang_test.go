//go:build cgo && linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ctrl-C ends a command whose module hangs, and the process of the module with it.
func TestCtrlCWhileTheModuleHangs(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	proxy.Fault("hang=C_Login")
	s := d.sit("update", d.data("lists/ctl-etoken.tlv"), "-o", "new.tlv", "--signer", "pkcs11:token=etoken-a", "--module", proxy.Module)
	s.until(`PIN of token "etoken-a"`)
	s.types(pin + "\n")
	patiently(t, "the module does not hang", func() bool {
		_, err := os.Stat(proxy.Hanging())
		return err == nil
	})
	helpers := children(t, s.cmd.Process.Pid)
	if len(helpers) != 1 {
		t.Fatalf("child processes %q", helpers)
	}
	s.types("\x03")
	err := s.cmd.Wait()
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("it ends with %v", err)
	}
	patiently(t, "the process of the module is still there", func() bool {
		stat, err := os.ReadFile("/proc/" + helpers[0] + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
	if strings.Contains(s.screen.String(), pin) || !s.echoes() {
		t.Errorf("the PIN is on the screen, or the echo is off:\n%s", s.screen.String())
	}
	d.only()
}

func children(t *testing.T, pid int) []string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.Fields(string(b))...)
	}
	return all
}

// patiently waits for done. Only a test that fails needs all of the time.
func patiently(t *testing.T, complaint string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatal(complaint)
}
