package secret

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Odd is the error of Check: how a secret begins or ends.
type Odd string

func (o Odd) Error() string { return "it " + string(o) }

var byteOrderMarks = [][]byte{[]byte("\xef\xbb\xbf"), []byte("\xff\xfe"), []byte("\xfe\xff")}

// Check returns an error, of type Odd, for a secret from a file or the
// environment that was probably not meant to be as it is: one that begins with a
// byte order mark, or begins or ends with a blank, a quotation mark or a
// character that cannot be seen.
func Check(text []byte) error {
	for _, mark := range byteOrderMarks {
		if bytes.HasPrefix(text, mark) {
			return Odd("begins with a byte order mark")
		}
	}
	first, _ := utf8.DecodeRune(text)
	last, _ := utf8.DecodeLastRune(text)
	if what := oddity(first); what != "" {
		return Odd("begins with " + what)
	}
	if what := oddity(last); what != "" {
		return Odd("ends with " + what)
	}
	return nil
}

func oddity(r rune) string {
	switch {
	case r == utf8.RuneError: // no text, or not UTF-8
		return ""
	case r == '\t':
		return "a tab"
	case r == '\u00a0' || r == '\u202f':
		return "a no-break space"
	case unicode.IsSpace(r):
		return "a blank"
	case strings.ContainsRune("\"'`´‘’‚“”„«»‹›", r):
		return "a quotation mark"
	case !unicode.IsPrint(r):
		return "an invisible character"
	}
	return ""
}
