package main

import (
	"os"
	"strings"
	"testing"
)

const changelog = `# Changelog

## [0.2.0] - unreleased

### Added

- a wheel

## [0.1.0] - 2026-12-01

### Added

- fire

## [0.0.9] - 2026-11-01
`

func TestNotes(t *testing.T) {
	for version, want := range map[string]struct {
		text  string
		dated bool
	}{
		"v0.2.0":      {"### Added\n\n- a wheel\n", false},
		"v0.2.0-rc.1": {"### Added\n\n- a wheel\n", false},
		"v0.1.0":      {"### Added\n\n- fire\n", true},
	} {
		if text, dated, err := notes(changelog, version); text != want.text || dated != want.dated || err != nil {
			t.Errorf("%s: %q, %t, %v", version, text, dated, err)
		}
	}
	for version, want := range map[string]string{"v0.0.9": "empty", "v0.3.0": `"## [0.3.0] - DATE"`, "v1.1.0": "no section"} {
		if _, _, err := notes(changelog, version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", version, err, want)
		}
	}
}

// Every section of the changelog has a heading that notes finds, once, and a
// change stands in it once.
func TestChangelog(t *testing.T) {
	data, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	sections := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "## ") {
			sections++
			if !heading.MatchString(strings.TrimSpace(line)) {
				t.Errorf("heading %q: use ## [0.1.0] - 2026-12-01, or - unreleased", line)
			}
		}
		if (strings.HasPrefix(line, "## ") || strings.HasPrefix(line, "- ")) && seen[line] {
			t.Errorf("twice: %s", line)
		}
		seen[line] = true
	}
	if sections == 0 {
		t.Error("no section")
	}
}
