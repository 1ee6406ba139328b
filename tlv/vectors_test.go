package tlv_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// vectors returns the files of an index in testdata; none is a failure.
func vectors(t testing.TB, index string) map[string][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", index))
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		File string `json:"file"`
		Size int    `json:"size"`
	}
	if err := json.Unmarshal(b, &entries); err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join("..", "testdata", e.File))
		if err != nil {
			t.Fatal(err)
		}
		if len(data) != e.Size {
			t.Fatalf("%s has %d bytes, %s says %d", e.File, len(data), index, e.Size)
		}
		files[e.File] = data
	}
	if len(files) == 0 {
		t.Fatalf("%s names no files", index)
	}
	return files
}

func TestRoundTrip(t *testing.T) {
	for name, data := range vectors(t, "lists.json") {
		t.Run(name, func(t *testing.T) {
			l, err := tlv.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, data) {
				t.Error("MarshalBinary gave other bytes than were read")
			}
		})
	}
}

// A template that nothing is changed in, and the signature it had, give the
// same file: lengths and padding are made anew and come out as they were.
func TestTemplateOfListGivesSameBytes(t *testing.T) {
	for name, data := range vectors(t, "lists.json") {
		t.Run(name, func(t *testing.T) {
			l, err := tlv.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			u, err := l.Template().Unsigned()
			if err != nil {
				t.Fatal(err)
			}
			before, after := l.Signed()
			if !bytes.Equal(u.Bytes, append(bytes.Clone(before), after...)) {
				t.Error("Unsigned differs from Signed")
			}
			got, err := u.Splice(l.Header.Signature())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, data) {
				t.Error("Splice gave other bytes than were read")
			}
		})
	}
}

func TestBroken(t *testing.T) {
	for name, data := range vectors(t, "broken.json") {
		t.Run(name, func(t *testing.T) {
			l, err := tlv.Parse(data)
			if name == "broken/cut-after-header.tlv" {
				if err != nil || len(l.Records) != 0 {
					t.Errorf("Parse = %d records, %v; want none and no error", len(l.Records), err)
				}
				return
			}
			if err == nil || l != nil {
				t.Fatalf("Parse = %v, %v; want nil and an error", l, err)
			}
			var pe *tlv.ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("%T is no ParseError", err)
			}
			if pe.Offset < 0 || pe.Offset > len(data) || pe.Offset == len(data) && len(data) > 0 {
				t.Errorf("offset %d does not point into the file of %d bytes", pe.Offset, len(data))
			}
			t.Log(err)
		})
	}
}
