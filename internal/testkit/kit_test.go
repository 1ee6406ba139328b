package testkit

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func (c *Case) has(key string) bool { return len(c.Keys[key]) > 0 }

// check compares what a key says, if it is there.
func (c *Case) check(t *testing.T, key, got string) {
	t.Helper()
	if c.has(key) && c.Get(key) != got {
		t.Errorf("%s: got %q, expected %q: %s", key, got, c.Get(key), c.Get("why"))
	}
}

// The kit is as large as docs/format.md deserves, and no larger than people want to
// download.
func TestKit(t *testing.T) {
	all := All(t)
	if len(all) < 700 { // as the README says
		t.Errorf("%d cases", len(all))
	}
	var size int64
	err := filepath.WalkDir(filepath.Join(Root, "testkit"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		size += info.Size()
		return err
	})
	if err != nil || size > 2<<20 {
		t.Errorf("testkit has %d bytes, %v", size, err)
	}
	names := make([]string, 0, len(all))
	for _, c := range all {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != len(all) {
		t.Errorf("%d names for %d cases", n, len(all))
	}
}

// The case in the README is one of the kit.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(Root, "testkit", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(Root, "testkit", "cases", "lists", "signer-second.case"))
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := bytes.Cut(data, []byte("\n\n"))
	if !bytes.Contains(readme, head) {
		t.Errorf("testkit/README.md does not show this head:\n%s", head)
	}
}

// Every kind has a test that runs it.
func TestKinds(t *testing.T) {
	known := []string{"list", "signed", "encrypted", "firmware", "image", "tvs", "accept", "sequence", "evidence"}
	for _, c := range All(t) {
		if !slices.Contains(known, c.Get("kind")) {
			t.Errorf("%s: nothing runs the kind %s", c.Name, c.Get("kind"))
		}
	}
}
