package token

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/patience"
)

// A watched module is a module that may hang and crash. After either it is dead:
// no call reaches it any more.
type watched struct {
	module cryptoki
	path   string
	warn   func(format string, args ...any)
	dead   error // why; nil while it lives
}

// slowPeriods is how many periods a call may take for which somebody may have to
// do something at the reader, or in which a PIN is at stake.
const slowPeriods = 10

func (c call) periods() int {
	if c == callLogin || c == callSign {
		return slowPeriods
	}
	return 1
}

// within makes a call and gives up when it takes too long. A call that is given
// up keeps its goroutine; in a helper process it ends with that process.
func within[T any](w *watched, c call, do func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if w.dead != nil {
		return none, w.dead
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := do()
		answers <- answer{value, err}
	}()
	over, stop := patience.Periods()
	defer stop()
	for n := 1; ; n++ {
		select {
		case a := <-answers:
			if errors.Is(a.err, ErrModuleCrashed) {
				w.dead = a.err
			}
			return a.value, a.err
		case <-over:
			if n == c.periods() {
				w.giveUp(c)
				return none, w.dead
			}
			w.warn("PKCS #11 module %s has not answered %s for %v; still waiting", w.path, c, time.Duration(n)*patience.Period)
		}
	}
}

// next is what to do after a call without an answer.
func (c call) next() string {
	switch c {
	case callLogin:
		return "it is not known whether the PIN counted as a try: look at the PIN state before you try it again"
	case callFinalize:
		return nextClosing
	}
	return nextRestart
}

func (w *watched) giveUp(c call) {
	w.dead = &ModuleError{Kind: ErrModuleHangs, Path: w.path, Next: c.next(),
		Detail: fmt.Sprintf("no answer to %s for %v", c, time.Duration(c.periods())*patience.Period)}
	w.kill()
}

// kill ends the process that holds the module, if there is one.
func (w *watched) kill() {
	if h, ok := w.module.(*helper); ok {
		h.kill()
	}
}

// do is within for calls without a result.
func (w *watched) do(c call, f func() error) error {
	_, err := within(w, c, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

func (w *watched) Initialize() error { return w.do(callInitialize, w.module.Initialize) }

func (w *watched) Finalize() error { return w.do(callFinalize, w.module.Finalize) }

func (w *watched) Info() (libraryInfo, error) { return within(w, callInfo, w.module.Info) }

func (w *watched) SlotList() ([]uint, error) { return within(w, callSlotList, w.module.SlotList) }

func (w *watched) SlotInfo(slot uint) (slotInfo, error) {
	return within(w, callSlotInfo, func() (slotInfo, error) { return w.module.SlotInfo(slot) })
}

func (w *watched) TokenInfo(slot uint) (tokenInfo, error) {
	return within(w, callTokenInfo, func() (tokenInfo, error) { return w.module.TokenInfo(slot) })
}

func (w *watched) OpenSession(slot uint) (session, error) {
	return within(w, callOpenSession, func() (session, error) { return w.module.OpenSession(slot) })
}

func (w *watched) CloseSession(s session) error {
	return w.do(callCloseSession, func() error { return w.module.CloseSession(s) })
}

// Login uses a copy of the PIN: the caller wipes the PIN when the call is given
// up, while the module may still be about to read it.
func (w *watched) Login(s session, user uint, pin []byte) error {
	if w.dead != nil {
		return w.dead
	}
	own := bytes.Clone(pin)
	return w.do(callLogin, func() error {
		defer wipe(own)
		return w.module.Login(s, user, own)
	})
}

func (w *watched) Find(s session, class uint, limit int) ([]object, error) {
	return within(w, callFind, func() ([]object, error) { return w.module.Find(s, class, limit) })
}

func (w *watched) Attribute(s session, o object, attribute uint) ([]byte, error) {
	return within(w, callAttribute, func() ([]byte, error) { return w.module.Attribute(s, o, attribute) })
}

func (w *watched) SignInit(s session, mechanism uint, key object) error {
	return w.do(callSignInit, func() error { return w.module.SignInit(s, mechanism, key) })
}

func (w *watched) Sign(s session, data []byte) ([]byte, error) {
	return within(w, callSign, func() ([]byte, error) { return w.module.Sign(s, data) })
}
