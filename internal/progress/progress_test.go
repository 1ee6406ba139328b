package progress

import (
	"errors"
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	var w strings.Builder
	b := New(&w, "fetch", 2, 30)
	b.Step()
	if n, err := b.Write([]byte("a line\n")); n != 7 || err != nil {
		t.Errorf("wrote %d: %v", n, err)
	}
	b.Step()
	b.Close()
	b.Step() // draws nothing any more
	empty := strings.Repeat(" ", 29)
	want := "\rfetch 0/2 [             ] 0 %" + "\rfetch 1/2 [======      ] 50 %" +
		"\r" + empty + "\ra line\n" + "\rfetch 1/2 [======      ] 50 %" +
		"\rfetch 2/2 [===========] 100 %" + "\r" + empty + "\r"
	if w.String() != want {
		t.Errorf("got\n%q, want\n%q", w.String(), want)
	}
}

// What is on the screen is never wider than the screen, and text stands alone on
// its lines.
func TestBarNarrow(t *testing.T) {
	for columns := range 40 {
		var w strings.Builder
		b := New(&w, "fetch", 1000, columns)
		for range 1000 {
			b.Step()
		}
		if _, err := b.Write([]byte("text\n")); err != nil {
			t.Fatal(err)
		}
		b.Close()
		for _, part := range strings.Split(w.String(), "\r") {
			if len(part) > max(columns-1, len("text\n")) {
				t.Errorf("%d columns: %q", columns, part)
			}
		}
		if !strings.HasPrefix(w.String(), "text\n") && !strings.Contains(w.String(), "\rtext\n") {
			t.Errorf("%d columns: %q", columns, w.String())
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestBarOnBrokenTerminal(t *testing.T) {
	b := New(broken{}, "fetch", 2, 80)
	b.Step()
	if _, err := b.Write([]byte("text\n")); err == nil {
		t.Error("no error for text that was not written")
	}
	b.Close()
}
