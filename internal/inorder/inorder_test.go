package inorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// However long each takes and however much it writes, all comes out in order.
func TestOrder(t *testing.T) {
	const n = 200
	first := make(chan struct{}) // holds the first element back until others are done
	var out, errs, want, wantErrs bytes.Buffer
	for i := range n {
		fmt.Fprintf(&want, "%d%s\n", i, strings.Repeat("x", i%7))
		fmt.Fprintf(&wantErrs, "e%d\n", i)
	}
	err := Do(count(n), Output{Stdout: &out, Stderr: &errs}, func(turn *Turn, i int) error {
		switch i {
		case 0:
			<-first
		case 10:
			close(first)
		}
		fmt.Fprintf(turn.Stdout(), "%d%s\n", i, strings.Repeat("x", i%7))
		fmt.Fprintf(turn.Stderr(), "e%d\n", i)
		return nil
	})
	if err != nil || out.String() != want.String() || errs.String() != wantErrs.String() {
		t.Errorf("%v\n%s\n%s", err, out.String(), errs.String())
	}
}

// Work that awaits its turn sees what the work before has done.
func TestAwait(t *testing.T) {
	const n = 200
	var done []int // not guarded: one turn follows another
	err := Do(count(n), Output{Stdout: io.Discard, Stderr: io.Discard}, func(turn *Turn, i int) error {
		if err := turn.Await(); err != nil {
			return err
		}
		if len(done) != i {
			t.Errorf("%d before %d", len(done), i)
		}
		done = append(done, i)
		return nil
	})
	if err != nil || len(done) != n {
		t.Errorf("%d, %v", len(done), err)
	}
}

// Both writers of an element come out in the order of its writes, and a separator
// only between results.
func TestSeparator(t *testing.T) {
	var out bytes.Buffer
	both := struct{ io.Writer }{&out}
	err := Do(slices.Values([]string{"", "a", "", "b"}), Output{Stdout: &out, Stderr: both, Separator: "|"}, func(turn *Turn, s string) error {
		if s == "" {
			return nil
		}
		io.WriteString(turn.Stderr(), "<")
		io.WriteString(turn.Stdout(), s)
		io.WriteString(turn.Stderr(), ">")
		io.WriteString(turn.Stdout(), s)
		return nil
	})
	if want := "<a>a<|b>b"; err != nil || out.String() != want {
		t.Errorf("%v: %q, want %q", err, out.String(), want)
	}
}

// An element that writes much holds only so much before its turn.
func TestMemory(t *testing.T) {
	var out bytes.Buffer
	most := 0
	err := Do(count(3), Output{Stdout: &out}, func(turn *Turn, i int) error {
		for range 10 {
			if _, err := turn.Stdout().Write(bytes.Repeat([]byte{byte('0' + i)}, held/2)); err != nil {
				return err
			}
			if i == 2 {
				most = max(most, turn.size)
			}
		}
		return nil
	})
	var want []byte
	for i := range 3 {
		want = append(want, bytes.Repeat([]byte{byte('0' + i)}, 5*held)...)
	}
	if err != nil || most > held || !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%v: %d bytes held, %d written", err, most, out.Len())
	}
}

type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestErrors(t *testing.T) {
	wrong := errors.New("wrong")
	tests := []struct {
		name string
		out  io.Writer
		work func(*Turn, int) error
		want error
	}{
		{"of the writer", &failing{3}, func(turn *Turn, i int) error { fmt.Fprintln(turn.Stdout(), i); return nil }, io.ErrShortWrite},
		{"of the writer, in the turn", &failing{1}, func(turn *Turn, i int) error {
			for range 3 {
				if _, err := turn.Stdout().Write(make([]byte, held)); err != nil {
					return err
				}
			}
			return nil
		}, io.ErrShortWrite},
		{"of the work", io.Discard, func(_ *Turn, i int) error {
			if i == 5 {
				return wrong
			}
			return nil
		}, wrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last := 0
			err := Do(func(yield func(int) bool) {
				for last = 0; yield(last); last++ {
				}
			}, Output{Stdout: tt.out}, tt.work)
			if !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}
