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
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/webpage"
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
	notice, err := makeNotice()
	if err != nil {
		return err
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
	z, err := webpage.Pack(page, gzip.BestCompression)
	if err != nil {
		return err
	}
	return os.WriteFile(packed, z, 0o644)
}

// makeNotice returns the licences of what is in the page: ours, and Go's, under which are
// Go's own packages and golang.org/x. The page needs no others.
func makeNotice() ([]byte, error) {
	ours, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, fmt.Errorf("%w; run this in the root of the module", err)
	}
	root, err := goroot()
	if err != nil {
		return nil, err
	}
	theirs, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./web/wasm")
	list.Env = wasm()
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./web/wasm: %w", err)
	}
	modules := slices.Compact(slices.Sorted(strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' })))
	for _, m := range modules {
		if !strings.HasPrefix(m, "golang.org/x/") {
			return nil, fmt.Errorf("%s: the page's NOTICE does not have its licence", m)
		}
	}
	return fmt.Appendf(nil, "This page is ctlinspect.\n\n%s\nIt contains parts of Go and of %s.\n\n%s", ours, strings.Join(modules, ", "), theirs), nil
}

func goroot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// wasm is the environment of go for the page's program.
func wasm() []string {
	return append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
}

// makePage puts the parts into the page. Its Content-Security-Policy allows the parts
// by their hashes and nothing from elsewhere.
func makePage(version string) ([]byte, error) {
	program, err := compile()
	if err != nil {
		return nil, err
	}
	root, err := goroot()
	if err != nil {
		return nil, err
	}
	text, err := encode(program)
	if err != nil {
		return nil, err
	}
	parts := make(map[string]string)
	for part, name := range map[string]string{
		"page": "web/page/index.html", "style": "web/page/page.css", "script": "web/page/page.js", "worker": "web/page/worker.js",
		"glue": filepath.Join(root, "lib", "wasm", "wasm_exec.js"),
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
		"{{worker}}", parts["glue"]+parts["worker"], "{{program}}", text)
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
	cmd.Env = wasm()
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build ./web/wasm: %w", err)
	}
	return os.ReadFile(name)
}

// encode writes the program as text, which page.js reads. A byte is one character:
// printable ASCII for most of those that are frequent, the others raised by 0x400. Base64
// would be smaller, but not once it is compressed: it tears the repetitions apart. In
// front of the section with the data, bytes below 0x60 become ASCII. From there on all are
// raised, so that equal distances stay equal. Of several ways these were the best for brotli.
func encode(program []byte) (string, error) {
	data, err := dataSection(program)
	if err != nil {
		return "", err
	}
	var s strings.Builder
	s.Grow(len(program) * 3 / 2)
	for i, b := range program {
		if i < data {
			s.WriteRune(codeCharacter(b))
		} else {
			s.WriteRune(dataCharacter(b))
		}
	}
	return s.String(), nil
}

func codeCharacter(b byte) rune {
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
	if c == '<' || c == 0x7f { // could end an element, or is changed by browsers
		return rune(b) + 0x400
	}
	return c
}

func dataCharacter(b byte) rune { return rune(b) + 0x400 }

// dataSection is where the section with the data begins. A section is its number, its
// length in LEB128 and its content.
func dataSection(program []byte) (int, error) {
	const head, data = 8, 11
	for at := head; at < len(program); {
		if program[at] == data {
			return at, nil
		}
		length, n := binary.Uvarint(program[at+1:])
		if n <= 0 || length > uint64(len(program)) {
			break
		}
		at += 1 + n + int(length)
	}
	return 0, errors.New("the program has no section with data")
}
