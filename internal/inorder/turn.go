package inorder

import (
	"errors"
	"io"
	"math"
)

// A Turn is the output of one element. It is for one goroutine.
type Turn struct {
	out   *Output
	ready chan struct{} // closed when everything before has been written
	done  chan struct{} // closed when the work is done
	stop  chan struct{} // closed when the run has failed
	err   error         // of the work

	chunks []chunk // written before the turn
	size   int     // bytes of them
	wrote  bool    // to Stdout, past the separator
}

// A chunk is bytes for one of the writers.
type chunk struct {
	to   io.Writer
	data []byte
}

// Stdout is where the element's results go.
func (t *Turn) Stdout() io.Writer { return writer{t, t.out.Stdout} }

// Stderr is where the element's messages go.
func (t *Turn) Stderr() io.Writer { return writer{t, t.out.Stderr} }

// A writer holds what is written until it is the element's turn.
type writer struct {
	turn *Turn
	to   io.Writer
}

// Fd returns the file descriptor behind the writer, so that it can be asked for the
// width of a terminal.
func (w writer) Fd() uintptr {
	if f, ok := w.to.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return math.MaxUint32 // none
}

var errStopped = errors.New("the run has ended")

func (w writer) Write(b []byte) (int, error) {
	t := w.turn
	if t.size+len(b) <= held {
		t.hold(w.to, b)
		return len(b), nil
	}
	if err := t.Await(); err != nil {
		return 0, err
	}
	if err := t.flush(); err != nil {
		return 0, err
	}
	return len(b), t.write(w.to, b)
}

// Await waits until the work of all elements before is done, for work that looks at
// what they did. It returns an error if the run has failed.
func (t *Turn) Await() error {
	select {
	case <-t.ready:
		return nil
	case <-t.stop:
		return errStopped
	}
}

func (t *Turn) hold(to io.Writer, b []byte) {
	t.size += len(b)
	if n := len(t.chunks); n > 0 && t.chunks[n-1].to == to {
		t.chunks[n-1].data = append(t.chunks[n-1].data, b...)
		return
	}
	t.chunks = append(t.chunks, chunk{to, append([]byte(nil), b...)})
}

// flush writes what is held. It is called when the turn has come.
func (t *Turn) flush() error {
	for _, c := range t.chunks {
		if err := t.write(c.to, c.data); err != nil {
			return err
		}
	}
	t.chunks, t.size = nil, 0
	return nil
}

func (t *Turn) write(to io.Writer, b []byte) error {
	if to == t.out.Stdout && !t.wrote {
		if t.out.wrote && t.out.Separator != "" {
			b = append([]byte(t.out.Separator), b...)
		}
		t.wrote, t.out.wrote = true, true
	}
	_, err := to.Write(b)
	return err
}
