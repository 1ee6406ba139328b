// Package lazyregexp compiles regular expressions when they are first used, so
// that programs which do not use them do not pay for them at their start.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that gives the regular expression. It panics at the
// first use, as regexp.MustCompile does, if the expression is wrong.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
