package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestInspect(t *testing.T) {
	var out bytes.Buffer
	if err := inspect(&out, "../../testdata/CTLFile.tlv"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "1 SAST \"cn=") || !strings.HasSuffix(got, "signed by record 1 with SHA-1\n") {
		t.Errorf("got %s", got)
	}
	if err := inspect(&out, "../../testdata/broken/cut-in-record.tlv"); err == nil || !strings.Contains(err.Error(), "damaged at byte 3721") {
		t.Errorf("broken file: %v", err)
	}
	if err := inspect(&out, "../../testdata/lists/other-key.tlv"); err == nil || !strings.Contains(err.Error(), "not verified") {
		t.Errorf("wrong signature: %v", err)
	}
}
