package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpandPatterns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"CTLFile.tlv", "b/ITLFILE.TLV", "b/CTLFile.tlv", "c/CTLFile.tlv", "d [1]/x.tlv", "d 1/x.tlv", "notes.txt"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ args, want []string }{
		{[]string{"verify", "*.tlv", "-"}, []string{"verify", "CTLFile.tlv", "-"}},
		{[]string{"*.TLV"}, []string{"CTLFile.tlv"}},
		{[]string{"B/*.tlv"}, []string{"B/*.tlv"}}, // only what has a wildcard: the system finds b itself
		{[]string{"b/*.tlv"}, []string{"b/CTLFile.tlv", "b/ITLFILE.TLV"}},
		{[]string{"?/ctl*"}, []string{"b/CTLFile.tlv", "c/CTLFile.tlv"}},
		{[]string{"d [1]/*"}, []string{"d [1]/x.tlv"}},
		{[]string{here + "/*.txt"}, []string{here + "/notes.txt"}},
		{[]string{"none*.tlv", "CTLFile.tlv"}, []string{"none*.tlv", "CTLFile.tlv"}},
		{[]string{"pkcs11:token=A?module-path=/x", "http://cucm1/x?*", "[*"}, []string{"pkcs11:token=A?module-path=/x", "http://cucm1/x?*", "[*"}},
	} {
		for i := range test.want {
			test.want[i] = filepath.FromSlash(test.want[i])
		}
		if filepath.Separator != '/' && test.args[0] == "B/*.tlv" {
			continue
		}
		for i, arg := range test.args {
			if arg != "http://cucm1/x?*" && arg != "pkcs11:token=A?module-path=/x" {
				test.args[i] = filepath.FromSlash(arg)
			}
		}
		if diff := cmp.Diff(test.want, expandPatterns(test.args)); diff != "" {
			t.Errorf("%q: %s", test.args, diff)
		}
	}
}
