package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpOf returns what CMD --help prints.
func helpOf(t *testing.T, cmd *cobra.Command) string {
	t.Helper()
	args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
	code, stdout, stderr := runCommand(args...)
	if code != exitYes || stderr != "" {
		t.Fatalf("%s --help: exit code %d\n%s", cmd.CommandPath(), code, stderr)
	}
	return stdout
}

// Help fits a terminal, and each command has an example.
func TestHelp(t *testing.T) {
	for _, cmd := range allCommands() {
		help := helpOf(t, cmd)
		for line := range strings.Lines(help) {
			if line = strings.TrimRight(line, "\n"); len([]rune(line)) > helpWidth {
				t.Errorf("%s --help: %d columns: %s", cmd.CommandPath(), len([]rune(line)), line)
			}
			if strings.ContainsRune(line, '\t') {
				t.Errorf("%s --help: a tab in %q", cmd.CommandPath(), line)
			}
		}
		if cmd.Runnable() && !cmd.HasExample() && !cmd.HasAvailableSubCommands() {
			t.Errorf("%s --help: no example", cmd.CommandPath())
		}
	}
}

// Help names the value of each flag by what it is, not by its type in Go.
func TestValueNames(t *testing.T) {
	seen := 0
	for _, cmd := range allCommands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen++
			switch name, _ := pflag.UnquoteUsage(f); name {
			case "string", "strings", "stringArray", "stringSlice", "int", "ints", "uint", "float":
				t.Errorf("%s --%s %s: name the value in the flag's text, as in `FILE`", cmd.CommandPath(), f.Name, name)
			}
		})
	}
	if seen == 0 {
		t.Error("no flags")
	}
}

func TestPassages(t *testing.T) {
	const text = "One paragraph\nof two lines:\n  a table  stays\n\nAnother\nparagraph.\n\nExit codes:\n  0  yes\n"
	want := []passage{
		{"One paragraph of two lines:", false}, {"  a table  stays\n", true},
		{"Another paragraph.", false}, {"", true}, {"Exit codes:", false}, {"  0  yes", true},
	}
	if diff := cmp.Diff(want, passages(text), cmp.AllowUnexported(passage{})); diff != "" {
		t.Error(diff)
	}
}

func TestFill(t *testing.T) {
	long := strings.Repeat("x", helpWidth-2)
	for _, tt := range []struct{ text, want string }{
		{"", "> "},
		{"a b", "> a b"},
		{long + " b", "> " + long + "\n  b"},
		{"a " + long + "yz b", "> a\n  " + long + "yz\n  b"},
	} {
		if got := fill(tt.text, "> ", "  "); got != tt.want {
			t.Errorf("fill(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSuggestions(t *testing.T) {
	for line, want := range map[string]string{
		"show --breif x":     "unknown flag: --breif; did you mean --brief?\n",
		"show --col x":       "did you mean --color?",
		"show --jsonn x":     "did you mean --json?",
		"verify --nosuch x":  "unknown flag: --nosuch\n",
		"build --singer x":   "did you mean --signer?",
		"show -x y":          "unknown shorthand flag: 'x' in -x\n",
		"token list --modul": "did you mean --module?",
	} {
		code, _, stderr := runCommand(strings.Fields(line)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, no %q in\n%s", line, code, want, stderr)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"breif", "brief", 2}, {"kitten", "sitting", 3}, {"json", "json", 0}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// Shells complete the values of flags.
func TestCompleteValues(t *testing.T) {
	for line, want := range map[string]string{
		"show --as ":                        "ctl\nitl\n:4\n",
		"show --color a":                    "auto\nalways\nnever\n:4\n",
		"build --kind ":                     "ctl\nitl\n:4\n",
		"build --digest ":                   "sha1\nsha512\n:4\n",
		"update x --style c":                "cucm\nctlclient\ncertutils\n:4\n",
		"extract -d ":                       ":16\n",
		"build --signer ":                   "pkcs11:\n:2\n",
		"build --module x --signer pkcs11:": ":4\n",
	} {
		words := strings.Split(line, " ")
		_, got, stderr := runCommand(append([]string{"__complete"}, words...)...)
		if got != want {
			t.Errorf("%q: got %q, want %q\n%s", line, got, want, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	code, stdout, _ := runCommand("version")
	if code != exitYes || !strings.HasPrefix(stdout, "ctlinspect ") || !strings.Contains(stdout, "PKCS #11 tokens: ") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	code, stdout, _ = runCommand("version", "--json")
	if code != exitYes || !strings.Contains(stdout, `"type":"version"`) && !strings.Contains(stdout, `"type": "version"`) {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	d := versionDocument{Version: "v1.2.3", Revision: "abc", Modified: true, GoVersion: "go1.26", System: "linux/amd64"}
	const want = "ctlinspect v1.2.3\ncommit abc, modified\ngo1.26, linux/amd64\nPKCS #11 tokens: not supported; use a file with \"tokens\" in its name from\nhttps://github.com/ctlinspect/ctlinspect/releases, or build with cgo\n"
	if got := d.text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := d.String(); got != "v1.2.3 go1.26" {
		t.Errorf("String = %q", got)
	}
}
