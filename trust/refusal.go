package trust

import (
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Permission lets a list be signed that would strand phones. Permissions add
// up with |.
type Permission uint8

// Permissions, each for the refusals of one kind.
const (
	PermitUnverifiedInstalled Permission = 1 << iota // *UnverifiedInstalledError
	PermitUnknownSigner                              // *UnknownSignerError, *InvalidError
	PermitUnlistedSigner                             // *NoSignerError
	PermitTooLarge                                   // *TooLargeError
	PermitUnproven                                   // *UnprovenError
)

// A Refusal is one reason not to sign a list, or not to hand it out. Err is the
// typed reason.
type Refusal struct {
	Permission Permission // what permits it
	Err        error
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the typed reason.
func (r *Refusal) Unwrap() error { return r.Err }

// Refusals are all reasons not to sign a list. As an error they are one line each.
type Refusals []*Refusal

func (r Refusals) Error() string { return errors.Join(r.Unwrap()...).Error() }

// Unwrap returns the refusals.
func (r Refusals) Unwrap() []error {
	errs := make([]error, len(r))
	for i, refusal := range r {
		errs[i] = refusal
	}
	return errs
}

// divide divides the refusals into those that are permitted and the others.
func (r Refusals) divide(p Permission) (permitted, refused Refusals) {
	for _, refusal := range r {
		if refusal.Permission&p != 0 {
			permitted = append(permitted, refusal)
		} else {
			refused = append(refused, refusal)
		}
	}
	return permitted, refused
}

// An UnverifiedInstalledError: the list that phones are said to hold does not
// verify, so phones hardly hold it.
type UnverifiedInstalledError struct {
	Kind tlv.Kind
	Err  error
}

func (e *UnverifiedInstalledError) Error() string {
	return fmt.Sprintf("the installed %s does not verify, is it the phone's copy? %v", e.Kind, e.Err)
}

// Unwrap returns why.
func (e *UnverifiedInstalledError) Unwrap() error { return e.Err }

// An UnverifiableError: the list that is to be signed would not verify. Nothing
// permits to sign it.
type UnverifiableError struct{ Err error }

func (e *UnverifiableError) Error() string {
	return fmt.Sprintf("the new list would not verify: %v", e.Err)
}

// Unwrap returns why.
func (e *UnverifiableError) Unwrap() error { return e.Err }
