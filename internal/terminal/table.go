package terminal

import (
	"fmt"
	"io"
	"strings"
)

// A Cell is text, and how it is written; colours take no room.
type Cell struct {
	text  string
	color func(string) string
}

// Text is a cell without a color.
func Text(s string) Cell { return Cell{s, func(s string) string { return s }} }

// Colored is a cell that color writes.
func Colored(s string, color func(string) string) Cell { return Cell{s, color} }

// lines are what fits into a column: wrapped at blanks, wider words cut.
func (c Cell) lines(width int) []string {
	lines := strings.Split(Wrap(c.text, width, ""), "\n")
	for i, line := range lines {
		lines[i] = measure.TruncateString(line, width, "…")
	}
	return lines
}

// A Table is rows that have as many cells.
type Table [][]Cell

// gap is between two columns.
const gap = 2

// Write writes the columns two blanks apart. On a terminal of some width cells are
// wrapped and the widest words cut, so that no line is wider; 0 stands for any
// width.
func (t Table) Write(w io.Writer, width int) {
	columns := t.columns(width)
	for _, row := range t {
		cells := make([][]string, len(row))
		height := 0
		for i, c := range row {
			cells[i] = c.lines(columns[i])
			height = max(height, len(cells[i]))
		}
		for n := range height {
			fmt.Fprintln(w, tableLine(row, n, cells, columns))
		}
	}
}

// columns returns the width of each column.
func (t Table) columns(width int) []int {
	natural, longest := make([]int, len(t[0])), make([]int, len(t[0]))
	for _, row := range t {
		for i, c := range row {
			natural[i] = max(natural[i], measure.String(c.text))
			for word := range strings.FieldsSeq(c.text) {
				longest[i] = max(longest[i], measure.String(word))
			}
		}
	}
	if width == 0 {
		return natural
	}
	room := width - gap*(len(natural)-1)
	shrink(natural, room, longest)
	shrink(natural, room, make([]int, len(natural)))
	return natural
}

// shrink takes columns from the widest, none below its floor, until all have room.
func shrink(columns []int, room int, floor []int) {
	total := 0
	for i := range columns {
		columns[i] = min(columns[i], max(room, 1))
		total += columns[i]
	}
	for ; total > room; total-- {
		widest := -1
		for i, n := range columns {
			if n > max(floor[i], 1) && (widest < 0 || n > columns[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		columns[widest]--
	}
}

// tableLine is a line of a row, without blanks at its end.
func tableLine(row []Cell, n int, cells [][]string, columns []int) string {
	var line strings.Builder
	blanks := 0 // before the next text
	for i, c := range row {
		if n < len(cells[i]) && cells[i][n] != "" {
			line.WriteString(strings.Repeat(" ", blanks) + c.color(cells[i][n]))
			blanks = -measure.String(cells[i][n])
		}
		blanks += columns[i] + gap
	}
	return line.String()
}
