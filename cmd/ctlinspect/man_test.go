package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var updateMan = flag.Bool("update-man", false, "write the manual pages in docs/man")

const (
	manDir  = "../../docs/man"
	manDate = "2026-11-25" // of the last large change of the help
)

// docs/man holds the help of all commands, and nothing else.
func TestManPages(t *testing.T) {
	pages := manPages()
	if *updateMan {
		writePages(t, pages)
	}
	found, err := filepath.Glob(manDir + "/*.1")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(pages) {
		t.Errorf("%d files in docs/man for %d commands: run go generate ./docs/man", len(found), len(pages))
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(manDir, name))
		if err != nil || string(got) != want {
			t.Errorf("docs/man/%s is not up to date (%v): run go generate ./docs/man", name, err)
		}
	}
}

// Programs that render manual pages find nothing to complain about, and all of
// the help is there.
func TestManPagesRender(t *testing.T) {
	for _, program := range [][]string{{"mandoc", "-T", "lint", "-W", "warning"}, {"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8"}} {
		if _, err := exec.LookPath(program[0]); err != nil {
			continue
		}
		for name := range manPages() {
			cmd := exec.Command(program[0], append(program[1:], filepath.Join(manDir, name))...)
			cmd.Env = append(os.Environ(), "MANWIDTH=80", "MANROFFOPT=-c", "LC_ALL=C.UTF-8")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil || stderr.Len() > 0 {
				t.Errorf("%s %s: %v\n%s%s", program[0], name, err, stderr.String(), stdout.String())
			}
			if name == "ctlinspect-fetch.1" && program[0] == "man" && !strings.Contains(stdout.String(), "CTLSEP<MAC>.tlv") {
				t.Errorf("no CTLSEP<MAC>.tlv in\n%s", stdout.String())
			}
		}
	}
}

func writePages(t *testing.T, pages map[string]string) {
	t.Helper()
	old, _ := filepath.Glob(manDir + "/*.1")
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, page := range pages {
		if err := os.WriteFile(filepath.Join(manDir, name), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// manPages returns the page of each command by its file's name.
func manPages() map[string]string {
	pages := make(map[string]string)
	for _, cmd := range allCommands() {
		pages[pageName(cmd)+".1"] = manPage(cmd)
	}
	return pages
}

// allCommands returns the command and all below it that help lists.
func allCommands() []*cobra.Command {
	root := new(app).rootCommand()
	all := []*cobra.Command{root}
	for i := 0; i < len(all); i++ {
		for _, sub := range all[i].Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "help" {
				sub.InitDefaultHelpFlag()
				all = append(all, sub)
			}
		}
	}
	root.InitDefaultHelpFlag()
	return all
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manPage(cmd *cobra.Command) string {
	var p page
	p.add(".TH %q 1 %q ctlinspect \"User Commands\"", strings.ToUpper(pageName(cmd)), manDate)
	p.add(".SH NAME\n%s \\- %s", roff(pageName(cmd)), roff(cmd.Short))
	p.add(".SH SYNOPSIS\n.nh\n%s\n.hy", roff(cmd.UseLine()))
	p.add(".SH DESCRIPTION")
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	p.text(long)
	if cmd.HasAvailableSubCommands() {
		p.add(".SH COMMANDS")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "help" {
				p.add(".TP\n\\fB%s\\fR(1)\n%s", roff(pageName(sub)), roff(sub.Short))
			}
		}
	}
	p.add(".SH OPTIONS")
	cmd.Flags().VisitAll(func(f *pflag.Flag) { p.add("%s", option(f)) })
	if cmd.HasExample() {
		p.add(".SH EXAMPLES\n.nf\n%s\n.fi", roff(strings.Trim(cmd.Example, "\n")))
	}
	if cmd.HasParent() {
		p.add(".SH SEE ALSO\n\\fB%s\\fR(1)", roff(pageName(cmd.Parent())))
	}
	return p.String()
}

// A page is a manual page in the making.
type page struct{ strings.Builder }

func (p *page) add(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// text adds help: paragraphs, and lines that stay as they are.
func (p *page) text(s string) {
	for _, b := range passages(s) {
		switch {
		case !b.verbatim:
			p.add("%s", roff(b.text))
		case strings.TrimSpace(b.text) == "":
			p.add(".PP")
		default:
			if strings.HasPrefix(b.text, "\n") {
				p.add(".PP")
			}
			p.add(".nf\n%s\n.fi", roff(strings.Trim(b.text, "\n")))
			if strings.HasSuffix(b.text, "\n") {
				p.add(".PP")
			}
		}
	}
}

// option describes a flag in the words of its help.
func option(f *pflag.Flag) string {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.AddFlag(f)
	usage := strings.TrimSpace(set.FlagUsages())
	names, text, _ := strings.Cut(usage, "   ")
	return ".TP\n\\fB" + roff(names) + "\\fR\n" + roff(strings.TrimSpace(text))
}

var lineStart = regexp.MustCompile(`(?m)^[.']`)

// roff escapes text.
func roff(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	s = strings.NewReplacer("\t", "    ", "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	s = lineStart.ReplaceAllString(s, `\&$0`)
	return strings.ReplaceAll(s, "\n\n", "\n\\&\n")
}
