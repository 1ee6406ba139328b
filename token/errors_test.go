package token

import "errors"

// typedError: every error of a module, a token or a PIN is of one of three types.
func typedError(err error) bool {
	var failed *Error
	var selection *SelectionError
	var module *ModuleError
	return errors.As(err, &failed) || errors.As(err, &selection) || errors.As(err, &module)
}
