// Package inorder does work on all processors and writes the results in order.
package inorder

import (
	"errors"
	"io"
	"iter"
	"runtime"
)

// An Output is where results go.
type Output struct {
	Stdout, Stderr io.Writer
	Separator      string // goes to Stdout between the results of two elements
	Workers        int    // elements at a time; 0: as many as there are processors

	wrote bool // to Stdout
}

const (
	held  = 256 << 10 // bytes that an element may write before its turn
	ahead = 16        // elements per processor that may wait to be written
)

// Do calls work for each element, several at a time. What work writes to its Turn
// comes out in the order of the elements. An element that writes much waits for its
// turn, so that memory is bounded. The first error, of work or of a writer, ends
// the run.
func Do[T any](elements iter.Seq[T], out Output, work func(*Turn, T) error) error {
	workers := out.Workers
	if workers == 0 {
		workers = max(2, runtime.GOMAXPROCS(0)) // one computes while another reads
	}
	queue := make(chan *Turn, ahead*workers)
	stop := make(chan struct{})
	go start(elements, &out, work, workers, queue, stop)
	var err error
	for t := range queue {
		if err != nil {
			<-t.done
			continue
		}
		close(t.ready)
		<-t.done
		if err = errors.Join(t.err, t.flush()); err != nil {
			close(stop)
		}
	}
	return err
}

// start works on as many elements at a time as there are workers.
func start[T any](elements iter.Seq[T], out *Output, work func(*Turn, T) error, workers int, queue chan<- *Turn, stop chan struct{}) {
	defer close(queue)
	slots := make(chan struct{}, workers)
	for e := range elements {
		select {
		case slots <- struct{}{}:
		case <-stop:
			return
		}
		t := &Turn{out: out, ready: make(chan struct{}), done: make(chan struct{}), stop: stop}
		go func() {
			t.err = work(t, e)
			close(t.done)
			<-slots
		}()
		queue <- t
	}
}
