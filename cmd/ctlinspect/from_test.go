package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keyOf names the key of testdata/keys that signed each of the lists.
var keyOf = map[string]string{
	"ctl-etoken": "etoken-a", "ctl-nonsecure": "etoken-a", "ctl-sha512": "itlrecovery", "ctl-tokenless": "pub-1024", "ctl-unknown-tag": "itlrecovery",
	"itl-8.6": "callmanager", "itl-by-recovery": "itlrecovery", "itl-sha512-ec": "itlrecovery", "itl-thirdparty": "itlrecovery",
	"no-signer-record": "etoken-a", "upd-add-token": "etoken-a", "upd-drop-second": "etoken-a", "upd-new-token": "etoken-c", "upd-second-token": "etoken-b",
}

// The lists whose signature is not that of their signer cannot be made.
var notMade = map[string]bool{"bad-signature": true, "bad-signature-timestamp": true, "other-key": true, "signer-not-sast": true}

// Extract, then build with the same key, gives the same file.
func TestExtractThenBuild(t *testing.T) {
	for _, v := range readVectors(t, "lists.json") {
		name := filepath.Base(v.File[:len(v.File)-len(".tlv")])
		if notMade[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if code, _, stderr := runCommand("extract", testdata+v.File, "-d", filepath.Join(dir, "x")); code != exitYes && v.Verifies {
				t.Fatalf("extract: exit code %d, %s", code, stderr)
			}
			args := []string{"build", "--from", filepath.Join(dir, "x", "list.json"), "--signer", testdata + "keys/" + keyOf[name] + ".pem", "-o", filepath.Join(dir, "made.tlv"), "--allow", "certificate-expired,itl-without-tftp"}
			if name == "no-signer-record" {
				args = append(args, "--allow-unlisted-signer", "--signer-cert", testdata+"certs/etoken-a.pem")
			}
			if code, _, stderr := runCommand(args...); code != exitYes {
				t.Fatalf("build: exit code %d, %s", code, stderr)
			}
			made, err := os.ReadFile(filepath.Join(dir, "made.tlv"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(testdata + v.File)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(made, want) {
				t.Errorf("%d bytes were made, not those of %s", len(made), v.File)
			}
		})
	}
}

// Nobody knows what phones do with a list of another version.
func TestBuildUnproven(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := runCommand("extract", testdata+"lists/ctl-sha512.tlv", "-d", dir); code != exitYes {
		t.Fatal(stderr)
	}
	name := filepath.Join(dir, "list.json")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(data, []byte(`"version": "1.2"`), []byte(`"version": "2.0"`), 1)
	if bytes.Equal(changed, data) {
		t.Fatal("list.json has no version")
	}
	if err := os.WriteFile(name, changed, 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"build", "--from", name, "--signer", testdata + "keys/itlrecovery.pem", "-o", filepath.Join(dir, "made.tlv")}
	code, _, stderr := runCommand(args...)
	if want := "refused: VERSION is 2.0; lists have 1.2; what phones do with that is not known"; code != exitNo || !strings.Contains(stderr, want) {
		t.Errorf("exit code %d, %s; want %s", code, stderr, want)
	}
	code, _, stderr = runCommand(append(args, "--allow-unproven")...)
	if code != exitYes || !strings.Contains(stderr, "(allowed by --allow-unproven)") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
