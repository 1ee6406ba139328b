// Command rulesdoc writes docs/rules.md from the rules.
package main

//go:generate go run . ../../docs/rules.md

import (
	"bytes"
	"fmt"
	"os"

	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/signed"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rulesdoc FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], document(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const head = `# Rules

<!-- Written by go generate ./internal/rulesdoc from the rules. Do not edit. -->

What ` + "`ctlinspect lint`" + ` checks. An error means that phones fail or that nothing is proven; a warning, that
something will fail or is fragile; a notice is worth knowing. ` + "`--ignore ID`" + ` leaves a rule out.

The source is the ground of the fact: [A] arithmetic of published listings, [F] real files, [P] other implementations,
[D] Cisco documentation, [S] published logs, [I] inferred, [?] unknown.
`

func document() []byte {
	var w bytes.Buffer
	w.WriteString(head)
	section(&w, "Both lists", lint.Rules())
	section(&w, "CTL", ctl.Rules())
	section(&w, "ITL", itl.Rules())
	section(&w, "Signed files", signed.Rules())
	return w.Bytes()
}

func section(w *bytes.Buffer, title string, rules []lint.Rule) {
	fmt.Fprintf(w, "\n## %s\n", title)
	for _, severity := range []lint.Severity{lint.SeverityError, lint.SeverityWarning, lint.SeverityNotice} {
		for _, r := range rules {
			if r.Severity == severity {
				fmt.Fprintf(w, "\n### %s\n\n%s: %s.\n\n%s\n\nSource: %s\n", r.ID, severity, r.Title, r.Doc, r.Source)
			}
		}
	}
}
