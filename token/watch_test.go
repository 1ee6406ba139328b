package token

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watchedCalls is each call once.
func watchedCalls(w *watched) map[call]func() error {
	return map[call]func() error{
		callInitialize:   w.Initialize,
		callFinalize:     w.Finalize,
		callInfo:         func() error { _, err := w.Info(); return err },
		callSlotList:     func() error { _, err := w.SlotList(); return err },
		callSlotInfo:     func() error { _, err := w.SlotInfo(3); return err },
		callTokenInfo:    func() error { _, err := w.TokenInfo(3); return err },
		callOpenSession:  func() error { _, err := w.OpenSession(3); return err },
		callCloseSession: func() error { return w.CloseSession(3) },
		callLogin:        func() error { return w.Login(3, ckuUser, []byte("1234")) },
		callFind:         func() error { _, err := w.Find(3, ckoCertificate, 1); return err },
		callAttribute:    func() error { _, err := w.Attribute(3, 10, ckaLabel); return err },
		callSignInit:     func() error { return w.SignInit(3, ckmRSAPKCS, 20) },
		callSign:         func() error { _, err := w.Sign(3, make([]byte, 35)); return err },
	}
}

// Each call hangs: it is given up after 30 seconds, C_Login and C_Sign after five
// minutes with a word each 30 seconds; then no call reaches the module.
func TestEveryCallHangs(t *testing.T) {
	for c := callInitialize; c <= callSign; c++ {
		t.Run(c.String(), func(t *testing.T) {
			f := imitate(t)
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				defer close(over)
				f.hang = over
				f.hook = func(string) { <-over }
				var warnings []string
				w := &watched{module: f, path: "/m.so", warn: func(format string, args ...any) {
					warnings = append(warnings, fmt.Sprintf(format, args...))
				}}
				want, words := 30*time.Second, 0
				if c == callLogin || c == callSign {
					want, words = 5*time.Minute, 9
				}
				start := time.Now()
				err := watchedCalls(w)[c]()
				if !errors.Is(err, ErrModuleHangs) || !strings.Contains(err.Error(), "/m.so: the module does not answer: no answer to "+c.String()) {
					t.Errorf("error %v", err)
				}
				if took := time.Since(start); took != want || len(warnings) != words {
					t.Errorf("given up after %v with the warnings %q", took, warnings)
				}
				if words > 0 && warnings[0] != "PKCS #11 module /m.so has not answered "+c.String()+" for 30s; still waiting" {
					t.Errorf("warning %s", warnings[0])
				}
				calls := f.made()
				for other, do := range watchedCalls(w) {
					if err := do(); !errors.Is(err, ErrModuleHangs) {
						t.Errorf("%v of a dead module: error %v", other, err)
					}
				}
				if f.made() != calls {
					t.Errorf("%d calls to a dead module", f.made()-calls)
				}
			})
		})
	}
}

// An answer that comes late is an answer.
func TestSlowLogin(t *testing.T) {
	f := imitate(t)
	synctest.Test(t, func(t *testing.T) {
		s := f.signer(t, Config{})
		f.hook = func(function string) {
			if function == "C_Login 1" || function == "C_Sign" {
				time.Sleep(4 * time.Minute)
			} else {
				time.Sleep(29 * time.Second)
			}
		}
		if _, err := signSHA1(s); err != nil || f.count("C_Login 1") != 1 {
			t.Errorf("error %v after %v", err, f.calls)
		}
	})
}

// A module that hung while the user was logged in is not tried again, and what
// happened to the PIN is not known.
func TestHangingLoginIsSpent(t *testing.T) {
	f := imitate(t)
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		s := f.signer(t, Config{})
		f.hook = func(function string) {
			if function == "C_Login 1" {
				<-over
			}
		}
		for n := range 2 {
			_, err := signSHA1(s)
			if !errors.Is(err, ErrModuleHangs) || (n > 0) != errors.Is(err, ErrLoginSpent) || !strings.Contains(err.Error(), "it is not known whether the PIN counted as a try") {
				t.Errorf("error %v", err)
			}
			holdsNoPINAtAll(t, err, "1234")
		}
		if f.count("C_Login 1") != 1 {
			t.Errorf("%d logins", f.count("C_Login 1"))
		}
		if err := s.m.Close(); err != nil {
			t.Errorf("what was reported is reported again: %v", err)
		}
	})
}
