// Package progress shows how far a run is, on the last line of a terminal, below
// what the run prints.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// A Bar is one line that is drawn again as the run goes on. Text for the same
// terminal goes through the bar, so that neither breaks the other. It uses no
// control character but carriage return, which every terminal knows.
type Bar struct {
	w           io.Writer
	what        string
	done, total int
	width       int // columns that may be used

	mu     sync.Mutex
	shown  int // columns in use
	closed bool
}

// maxWidth is wide enough to see it grow.
const maxWidth = 64

// New draws a bar for so many steps on a terminal of so many columns.
func New(w io.Writer, what string, total, columns int) *Bar {
	b := &Bar{w: w, what: what, total: max(total, 1), width: min(columns-1, maxWidth)}
	b.draw()
	return b
}

// Write writes whole lines of text above the bar.
func (b *Bar) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.clear(); err != nil {
		return 0, err
	}
	n, err := b.w.Write(text)
	b.draw()
	return n, err
}

// Step says that one more is done.
func (b *Bar) Step() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	b.draw()
}

// Close takes the bar away.
func (b *Bar) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.clear()
	b.closed = true
}

// draw writes the line over the one before. That it cannot be written is no
// reason to end a run.
func (b *Bar) draw() {
	if b.closed || b.width < 1 {
		return
	}
	line := b.line()
	fmt.Fprintf(b.w, "\r%-*s", b.shown, line)
	b.shown = len(line)
}

func (b *Bar) clear() error {
	if b.shown == 0 {
		return nil
	}
	_, err := fmt.Fprintf(b.w, "\r%*s\r", b.shown, "")
	b.shown = 0
	return err
}

// line is the bar where there is room for one, else only the number.
func (b *Bar) line() string {
	before := fmt.Sprintf("%s %d/%d ", b.what, b.done, b.total)
	after := fmt.Sprintf(" %d %%", 100*b.done/b.total)
	room := b.width - len(before) - len(after) - len("[]")
	if room < 4 {
		return before[:min(len(before), b.width)]
	}
	full := room * b.done / b.total
	return before + "[" + strings.Repeat("=", full) + strings.Repeat(" ", room-full) + "]" + after
}
