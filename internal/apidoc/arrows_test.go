package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ctlinspect/ctlinspect/"

// arrows is what each public package may import of this module.
var arrows = map[string][]string{
	"tlv":     {},
	"cert":    {"tlv", "internal/counts"},
	"trust":   {"tlv", "cert", "internal/counts"},
	"lint":    {"tlv", "cert", "trust"},
	"ctl":     {"tlv", "cert", "trust", "lint"},
	"itl":     {"tlv", "cert", "trust", "lint"},
	"signed":  {"tlv", "cert", "trust", "lint"},
	"compare": {"tlv", "cert", "trust", "internal/devices", "internal/lazyregexp"},
	"fleet":   {"tlv", "trust", "compare", "internal/devices", "internal/inorder", "internal/lazyregexp"},
	"tvs":     {"tlv", "cert", "trust", "internal/tlspeer"},
	"token":   {"internal/patience", "internal/secret"},
	"report": {"tlv", "cert", "trust", "lint", "ctl", "itl", "signed", "compare", "fleet", "tvs",
		"internal/capf", "internal/capture", "internal/capturereport", "internal/certs", "internal/handshake", "internal/terminal"},
	"listjson": {"tlv", "cert", "report"},
}

// forbidden is what packages may not depend on, over whatever path. None means
// that there is nothing outside of the standard library.
var forbidden = map[string]string{
	"tlv":    "", // standard library only
	"report": "github.com/gopacket",
	"fleet":  "net/http",
	"trust":  "github.com/miekg/pkcs11",
}

type goPackage struct {
	ImportPath    string
	Imports, Deps []string
}

func goPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// Imports go one way.
func TestArrows(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range goPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		top, _, _ := strings.Cut(name, "/")
		seen[name] = true
		allowed, public := arrows[name]
		switch {
		case top == "cmd", top == "internal", top == "docs", top == "web":
		case top == "examples":
			allowed, public = publicNames(), true
		case !public:
			t.Errorf("%s: a new public package; list what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			imported, ours := strings.CutPrefix(imported, module)
			switch {
			case !ours:
			case strings.HasPrefix(imported, "cmd/"):
				t.Errorf("%s imports the command", name)
			case public && !slices.Contains(allowed, imported):
				t.Errorf("%s imports %s", name, imported)
			}
		}
		checkDeps(t, name, p.Deps)
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("there is no package %s", name)
		}
	}
}

func checkDeps(t *testing.T, name string, deps []string) {
	t.Helper()
	never, ok := forbidden[name]
	if !ok {
		return
	}
	for _, d := range deps {
		domain, _, _ := strings.Cut(d, "/")
		outside := strings.Contains(domain, ".") && !strings.HasPrefix(d, module)
		if (outside || never != "") && strings.HasPrefix(d, never) {
			t.Errorf("%s depends on %s", name, d)
		}
	}
}

func publicNames() []string {
	var names []string
	for name := range arrows {
		names = append(names, name)
	}
	return names
}
