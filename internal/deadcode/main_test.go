package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnused(t *testing.T) {
	var packages []deadPackage
	const output = `[{"Name":"itl","Path":"github.com/ctlinspect/ctlinspect/itl","Funcs":[
		{"Name":"Open","Position":{"File":"itl/itl.go"}},{"Name":"List.Old","Position":{"File":"itl/itl.go"}},
		{"Name":"list.Old","Position":{"File":"itl/itl.go"}},{"Name":"close","Position":{"File":"itl/itl.go"}},{"Name":"Fault.Error","Position":{"File":"itl/itl.go"}}]},
		{"Name":"counts","Path":"github.com/ctlinspect/ctlinspect/internal/counts","Funcs":[{"Name":"Since","Position":{"File":"internal/counts/counts.go"}}]}]`
	if err := json.Unmarshal([]byte(output), &packages); err != nil {
		t.Fatal(err)
	}
	got := unused(packages, map[string]bool{"itl.Open": true})
	if diff := cmp.Diff([]string{"itl/itl.go: itl.List.Old"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestUsedInExamples(t *testing.T) {
	used, err := usedInExamples("../..")
	if err != nil {
		t.Fatal(err)
	}
	if !used["../../tlv.Parse"] || used["../../tlv.Nosuch"] {
		t.Errorf("tlv.Parse %t, tlv.Nosuch %t", used["../../tlv.Parse"], used["../../tlv.Nosuch"])
	}
}
