package token

import (
	"errors"
	"os/exec"
	"path/filepath"
	"time"
)

// A Config names the module to open and where PINs come from.
type Config struct {
	// Module is the path of the PKCS #11 module. If it is empty, the paths of
	// DefaultModules are tried; if ModuleName is set, those of that name.
	Module, ModuleName string

	// PIN is asked for the PIN when a signature is about to be made, once. It
	// may be nil for tokens with a PIN pad and for listing.
	PIN PINSource

	// AllowLowCount permits a login with a PIN that is not typed although a
	// wrong one was entered since the last right one. A wrong PIN in a file would
	// otherwise use up one try with each run, until the token locks.
	AllowLowCount bool

	// AllowFinalTry permits a login although one more wrong PIN locks the
	// token for good, provided that PIN reports that the PIN is typed.
	AllowFinalTry bool

	// Helper, if not nil, is the command of a process that calls Serve. It
	// holds the module in place of this process, so that a module that crashes
	// is an error here, one that hangs can be ended, and one that reads or
	// writes where it should not does so there. Open starts it and Close ends it. Its environment
	// is the module's: leave out a variable that holds a PIN. On Windows it is
	// ignored.
	Helper *exec.Cmd

	// Warn is called with what a person should know although nothing fails: a
	// low PIN counter, a module that does not report it, an object that is
	// skipped. It may be nil. It must not call methods of the Module.
	Warn func(warning string)
}

// Open loads and starts the module. Before loading, it checks that the file is
// there and is a library for this machine. All its errors are of type
// [*ModuleError]; in a build without cgo the error is [ErrNoCgo].
//
// A process opens one Module and closes it at its end: a PKCS #11 module is
// started once in a process, and PIN tries are counted for the process too.
func Open(c Config) (*Module, error) {
	if problem := cannotLoad(); problem != nil {
		return nil, problem
	}
	path, tried, err := findModule(c)
	if err != nil {
		return nil, err
	}
	m := &Module{path: path, config: c, logins: processLogins}
	if err = m.load(); err == nil {
		if err = m.start(); err == nil {
			return m, nil
		}
	}
	m.p11.kill()
	var problem *ModuleError
	if errors.As(err, &problem) {
		problem.Path, problem.Tried = path, tried
	}
	return nil, err
}

// findModule returns the absolute path of a file that passes checkModuleFile.
// Absolute, because the loader would search its own directories for a name
// without a slash.
func findModule(c Config) (string, []Attempt, error) {
	if c.Module != "" {
		path, err := filepath.Abs(c.Module)
		if err != nil {
			return "", nil, &ModuleError{Kind: ErrModuleUnreadable, Path: c.Module, Detail: err.Error(), Err: err}
		}
		return path, nil, checkModuleFile(path, thisMachine())
	}
	paths := DefaultModules()
	if c.ModuleName != "" {
		paths = namedModule(paths, c.ModuleName)
	}
	return firstModule(paths, c.ModuleName)
}

func firstModule(paths []string, name string) (string, []Attempt, error) {
	var tried []Attempt
	for _, p := range paths {
		err := checkModuleFile(p, thisMachine())
		tried = append(tried, Attempt{Path: p, Err: err})
		if err == nil {
			return p, tried, nil
		}
	}
	next := "install the token's middleware, or name its module"
	if name != "" && len(paths) == 0 {
		next = "module-name " + name + " is none of the usual ones: give the path of the module"
	}
	return "", tried, &ModuleError{Kind: ErrNoModule, Next: next, Tried: tried}
}

// load loads the module into a helper process or this one.
func (m *Module) load() error {
	m.p11 = &watched{path: m.path, warn: m.warn}
	var err error
	if m.config.Helper == nil || !helpersWork {
		m.p11.module, err = within(m.p11, callLoad, func() (cryptoki, error) { return load(m.path) })
		return err
	}
	h, err := startHelper(m.config.Helper, m.path)
	if err != nil {
		return err
	}
	m.p11.module = h
	return m.p11.do(callLoad, h.load)
}

// start runs C_Initialize. CKR_CANT_LOCK is answered by asking for no locking:
// this package makes one call at a time. A module that is initialized already
// belongs to somebody else in this process, who also shuts it down.
func (m *Module) start() error {
	m.owned, m.finalizeWithin = true, 2*time.Second
	err := m.p11.Initialize()
	if errors.Is(err, ckrAlreadyInitialized) {
		m.owned = false
		err = nil
	}
	return initializeError(err)
}

func initializeError(err error) error {
	if dead := (*ModuleError)(nil); err == nil || errors.As(err, &dead) {
		return err
	}
	e := &ModuleError{Kind: ErrModuleInitialize, Detail: "C_Initialize: " + err.Error(), Err: err,
		Next: "check that the middleware is configured and its service is running"}
	var code CKR
	if errors.As(err, &code) {
		m := code.meaning()
		e.Detail = "C_Initialize: " + m.text + " (" + code.String() + ")"
	}
	return e
}
