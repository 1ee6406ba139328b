package compare

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// hashNames are the ways to write the name of a hash, longer ones first.
var hashNames = []struct{ written, name string }{
	{"sha-512", "SHA-512"}, {"sha512", "SHA-512"}, {"sha-256", "SHA-256"}, {"sha256", "SHA-256"},
	{"sha-1", "SHA-1"}, {"sha1", "SHA-1"}, {"md5", "MD5"},
}

// hexDigits are the digits of each hash.
var hexDigits = map[int]string{32: "MD5", 40: "SHA-1", 128: "SHA-512"}

// A Fault is what keeps words from being a hash or a size.
type Fault string

// Faults of an [ArgumentError].
const (
	FaultNoHash      Fault = "no-hash"      // nothing that looks like a hash
	FaultUnknownHash Fault = "unknown-hash" // of another kind than MD5, SHA-1 and SHA-512
	FaultLength      Fault = "length"       // too many digits or too few
	FaultDigit       Fault = "digit"        // one or two characters are not hex digits
	FaultSize        Fault = "size"         // "size:" without a number of bytes
)

// An ArgumentError: words are not evidence.
type ArgumentError struct {
	Argument string
	Fault    Fault
	Name     string // of the hash, as written, "" if not named
	Digits   int    // hex digits
	Wrong    string // for FaultDigit the first character that is none
}

func (e *ArgumentError) Error() string {
	switch e.Fault {
	case FaultUnknownHash:
		return fmt.Sprintf("%q is unknown; use md5:, sha1: or sha512:", e.Name)
	case FaultLength:
		return fmt.Sprintf("%q has %d hex digits: an MD5 has 32, a SHA-1 40, a SHA-512 128", e.Argument, e.Digits)
	case FaultDigit:
		return fmt.Sprintf("%q is not a hash: %q is not a hex digit", e.Argument, e.Wrong)
	case FaultSize:
		return fmt.Sprintf("%s: expected the size in bytes, as in size:4712", e.Argument)
	}
	return fmt.Sprintf("%q is not a hash: use md5:, sha1: or sha512: and hex digits, or size: and the bytes", e.Argument)
}

// ParseArgument reads what a person copies off a screen or out of a program:
// the digits of a hash, with its name or without, as in "md5:HEX", "SHA-1 HEX",
// "HEX(MD5)"; or "size:4712". Digits without a name are taken for what their
// number says: 32 are an MD5, 40 a SHA-1, 128 a SHA-512. They may be of any case,
// have 0x in front, and colons, dashes or blanks in between. It fails with an
// [*ArgumentError].
func ParseArgument(s string) (Evidence, error) {
	if size, ok := cutPrefixFold(s, "size:"); ok {
		n, err := strconv.ParseUint(strings.TrimSpace(size), 10, 62)
		if err != nil {
			return Evidence{}, &ArgumentError{Argument: s, Fault: FaultSize}
		}
		return Evidence{Form: FormArgument, Sums: Sums{Size: new(int64(n))}}, nil
	}
	sums, err := parseHash(s)
	if err != nil {
		return Evidence{}, err
	}
	return Evidence{Form: FormArgument, Sums: sums}, nil
}

// parseHash reads one hash.
func parseHash(s string) (Sums, error) {
	name, value := splitHash(s)
	fault := &ArgumentError{Argument: s, Name: name}
	digits, wrong := hexOf(value)
	fault.Digits, fault.Wrong = len(digits), wrong
	switch {
	case wrong != "":
		fault.Fault = FaultDigit
	case digits == "":
		fault.Fault = FaultNoHash
	case name != "" && name != "MD5" && name != "SHA-1" && name != "SHA-512":
		fault.Fault = FaultUnknownHash
	case hexDigits[len(digits)] == "" || name != "" && hexDigits[len(digits)] != name:
		fault.Fault = FaultLength
	default:
		var sums Sums
		sums.setHash(digits)
		return sums, nil
	}
	return Sums{}, fault
}

// splitHash returns the name of a hash, "" if there is none, and the rest. A word
// before a colon that is not a name of a hash is returned as written.
func splitHash(s string) (name, value string) {
	s = strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "\"'`"))
	for _, h := range hashNames {
		if rest, ok := cutPrefixFold(s, h.written); ok && startsWithAny(rest, ":= \t") {
			return h.name, strings.TrimLeft(rest, ":= \t")
		}
		if before, ok := cutSuffixFold(s, "("+h.written+")"); ok {
			return h.name, before
		}
	}
	if before, rest, ok := strings.Cut(s, ":"); ok && len(before) > 2 && strings.Trim(before, hexadecimal) != "" {
		return before + ":", rest
	}
	return "", s
}

func startsWithAny(s, chars string) bool { return s != "" && strings.ContainsRune(chars, rune(s[0])) }

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) < len(suffix) || !strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s, false
	}
	return s[:len(s)-len(suffix)], true
}

const hexadecimal = "0123456789abcdefABCDEF"

// Bounds on what is still taken for a hash with a mistake in it.
const (
	maxWrong   = 2  // characters that are not digits
	manyDigits = 24 // more than people put into a file's name
)

// hexOf returns the digits of a hash without what may stand between them, "" if
// there is something else; or the first wrong character of what is otherwise a
// hash.
func hexOf(s string) (digits, wrong string) {
	if rest, ok := cutPrefixFold(strings.TrimSpace(s), "0x"); ok {
		s = rest
	}
	var b strings.Builder
	first, others := "", 0
	for _, r := range s {
		switch {
		case strings.ContainsRune(": -\t", r):
		case strings.ContainsRune(`./\`, r):
			return "", ""
		case strings.ContainsRune(hexadecimal, r):
			b.WriteRune(r)
		default:
			if others++; first == "" {
				first = string(r)
			}
		}
	}
	switch {
	case others == 0:
		return b.String(), ""
	case others <= maxWrong && b.Len() >= manyDigits-maxWrong:
		return "", first
	}
	return "", ""
}

// setHash sets the hash that has so many digits, and none for another number.
func (s *Sums) setHash(digits string) {
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return
	}
	switch hexDigits[len(digits)] {
	case "MD5":
		s.MD5 = sum
	case "SHA-1":
		s.SHA1 = sum
	case "SHA-512":
		s.SHA512 = sum
	}
}
