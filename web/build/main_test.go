package main

import (
	"strings"
	"testing"
)

// Each byte has a character of its own, none that ends an element or that a browser
// changes.
func TestCharacters(t *testing.T) {
	for name, character := range map[string]func(byte) rune{"code": codeCharacter, "data": dataCharacter} {
		seen := make(map[rune]byte)
		for b := range 256 {
			c := character(byte(b))
			if other, ok := seen[c]; ok {
				t.Errorf("%s: %#x and %#x are both %U", name, b, other, c)
			}
			seen[c] = byte(b)
			if c < ' ' || c == '<' || c >= 0x7f && c < 0xa0 {
				t.Errorf("%s: %#x is %U", name, b, c)
			}
		}
	}
}

func TestEncode(t *testing.T) {
	text, err := encode([]byte("\x00asm\x01\x00\x00\x00" + "\x01\x02 A" + "\x0b\x03\x00A<"))
	if want := " \u0461\u0473\u046d!   " + "!\"`A" + "\u040b\u0403\u0400\u0441\u043c"; text != want || err != nil {
		t.Errorf("%q %v", text, err)
	}
	for _, program := range []string{"", "\x00asm\x01\x00\x00\x00\x01", "\x00asm\x01\x00\x00\x00\x01\x7f", "\x00asm\x01\x00\x00\x00\x01\x01 "} {
		if _, err := encode([]byte(program)); err == nil {
			t.Errorf("%q: no error", program)
		}
	}
}

func TestHash(t *testing.T) {
	if got := hash(""); got != "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" || strings.Contains(got, "\n") {
		t.Error(got)
	}
}
