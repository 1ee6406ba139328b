package main

import (
	"path/filepath"
	"strings"
	"unicode"
)

// expandPatterns does what shells do and those of Windows leave to the command: an
// argument with * or ? becomes the files that it matches, in the order of their
// names. One that matches none stays as it is, as do URLs and token URIs.
func expandPatterns(args []string) []string {
	var all []string
	for _, arg := range args {
		found := []string{arg}
		if strings.ContainsAny(arg, "*?") {
			if files, err := filepath.Glob(globOf(arg)); err == nil && len(files) > 0 {
				found = files
			}
		}
		all = append(all, found...)
	}
	return all
}

// globOf is a pattern of Windows for filepath.Glob: upper and lower case are the
// same there, and a bracket is part of a name.
func globOf(pattern string) string {
	var b strings.Builder
	for part := range strings.SplitAfterSeq(filepath.ToSlash(pattern), "/") {
		if !strings.ContainsAny(part, "*?") {
			b.WriteString(strings.ReplaceAll(part, "[", "[[]"))
			continue
		}
		for _, r := range part {
			switch low, up := unicode.ToLower(r), unicode.ToUpper(r); {
			case r == '[':
				b.WriteString("[[]")
			case low != up:
				b.WriteString("[" + string(low) + string(up) + "]")
			default:
				b.WriteRune(r)
			}
		}
	}
	return filepath.FromSlash(b.String())
}
