package schemas

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs/schema is what go generate writes.
func TestFiles(t *testing.T) {
	want, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("..", "..", "docs", "schema")
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]byte)
	for _, f := range found {
		if got[f.Name()], err = os.ReadFile(filepath.Join(folder, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run go generate ./internal/schemas/generate (-want +got)\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	const sums = `{"schema":"ctlinspect/2","type":"sums","file":"a","size":0,"md5":"","sha1":"","sha512":"","error":null}`
	tests := []struct {
		name, documents string
		valid           bool
	}{
		{"none", "", true},
		{"two", sums + "\n" + sums, true},
		{"the second is wrong", sums + "\n" + `{"schema":"ctlinspect/2","type":"sums"}`, false},
		{"a key is missing", `{"schema":"ctlinspect/2","type":"sums","file":"a","size":0,"md5":"","sha1":"","error":null}`, false},
		{"a key is unknown", `{"x":1,` + sums[1:], false},
		{"another schema", `{"schema":"ctlinspect/1","type":"sums","file":"a","size":0,"md5":"","sha1":"","sha512":"","error":null}`, false},
		{"an unknown type", `{"schema":"ctlinspect/2","type":"sum"}`, false},
		{"no document", `"text"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := Validate([]byte(tt.documents)); (err == nil) != tt.valid {
				t.Error(err)
			}
		})
	}
}
