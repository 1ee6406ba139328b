package token

import (
	"errors"
	"fmt"
	"strings"
)

// A kind is a sentinel.
type kind string

func (k kind) Error() string { return string(k) }

// What can be wrong with the module; each is found by errors.Is in a
// [*ModuleError].
var (
	ErrNoCgo                error = kind("built without cgo, which PKCS #11 modules need")
	ErrNoModule             error = kind("no PKCS #11 module found")
	ErrModuleMissing        error = kind("the module file does not exist")
	ErrModuleUnreadable     error = kind("the module file cannot be read")
	ErrModuleNotLibrary     error = kind("the module file is not a shared library")
	ErrModuleArchitecture   error = kind("the module is built for another machine")
	ErrModuleDependency     error = kind("a library that the module needs is missing")
	ErrModuleLoad           error = kind("the module cannot be loaded")
	ErrModuleNoFunctionList error = kind("the library is not a PKCS #11 module")
	ErrModuleInitialize     error = kind("the module does not start")
	ErrModuleCrashed        error = kind("the module crashed")
	ErrModuleHangs          error = kind("the module does not answer")
	ErrModuleGone           error = kind("the module was shut down")
)

// What can be wrong with a token, its PIN or its key; each is found by
// errors.Is in an [*Error], the first two in a [*SelectionError].
var (
	ErrNotFound       error = kind("not found")
	ErrAmbiguous      error = kind("more than one match")
	ErrLocked         error = kind("the PIN is locked")
	ErrCountLow       error = kind("a wrong PIN was entered before, and this one is not typed")
	ErrFinalTry       error = kind("one wrong PIN is left before the token locks for good")
	ErrWrongPIN       error = kind("wrong PIN")
	ErrPINExpired     error = kind("the PIN has expired")
	ErrNoUserPIN      error = kind("the token has no user PIN yet")
	ErrNoPIN          error = kind("no PIN")
	ErrLoginSpent     error = kind("a PIN has already been tried in this run")
	ErrTokenGone      error = kind("the token is gone")
	ErrNoKey          error = kind("no private key for the certificate")
	ErrUnsupported    error = kind("not supported")
	ErrMechanism      error = kind("the token refuses the signature mechanism")
	ErrNeedsMessage   error = kind("the token wants to hash the message itself")
	ErrWrongSignature error = kind("the token returned a signature that the certificate does not verify")
	ErrInterrupted    error = kind("interrupted")
	ErrFailed         error = kind("the token or its module failed")
	ErrCloseTimeout   error = kind("the module does not shut down")
	ErrTooMuch        error = kind("the token holds more than this package reads")
)

// An Error is a failure at a token. No part of it ever holds a PIN.
type Error struct {
	Kind   error  // one of the sentinels of this package
	Token  string // label and serial number; empty if no token is concerned
	Module string // its path; empty if no call failed
	Op     string // the cryptoki function; empty if none was called
	Code   CKR    // what it returned; zero if none was called
	Text   string // what happened; empty if Kind is enough
	Next   string // what to do now
	Err    error  // the cause, if it is none of the above
}

// Error is "token: what happened (number): next step".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Token != "" {
		b.WriteString(e.Token + ": ")
	}
	b.WriteString(e.Kind.Error())
	if e.Text != "" {
		b.WriteString(", " + e.Text)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, " (%s from %s)", e.Code, e.Op)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Module != "" {
		b.WriteString("; module " + e.Module)
	}
	if e.Next != "" {
		b.WriteString(": " + e.Next)
	}
	return b.String()
}

// Unwrap gives errors.Is the sentinel, the number and the cause.
func (e *Error) Unwrap() []error {
	all := []error{e.Kind}
	if e.Code != 0 {
		all = append(all, e.Code)
	}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// failure explains what cryptoki function op returned. It is nil if err is, and
// err if the module is dead.
func (m *Module) failure(op string, who Info, err error) error {
	if dead := (*ModuleError)(nil); err == nil || errors.As(err, &dead) {
		return err
	}
	e := &Error{Kind: ErrFailed, Token: who.name(), Module: m.path, Op: op}
	var code CKR
	if !errors.As(err, &code) {
		e.Text, e.Err, e.Next = op, err, nextRestart
		return e
	}
	what := code.meaning()
	e.Kind, e.Code, e.Text, e.Next = what.kind, code, what.text, what.next
	return e
}

// A SelectionError: a URI chooses nothing, or more than one thing.
// It is ErrNotFound or ErrAmbiguous for errors.Is.
type SelectionError struct {
	Kind   error
	What   string   // "token" or "certificate"
	URI    URI      // what was asked for
	There  []string // not found: all there is; ambiguous: the matches; as URIs
	Module string   // its path
}

func (e *SelectionError) Error() string {
	var b strings.Builder
	if e.Kind == ErrAmbiguous {
		fmt.Fprintf(&b, "more than one %s matches %s: choose one of", e.What, e.URI)
	} else if len(e.There) == 0 {
		fmt.Fprintf(&b, "no %s matches %s, and module %s shows none: plug the token in, and check that the module is the one of its maker", e.What, e.URI, e.Module)
	} else {
		fmt.Fprintf(&b, "no %s matches %s: module %s shows", e.What, e.URI, e.Module)
	}
	for _, s := range e.There {
		b.WriteString("\n\t" + s)
	}
	return b.String()
}

// Unwrap gives errors.Is the kind.
func (e *SelectionError) Unwrap() error { return e.Kind }

// A ModuleError is why no module could be used.
type ModuleError struct {
	Kind   error
	Path   string    // the module; empty if none was found
	Detail string    // what exactly is wrong, in the system's words if it has any
	Next   string    // what to do now
	Tried  []Attempt // if no path was given
	Err    error     // the cause, may be nil
}

// An Attempt is a path where a module was looked for.
type Attempt struct {
	Path string
	Err  error // why it was not taken; nil for the one that was
}

func (e *ModuleError) Error() string {
	var b strings.Builder
	b.WriteString("PKCS #11 module")
	if e.Path != "" {
		b.WriteString(" " + e.Path)
	}
	b.WriteString(": " + e.Kind.Error())
	for _, s := range []string{e.Detail, e.Next} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	if len(e.Tried) > 0 {
		b.WriteString("; tried")
	}
	for _, a := range e.Tried {
		b.WriteString("\n\t" + a.String())
	}
	return b.String()
}

// String is the path and, in brackets, why it was not taken.
func (a Attempt) String() string {
	var problem *ModuleError
	switch {
	case a.Err == nil:
		return a.Path
	case errors.As(a.Err, &problem) && problem.Detail != "":
		return fmt.Sprintf("%s (%v: %s)", a.Path, problem.Kind, problem.Detail)
	case problem != nil:
		return fmt.Sprintf("%s (%v)", a.Path, problem.Kind)
	}
	return fmt.Sprintf("%s (%v)", a.Path, a.Err)
}

// Unwrap gives errors.Is the kind and the cause.
func (e *ModuleError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
