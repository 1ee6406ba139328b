package token

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// helpersWork: a helper process inherits pipes as files 3 and 4, which Windows
// does not have.
const helpersWork = runtime.GOOS != "windows"

// A helper is a module that another process holds, which runs Serve. One call is
// made at a time.
type helper struct {
	path     string
	cmd      *exec.Cmd
	requests *os.File
	answers  *os.File
	exited   chan struct{} // closed when the process has ended
}

// startHelper starts the process; load comes next.
func startHelper(cmd *exec.Cmd, path string) (*helper, error) {
	fail := func(err error) error {
		return &ModuleError{Kind: ErrModuleLoad, Path: path, Detail: "the process to hold it cannot be started", Err: err,
			Next: "check that this program can be executed: " + err.Error()}
	}
	theirRequests, requests, err := os.Pipe()
	if err != nil {
		return nil, fail(err)
	}
	defer theirRequests.Close()
	answers, theirAnswers, err := os.Pipe()
	if err != nil {
		requests.Close()
		return nil, fail(err)
	}
	defer theirAnswers.Close()
	cmd.ExtraFiles = []*os.File{theirRequests, theirAnswers}
	if err := cmd.Start(); err != nil {
		requests.Close()
		answers.Close()
		return nil, fail(err)
	}
	h := &helper{path, cmd, requests, answers, make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(h.exited)
	}()
	return h, nil
}

// kill ends the process, which has no work of its own.
func (h *helper) kill() {
	_ = h.cmd.Process.Kill()
	<-h.exited
	h.requests.Close()
	h.answers.Close()
}

// ask sends a call and waits for its answer. The error is a CKR if the module
// returned one.
func (h *helper) ask(m message) (message, error) {
	frame := m.frame()
	_, err := h.requests.Write(frame)
	wipe(frame)
	if err != nil {
		return message{}, h.crashed(m.call)
	}
	answer, _, err := readMessage(h.answers)
	if err != nil || answer.call != m.call {
		return message{}, h.crashed(m.call)
	}
	switch answer.code {
	case ckrOK:
		return answer, nil
	case ckrLied:
		return message{}, errLied
	}
	return answer, answer.code
}

// crashed explains why there is no answer. A process that still runs, although
// it has closed its pipe or sends nonsense, is killed.
func (h *helper) crashed(c call) error {
	select {
	case <-h.exited:
	case <-time.After(time.Second):
		h.kill()
	}
	return &ModuleError{Kind: ErrModuleCrashed, Path: h.path,
		Detail: "in " + c.String() + ", " + h.cmd.ProcessState.String(), Next: c.next()}
}

// load has the process load the module. An error of Serve's is made again here.
func (h *helper) load() error {
	answer, err := h.ask(message{call: callLoad, texts: [][]byte{[]byte(h.path)}})
	if err == nil || errors.Is(err, ErrModuleCrashed) {
		return err
	}
	e := &ModuleError{Kind: moduleKind(answer.number(0)), Path: h.path, Detail: string(answer.text(0)), Next: string(answer.text(1))}
	if code := CKR(answer.number(1)); code != ckrOK {
		e.Err = code
	}
	return e
}

// loadKinds are what load can fail with, in the order of their numbers on the
// wire.
var loadKinds = []error{ErrModuleLoad, ErrModuleDependency, ErrModuleNoFunctionList, ErrModuleArchitecture, ErrNoCgo}

func moduleKind(n uint64) error {
	if n < uint64(len(loadKinds)) {
		return loadKinds[n]
	}
	return ErrModuleLoad
}

func (h *helper) do(c call, numbers ...uint64) error {
	_, err := h.ask(message{call: c, numbers: numbers})
	return err
}

func (h *helper) Initialize() error { return h.do(callInitialize) }

func (h *helper) Finalize() error { return h.do(callFinalize) }

func (h *helper) Info() (libraryInfo, error) {
	a, err := h.ask(message{call: callInfo})
	return libraryInfo{string(a.text(0)), string(a.text(1)), byte(a.number(0)), byte(a.number(1))}, err
}

func (h *helper) SlotList() ([]uint, error) {
	a, err := h.ask(message{call: callSlotList})
	return handles[uint](a.numbers), err
}

func (h *helper) SlotInfo(slot uint) (slotInfo, error) {
	a, err := h.ask(message{call: callSlotInfo, numbers: []uint64{uint64(slot)}})
	return slotInfo{string(a.text(0)), string(a.text(1))}, err
}

func (h *helper) TokenInfo(slot uint) (tokenInfo, error) {
	a, err := h.ask(message{call: callTokenInfo, numbers: []uint64{uint64(slot)}})
	return tokenInfo{string(a.text(0)), string(a.text(1)), string(a.text(2)), string(a.text(3)), uint(a.number(0))}, err
}

func (h *helper) OpenSession(slot uint) (session, error) {
	a, err := h.ask(message{call: callOpenSession, numbers: []uint64{uint64(slot)}})
	return session(a.number(0)), err
}

func (h *helper) CloseSession(s session) error { return h.do(callCloseSession, uint64(s)) }

func (h *helper) Login(s session, user uint, pin []byte) error {
	_, err := h.ask(message{call: callLogin, numbers: []uint64{uint64(s), uint64(user)}, texts: [][]byte{pin}})
	return err
}

func (h *helper) Find(s session, class uint, limit int) ([]object, error) {
	a, err := h.ask(message{call: callFind, numbers: []uint64{uint64(s), uint64(class), uint64(limit)}})
	return handles[object](a.numbers), err
}

func (h *helper) Attribute(s session, o object, attribute uint) ([]byte, error) {
	a, err := h.ask(message{call: callAttribute, numbers: []uint64{uint64(s), uint64(o), uint64(attribute)}})
	return a.text(0), err
}

func (h *helper) SignInit(s session, mechanism uint, key object) error {
	return h.do(callSignInit, uint64(s), uint64(mechanism), uint64(key))
}

func (h *helper) Sign(s session, data []byte) ([]byte, error) {
	a, err := h.ask(message{call: callSign, numbers: []uint64{uint64(s)}, texts: [][]byte{data}})
	return a.text(0), err
}

// handles turns numbers into slots or objects, and back.
func handles[To, From ~uint | ~uint64](numbers []From) []To {
	var all []To
	for _, n := range numbers {
		all = append(all, To(n))
	}
	return all
}
