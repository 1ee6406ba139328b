package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// heading is that of a section of the changelog: a version, and the day it was
// released, or "unreleased".
var heading = regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2}|unreleased)$`)

// notes returns what the changelog says of a version, and whether the section has a
// date. A pre-release, as v0.1.0-rc.1, has the section of its version.
func notes(changelog, version string) (text string, dated bool, err error) {
	number, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	sections := heading.FindAllStringSubmatchIndex(changelog, -1)
	for i, s := range sections {
		if changelog[s[2]:s[3]] != number {
			continue
		}
		end := len(changelog)
		if i+1 < len(sections) {
			end = sections[i+1][0]
		}
		text := strings.TrimSpace(changelog[s[1]:end])
		if text == "" {
			return "", false, fmt.Errorf("CHANGELOG.md: the section of %s is empty", number)
		}
		return text + "\n", changelog[s[4]:s[5]] != "unreleased", nil
	}
	return "", false, fmt.Errorf("CHANGELOG.md has no section \"## [%s] - DATE\": write one", number)
}

// changes is notes of the changelog in the root of the module.
func (r *release) changes() (string, bool, error) {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return "", false, err
	}
	return notes(string(text), r.version)
}

// writeNotes prints the notes of a release that is tagged, and so needs a date;
// a pre-release does not.
func (r *release) writeNotes() error {
	if err := r.checkVersion(); err != nil {
		return err
	}
	text, dated, err := r.changes()
	if err != nil {
		return err
	}
	if !dated && !strings.Contains(r.version, "-") {
		return fmt.Errorf("CHANGELOG.md: write the date of %s in place of \"unreleased\", and tag that commit", r.version)
	}
	_, err = os.Stdout.WriteString(text)
	return err
}
