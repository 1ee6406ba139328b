package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

const root = "../.."

// docs/api.txt is what the packages export.
func TestAPI(t *testing.T) {
	want, err := list(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(root + "/docs/api.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the exported API differs from docs/api.txt: run go generate ./internal/apidoc; a change of it stands in CHANGELOG.md\n%s", changed(string(got), string(want)))
	}
}

// changed returns the first lines that differ.
func changed(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "- " + a[i] + "\n+ " + b[i]
		}
	}
	return "one is longer"
}

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
