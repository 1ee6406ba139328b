package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
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

// A Table is rows of as many cells.
type Table [][]Cell

// Write writes the columns two blanks apart.
func (t Table) Write(w io.Writer) {
	width := make([]int, len(t[0]))
	for _, row := range t {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range t {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(c.color(c.text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", 2+width[i]-utf8.RuneCountInString(c.text)))
			}
		}
		fmt.Fprintln(w, line.String())
	}
}
