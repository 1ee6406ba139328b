package report_test

import (
	"fmt"
	"os"

	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// The document of show --json as a Go type.
func ExampleNewList() {
	data, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	d := report.NewList(report.NewFile("CTLFile.tlv", data, tlv.KindUnknown))
	fmt.Println(d.Schema, d.Type, d.Kind, len(d.Records))
	// Output: ctlinspect/2 list CTL 4
}
