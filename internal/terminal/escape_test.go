package terminal

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"CN=CUCM8-Publisher;ST=Málaga":   "CN=CUCM8-Publisher;ST=Málaga",
		`DOMAIN\user "quoted"`:           `DOMAIN\user "quoted"`,
		"\x1b[31m":                       `\x1b[31m`,
		"a\nb\tc\r":                      `a\x0ab\x09c\x0d`,
		"\x7f":                           `\x7f`,
		"\u009b2J":                       `\u009b2J`,
		"\xff\xfe":                       `\xff\xfe`,
		"\u202egnp.exe":                  `\u202egnp.exe`,
		"\U000e0041":                     `\U000e0041`,
		"zero\u200bwidth":                `zero\u200bwidth`,
		"a real replacement: \ufffd end": "a real replacement: \ufffd end",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := EscapeLines("a\n\tb\r\x1b"), "a\n\tb"+`\x0d\x1b`; got != want {
		t.Errorf("EscapeLines = %q, want %q", got, want)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[2J", "\xff", "\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Escape(%q) = %q", s, got)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) && got != s {
			t.Errorf("Escape changes %q to %q", s, got)
		}
	})
}

// Colours take no room in a table.
func TestTable(t *testing.T) {
	var w strings.Builder
	Table{
		{Text("A"), Text("B"), Text("C")},
		{Colored("long", Color(true).Red), Text("é"), Text("x")},
	}.Write(&w, 0)
	if want := "A     B  C\n\x1b[31mlong\x1b[0m  é  x\n"; w.String() != want {
		t.Errorf("got %q, want %q", w.String(), want)
	}
}
