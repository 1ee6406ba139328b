package cert_test

import (
	"os"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func TestStyleOf(t *testing.T) {
	for name, want := range map[string]tlv.Style{
		"lists/ctl-etoken":     tlv.StyleCTLClient,
		"lists/ctl-nonsecure":  tlv.StyleCTLClient,
		"lists/ctl-tokenless":  tlv.StyleCUCM,
		"lists/ctl-sha512":     tlv.StyleCUCM,
		"lists/itl-8.6":        tlv.StyleCUCM,
		"lists/itl-sha512-ec":  tlv.StyleCUCM,
		"lists/itl-thirdparty": tlv.StyleCertutils,
		"signed/ITLFile":       tlv.StyleCertutils,
		"cases/serial-zero":    tlv.StyleCertutils,
	} {
		data, err := os.ReadFile("../testdata/" + name + ".tlv")
		if err != nil {
			t.Fatal(err)
		}
		l, err := tlv.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := cert.StyleOf(l.Header, l.Records); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if want != tlv.StyleCertutils {
			continue
		}
		if cert.StyleOf(l.Header, nil) != want || cert.StyleOf(tlv.Header{}, l.Records) != want {
			t.Errorf("%s: neither the header nor the records alone tell", name)
		}
	}
}
