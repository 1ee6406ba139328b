package testkit

import (
	"io/fs"
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
	if len(all) < 300 {
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
