package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// docBlock returns the block of a document that follows the mark.
func docBlock(t *testing.T, doc, mark string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", doc))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)<!-- " + regexp.QuoteMeta(mark) + " -->\n```[a-z]*\n(.*?)```").FindSubmatch(data)
	if m == nil {
		t.Fatalf("no block %q in %s", mark, doc)
	}
	return string(m[1])
}

// watched is a folder with lists to watch: one in order, one with warnings, one with
// errors, and one that is no list.
func watched(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, from := range map[string]string{"good.tlv": "lists/ctl-sha512.tlv", "warning.tlv": "lists/itl-thirdparty.tlv", "error.tlv": "CTLFile.tlv", "broken.tlv": "broken/cut-in-record.tlv"} {
		data, err := os.ReadFile(testdata + from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// program runs a script of a document at the fixed time. Its exit code comes with
// what it printed.
func program(t *testing.T, dir, doc, mark string, args ...string) (string, int) {
	t.Helper()
	testneed.Program(t, "jq")
	script := filepath.Join(t.TempDir(), filepath.Base(mark))
	if err := os.WriteFile(script, []byte(docBlock(t, doc, "run: "+mark)), 0o700); err != nil {
		t.Fatal(err)
	}
	return output(t, dir, "/bin/sh", append([]string{script}, args...)...)
}

func output(t *testing.T, dir, name string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TZ=UTC", testNow+"="+testTime)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s %q:\n%s%s", name, args, out, stderr.Bytes())
		}
	}); exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

// metric is a line of Prometheus' text format.
var metric = regexp.MustCompile(`^[a-z_]+\{([a-z]+="([^"\\]|\\[\\"n])*",?)*\} -?[0-9.]+$`)

func TestMonitoringPrometheus(t *testing.T) {
	out, code := program(t, watched(t), "monitoring.md", "ctlinspect-metrics", "good.tlv", "error.tlv", "broken.tlv")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "# ") && !metric.MatchString(line) {
			t.Errorf("not a metric: %s", line)
		}
	}
	for _, want := range []string{
		`ctlinspect_findings{file="good.tlv",severity="error"} 0`,
		`ctlinspect_findings{file="error.tlv",severity="error"} 2`,
		`ctlinspect_findings{file="error.tlv",severity="warning"} 8`,
		`ctlinspect_readable{file="good.tlv"} 1`,
		`ctlinspect_readable{file="broken.tlv"} 0`,
		`ctlinspect_certificate_expires_seconds{file="error.tlv",record="3",role="CCM+TFTP",host="14.48.44.80"} 1471975200`,
	} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
}

func TestMonitoringIcinga(t *testing.T) {
	for _, tt := range []struct {
		file, first, also string
		code              int
	}{
		{"good.tlv", "OK - 1 trust list(s)", "", 0},
		{"warning.tlv", "WARNING - ", "few-sasts", 1},
		{"error.tlv", "CRITICAL - ", "certificate-expired", 2},
		{"broken.tlv", "UNKNOWN - ", "cut short", 3},
		{"nosuch.tlv", "UNKNOWN - ", "no such file", 3},
	} {
		out, code := program(t, watched(t), "monitoring.md", "check_trustlists", tt.file)
		if code != tt.code || !strings.HasPrefix(out, tt.first) || !strings.Contains(out, tt.also) {
			t.Errorf("%s: exit code %d, want %d\n%s", tt.file, code, tt.code, out)
		}
	}
}

func TestMonitoringAnsible(t *testing.T) {
	playbook := filepath.Join(t.TempDir(), "trustlists.yml")
	if err := os.WriteFile(playbook, []byte(docBlock(t, "monitoring.md", "run: trustlists.yml")), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("LC_ALL", "C.UTF-8")
	lists := watched(t)
	good, bad := filepath.Join(lists, "good.tlv"), filepath.Join(lists, "error.tlv")
	out, code := output(t, lists, testneed.Program(t, "ansible-playbook"), "-i", "localhost,", "-e", `{"lists": ["`+good+`", "`+bad+`"]}`, playbook)
	if code == 0 {
		t.Error("the play does not fail")
	}
	for _, want := range []string{"ok: [localhost] => (item=" + good + ")", "failed: [localhost] (item=" + bad + ")", bad + ": regenerate CallManager"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
}

// The units are those that systemd takes, and their commands do what they say.
func TestMonitoringSystemd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("systemd is for Linux")
	}
	command, err := exec.LookPath("ctlinspect")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"ctlinspect.service", "ctlinspect.timer"} {
		unit := strings.ReplaceAll(docBlock(t, "monitoring.md", "run: "+name), "/usr/local/bin/ctlinspect", command)
		units = append(units, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(unit), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(testneed.Program(t, "systemd-analyze"), append([]string{"verify", "--man=no"}, units...)...)
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("ctlinspect.")) {
		t.Errorf("%v\n%s", err, out)
	}
	lines := regexp.MustCompile(`(?m)^ExecStart=\S+ (lint .*)$`).FindStringSubmatch(docBlock(t, "monitoring.md", "run: ctlinspect.service"))
	if lines == nil {
		t.Fatal("the service does not judge")
	}
	lists := watched(t)
	for file, want := range map[string]int{"good.tlv": 0, "warning.tlv": 1, "error.tlv": 1, "broken.tlv": 3} {
		args := strings.Fields(strings.TrimSuffix(lines[1], " lists") + " " + filepath.Join(lists, file))
		if _, code := output(t, lists, command, args...); code != want {
			t.Errorf("%s: exit code %d, want %d", file, code, want)
		}
	}
}
