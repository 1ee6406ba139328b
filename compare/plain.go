package compare

import (
	"encoding/binary"
	"html"
	"strings"
	"unicode/utf16"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// softBreak divides what HTML shows on lines of its own, without counting as a
// line.
const softBreak = "\v"

// plain returns a text as UTF-8 without markup.
func plain(text string) string {
	text = strings.TrimPrefix(fromUTF16(text), "\ufeff") // as Windows programs write it
	if !strings.Contains(text, "<") && !strings.Contains(text, "&") {
		return text
	}
	if markup().MatchString(text) {
		return withoutMarkup(text)
	}
	return text
}

func withoutMarkup(text string) string {
	text = breakingTags().ReplaceAllString(text, softBreak)
	text = otherTags().ReplaceAllString(text, " ")
	return html.UnescapeString(text)
}

// Elements of HTML. Those of alarms and of phones' status pages are not among
// them.
var (
	markup       = lazyregexp.New(`(?i)<(?:!doctype html|html|body|pre|br|p|div|td|span|code)\b|&(?:nbsp|lt|gt|quot|amp|#x?[0-9a-f]+);`)
	breakingTags = lazyregexp.New(`(?i)</?(?:html|body|head|title|pre|br|p|div|tr|table|tbody|ul|ol|li|h[1-6]|blockquote)\b[^<>\n]*>`)
	otherTags    = lazyregexp.New(`(?i)</?(?:span|td|th|b|i|u|em|strong|font|a|code|tt|img|meta|link)\b[^<>\n]*>`)
)

// fromUTF16 decodes UTF-16.
func fromUTF16(text string) string {
	order := orderOf(text)
	if order == nil {
		return text
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16([]byte{text[2*i], text[2*i+1]})
	}
	return string(utf16.Decode(units))
}

// orderOf returns the byte order of a text in UTF-16, nil if it is not in UTF-16: by
// its byte order mark, or without one if every other byte of the beginning is 0.
func orderOf(text string) binary.ByteOrder {
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		return binary.LittleEndian
	case strings.HasPrefix(text, "\xfe\xff"):
		return binary.BigEndian
	case len(text) >= 4 && text[1] == 0 && text[3] == 0 && text[0] != 0 && text[2] != 0:
		return binary.LittleEndian
	case len(text) >= 4 && text[0] == 0 && text[2] == 0 && text[1] != 0 && text[3] != 0:
		return binary.BigEndian
	}
	return nil
}

// unquote cuts what mail programs put in front of lines that they quote.
func unquote(line string) string {
	for {
		rest := strings.TrimLeft(line, " \t")
		if !strings.HasPrefix(rest, ">") {
			return line
		}
		line = rest[1:]
	}
}
