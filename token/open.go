package token

import (
	"errors"
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
	p11, err := load(path)
	if err == nil {
		var m *Module
		if m, err = start(p11, c, processLogins); err == nil {
			m.path = path
			return m, nil
		}
	}
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

// start runs C_Initialize. CKR_CANT_LOCK is answered by asking for no locking:
// this package makes one call at a time. A module that is initialized already
// belongs to somebody else in this process, who also shuts it down.
func start(p11 cryptoki, c Config, l *logins) (*Module, error) {
	m := &Module{p11: p11, config: c, logins: l, owned: true, finalizeWithin: 2 * time.Second}
	err := p11.Initialize()
	if errors.Is(err, ckrAlreadyInitialized) {
		m.owned = false
		err = nil
	}
	if err != nil {
		return nil, initializeError(err)
	}
	return m, nil
}

func initializeError(err error) error {
	e := &ModuleError{Kind: ErrModuleInitialize, Detail: "C_Initialize: " + err.Error(), Err: err,
		Next: "check that the middleware is configured and its service is running"}
	var code CKR
	if errors.As(err, &code) {
		m := code.meaning()
		e.Detail = "C_Initialize: " + m.text + " (" + code.String() + ")"
	}
	return e
}
