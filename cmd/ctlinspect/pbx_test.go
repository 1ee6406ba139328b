package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// The commands of docs/pbx.md, run in turn in one folder, do what it says.
func TestPBXDocument(t *testing.T) {
	testneed.Program(t, "openssl")
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "pbx.md"))
	if err != nil {
		t.Fatal(err)
	}
	wants := map[string][]string{ // by block, what it prints
		"keys":     nil,
		"list":     {"ITL, ", "verified, signed by record 1", "CCM   pbx.example.com", "0 errors", "judged for a PBX"},
		"serve":    {"ITLSEP001122334455.tlv: verified"},
		"add":      {"accept"},
		"remove":   {"accept", "0 errors"},
		"signer":   {"accept"},
		"handover": {"accept"},
		"stranger": nil,
		"https":    {"accept", `"errors":0`, `"profile":"pbx"`},
		"tftp":     {"accept"},
		"sign":     {"SEP001122334455.cnf.xml.sgn: verified: signed by record ", "1 signed file, judged by the lists beside it: nothing found"},
		"encrypt":  {"2 signed files, judged by the lists beside them: nothing found"},
	}
	dir := t.TempDir()
	blocks := regexp.MustCompile("(?s)<!-- (run|fails): ([a-z]+) -->\n```sh\n(.*?)```").FindAllSubmatch(data, -1)
	if len(blocks) != len(wants) || strings.Count(string(data), "```sh") != len(blocks) {
		t.Fatalf("%d blocks are run, want %d", len(blocks), len(wants))
	}
	for _, b := range blocks {
		kind, name := string(b[1]), string(b[2])
		out, code := output(t, dir, testneed.Program(t, "bash"), "-euo", "pipefail", "-c", string(b[3]))
		if (code == 0) != (kind == "run") {
			t.Fatalf("%s: exit code %d", name, code)
		}
		for _, want := range wants[name] {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "ITLFile.bad.tlv")); err == nil {
		t.Error("a list that strands phones was written")
	}
}
