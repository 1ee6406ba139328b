package main

import (
	"os"
	"strings"
	"testing"
)

// NOTICE has the licences of what is linked in: MIT, BSD or Apache, all of them.
func TestNotice(t *testing.T) {
	want, err := notice("../..")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(want), "github.com/spf13/cobra v") {
		t.Error("cobra is not listed")
	}
	got, err := os.ReadFile("../../NOTICE")
	if err != nil || string(got) != string(want) {
		t.Errorf("NOTICE is not up to date (%v): run go generate ./internal/notice", err)
	}
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"Permission is hereby granted, free\nof charge, to":                  "MIT",
		"Redistribution and use in source\nand binary forms, with":           "BSD",
		"  Apache License\n  Version 2.0, January 2004":                      "Apache-2.0",
		"GNU GENERAL PUBLIC LICENSE":                                         "",
		"Mozilla Public License Version 2.0":                                 "",
		"GNU LESSER ... Redistribution and use in source and binary forms, ": "",
		"All rights reserved.":                                               "",
	} {
		if got, err := classify(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}
