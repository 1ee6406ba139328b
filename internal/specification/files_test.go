package specification_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testkit"
)

const root = "../.."

// A vector is a file of testdata.
type vector struct {
	path string // from here
	data []byte
}

// vectors returns the files below testdata that have one of the endings; none is a
// failure.
func vectors(t *testing.T, endings ...string) []vector {
	t.Helper()
	var files []vector
	err := filepath.WalkDir(filepath.Join(root, "testdata"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, ending := range endings {
			if strings.HasSuffix(path, ending) {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				files = append(files, vector{path, data})
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no files %v", endings)
	}
	return files
}

// kit returns the lists and signed files of the testkit, as files.
func kit(t *testing.T) []vector {
	t.Helper()
	dir := t.TempDir()
	var files []vector
	for _, c := range testkit.Cases(t, "list", "signed", "encrypted", "firmware") {
		data, ending := c.Part("file"), ".sgn"
		if c.Get("kind") == "list" {
			data, ending = c.Part("list"), ".tlv"
		}
		path := filepath.Join(dir, strings.ReplaceAll(c.Name, "/", "-")+ending)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, vector{path, data})
	}
	return files
}

func paths(files []vector) []string {
	var list []string
	for _, v := range files {
		list = append(list, v.path)
	}
	return list
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
