package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	tests := []struct {
		name, in string
		width    int
		want     string
	}{
		{"any width", "one two three", 0, "one two three"},
		{"fits", "one two", 7, "one two"},
		{"breaks at blanks", "one two three four", 9, "one two\n  three\n  four"},
		{"a wide word stays whole", "a 0123456789012345 b", 8, "a\n  0123456789012345\n  b"},
		{"blanks inside stay", "a    b c", 6, "a    b\n  c"},
		{"blanks in front stay", "  - one two", 7, "  - one\n  two"},
		{"each line", "one two\nthree four", 8, "one two\nthree\n  four"},
		{"colours take no room", Color(true).Red("one two"), 7, Color(true).Red("one two")},
		{"wide characters", "漢字 漢字", 6, "漢字\n  漢字"},
		{"nothing", "", 5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Wrap(tt.in, tt.width, "  ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTableOnATerminal(t *testing.T) {
	tests := []struct {
		name  string
		width int
		row   []string
		want  string
	}{
		{"fits", 10, []string{"abc", "def"}, "abc  def\n"},
		{"wraps before it cuts", 14, []string{"one two three", "0123456"}, "one    0123456\ntwo\nthree\n"},
		{"cuts the widest word", 10, []string{"ab", "0123456789"}, "ab  01234…\n"},
		{"cuts all that are wide", 12, []string{"0123456789", "0123456789"}, "0123…  0123…\n"},
		{"no room", 3, []string{"ab", "cd"}, "…  …\n"},
		{"empty cells", 10, []string{"", "b", ""}, "  b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var row []Cell
			for _, s := range tt.row {
				row = append(row, Text(s))
			}
			var w strings.Builder
			Table{row}.Write(&w, tt.width)
			if diff := cmp.Diff(tt.want, w.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Whatever the text, no line of a table is wider than the terminal if each column
// has room for a character.
func FuzzTableWidth(f *testing.F) {
	f.Add("one two", "漢字", "0123456789 a", 20)
	f.Fuzz(func(t *testing.T, a, b, c string, width int) {
		if width < 10 || width > 1000 {
			return
		}
		var w strings.Builder
		Table{{Text(Escape(a)), Text(Escape(b)), Text(Escape(c))}}.Write(&w, width)
		for line := range strings.Lines(w.String()) {
			if n := measure.String(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns of %d: %q", n, width, line)
			}
		}
	})
}
