package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

var jsonCommands = map[string]func(*testscript.TestScript, bool, []string){"indent": indent}

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
