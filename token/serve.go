package token

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Serve holds a PKCS #11 module for another process: the one that started this
// process through [Config.Helper]. It returns only if it was not started so, or
// cannot protect the PIN; otherwise it ends this process when the other one ends
// or is done. Call it first thing, before the program reads or starts anything.
//
// The process must be of use for nothing else. It leaves no core dump, on Linux
// not even to a debugger of the same user, since the PIN passes through it, and
// ignores the signals that the keyboard sends.
func Serve() error {
	requests, answers, err := servePipes()
	if err != nil {
		return fmt.Errorf("this process was not started to hold a PKCS #11 module: %w", err)
	}
	if err := harden(); err != nil {
		return fmt.Errorf("this process cannot protect PINs: %w", err)
	}
	new(server).serve(requests, answers, func() { os.Exit(0) })
	return nil
}

// A server holds the module.
type server struct{ module cryptoki }

// serve answers calls one by one. The requests are read meanwhile, so that a call
// that hangs does not keep the process when nobody waits for it any more.
func (s *server) serve(requests io.Reader, answers io.Writer, gone func()) {
	type request struct {
		message
		body []byte
	}
	queue := make(chan request)
	go func() {
		defer close(queue)
		for {
			m, body, err := readMessage(requests)
			if err != nil {
				gone()
				return
			}
			queue <- request{m, body}
		}
	}()
	for r := range queue {
		answer := s.answer(r.message)
		wipe(r.body) // a PIN
		answer.call = r.call
		if _, err := answers.Write(answer.frame()); err != nil {
			gone()
			return
		}
	}
}

func (s *server) answer(m message) message {
	if m.call == callLoad {
		var err error
		s.module, err = load(string(m.text(0)))
		return loaded(err)
	}
	if s.module == nil {
		return message{code: ckrNotInitialized}
	}
	answer, err := s.ask(m)
	var code CKR
	switch {
	case err == nil:
		return answer
	case errors.As(err, &code):
		return message{code: code}
	}
	return message{code: ckrLied}
}

// loaded is the answer to callLoad.
func loaded(err error) message {
	var e *ModuleError
	if !errors.As(err, &e) {
		return message{}
	}
	kind := max(0, slices.Index(loadKinds, e.Kind))
	return message{code: ckrGeneralError, numbers: []uint64{uint64(kind), uint64(codeOf(e.Err))},
		texts: [][]byte{[]byte(e.Detail), []byte(e.Next)}}
}

// ask makes the call.
func (s *server) ask(m message) (message, error) {
	switch m.call {
	case callInitialize:
		return message{}, s.module.Initialize()
	case callFinalize:
		return message{}, s.module.Finalize()
	case callInfo:
		i, err := s.module.Info()
		return message{numbers: []uint64{uint64(i.Major), uint64(i.Minor)}, texts: texts(i.Manufacturer, i.Description)}, err
	case callSlotList:
		slots, err := s.module.SlotList()
		return message{numbers: handles[uint64](slots)}, err
	case callSlotInfo:
		i, err := s.module.SlotInfo(uint(m.number(0)))
		return message{texts: texts(i.Description, i.Manufacturer)}, err
	case callTokenInfo:
		i, err := s.module.TokenInfo(uint(m.number(0)))
		return message{numbers: []uint64{uint64(i.Flags)}, texts: texts(i.Label, i.Manufacturer, i.Model, i.Serial)}, err
	}
	return s.askSession(m, session(m.number(0)))
}

// askSession makes a call that belongs to a session.
func (s *server) askSession(m message, in session) (message, error) {
	switch m.call {
	case callOpenSession:
		opened, err := s.module.OpenSession(uint(m.number(0)))
		return message{numbers: []uint64{uint64(opened)}}, err
	case callCloseSession:
		return message{}, s.module.CloseSession(in)
	case callLogin:
		return message{}, s.module.Login(in, uint(m.number(1)), m.text(0))
	case callFind:
		objects, err := s.module.Find(in, uint(m.number(1)), int(m.number(2)))
		return message{numbers: handles[uint64](objects)}, err
	case callAttribute:
		value, err := s.module.Attribute(in, object(m.number(1)), uint(m.number(2)))
		return message{texts: [][]byte{value}}, err
	case callSignInit:
		return message{}, s.module.SignInit(in, uint(m.number(1)), object(m.number(2)))
	case callSign:
		signature, err := s.module.Sign(in, m.text(0))
		return message{texts: [][]byte{signature}}, err
	}
	return message{}, ckrFunctionNotSupported
}

func texts(all ...string) [][]byte {
	var b [][]byte
	for _, s := range all {
		b = append(b, []byte(s))
	}
	return b
}
