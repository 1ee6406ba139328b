package terminal

import "unicode/utf8"

// measure counts characters. A browser fits text itself, and tables of widths would
// make up a part of what it loads.
var measure characters

type characters struct{}

func (characters) String(s string) int { return utf8.RuneCountInString(s) }

func (characters) TruncateString(s string, width int, tail string) string {
	if runes := []rune(s); len(runes) > width {
		return string(runes[:max(0, width-utf8.RuneCountInString(tail))]) + tail
	}
	return s
}
