// Command notice writes NOTICE: the licences of the modules that are linked into
// the command, on any of the systems that releases support. It fails for a licence
// other than MIT, BSD and Apache 2.0.
package main

//go:generate go run . ../..

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const head = `ctlinspect is under the MIT licence, see LICENSE. Its programs contain the Go
standard library, which has the licence of golang.org/x/crypto below, and these
modules:
`

func main() {
	log.SetFlags(0)
	log.SetPrefix("notice: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: notice ROOT")
	}
	text, err := notice(os.Args[1])
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Args[1], "NOTICE"), text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// A module is what is linked in.
type module struct{ path, version, dir string }

func notice(root string) ([]byte, error) {
	modules, err := linked(root)
	if err != nil {
		return nil, err
	}
	var list, texts bytes.Buffer
	for _, m := range modules {
		text, err := m.licence()
		if err != nil {
			return nil, err
		}
		kind, err := classify(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.path, err)
		}
		fmt.Fprintf(&list, "  %s %s (%s)\n", m.path, m.version, kind)
		fmt.Fprintf(&texts, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 72), m.path, strings.TrimSpace(text))
	}
	return slices.Concat([]byte(head), list.Bytes(), texts.Bytes()), nil
}

// linked returns the modules of the command on all systems, by path.
func linked(root string) ([]module, error) {
	var all []module
	for _, system := range []string{"linux", "windows", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "./cmd/ctlinspect")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			path, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			version, dir, _ := strings.Cut(rest, " ")
			if m := (module{path, version, dir}); path != "" && !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

func (m module) licence() (string, error) {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		if text, err := os.ReadFile(filepath.Join(m.dir, name)); err == nil {
			return strings.ReplaceAll(string(text), "\r\n", "\n"), nil
		}
	}
	return "", fmt.Errorf("%s: no licence in %s", m.path, m.dir)
}

// classify names a licence by the words that it alone has.
func classify(text string) (string, error) {
	words := strings.Join(strings.Fields(text), " ")
	switch {
	case strings.Contains(words, "GNU "), strings.Contains(words, "Mozilla Public"):
		return "", fmt.Errorf("a licence that may not be linked in")
	case strings.Contains(words, "Apache License Version 2.0"):
		return "Apache-2.0", nil
	case strings.Contains(words, "Permission is hereby granted, free of charge"):
		return "MIT", nil
	case strings.Contains(words, "Redistribution and use in source and binary forms"):
		return "BSD", nil
	}
	return "", fmt.Errorf("an unknown licence")
}
