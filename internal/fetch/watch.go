package fetch

import (
	"context"
	"net"
	"sync"
	"time"
)

// A watch cancels a transfer over TCP that is silent for too long, or that goes
// on for too long as a whole. It stands still while a person types.
type watch struct {
	idle   time.Duration
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	timer   *time.Timer
	ends    time.Time
	stopped bool
}

func newWatch(ctx context.Context, idle, whole time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{idle: idle, cancel: cancel, ends: time.Now().Add(whole)}
	w.timer = time.AfterFunc(idle, func() {
		cancel(fail(Timeout, nil, "no answer after %s", idle))
	})
	return ctx, w
}

// heard notes that the other side is alive.
func (w *watch) heard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.stopped:
	case time.Now().After(w.ends):
		w.cancel(fail(Timeout, nil, "sends too slowly, not finished in time"))
	default:
		w.timer.Reset(w.idle)
	}
}

// pause stops the watch until resume is called.
func (w *watch) pause() (resume func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
	began := time.Now()
	return func() {
		w.mu.Lock()
		w.stopped = false
		w.ends = w.ends.Add(time.Since(began))
		w.mu.Unlock()
		w.heard()
	}
}

// end releases the watch.
func (w *watch) end() {
	w.pause()
	w.cancel(nil)
}

// A watchedConn notes in a watch whatever arrives.
type watchedConn struct {
	net.Conn
	watch *watch
}

func (c watchedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.watch.heard()
	}
	return n, err
}
