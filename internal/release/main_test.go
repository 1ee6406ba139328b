package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVersions(t *testing.T) {
	for version, want := range map[string]bool{
		"v0.1.0": true, "v1.20.3-rc.1": true, "0.1.0": false, "v1.2": false, "v01.2.3": false, "": false, "v1.2.3 x": false,
	} {
		if got := semantic.MatchString(version); got != want {
			t.Errorf("%q: %t, want %t", version, got, want)
		}
	}
}

// The name of a file says which build has token support.
func TestTargetNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, target := range targets {
		if seen[target.name()] {
			t.Errorf("%s twice", target.name())
		}
		seen[target.name()] = true
	}
	for _, name := range []string{"linux-amd64-tokens", "windows-amd64-tokens", "windows-amd64", "darwin-arm64"} {
		if !seen[name] {
			t.Errorf("no %s", name)
		}
	}
}

var (
	made  = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	files = []file{{"LICENSE", 0o644, []byte("MIT\n")}, {"ctlinspect", 0o755, []byte{1, 2, 3}}}
)

func TestWriteTar(t *testing.T) {
	var first, second bytes.Buffer
	if err := writeTar(&first, "base", files, made); err != nil {
		t.Fatal(err)
	}
	if err := writeTar(&second, "base", files, made); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("two archives differ, %v", err)
	}
	z, err := gzip.NewReader(&first)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(made) || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%s: %v, %d %q", h.Name, h.ModTime, h.Uid, h.Uname)
		}
		names = append(names, h.FileInfo().Mode().String()+" "+h.Name)
	}
	if diff := cmp.Diff([]string{"-rw-r--r-- base/LICENSE", "-rwxr-xr-x base/ctlinspect"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestWriteZip(t *testing.T) {
	var out bytes.Buffer
	if err := writeZip(&out, "base", files, made); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range r.File {
		if f.Name != "base/"+files[i].name || !f.Modified.Equal(made) || int64(f.Mode()) != files[i].mode {
			t.Errorf("%s: %v, %v", f.Name, f.Modified, f.Mode())
		}
	}
}

// What a program of this system needs is known to its dynamic section.
func TestGlibc(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("glibc is of Linux")
	}
	if got, err := glibc("/bin/sh"); err != nil || !regexp.MustCompile(`^2\.\d+(\.\d+)?$`).MatchString(got) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := glibc("main.go"); err == nil {
		t.Errorf("main.go needs %q", got)
	}
}
