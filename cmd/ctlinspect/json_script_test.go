package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ctlinspect/ctlinspect/internal/schemas"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
)

var jsonCommands = map[string]func(*testscript.TestScript, bool, []string){"indent": indent, "documents": documents}

// indent FILE writes the documents in the last output indented into FILE, to be
// compared with golden ones that people can read.
func indent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: indent FILE")
	}
	var out bytes.Buffer
	decoder := json.NewDecoder(bytes.NewReader([]byte(ts.ReadFile("stdout"))))
	for {
		var document json.RawMessage
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		ts.Check(err)
		ts.Check(json.Indent(&out, document, "", "  "))
		out.WriteByte('\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o644))
}

// documents FILE... wants files that hold documents as docs/schema describes them.
func documents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: documents FILE...")
	}
	for _, name := range args {
		if err := schemas.Validate([]byte(ts.ReadFile(name))); err != nil {
			ts.Fatalf("%s: %v", name, err)
		}
	}
}

const exitSchema = 99 // of a run of the command in a test

// validated runs the command and checks the documents that it writes against
// docs/schema, one on each line.
func validated(args []string, command func(stdout io.Writer) int) int {
	if !slices.Contains(args, "--json") && !slices.Contains(args, "-j") || terminal.Is(os.Stdout) {
		return command(standardOutput())
	}
	var out bytes.Buffer
	code := command(io.MultiWriter(standardOutput(), &out))
	for line := range bytes.Lines(out.Bytes()) {
		err := schemas.Validate(line)
		if err == nil && !json.Valid(line) {
			err = errors.New("not a document on a line")
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, line)
			return exitSchema
		}
	}
	return code
}
