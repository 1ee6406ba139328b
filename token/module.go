package token

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Module is a PKCS #11 module that was started. Its methods, and those of
// its Signers, may be called from several goroutines: one lock lets one call
// into the module at a time. With each token there is one read-only session,
// which stays open once a signature has been asked for, and no pool of them.
type Module struct {
	path           string
	mu             sync.Mutex
	p11            *watched
	config         Config
	logins         *logins
	owned          bool // C_Initialize was ours, so C_Finalize is
	finalizeWithin time.Duration

	closed atomic.Bool         // also while a call hangs and holds mu
	open   map[uint]*openToken // by slot: tokens that keep their session
	failed map[identity]error  // tokens that had their one chance
	pinFor *identity           // the token that got the PIN of a source that is not typed
}

// An openToken is a token that is, or is about to be, logged in.
type openToken struct {
	info     Info
	session  session
	loggedIn bool
	keys     []privateKey
	pin      []byte // kept only while a key wants it for every signature
}

// identity distinguishes one token from another, wherever it is plugged in.
type identity struct{ manufacturer, model, serial, label string }

func (i Info) identity() identity {
	return identity{i.Manufacturer, i.Model, i.Serial, i.Label}
}

// Path is the file of the module, also when Open chose it.
func (m *Module) Path() string { return m.path }

// lock is taken by every exported method for as long as it runs.
func (m *Module) lock() error {
	m.mu.Lock()
	if m.closed.Load() {
		m.mu.Unlock()
		return &Error{Kind: ErrModuleGone, Text: "it was closed by this program", Next: "open it again"}
	}
	return nil
}

func (m *Module) warn(format string, args ...any) {
	if m.config.Warn != nil {
		m.config.Warn(fmt.Sprintf(format, args...))
	}
}

// withSession passes the token's session to do, and closes it again unless the
// token keeps it.
func (m *Module) withSession(i Info, do func(session) error) (err error) {
	if t := m.open[i.Slot]; t != nil && t.info.identity() == i.identity() {
		return do(t.session)
	}
	s, err := m.p11.OpenSession(i.Slot)
	if err != nil {
		return m.failure("C_OpenSession", i, err)
	}
	defer func() {
		if e := m.p11.CloseSession(s); err == nil {
			err = m.failure("C_CloseSession", i, e)
		}
	}()
	return do(s)
}

// keepOpen opens a session with the token that stays open.
func (m *Module) keepOpen(i Info) (*openToken, error) {
	if t := m.open[i.Slot]; t != nil && t.info.identity() == i.identity() {
		return t, nil
	}
	if _, err := m.current(i); err != nil {
		return nil, err
	}
	s, err := m.p11.OpenSession(i.Slot)
	if err != nil {
		return nil, m.failure("C_OpenSession", i, err)
	}
	if before := m.open[i.Slot]; before != nil {
		m.drop(before, &Error{Kind: ErrTokenGone, Token: before.info.name(), Text: "another token took its slot"})
	}
	t := &openToken{info: i, session: s}
	if m.open == nil {
		m.open = map[uint]*openToken{}
	}
	m.open[i.Slot] = t
	return t, nil
}

// drop ends the use of a token for good, because of err.
func (m *Module) drop(t *openToken, err error) {
	wipe(t.pin)
	_ = m.p11.CloseSession(t.session) // err is the one to report
	delete(m.open, t.info.Slot)
	if m.failed == nil {
		m.failed = map[identity]error{}
	}
	m.failed[t.info.identity()] = err
}

// Close wipes PINs, ends the sessions, with them the logins, and shuts the
// module down. Middleware is known to hang here: after two seconds Close gives
// up with ErrCloseTimeout, which a program that is about to end can ignore. The
// library is not unloaded, which hangs too. Closing twice does nothing.
func (m *Module) Close() error {
	if m.closed.Swap(true) {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- m.shutDown() }()
	timeout := time.NewTimer(m.finalizeWithin)
	defer timeout.Stop()
	defer m.p11.kill()
	select {
	case err := <-done:
		return err
	case <-timeout.C:
		return &Error{Kind: ErrCloseTimeout, Text: fmt.Sprintf("not within %v", m.finalizeWithin), Module: m.path, Next: nextClosing}
	}
}

// shutDown does not hold the lock while it calls what can hang.
func (m *Module) shutDown() error {
	m.mu.Lock()
	open := m.open
	m.open = nil
	m.mu.Unlock()

	dead := m.p11.dead != nil // which was reported
	for _, t := range open {
		wipe(t.pin)
		_ = m.p11.CloseSession(t.session) // C_Finalize ends sessions too
	}
	if dead || !m.owned {
		return nil
	}
	err := m.failure("C_Finalize", Info{}, m.p11.Finalize())
	if e := (*Error)(nil); errors.As(err, &e) {
		e.Next = nextClosing
	}
	return err
}

func wipe(b []byte) { clear(b) }
