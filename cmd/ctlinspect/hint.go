package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ctlinspect/ctlinspect/compare"
)

// manyDigits are too many for the name of a file; fewDigits are enough for a word
// to be meant as a hash if there is no such file.
const (
	manyDigits = 24
	fewDigits  = 8
)

// isArgument reports whether s is meant as a hash or a size, right or wrong, and
// not as the name of a file; err is what ParseArgument returns for it.
func isArgument(err error) bool {
	var e *compare.ArgumentError
	if !errors.As(err, &e) {
		return err == nil
	}
	switch e.Name {
	case "MD5", "SHA-1", "SHA-512":
		return true
	}
	return e.Fault == compare.FaultSize || e.Fault == compare.FaultLength && e.Name == "" && e.Digits >= manyDigits
}

// withHint adds to an error about the first of the arguments what may have been
// meant.
func withHint(err error, args []string) error {
	if err == nil || codeOf(err) != exitUsage && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if s := hint(args); s != "" && !strings.Contains(err.Error(), s) {
		return fmt.Errorf("%w; %s", err, s)
	}
	return err
}

// hint says what a person may have meant by words of which the first is neither
// evidence nor a file: a hash without quotes, of another kind, with a wrong digit
// or incomplete. It is "" for other words.
func hint(words []string) string {
	_, err := compare.ParseArgument(words[0])
	var e *compare.ArgumentError
	switch {
	case !errors.As(err, &e):
		return ""
	case e.Fault == compare.FaultLength && len(words) > 1 && isHexWord(words[1]):
		return "put the hash into quotes"
	case e.Fault == compare.FaultDigit:
		return fmt.Sprintf("%q is not a hex digit", e.Wrong)
	case e.Fault == compare.FaultLength && e.Digits >= fewDigits, e.Fault == compare.FaultUnknownHash && e.Digits >= fewDigits:
		return e.Error()
	}
	return ""
}

// isHexWord reports whether s is a part of a hash written in parts.
func isHexWord(s string) bool {
	_, err := compare.ParseArgument(s)
	var e *compare.ArgumentError
	return errors.As(err, &e) && e.Fault == compare.FaultLength && e.Name == "" && e.Digits < manyDigits
}
