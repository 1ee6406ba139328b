package main

import (
	"strings"
	"testing"
)

// Each byte has a character of its own, none that ends an element or that a browser
// changes.
func TestCharacters(t *testing.T) {
	seen := make(map[rune]byte)
	for b := range 256 {
		c := character(byte(b))
		if other, ok := seen[c]; ok {
			t.Errorf("%#x and %#x are both %U", other, b, c)
		}
		seen[c] = byte(b)
		if c < ' ' || c == '<' || c >= 0x7f && c < 0xa0 {
			t.Errorf("%#x is %U", b, c)
		}
	}
	if got := encode([]byte{0, 0x1c, 0x20, 0x41, 0xff}); got != " \u041c`A\u04ff" {
		t.Errorf("%q", got)
	}
}

func TestHash(t *testing.T) {
	if got := hash(""); got != "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" || strings.Contains(got, "\n") {
		t.Error(got)
	}
}
