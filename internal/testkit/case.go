package testkit

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Root is the folder of the module, as seen from the packages in internal.
const Root = "../.."

const magic = "cisco-trust-list-testkit 1"

// A Case is a file of testkit/cases: lines "key: value", an empty line, and the
// bytes of the parts.
type Case struct {
	Name  string
	Keys  map[string][]string // values by key, in order
	Parts map[string][][]byte // by name, in order
}

// Cases returns the cases of one of the kinds. None is a failure.
func Cases(tb testing.TB, kinds ...string) []*Case {
	tb.Helper()
	var list []*Case
	for _, c := range All(tb) {
		if slices.Contains(kinds, c.Get("kind")) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		tb.Fatalf("no cases of the kinds %v", kinds)
	}
	return list
}

// All returns all cases.
func All(tb testing.TB) []*Case {
	tb.Helper()
	var list []*Case
	folder := filepath.Join(Root, "testkit", "cases")
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		c := readCase(tb, path, data)
		if name, err := filepath.Rel(folder, path); err != nil || filepath.ToSlash(name) != c.Name+".case" {
			tb.Errorf("%s calls itself %s", path, c.Name)
		}
		list = append(list, c)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func readCase(tb testing.TB, path string, data []byte) *Case {
	tb.Helper()
	head, rest, ok := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || lines[0] != magic {
		tb.Fatalf("%s is no case", path)
	}
	c := &Case{Keys: make(map[string][]string), Parts: make(map[string][][]byte)}
	for _, line := range lines[1:] {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			tb.Fatalf("%s: line %q", path, line)
		}
		value = strings.TrimPrefix(value, " ")
		if key != "part" {
			c.Keys[key] = append(c.Keys[key], value)
			continue
		}
		name, number, _ := strings.Cut(value, " ")
		size, err := strconv.Atoi(number)
		if err != nil || size > len(rest) {
			tb.Fatalf("%s: line %q", path, line)
		}
		c.Parts[name] = append(c.Parts[name], rest[:size:size])
		rest = rest[size:]
	}
	if len(rest) > 0 {
		tb.Errorf("%s: %d bytes belong to no part", path, len(rest))
	}
	c.Name = c.Get("case")
	for _, key := range []string{"case", "kind", "expect", "ground", "why"} {
		if c.Get(key) == "" {
			tb.Errorf("%s has no %s", path, key)
		}
	}
	return c
}

// Get returns the value of a key that stands there once, "" if it does not.
func (c *Case) Get(key string) string {
	if v := c.Keys[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Part returns the only part of a name, nil if there is none.
func (c *Case) Part(name string) []byte {
	if p := c.Parts[name]; len(p) > 0 {
		return p[0]
	}
	return nil
}
