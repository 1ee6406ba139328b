package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"go/version"
	"io"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A file goes into an archive.
type file struct {
	name string // in the archive's folder, with slashes
	mode int64
	data []byte
}

// contents returns what an archive holds: the command, documents, licences, manual
// pages, the page for the browser and completions.
func (r *release) contents(t target, binary string) ([]file, error) {
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	files := []file{{t.binary(), 0o755, data}}
	names := []string{"README.md", "CHANGELOG.md", "LICENSE", "NOTICE"}
	for _, pattern := range []string{"docs/*.md", "docs/*.ksy", "docs/magic", "docs/images/*.png", "docs/schema/*.json", "docs/man/*.1"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("%s: no files (%w)", pattern, err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{filepath.ToSlash(name), 0o644, data})
	}
	for _, name := range []string{"index.html", "NOTICE"} {
		data, err := os.ReadFile(filepath.Join(r.work, "web", name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{"web/" + name, 0o644, data})
	}
	completions, err := r.completions()
	return append(files, completions...), err
}

// completions returns the scripts for shells.
func (r *release) completions() ([]file, error) {
	native, err := r.native()
	if err != nil {
		return nil, err
	}
	var files []file
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		text, err := exec.Command(native, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("completion %s: %w", shell, err)
		}
		files = append(files, file{"completions/ctlinspect." + shell, 0o644, text})
	}
	return files, nil
}

// archive writes BASE.tar.gz, or BASE.zip for Windows. All is in the folder BASE.
func (r *release) archive(t target, base string, files []file) error {
	write, extension := writeTar, ".tar.gz"
	if t.goos == "windows" {
		write, extension = writeZip, ".zip"
	}
	out, err := os.Create(filepath.Join(r.out, base+extension))
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return cmp.Or(write(out, base, files, r.made), out.Close())
}

func writeTar(w io.Writer, base string, files []file, made time.Time) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := tar.NewWriter(z)
	for _, f := range files {
		head := &tar.Header{Name: path.Join(base, f.name), Mode: f.mode, Size: int64(len(f.data)), ModTime: made, Format: tar.FormatUSTAR}
		if err := out.WriteHeader(head); err != nil {
			return err
		}
		if _, err := out.Write(f.data); err != nil {
			return err
		}
	}
	return cmp.Or(out.Close(), z.Close())
}

func writeZip(w io.Writer, base string, files []file, made time.Time) error {
	out := zip.NewWriter(w)
	for _, f := range files {
		head := &zip.FileHeader{Name: path.Join(base, f.name), Method: zip.Deflate, Modified: made}
		head.SetMode(os.FileMode(f.mode))
		entry, err := out.CreateHeader(head)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	return out.Close()
}

// packageConfig is what nfpm reads: version, architecture, time, folders, and the
// version of glibc that the binary needs.
const packageConfig = `name: ctlinspect
arch: %[2]s
platform: linux
version: %[1]s
mtime: %[3]s
section: net
maintainer: The ctlinspect authors <ctlinspect@users.noreply.github.com>
description: |
  Trust lists (CTL and ITL) of Cisco IP phones.
  Reads, verifies, compares, checks, creates and signs CTLFile.tlv and ITLFile.tlv.
homepage: https://github.com/ctlinspect/ctlinspect
license: MIT
recommends:
  - opensc
overrides:
  deb:
    depends: ["libc6 (>= %[6]s)"]
  rpm:
    depends: ["libc.so.6(GLIBC_%[6]s)(64bit)"]
rpm:
  buildhost: localhost
contents:
  - {dst: /usr/share/doc/ctlinspect, type: dir, file_info: {mode: 0755}}
  - {dst: /usr/share/doc/ctlinspect/images, type: dir, file_info: {mode: 0755}}
  - {dst: /usr/share/doc/ctlinspect/schema, type: dir, file_info: {mode: 0755}}
  - {src: %[4]s, dst: /usr/bin/ctlinspect, file_info: {mode: 0755}}
  - {src: docs/man/*.1, dst: /usr/share/man/man1/, file_info: {mode: 0644}}
  - {src: docs/*.md, dst: /usr/share/doc/ctlinspect/, file_info: {mode: 0644}}
  - {src: docs/*.ksy, dst: /usr/share/doc/ctlinspect/, file_info: {mode: 0644}}
  - {src: docs/magic, dst: /usr/share/doc/ctlinspect/magic, file_info: {mode: 0644}}
  - {src: docs/images/*.png, dst: /usr/share/doc/ctlinspect/images/, file_info: {mode: 0644}}
  - {src: docs/schema/*.json, dst: /usr/share/doc/ctlinspect/schema/, file_info: {mode: 0644}}
  - {src: README.md, dst: /usr/share/doc/ctlinspect/README.md, file_info: {mode: 0644}}
  - {src: CHANGELOG.md, dst: /usr/share/doc/ctlinspect/CHANGELOG.md, file_info: {mode: 0644}}
  - {src: LICENSE, dst: /usr/share/doc/ctlinspect/copyright, file_info: {mode: 0644}}
  - {src: NOTICE, dst: /usr/share/doc/ctlinspect/NOTICE, file_info: {mode: 0644}}
  - {src: %[5]s/ctlinspect.bash, dst: /usr/share/bash-completion/completions/ctlinspect, file_info: {mode: 0644}}
  - {src: %[5]s/ctlinspect.zsh, dst: /usr/share/zsh/site-functions/_ctlinspect, file_info: {mode: 0644}}
  - {src: %[5]s/ctlinspect.fish, dst: /usr/share/fish/vendor_completions.d/ctlinspect.fish, file_info: {mode: 0644}}
`

// glibc returns the oldest version of glibc that a binary runs with, "2.34": the
// newest that one of its symbols asks for.
func glibc(binary string) (string, error) {
	f, err := elf.Open(binary)
	if err != nil {
		return "", err
	}
	defer f.Close()
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return "", err
	}
	newest := ""
	for _, s := range symbols {
		if v, ok := strings.CutPrefix(s.Version, "GLIBC_"); ok && (newest == "" || version.Compare("go"+v, "go"+newest) > 0) {
			newest = v
		}
	}
	if newest == "" {
		return "", fmt.Errorf("%s: no symbol of glibc", binary)
	}
	return newest, nil
}

// packages writes a deb and an rpm.
func (r *release) packages(t target, binary string) error {
	scripts, err := r.completions()
	if err != nil {
		return err
	}
	dir := filepath.Join(r.work, t.name(), "completions")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range scripts {
		if err := os.WriteFile(filepath.Join(dir, path.Base(f.name)), f.data, 0o644); err != nil {
			return err
		}
	}
	libc, err := glibc(binary)
	if err != nil {
		return err
	}
	log.Printf("%s: it needs glibc %s", t.name(), libc)
	config := filepath.Join(r.work, t.name(), "nfpm.yaml")
	text := fmt.Sprintf(packageConfig, r.version, t.goarch, r.made.Format(time.RFC3339), binary, dir, libc)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	env := []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.made.Unix())}
	for _, kind := range []string{"deb", "rpm"} {
		name := fmt.Sprintf("ctlinspect-%s-%s.%s", r.version, t.name(), kind)
		if err := run(env, "go", "run", nfpm, "package", "--config", config, "--packager", kind, "--target", filepath.Join(r.out, name)); err != nil {
			return err
		}
	}
	return nil
}
