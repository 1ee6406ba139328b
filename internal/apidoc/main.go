// Command apidoc writes docs/api.txt: the exported API of the public packages, as
// on Linux with cgo. Its folder is where it runs; go generate runs it.
package main

//go:generate go run . ../..

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const head = "The exported API of the public packages, written by go generate. A change of it\nstands in CHANGELOG.md.\n"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: apidoc ROOT")
	}
	text, err := list(os.Args[1])
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Args[1], "docs", "api.txt"), text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// list returns the API of the module whose go.mod is in root.
func list(root string) ([]byte, error) {
	dirs, err := publicPackages(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(head)
	for _, dir := range dirs {
		if err := writePackage(&out, root, dir); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return out.Bytes(), nil
}

// publicPackages returns the folders of packages that a program can import.
func publicPackages(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, path)
		if err = cmp.Or(err, relErr); err != nil || !d.IsDir() {
			return err
		}
		switch name := d.Name(); {
		case rel != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"internal", "cmd", "examples", "docs", "testdata"}, name)):
			return filepath.SkipDir
		}
		if p, err := importDir(path); err == nil && p.Name != "main" {
			dirs = append(dirs, filepath.ToSlash(rel))
		}
		return nil
	})
	return dirs, err
}

func importDir(dir string) (*build.Package, error) {
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = "linux", "amd64", true
	return context.ImportDir(dir, 0)
}

func writePackage(out *bytes.Buffer, root, dir string) error {
	p, err := importDir(filepath.Join(root, filepath.FromSlash(dir)))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n== %s\n", dir)
	w := apiWriter{out, fset}
	return w.all(d)
}

// An apiWriter writes declarations without bodies and comments, one line each
// where that is how they are written.
type apiWriter struct {
	out  *bytes.Buffer
	fset *token.FileSet
}

func (w apiWriter) all(d *doc.Package) error {
	err := cmp.Or(w.values(d.Consts), w.values(d.Vars), w.funcs(d.Funcs))
	for _, t := range d.Types {
		err = cmp.Or(err, w.print(t.Decl), w.values(t.Consts), w.values(t.Vars), w.funcs(t.Funcs), w.funcs(t.Methods))
	}
	return err
}

func (w apiWriter) values(values []*doc.Value) (err error) {
	for _, v := range values {
		if v.Decl.Tok == token.VAR { // values are texts of errors
			for _, spec := range v.Decl.Specs {
				spec.(*ast.ValueSpec).Values = nil
			}
		}
		err = cmp.Or(err, w.print(v.Decl))
	}
	return err
}

func (w apiWriter) funcs(funcs []*doc.Func) (err error) {
	for _, f := range funcs {
		f.Decl.Body = nil
		err = cmp.Or(err, w.print(f.Decl))
	}
	return err
}

func (w apiWriter) print(node ast.Node) error {
	w.out.WriteString("\n")
	config := printer.Config{Mode: printer.UseSpaces, Tabwidth: 4}
	err := config.Fprint(w.out, w.fset, node)
	w.out.WriteString("\n")
	return err
}
