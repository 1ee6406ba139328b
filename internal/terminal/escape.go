// Package terminal makes text fit for a terminal: safe, coloured, in columns.
package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes text from a list, a file name or an error safe for a terminal:
// control characters, invisible ones and bytes that are not UTF-8 become \xNN,
// \uNNNN or \UNNNNNNNN.
func Escape(s string) string { return escape(s, unicode.IsPrint) }

// EscapeLines is Escape for text of several lines.
func EscapeLines(s string) string {
	return escape(s, func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) })
}

// EscapeBytes is Escape for bytes that are not UTF-8 only.
func EscapeBytes(s string) string { return escape(s, func(rune) bool { return true }) }

func escape(s string, safe func(rune) bool) string {
	if !needsEscape(s, safe) {
		return s
	}
	var w strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&w, `\x%02x`, s[0])
		case safe(r):
			w.WriteString(s[:n])
		case r < 0x80:
			fmt.Fprintf(&w, `\x%02x`, r)
		case r <= 0xFFFF:
			fmt.Fprintf(&w, `\u%04x`, r)
		default:
			fmt.Fprintf(&w, `\U%08x`, r)
		}
		s = s[n:]
	}
	return w.String()
}

func needsEscape(s string, safe func(rune) bool) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !safe(r) })
}
