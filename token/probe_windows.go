//go:build windows

package token

import (
	"errors"

	"golang.org/x/sys/windows"
)

// probe loads the library and asks it for C_GetFunctionList. It stays loaded:
// unloading middleware is known to hang.
func probe(path string) error {
	handle, err := windows.LoadLibrary(path)
	if err != nil {
		return loadError(path, err)
	}
	if _, err := windows.GetProcAddress(handle, "C_GetFunctionList"); err != nil {
		return &ModuleError{Kind: ErrModuleNoFunctionList, Path: path, Detail: "it has no C_GetFunctionList",
			Next: "name the PKCS #11 library of the token's middleware", Err: err}
	}
	return nil
}

// loadError: the file is known to exist, so that "module not found" means one
// of the libraries that it needs.
func loadError(path string, err error) error {
	e := &ModuleError{Kind: ErrModuleLoad, Path: path, Detail: err.Error(), Next: "repair or reinstall the middleware", Err: err}
	switch {
	case errors.Is(err, windows.ERROR_MOD_NOT_FOUND):
		e.Kind, e.Next = ErrModuleDependency, "install the library that it needs (dumpbin /dependents shows them)"
	case errors.Is(err, windows.ERROR_BAD_EXE_FORMAT):
		e.Kind, e.Next = ErrModuleArchitecture, "install the middleware for this architecture"
	}
	return e
}
