package ctl_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/ctlinspect/ctlinspect/ctl"
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
	list, signer, err := ctl.Open(read(t, "lists/ctl-etoken.tlv"))
	if err != nil || list == nil || signer.Number != 1 {
		t.Errorf("Open = %v, %v, %v", list, signer, err)
	}
	var kind *trust.KindError
	if list, signer, err := ctl.Open(read(t, "lists/itl-8.6.tlv")); list != nil || signer != nil || !errors.As(err, &kind) || kind.Got != tlv.KindITL {
		t.Errorf("an ITL: %v, %v, %v", list, signer, err)
	}
	var wrong *trust.SignatureError
	if list, signer, err := ctl.Open(read(t, "lists/bad-signature.tlv")); list != nil || signer != nil || !errors.As(err, &wrong) {
		t.Errorf("a wrong signature: %v, %v, %v", list, signer, err)
	}
	var parse *tlv.ParseError
	if list, signer, err := ctl.Open(read(t, "broken/text.tlv")); list != nil || signer != nil || !errors.As(err, &parse) {
		t.Errorf("text: %v, %v, %v", list, signer, err)
	}
}

func ExampleOpen() {
	data, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	list, signer, err := ctl.Open(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, r := range list.Records {
		fmt.Println(i+1, r.Role().String(), r.Subject())
	}
	fmt.Println("signed by record", signer.Number)
	// Output:
	// 1 SAST cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems
	// 2 SAST cn="SAST-ADN5bbd7b14        ";ou=IPCBU;o="Cisco Systems
	// 3 CCM+TFTP CN=CUCM8-Publisher.bbbburns.lab;OU=AS;O=Cisco;L=RTP;ST=NC;C=US
	// 4 CAPF CN=CAPF-9c4cba7d;OU=TAC;O=Cisco;L=RTP;ST=North Carolina;C=US
	// signed by record 1
}
