package terminal

import (
	"io"
	"strings"

	"golang.org/x/term"
)

// narrowest is the fewest columns that output is fitted to.
const narrowest = 20

// Width returns the columns of the terminal that w is, 0 for a file or a pipe.
func Width(w io.Writer) int {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return 0
	}
	return max(columns, narrowest)
}

// Is reports whether w is a terminal.
func Is(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// ShowsColor reports whether w is a terminal that shows colours. All do, but for
// consoles of Windows that Prepare could not make do it.
func ShowsColor(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && Is(w) && interprets(f.Fd())
}

// Wrap breaks each line of text at blanks, so that none is wider than the columns
// of a terminal; what is broken off is indented. A wider word stays whole, for
// people copy names and addresses. With a width of 0 it returns the text.
func Wrap(s string, width int, indent string) string {
	if width == 0 {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = wrapLine(line, width, indent)
	}
	return strings.Join(lines, "\n")
}

func wrapLine(s string, width int, indent string) string {
	if len(s) <= width || measure.String(s) <= width {
		return s
	}
	var w strings.Builder
	column := 0
	for len(s) > 0 {
		var gap, word string
		gap, word, s = nextWord(s)
		n := measure.String(word)
		if column > 0 && column+len(gap)+n > width {
			w.WriteByte('\n')
			gap, column = indent, 0
		}
		w.WriteString(gap + word)
		column += len(gap) + n
	}
	return w.String()
}

// nextWord cuts the blanks and the word that s begins with.
func nextWord(s string) (gap, word, rest string) {
	start := len(s) - len(strings.TrimLeft(s, " "))
	end := strings.IndexByte(s[start:], ' ')
	if end < 0 {
		return s[:start], s[start:], ""
	}
	return s[:start], s[start : start+end], s[start+end:]
}
