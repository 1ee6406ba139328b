package inorder

import (
	"iter"
	"runtime"
)

// Each calls work for each element, several at a time, and take with the results,
// in the order of the elements and in the caller's goroutine. The first error of
// take ends the run: no element is begun after it, but take is still called with
// the results of those that were, so that it can close what they hold. Workers is
// how many elements are worked on at a time, 0 for as many as there are processors.
func Each[T, R any](elements iter.Seq[T], workers int, work func(T) R, take func(R) error) error {
	if workers == 0 {
		workers = max(2, runtime.GOMAXPROCS(0))
	}
	jobs, queue := make(chan job[T, R]), make(chan job[T, R], 2*workers)
	stop := make(chan struct{})
	go func() {
		defer close(jobs)
		defer close(queue)
		for e := range elements {
			j := job[T, R]{e, make(chan R, 1)}
			select {
			case queue <- j:
				jobs <- j
			case <-stop:
				return
			}
		}
	}()
	for range workers {
		go func() {
			for j := range jobs {
				j.result <- work(j.element)
			}
		}()
	}
	var failed error
	for j := range queue {
		err := take(<-j.result)
		if err != nil && failed == nil {
			failed = err
			close(stop)
		}
	}
	return failed
}

type job[T, R any] struct {
	element T
	result  chan R
}
