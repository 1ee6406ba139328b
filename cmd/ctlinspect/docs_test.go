package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The commands in blocks of ```console print what stands there. Run with -update
// to write what they print.
func TestDocuments(t *testing.T) {
	t.Chdir("../..")
	for name, commands := range map[string]int{"docs/capture.md": 1, "docs/compare.md": 5, "docs/trunk.md": 6, "README.md": 4} {
		t.Run(name, func(t *testing.T) { checkDocument(t, name, commands) })
	}
}

// checkDocument wants so many commands at least.
func checkDocument(t *testing.T, name string, least int) {
	t.Helper()
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, commands := rerun(t, string(want))
	if commands < least {
		t.Fatalf("%d commands in %s", commands, name)
	}
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(want) {
		t.Errorf("%s differs from what the commands print:\n%s", name, firstDifference(string(want), got))
	}
}

// rerun replaces the output of each command in a block of ```console.
func rerun(t *testing.T, doc string) (string, int) {
	t.Helper()
	var out strings.Builder
	inside, skip, commands, code := false, false, 0, 0
	for line := range strings.Lines(doc) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside, skip = strings.HasPrefix(line, "```console"), false
		case inside && strings.HasPrefix(line, "$ "):
			commands, skip = commands+1, true
			var printed string
			printed, code = runLine(t, strings.TrimSpace(line[2:]), code)
			line += printed
		case skip:
			line = ""
		}
		out.WriteString(line)
	}
	return out.String(), commands
}

// runLine runs ctlinspect, cat FILE, or echo $?.
func runLine(t *testing.T, line string, last int) (string, int) {
	t.Helper()
	words := splitWords(line)
	switch {
	case line == "echo $?":
		return fmt.Sprintln(last), 0
	case words[0] == "cat" && len(words) == 2:
		data, err := os.ReadFile(words[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(data), 0
	case words[0] == "ctlinspect":
		code, stdout, stderr := runCommand(words[1:]...)
		return stdout + stderr, code
	}
	t.Fatalf("cannot run %q", line)
	return "", 0
}

// splitWords splits at blanks outside of double quotes.
func splitWords(line string) []string {
	quoted := false
	words := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
	for i, w := range words {
		words[i] = strings.Trim(w, `"`)
	}
	return words
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, now %d", len(a), len(b))
}
