package report

import "github.com/ctlinspect/ctlinspect/internal/terminal"

// A Terminal is what is known of the terminal that text for people goes to. The
// zero value stands for a file or a pipe: no colours, lines of any width.
type Terminal struct {
	Color bool
	Width int // columns; 0 for any
}

func (t Terminal) red(s string) string    { return terminal.Color(t.Color).Red(s) }
func (t Terminal) yellow(s string) string { return terminal.Color(t.Color).Yellow(s) }
func (t Terminal) green(s string) string  { return terminal.Color(t.Color).Green(s) }

// wrap breaks text at blanks to fit; what is broken off is indented.
func (t Terminal) wrap(s, indent string) string { return terminal.Wrap(s, t.Width, indent) }
