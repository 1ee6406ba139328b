package main

import (
	"strings"
	"testing"
)

const root = "../.."

func TestAPILists(t *testing.T) {
	text, err := list(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n== tlv\n", "\n== trust\n", "\nfunc (l *List) Raw() []byte\n", "\n    KindCTL"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q", want)
		}
	}
	for _, never := range []string{"\n== internal", "\n== cmd", "return "} {
		if strings.Contains(string(text), never) {
			t.Errorf("%q is listed", never)
		}
	}
}
