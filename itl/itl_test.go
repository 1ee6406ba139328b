package itl_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOpen(t *testing.T) {
	if list, signer, err := itl.Open(read(t, "lists/itl-8.6.tlv")); err != nil || list == nil || signer.Number != 1 {
		t.Errorf("Open = %v, %v, %v", list, signer, err)
	}
	var kind *trust.KindError
	if list, signer, err := itl.Open(read(t, "lists/ctl-etoken.tlv")); list != nil || signer != nil || !errors.As(err, &kind) || kind.Got != tlv.KindCTL {
		t.Errorf("a CTL: %v, %v, %v", list, signer, err)
	}
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

func ExampleOpen() {
	data, err := os.ReadFile("../testdata/ITLFile.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	list, _, err := itl.Open(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, r := range list.Records {
		fmt.Println(i+1, r.Role().String(), r.SerialNumber())
	}
	// Output:
	// 1 SAST 21:00:2D:17:00:00:00:00:00:05
	// 2 TFTP 21:00:2D:17:00:00:00:00:00:05
	// 3 CAPF 0A:DC:6E:77:42:91:4A:53
	// 4 TVS 2E:3E:1A:7B:DA:A6:4D:84
}
