// Command build makes the page for the browser: one file, index.html, with the Go
// program as WebAssembly in it, and NOTICE beside it.
//
//	go run ./web/build -o dist/web
//
// It runs go build and takes what Go's release brings for WebAssembly; two runs on the
// same sources give the same bytes.
package main

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ctlinspect/ctlinspect/web"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("web: ")
	out := flag.String("o", "dist/web", "write index.html and NOTICE into this folder")
	packed := flag.String("gzip", "", "also write the page to this `FILE`, compressed with gzip")
	version := flag.String("version", "(built from source)", "version that the page shows")
	flag.Parse()
	if err := build(*out, *packed, *version); err != nil {
		log.Fatal(err)
	}
}

func build(out, packed, version string) error {
	page, err := makePage(version)
	if err != nil {
		return err
	}
	notice, err := os.ReadFile("NOTICE")
	if err != nil {
		return fmt.Errorf("%w; run this in the root of the module", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "NOTICE"), notice, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "index.html"), page, 0o644); err != nil {
		return err
	}
	if packed == "" {
		return nil
	}
	z, err := web.Pack(page, gzip.BestCompression)
	if err != nil {
		return err
	}
	return os.WriteFile(packed, z, 0o644)
}

// makePage puts the parts into the page. Its Content-Security-Policy allows the parts
// by their hashes and nothing from elsewhere.
func makePage(version string) ([]byte, error) {
	program, err := compile()
	if err != nil {
		return nil, err
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	parts := make(map[string]string)
	for part, name := range map[string]string{
		"page": "web/page/index.html", "style": "web/page/page.css", "script": "web/page/page.js", "worker": "web/page/worker.js",
		"glue": filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js"),
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parts[part] = strings.ReplaceAll(string(text), "\r\n", "\n")
		if part != "page" && strings.Contains(strings.ToLower(parts[part]), "</s") {
			return nil, fmt.Errorf("%s would end its element", name)
		}
	}
	policy := []string{
		"default-src 'none'", "script-src " + hash(parts["script"]) + " 'wasm-unsafe-eval'", "style-src " + hash(parts["style"]),
		"worker-src blob:", "img-src data:", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types worker",
	}
	fill := strings.NewReplacer("{{policy}}", strings.Join(policy, "; "), "{{version}}", version, "{{style}}", parts["style"], "{{script}}", parts["script"],
		"{{worker}}", parts["glue"]+parts["worker"], "{{program}}", encode(program))
	return []byte(fill.Replace(parts["page"])), nil
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// compile builds the program. Without inlining it is a little slower and a tenth
// smaller once it is compressed.
func compile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "web")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "program.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-gcflags=all=-l", "-ldflags=-s -w -buildid=", "-o", name, "./web/wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build ./web/wasm: %w", err)
	}
	return os.ReadFile(name)
}

// encode writes bytes as text, which page.js reads: most of those below 0x60 as printable
// ASCII, the others raised by 0x400. Base64 would be smaller, but not once it is
// compressed: it tears the repetitions in the program apart. Of the ways to share out
// ASCII this one was the best for brotli.
func encode(program []byte) string {
	var s strings.Builder
	s.Grow(len(program) * 5 / 4)
	for _, b := range program {
		s.WriteRune(character(b))
	}
	return s.String()
}

func character(b byte) rune {
	c := rune(b)
	switch {
	case c < 0x20:
		c += 0x20
	case c < 0x40:
		c += 0x40
	case c < 0x60:
	default:
		return c + 0x400
	}
	if c == '<' || c == 0x7f {
		return rune(b) + 0x400
	}
	return c
}
