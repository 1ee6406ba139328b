package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
)

// missesUntilGone is after how many files in a row without an answer a host is
// given up: each costs all tries.
const missesUntilGone = 3

// A server is a host of the command line and how it behaves.
type server struct {
	name   string
	folder string

	mu     sync.Mutex
	misses int
}

func (s *server) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.misses >= missesUntilGone
}

// answered notes whether the host answers at all.
func (s *server) answered(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r := fetch.ReasonOf(err); {
	case r == fetch.Canceled:
	case r == fetch.Timeout, r == fetch.Unreachable, errors.Is(err, syscall.ECONNREFUSED):
		s.misses++
	case s.misses < missesUntilGone:
		s.misses = 0
	}
}

// fetchAll gets files, several at a time. The results come in the order of the
// files; of a file only its result is kept in memory.
func (f *fetching) fetchAll(ctx context.Context, client *fetch.Client, files []wanted) <-chan *fetched {
	results := make([]chan *fetched, len(files))
	next := make(chan int, len(files))
	for i := range files {
		results[i] = make(chan *fetched, 1)
		next <- i
	}
	close(next)
	for range min(f.jobs, len(files)) {
		go func() {
			for i := range next {
				results[i] <- fetchOne(ctx, client, files[i])
			}
		}()
	}
	ordered := make(chan *fetched)
	go func() {
		defer close(ordered)
		for _, r := range results {
			ordered <- <-r
		}
	}()
	return ordered
}

// fetchOne gets, judges and writes one file.
func fetchOne(ctx context.Context, client *fetch.Client, w wanted) *fetched {
	r := newFetched(w)
	if w.server.gone() {
		r.Reason, r.Message = reasonHostGone, fmt.Sprintf("%s: not asked for, %s was given up", w.location, w.server.name)
		return r
	}
	data, err := client.Get(ctx, w.location)
	w.server.answered(err)
	if err != nil {
		return r.failed(w, err)
	}
	r.judged(w, inspect.New(w.location, data))
	if r.Status != statusFetched {
		return r
	}
	r.File = w.path
	if err := os.MkdirAll(filepath.Dir(w.path), 0o777); err != nil {
		return r.unwritten(err)
	}
	if err := safefile.Write(w.path, data, true); err != nil {
		return r.unwritten(err)
	}
	return r
}
