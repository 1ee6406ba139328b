package token

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
)

// logins remembers which tokens had their C_Login in this process. It is shared
// by all Modules, since a token counts the same wherever the call comes from.
type logins struct {
	mu   sync.Mutex
	made map[identity]bool
}

var processLogins = &logins{}

// claim is true once for each token.
func (l *logins) claim(id identity) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made[id] {
		return false
	}
	if l.made == nil {
		l.made = map[identity]bool{}
	}
	l.made[id] = true
	return true
}

func (l *logins) spent(id identity) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made[id]
}

// login logs the user in and reads the private keys. Whatever fails, it is not
// tried again.
func (m *Module) login(t *openToken) error {
	if t.loggedIn {
		return nil
	}
	err := m.loginOnce(t)
	if err == nil {
		t.keys, err = m.privateKeys(t)
	}
	if err != nil {
		m.drop(t, err)
		return err
	}
	t.loggedIn = true
	if !wantPINAgain(t.keys) {
		wipe(t.pin)
		t.pin = nil
	}
	return nil
}

// refused is the error for a token whose chance is gone.
func (m *Module) refused(i Info) error {
	err, failed := m.failed[i.identity()]
	if !failed {
		return nil
	}
	return spentError(i, err)
}

func spentError(i Info, cause error) error {
	e := &Error{Kind: ErrLoginSpent, Token: i.name(), Err: cause}
	if cause == nil {
		e.Text = "and there was a login to this token before"
		e.Next = "keep the module open between signatures, or run the command again"
	}
	return e
}

// loginOnce asks for the PIN and calls C_Login, with the flags read before the
// PIN is asked for, to spare a person the typing, and again right before the
// call, since typing takes time.
func (m *Module) loginOnce(t *openToken) error {
	if m.logins.spent(t.info.identity()) {
		return spentError(t.info, nil)
	}
	now, err := m.mayLogIn(t)
	if err != nil {
		return err
	}
	m.warnAboutPIN(now)
	if t.pin, err = m.askPIN(now); err != nil {
		return err
	}
	if _, err := m.mayLogIn(t); err != nil {
		return err
	}
	if !m.logins.claim(t.info.identity()) {
		return spentError(t.info, nil)
	}
	return m.callLogin(t, ckuUser)
}

// mayTry reads the token's flags and refuses what must not be tried.
func (m *Module) mayTry(t *openToken) (Info, error) {
	now, err := m.current(t.info)
	if err != nil {
		return Info{}, err
	}
	switch {
	case now.PIN == PINStateLocked:
		return Info{}, &Error{Kind: ErrLocked, Token: now.name(), Next: nextLocked}
	case now.PIN == PINStateFinalTry && !m.finalTryAllowed():
		return Info{}, &Error{Kind: ErrFinalTry, Token: now.name(),
			Next: "no PIN was tried; sign with another token, or allow the final try and type the PIN at a terminal"}
	}
	return now, nil
}

// mayLogIn is mayTry, and refuses a PIN that nobody types after a wrong one.
func (m *Module) mayLogIn(t *openToken) (Info, error) {
	now, err := m.mayTry(t)
	if err == nil && now.PIN == PINStateLow && !m.lowCountAllowed(now) {
		err = &Error{Kind: ErrCountLow, Token: now.name(),
			Next: "no PIN was tried; type it, or allow the low count if you are sure that this PIN is right"}
	}
	return now, err
}

func (m *Module) lowCountAllowed(i Info) bool {
	return m.config.AllowLowCount || i.ProtectedPath || m.config.PIN == nil || m.config.PIN.Typed()
}

func (m *Module) finalTryAllowed() bool {
	return m.config.AllowFinalTry && m.config.PIN != nil && m.config.PIN.Typed()
}

func (m *Module) warnAboutPIN(i Info) {
	switch i.PIN {
	case PINStateLow:
		m.warn("%s: a wrong PIN was entered since the last right one; a token locks for good after too many of them, an eToken after 15", i.name())
	case PINStateFinalTry:
		m.warn("%s: FINAL TRY: if this PIN is wrong, the token locks for good", i.name())
	case PINStateNotReported:
		m.warn("%s: the module does not report wrong PINs; it is not known how many tries are left", i.name())
	}
}

// askPIN gives no PIN for a token with a PIN pad, which is what C_Login wants.
func (m *Module) askPIN(i Info) ([]byte, error) {
	if i.ProtectedPath {
		if i.PIN == PINStateFinalTry {
			return nil, &Error{Kind: ErrFinalTry, Token: i.name(), Text: "and the PIN would be typed at the reader, not at a terminal",
				Next: "no PIN was tried; use the vendor's tool, or another token"}
		}
		m.warn("%s: enter the PIN at the reader", i.name())
		return nil, nil
	}
	if m.config.PIN == nil {
		return nil, noPIN(i, "none was given", "give a PIN file or an environment variable, or type it at a terminal")
	}
	if err := m.bindPIN(i); err != nil {
		return nil, err
	}
	pin, err := m.config.PIN.PIN(i)
	if err != nil {
		wipe(pin)
		if e := (*Error)(nil); errors.As(err, &e) {
			return nil, err
		}
		return nil, &Error{Kind: ErrNoPIN, Token: i.name(), Err: err}
	}
	if err := checkPIN(i, pin); err != nil {
		wipe(pin)
		return nil, err
	}
	return pin, nil
}

// bindPIN keeps a PIN that nobody typed for the first token that asks.
func (m *Module) bindPIN(i Info) error {
	id := i.identity()
	if m.config.PIN.Typed() {
		return nil
	}
	if m.pinFor != nil && *m.pinFor != id {
		return noPIN(i, fmt.Sprintf("the one given is for token %q", m.pinFor.label),
			"a PIN is never tried on another token; sign with one token at a time")
	}
	m.pinFor = &id
	return nil
}

// checkPIN refuses what cannot be a PIN, before a try is spent.
func checkPIN(i Info, pin []byte) error {
	switch {
	case len(pin) == 0:
		return noPIN(i, "it is empty", "give the PIN of this token")
	case bytes.ContainsAny(pin, "\r\n\x00"):
		return noPIN(i, "it has more than one line, or a NUL", "give the PIN alone, on one line")
	}
	return nil
}

func noPIN(i Info, text, next string) error {
	return &Error{Kind: ErrNoPIN, Token: i.name(), Text: text, Next: next}
}

// callLogin is the only place that calls C_Login.
func (m *Module) callLogin(t *openToken, user uint) error {
	err := m.p11.Login(t.session, user, t.pin)
	if err == nil || user == ckuUser && errors.Is(err, ckrUserAlreadyLoggedIn) {
		return nil
	}
	err = m.failure("C_Login", t.info, err)
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrWrongPIN {
		e.Text = m.afterwards(t, e.Text)
	}
	return err
}

// afterwards adds to text what the wrong PIN has led to.
func (m *Module) afterwards(t *openToken, text string) string {
	now, err := m.current(t.info)
	if err != nil {
		return text
	}
	if text != "" {
		text += "; "
	}
	return text + "PIN state now: " + now.PIN.String()
}

// loginForKey is the context-specific login of a key with
// CKA_ALWAYS_AUTHENTICATE, after C_SignInit. It repeats the PIN that the user's
// login has just proved right, so that it cannot be the start of a row of wrong
// ones; if it fails anyway, the token is not used any more.
func (m *Module) loginForKey(t *openToken) error {
	_, err := m.mayTry(t)
	if err == nil {
		err = m.callLogin(t, ckuContextSpecific)
	}
	if err != nil {
		m.drop(t, err)
	}
	return err
}
