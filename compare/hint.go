package compare

import (
	"fmt"
	"strings"
)

// fewDigits are enough for a word to be meant as a hash, if it is no file.
const fewDigits = 8

// Hint says what a person may have meant by words of which the first is neither
// an argument that [ParseArgument] reads nor a file: a hash without quotes, of
// another kind, with a wrong digit or not whole. It is "" for other words.
func Hint(words []string) string {
	value := words[0]
	name, rest, named := strings.Cut(value, ":")
	if named && isHashName(strings.ToLower(name)) {
		value, named = rest, false
	}
	switch digits, ok := bareHex(value); {
	case ok && len(words) > 1 && isHexWord(words[1]):
		return "put the hash into quotes"
	case ok && len(digits) >= fewDigits:
		return wrongLength(words[0], digits)
	}
	if named {
		if digits, ok := bareHex(rest); ok && len(digits) >= fewDigits {
			return fmt.Sprintf("%q is unknown; use md5:, sha1: or sha512:", name+":")
		}
	}
	if c := wrongDigit(value); c != "" {
		return fmt.Sprintf("%q is no hexadecimal digit", c)
	}
	return ""
}

// isHexWord reports whether s is a part of a hash written in parts.
func isHexWord(s string) bool {
	digits, ok := bareHex(s)
	return ok && len(digits) < manyDigits
}

// maxWrong are the wrong digits that something meant as a hash may have.
const maxWrong = 2

// wrongDigit returns the first digit that is none of what is else a hash, "" if
// it is something else.
func wrongDigit(s string) string {
	first, wrong, digits := "", 0, 0
	for _, r := range s {
		switch {
		case r == ':' || r == ' ':
		case strings.ContainsRune(`./\`, r):
			return ""
		case strings.ContainsRune(hexadecimal, r):
			digits++
		default:
			if wrong++; first == "" {
				first = string(r)
			}
		}
	}
	if wrong > maxWrong || digits < manyDigits-maxWrong {
		return ""
	}
	return first
}
