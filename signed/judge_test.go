package signed_test

import (
	"testing"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/trust"
)

func TestJudge(t *testing.T) {
	data := read(t, "sha1/"+plainName+".sgn")
	lists := signed.Against{Lists: []*trust.List{list(t)}}
	sbn, key := firmware(t)
	whole := image("kern78xx.sbn", []byte("content"))
	damaged := append(whole[:len(whole)-1:len(whole)-1], 'x')
	for _, tt := range []struct {
		what, name string
		data       []byte
		by         signed.Against
		good       bool
		reason     signed.Reason
	}{
		{"lists", plainName + ".sgn", data, lists, true, signed.ReasonNone},
		{"a copy under another name", "copy.sgn", data, lists, true, signed.ReasonNone},
		{"another phone's name", "SEP001122334466.cnf.xml.sgn", data, lists, false, signed.ReasonOtherName},
		{"case does not matter", "sep001122334455.CNF.xml.sgn", data, lists, true, signed.ReasonNone},
		{"a certificate", "copy.sgn", data, signed.Against{Certificate: certificate(t, signerCert)}, true, signed.ReasonNone},
		{"another certificate", "copy.sgn", data, signed.Against{Certificate: certificate(t, phoneCert)}, false, signed.Reason(trust.ReasonSignatureWrong)},
		{"nothing", "copy.sgn", data, signed.Against{}, false, signed.ReasonNone},
		{"firmware and its key", "apps45.9-4-2.sbn", sbn, signed.Against{Firmware: &key}, true, signed.ReasonNone},
		{"firmware and lists", "apps45.9-4-2.sbn", sbn, lists, false, signed.ReasonFirmware},
		{"a configuration and a firmware key", "copy.sgn", data, signed.Against{Firmware: &key}, false, signed.ReasonFirmware},
		{"78xx firmware", "kern78xx.sbn", whole, lists, false, signed.ReasonFirmware},
		{"78xx firmware, damaged", "kern78xx.sbn", damaged, signed.Against{}, false, signed.ReasonDamaged},
	} {
		j, err := signed.Judge(tt.name, tt.data, tt.by)
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		if j.Good() != tt.good || signed.ReasonOf(j.Reason) != tt.reason || (j.File == nil) == (j.Image == nil) {
			t.Errorf("%s: good %v, %v, want %v, %q", tt.what, j.Good(), j.Reason, tt.good, tt.reason)
		}
		if !j.Good() && j.Verified != nil {
			t.Errorf("%s: verified although not good", tt.what)
		}
	}
	for _, bad := range [][]byte{nil, []byte("text"), data[:100], whole[:70]} {
		if j, err := signed.Judge("x", bad, lists); err == nil {
			t.Errorf("%d bytes are a file: %+v", len(bad), j)
		}
	}
}
