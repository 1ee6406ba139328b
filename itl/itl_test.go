package itl_test

import (
	"encoding/pem"
	"os"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Which records hold a hash in place of the certificate.
func TestNewRecord(t *testing.T) {
	block, _ := pem.Decode(read(t, "certs/CAPF.pem"))
	c, err := cert.Read(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		style  tlv.Style
		role   tlv.Role
		hashed bool
	}{
		{tlv.StyleCUCM, tlv.RoleCAPF, true}, {tlv.StyleCUCM, tlv.RoleTVS, true}, {tlv.StyleCUCM, tlv.RoleTFTP, false}, {tlv.StyleCUCM, tlv.RoleSAST, false},
		{tlv.StyleCertutils, tlv.RoleCAPF, false}, {tlv.StyleCertutils, tlv.RoleTVS, false},
	} {
		r, err := itl.NewRecord(c, tt.style, tt.role, cert.Host{})
		if err != nil {
			t.Fatal(err)
		}
		if hashed := r.CertHash() != nil; hashed != tt.hashed || hashed == (r.Certificate() != nil) {
			t.Errorf("%s, %s: hash %v, want %v", tt.style, tt.role, hashed, tt.hashed)
		}
	}
}
