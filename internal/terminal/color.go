package terminal

// A Color wraps text in terminal colours, or leaves it alone.
type Color bool

// Red is for what has failed.
func (c Color) Red(s string) string { return c.wrap("31", s) }

// Yellow is for what is about to fail.
func (c Color) Yellow(s string) string { return c.wrap("33", s) }

// Green is for what is right.
func (c Color) Green(s string) string { return c.wrap("32", s) }

func (c Color) wrap(code, s string) string {
	if !c {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
