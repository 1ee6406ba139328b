package fetch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// MissesUntilGone is after how many files in a row without an answer a host is
// skipped: each costs all tries.
const MissesUntilGone = 3

// A server is a host of a request and how it behaves.
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
// is not of a phone exists, which is asked for once.
func (s *server) has(get getter, l Location, k tlv.Kind) error {
	own := s.shelf(k)
	if own.served.Load() {
		return nil
	}
	own.once.Do(func() {
		l = l.Beside(k.Filename())
		var data []byte
		if data, own.err = get(s, l); own.err == nil {
			own.err = inspect.New(l.String(), data).Err
		}
	})
	return own.err
}

func (s *server) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.misses >= MissesUntilGone
}

// answered notes whether the host answers at all.
func (s *server) answered(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r := ReasonOf(err); {
	case r == Canceled:
	case r == Timeout, r == Unreachable, errors.Is(err, connectionRefused):
		s.misses++
	case s.misses < MissesUntilGone:
		s.misses = 0
	}
}

// GetAll fetches, judges and stores files, so many at a time; while one is judged
// and stored, another is fetched. The configuration of a phone comes after its
// lists. The results come in the order of the files; of a file only its result is
// kept in memory.
func (c *Client) GetAll(ctx context.Context, files []Wanted, store Store, jobs int) <-chan *Result {
	groups := grouped(files)
	results := make([]chan []*Result, len(groups))
	next := make(chan int, len(groups))
	for i := range groups {
		results[i] = make(chan []*Result, 1)
		next <- i
	}
	close(next)
	get := c.getter(ctx, jobs)
	for range min(2*jobs, len(groups)) {
		go func() {
			for i := range next {
				results[i] <- getGroup(get, groups[i], store)
			}
		}()
	}
	ordered := make(chan *Result)
	go func() {
		defer close(ordered)
		for _, group := range results {
			for _, r := range <-group {
				ordered <- r
			}
		}
	}()
	return ordered
}

// grouped are the files that are fetched one after another: the lists of a phone and
// its configuration, so that the lists are at hand. Others stand alone.
func grouped(files []Wanted) [][]Wanted {
	var groups [][]Wanted
	for len(files) > 0 {
		n := withConfig(files)
		groups = append(groups, files[:n])
		files = files[n:]
	}
	return groups
}

func getGroup(get getter, files []Wanted, store Store) []*Result {
	if len(files) > 1 {
		return getPhone(get, files, store)
	}
	r, _ := getOne(get, files[0], store)
	return []*Result{r}
}

// A getter fetches a file from a server that has not been skipped.
type getter func(s *server, l Location) ([]byte, error)

// getter returns a getter that does so many at a time.
func (c *Client) getter(ctx context.Context, jobs int) getter {
	busy := make(chan struct{}, jobs)
	return func(s *server, l Location) ([]byte, error) {
		busy <- struct{}{}
		defer func() { <-busy }()
		if s.gone() {
			return nil, &Error{l.String(), fail(ReasonHostGone, nil, "not asked for, %s was skipped", s.name)}
		}
		data, err := c.Get(ctx, l)
		s.answered(err)
		return data, err
	}
}

// getOne also returns the list, nil if none came.
func getOne(get getter, w Wanted, store Store) (*Result, *trust.List) {
	r := newResult(w)
	data, err := get(w.server, w.Location)
	switch {
	case ReasonOf(err) == NotFound && w.fromServer():
		r.missing(w, err, func(k tlv.Kind) error { return w.server.has(get, w.Location, k) })
		return r.gone(store, w), nil
	case err != nil:
		return r.failed(ReasonOf(err), "%s", err), nil
	}
	f := inspect.New(w.Location.String(), data)
	r.judged(w, f)
	if r.Status != StatusFetched {
		return r, nil
	}
	if w.fromServer() && Reason(r.Reason) != ReasonWrongKind {
		w.server.shelf(w.Kind).served.Store(true)
	}
	return r.stored(store, w, data), f.List
}
