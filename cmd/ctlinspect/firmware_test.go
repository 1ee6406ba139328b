package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/firmwaretest"
)

// What can be known of firmware: its header; of a 78xx whether it is whole; the files
// that a .loads file names; with a key when it was signed.
func TestSignedFirmware(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	whole := firmwaretest.Image("kern78xx.12-8-1.sbn", []byte("content"))
	write("kern78xx.sbn", whole)
	write("damaged.sbn", append(whole[:len(whole)-1:len(whole)-1], 'x'))
	sbn, modulus := firmwaretest.Signed(t, "apps45.9-4-2.sbn", []byte("firmware"))
	write("apps45.9-4-2.sbn", sbn)
	sbn[len(sbn)-1] ^= 1
	write("changed.sbn", sbn)
	write("key", []byte(strings.ToUpper(modulus[:256])+"\n"+modulus[256:]+"\n"))
	write("bad-key", []byte(modulus[2:]))
	loads, _ := firmwaretest.Signed(t, "SIP45.loads", []byte("apps45.9-4-2.sbn\nkern78xx.sbn 400\nmissing.sbn 12345\n"))
	write("SIP45.loads", loads)
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"show", at("kern78xx.sbn")}, exitYes, "whole: its own SHA-256 is right; that does not say who made it"},
		{[]string{"show", at("damaged.sbn")}, exitNo, "NOT VERIFIED (damaged): the content is not what its own SHA-256"},
		{[]string{"verify", "--firmware-key", at("key"), at("apps45.9-4-2.sbn")}, exitYes, "verified: signed 2009-02-13T23:31:30Z with this firmware key"},
		{[]string{"verify", "--firmware-key", at("key"), at("changed.sbn")}, exitNo, "NOT VERIFIED (firmware-key): the signature does not match"},
		{[]string{"verify", "--firmware-key", at("key"), at("kern78xx.sbn")}, exitNo, "what the signature of 78xx firmware covers is unknown"},
		{[]string{"verify", "--list", testdata + "signed/ITLFile.tlv", at("apps45.9-4-2.sbn")}, exitNo, "this is firmware, signed with a key of Cisco's that no list holds and that is not published"},
		{[]string{"verify", "--firmware-key", at("bad-key"), at("apps45.9-4-2.sbn")}, exitUnreadable, "expected the modulus of an RSA key of 2048 bits"},
		{[]string{"show", at("SIP45.loads")}, exitNo, "missing.sbn: MISSING beside this file"},
		{[]string{"show", at("SIP45.loads")}, exitNo, "kern78xx.sbn: 339 bytes, should have 400"},
		{[]string{"show", "--json", at("SIP45.loads")}, exitNo, `"members":[{"name":"apps45.9-4-2.sbn","size":null,"found":`},
		{[]string{"extract", at("kern78xx.sbn"), "-o", "-"}, exitYes, "content"},
	} {
		code, stdout, stderr := runCommand(append([]string{"signed"}, tt.args...)...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
			t.Errorf("%q: exit code %d, want %d and %q\n%s%s", tt.args, code, tt.code, tt.want, stdout, stderr)
		}
	}
	code, stdout, _ := runCommand("lint", at("SIP45.loads"), at("damaged.sbn"), at("apps45.9-4-2.sbn"))
	for _, want := range []string{"error firmware-members: ", "SIP45.loads: missing.sbn: MISSING beside this file", "error firmware-damaged: "} {
		if code != exitNo || !strings.Contains(stdout, want) {
			t.Errorf("lint: exit code %d, no %q in\n%s", code, want, stdout)
		}
	}
	if code, _, stderr := runCommand("verify", at("kern78xx.sbn")); code != exitUnreadable || !strings.Contains(stderr, "it is firmware of a 78xx phone: use ctlinspect signed show") {
		t.Errorf("verify: exit code %d, %s", code, stderr)
	}
}
