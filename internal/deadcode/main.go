// Command deadcode lists functions that neither the command, nor a program in
// examples, nor an Example test uses, and fails if there are any. Its folder is
// where go run starts it: the root of the module.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module = "github.com/ctlinspect/ctlinspect/"
	tool   = "golang.org/x/tools/cmd/deadcode@v0.48.0"
)

// programs are where the search begins. What only tests import is none of them.
var programs = []string{"./cmd/...", "./examples/...", "./internal/rulesdoc", "./internal/apidoc", "./internal/deadcode"}

// allowed are functions that nothing calls, and why they stay.
var allowed = map[string]string{
	"internal/counts.Since": "tests count work with it",
}

// A deadPackage is a part of the tool's output.
type deadPackage struct {
	Path  string
	Funcs []struct {
		Name     string // "Open", "Rule.Apply"
		Position struct{ File string }
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("deadcode: ")
	packages, err := unreachable()
	if err != nil {
		log.Fatal(err)
	}
	used, err := usedInExamples(".")
	if err != nil {
		log.Fatal(err)
	}
	if dead := unused(packages, used); len(dead) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(dead, "\n"))
		log.Fatalf("%d functions that no command, example or Example test uses: remove them, or show their use in an Example", len(dead))
	}
}

func unreachable() ([]deadPackage, error) {
	args := append([]string{"run", tool, "-json", "-filter", module}, programs...)
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var packages []deadPackage
	return packages, json.Unmarshal(out, &packages)
}

// unused returns the functions that are not used in Examples either.
func unused(packages []deadPackage, used map[string]bool) []string {
	var dead []string
	for _, p := range packages {
		for _, f := range p.Funcs {
			name := strings.TrimPrefix(p.Path, module) + "." + f.Name
			last := f.Name[strings.LastIndex(f.Name, ".")+1:]
			if public(p.Path) && !counts(f.Name) {
				continue
			}
			if allowed[name] == "" && !used[filepath.ToSlash(filepath.Dir(f.Position.File))+"."+last] {
				dead = append(dead, f.Position.File+": "+name)
			}
		}
	}
	return dead
}

func public(path string) bool {
	return !strings.HasPrefix(path, module+"internal/") && !strings.HasPrefix(path, module+"cmd/")
}

// counts reports whether a function of a public package is judged: it is exported,
// and not called by fmt alone. What the others lack, staticcheck finds: they may be
// used by a function that only an Example uses.
func counts(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if !ast.IsExported(part) {
			return false
		}
	}
	return !strings.HasSuffix(name, ".Error") && !strings.HasSuffix(name, ".String")
}

// usedInExamples returns what Example functions mention, as FOLDER.NAME.
func usedInExamples(root string) (map[string]bool, error) {
	used := make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Example") {
				ast.Inspect(fn, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok {
						used[filepath.ToSlash(filepath.Dir(path))+"."+s.Sel.Name] = true
					}
					return true
				})
			}
		}
		return nil
	})
	return used, err
}
