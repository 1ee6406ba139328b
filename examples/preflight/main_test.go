package main

import (
	"strings"
	"testing"
)

func TestPreflight(t *testing.T) {
	const dir = "../../testdata/lists/"
	tests := []struct {
		name    string
		phones  []string
		refused int
		want    []string
	}{
		{"upd-second-token.tlv", []string{dir + "ctl-etoken.tlv", dir + "itl-8.6.tlv," + dir + "ctl-etoken.tlv"}, 0,
			[]string{"ctl-etoken.tlv: taken (accepted): record 2 of the installed CTL vouches"}},
		{"upd-new-token.tlv", []string{dir + "ctl-etoken.tlv", dir + "upd-add-token.tlv", dir + "upd-new-token.tlv"}, 1,
			[]string{"ctl-etoken.tlv: refused (unknown-signer): ", "upd-new-token.tlv: taken (same)"}},
		{"ctl-sha512.tlv", []string{dir + "itl-sha512-ec.tlv"}, 0, []string{"  warning: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			refused, err := preflight(&out, dir+tt.name, tt.phones)
			if err != nil || refused != tt.refused {
				t.Errorf("%d refused, %v; want %d", refused, err, tt.refused)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, &out)
				}
			}
		})
	}
	for _, args := range [][]string{{"nosuch.tlv", dir + "ctl-etoken.tlv"}, {dir + "ctl-etoken.tlv", dir + "../broken/text.tlv"}} {
		if _, err := preflight(&strings.Builder{}, args[0], args[1:]); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
