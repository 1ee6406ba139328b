package secret

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		" 4711":              "it begins with a blank",
		"4711 ":              "it ends with a blank",
		"\t4711":             "it begins with a tab",
		"4711\t":             "it ends with a tab",
		"\u00a04711":         "it begins with a no-break space",
		"4711\u00a0":         "it ends with a no-break space",
		"4711\u3000":         "it ends with a blank",
		`"4711"`:             "it begins with a quotation mark",
		"4711'":              "it ends with a quotation mark",
		"“4711”":             "it begins with a quotation mark",
		"\ufeff4711":         "it begins with a byte order mark",
		"\xff\xfe4\x007\x00": "it begins with a byte order mark",
		"\xfe\xff\x004\x007": "it begins with a byte order mark",
		"4711\u200b":         "it ends with an invisible character",
		"\x014711":           "it begins with an invisible character",
		" ":                  "it begins with a blank",
	} {
		err := Check([]byte(text))
		var odd Odd
		if !errors.As(err, &odd) || err.Error() != want || strings.Contains(err.Error(), "47") {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"", "4711", "47 11", `4"7'1`, "pässwörd", "\xe44711\xe4", "日本"} {
		if err := Check([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
