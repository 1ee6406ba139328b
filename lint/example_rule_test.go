package lint_test

import (
	"fmt"
	"os"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/trust"
)

// One rule alone.
func ExampleRule_Apply() {
	data, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := trust.Read(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	rule, err := lint.Find(lint.Rules(), "key-short")
	if err != nil {
		fmt.Println(err)
		return
	}
	findings, applies := rule.Apply(lint.NewSubject(l, lint.Options{}))
	fmt.Println(applies, len(findings), findings[0].Severity)
	// Output: true 4 warning
}
