package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInputsOf(t *testing.T) {
	for args, want := range map[string]string{
		"update OLD.tlv -o OUT --force":                  "update OLD.tlv --force",
		"-oOUT --output=OUT --dir OUT -fo OUT --dir=OUT": "--dir -fo",
		"--record CAPF=c.pem,host=h":                     "--record CAPF=c.pem,host=h CAPF=c.pem c.pem host=h h",
		"--pin-file=pin":                                 "--pin-file=pin pin",
		"--signer=pkcs11:token=A?pin-source=file:/p":     "--signer=pkcs11:token=A?pin-source=file:/p --signer=pkcs11:token=A pkcs11:token=A pin-source=file:/p /p",
	} {
		t.Run(args, func(t *testing.T) {
			got := make(map[string]bool)
			for _, name := range inputsOf(strings.Fields(args)) {
				got[name] = true
			}
			for name := range strings.FieldsSeq(want) {
				if !got[name] && !strings.HasPrefix(name, "-") {
					t.Errorf("%s is missing", name)
				}
			}
			if got["OUT"] {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
}
