package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/tlv"
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

	lists [2]shelf // CTLs and ITLs
}

// A shelf is whether a server has lists of a kind.
type shelf struct {
	served atomic.Bool // one came in this run
	once   sync.Once
	err    error // of asking for the list that is not of a phone
}

func (s *server) shelf(k tlv.Kind) *shelf {
	if k == tlv.KindCTL {
		return &s.lists[0]
	}
	return &s.lists[1]
}

// has returns nil if the server has lists of the kind: one came, or the one that
// is not of a phone is there, which is asked for once.
func (s *server) has(ctx context.Context, client *fetch.Client, location fetch.Location, k tlv.Kind) error {
	own := s.shelf(k)
	if own.served.Load() {
		return nil
	}
	own.once.Do(func() {
		location = location.Beside(k.Filename())
		var data []byte
		if data, own.err = client.Get(ctx, location); own.err == nil {
			own.err = inspect.New(location.String(), data).Err
		}
	})
	return own.err
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
	switch {
	case fetch.ReasonOf(err) == fetch.NotFound && w.fromServer():
		return r.missing(w, err, func(k tlv.Kind) error { return w.server.has(ctx, client, w.location, k) })
	case err != nil:
		return r.failed(err)
	}
	r.judged(w, inspect.New(w.location.String(), data))
	if r.Status != statusFetched {
		return r
	}
	if w.fromServer() && r.Reason != reasonWrongKind {
		w.server.shelf(w.kind).served.Store(true)
	}
	return r.write(w, data)
}

// write puts a file into its place.
func (r *fetched) write(w wanted, data []byte) *fetched {
	r.File = w.path
	_, err := os.Stat(w.path)
	r.Replaced = err == nil
	if err := os.MkdirAll(filepath.Dir(w.path), 0o777); err != nil {
		return r.unwritten(err)
	}
	if err := safefile.Write(w.path, data, true); err != nil {
		return r.unwritten(err)
	}
	return r
}
