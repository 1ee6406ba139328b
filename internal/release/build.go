package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// A target is a system to build for.
type target struct {
	goos, goarch string
	cgo          bool   // with PKCS #11 tokens
	cc           string // C compiler if it is not this machine's
}

// Tokens need cgo, and so a C compiler for the system.
var targets = []target{
	{goos: "linux", goarch: "amd64", cgo: true, cc: "x86_64-linux-gnu-gcc"},
	{goos: "linux", goarch: "amd64"},
	{goos: "linux", goarch: "arm64", cgo: true, cc: "aarch64-linux-gnu-gcc"},
	{goos: "linux", goarch: "arm64"},
	{goos: "windows", goarch: "amd64", cgo: true, cc: "x86_64-w64-mingw32-gcc"},
	{goos: "windows", goarch: "amd64"},
	{goos: "windows", goarch: "arm64"},
	{goos: "darwin", goarch: "amd64"},
	{goos: "darwin", goarch: "arm64"},
}

// name is part of the names of files: "linux-amd64-tokens".
func (t target) name() string {
	name := t.goos + "-" + t.goarch
	if t.cgo {
		name += "-tokens"
	}
	return name
}

func (t target) binary() string {
	if t.goos == "windows" {
		return "ctlinspect.exe"
	}
	return "ctlinspect"
}

// build builds the command, stripped, without paths, times or random identities.
func (r *release) build(t target, binary string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	env := []string{"GOOS=" + t.goos, "GOARCH=" + t.goarch, "CGO_ENABLED=0", "GOFLAGS="}
	flags := "-s -w -buildid= -X main.release=" + r.version + " -X main.commit=" + r.commit
	if t.cgo {
		env = append(env, "CGO_ENABLED=1", "CC="+t.cc, "CGO_CFLAGS=-O2 -g0")
		flags += fmt.Sprintf(" -linkmode=external -extldflags=%s", map[string]string{"linux": "-Wl,--build-id=none", "windows": "-Wl,--no-insert-timestamp"}[t.goos])
	}
	// What Go would say of the repository depends on its tags and on settings.
	return run(env, "go", "build", "-tags", "page", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", binary, "./cmd/ctlinspect")
}

// native builds the command for this machine, to write completions.
func (r *release) native() (string, error) {
	binary := filepath.Join(r.work, "native", target{goos: runtime.GOOS}.binary())
	return binary, run([]string{"CGO_ENABLED=0"}, "go", "build", "-o", binary, "./cmd/ctlinspect")
}
