package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/trust"
)

func TestSign(t *testing.T) {
	const data = "../../testdata/"
	out := filepath.Join(t.TempDir(), "CTLFile.tlv")
	signers := []string{data + "certs/etoken-a.pem", data + "certs/etoken-b.pem"}
	if err := sign(data+"keys/etoken-a.pem", signers, data+"certs/CallManager.pem", "192.0.2.10", out); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	list, err := trust.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := list.Verify()
	if err != nil {
		t.Fatal(err)
	}
	if signer.Number != 1 || len(list.Records) != 3 || list.Records[2].IPAddress().String() != "192.0.2.10" {
		t.Errorf("signed by record %d of %d", signer.Number, len(list.Records))
	}
	if err := sign(data+"keys/etoken-c.pem", signers, data+"certs/CallManager.pem", "192.0.2.10", out); err == nil {
		t.Error("a key that no SAST has was taken")
	}
}
