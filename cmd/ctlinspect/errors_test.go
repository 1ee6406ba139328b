package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What each error is: its exit code; usage alone points to the help.
func TestErrorCodes(t *testing.T) {
	dir := t.TempDir()
	lists := map[string]string{
		"CTL": testdata + "CTLFile.tlv", "ITL": testdata + "ITLFile.tlv",
		"KEY": testdata + "keys/etoken-a.pem", "CERT": testdata + "certs/etoken-a.pem",
		"OTHER": testdata + "certs/etoken-b.pem", "EC": testdata + "keys/tftp-ec.pem", "ECCERT": testdata + "certs/tftp-ec.pem",
		"ED448": ed448Certificate(t, dir), "TEXT": filepath.Join(dir, "text"), "GONE": filepath.Join(dir, "gone"),
		"OUT": filepath.Join(dir, "out.tlv"), "DIR": dir,
	}
	if err := os.WriteFile(lists["TEXT"], []byte("neither a list nor a key nor names of phones\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := "build --kind ctl -o OUT --signer KEY --record SAST=CERT "
	update := "update CTL -o OUT --signer KEY "
	for line, want := range map[string]int{
		// Flags and arguments.
		"":                             exitUsage,
		"--nosuch CTL":                 exitUsage,
		"nosuch":                       exitUnreadable,
		"shwo":                         exitUsage,
		"show":                         exitUsage,
		"show --as x CTL":              exitUsage,
		"show --at x CTL":              exitUsage,
		"show --color x CTL":           exitUsage,
		"show --brief --json CTL":      exitUsage,
		"show --brief=x CTL":           exitUsage,
		"show - -":                     exitUsage,
		"show tftp://host/CTLFile.tlv": exitUsage,
		"verify":                       exitUsage,
		"verify https://host/x":        exitUsage,
		"sum":                          exitUsage,
		"sum - -":                      exitUsage,
		"lint":                         exitUsage,
		"lint --days -1 CTL":           exitUsage,
		"lint --ignore nosuch CTL":     exitUsage,
		"lint --rules nosuch":          exitUsage,
		"match":                        exitUsage,
		"match CTL":                    exitUsage,
		"match - --cert -":             exitUsage,
		"extract":                      exitUsage,
		"extract CTL":                  exitUsage,
		"extract CTL ITL -d DIR":       exitUsage,
		"fetch":                        exitUsage,
		"fetch --jobs 0 host":          exitUsage,
		"fetch --http --https host":    exitUsage,
		"fetch host/name":              exitUsage,
		"fetch host:0":                 exitUsage,
		"fetch ftp://host/name":        exitUsage,
		"fetch tftp://host/a*b":        exitUsage,
		"fetch --device x host":        exitUsage,
		"fetch --devices TEXT host":    exitUsage,
		"fetch --device SEP001122334455 tftp://host/CTLFile.tlv": exitUsage,
		"fetch --timeout 5 host":                                 exitUsage,
		"fetch --tries 0 host":                                   exitUsage,
		"compare CTL":                                            exitUsage,
		"compare md5:12 CTL":                                     exitUsage,
		"compare ftp://host/x CTL":                               exitUsage,
		"compare --cafile x --insecure CTL CTL":                  exitUsage,
		"accept":                                                 exitUsage,
		"accept --tvs-trusts CERT ITL":                           exitUsage,
		"accept -i CTL -i CTL ITL":                               exitUsage,
		"accept -i CTL --tvs-trusts - ITL":                       exitUsage,
		"accept ftp://host/x":                                    exitUsage,
		"capture":                                                exitUsage,
		"capture --max-memory 1 x CTL":                           exitUsage,
		"token nosuch":                                           exitUsage,
		"token list x":                                           exitUsage,
		"man x":                                                  exitUsage,
		"help nosuch":                                            exitUsage,
		"completion nosuch":                                      exitUsage,
		build + "x":                                              exitUsage,
		build + "--digest md5":                                   exitUsage,
		build + "--style x":                                      exitUsage,
		build + "--timestamp x":                                  exitUsage,
		build + "--record X=CERT":                                exitUsage,
		build + "--record SAST=-":                                exitUsage,
		build + "--from x":                                       exitUsage,
		build + "--signer-cert OTHER":                            exitUsage,
		build + "--to-be-signed x":                               exitUsage,
		build + "--pin-env A --pin-file B":                       exitUsage,
		"build -o OUT --signer KEY":                              exitUsage,
		"build --kind ctl -o OUT --signer KEY":                   exitUsage,
		"build --kind ctl -o OUT --record SAST=CERT":             exitUsage,
		"build --kind ctl -o OUT --signer - --record SAST=CERT":                                 exitUsage,
		"build --kind ctl -o KEY --force --signer KEY --record SAST=CERT":                       exitUsage,
		"build --kind ctl -o OUT --signer pkcs11:%zz --record SAST=CERT":                        exitUsage,
		"build --kind ctl -o OUT --signer pkcs11:token=a --signer-cert CERT --record SAST=CERT": exitUsage,
		"update -o OUT --signer KEY":                                                            exitUsage,
		"update CTL --to-be-signed OUT --signer KEY":                                            exitUsage,
		"update CTL --to-be-signed - --signer-cert CERT":                                        exitUsage,
		update + "--remove 99":                                                                  exitUsage,
		update + "--remove x":                                                                   exitUsage,
		update + "--replace TVS=CERT":                                                           exitUsage,
		"update ITL -o OUT --signer KEY --non-secure":                                           exitUsage,
		"attach":                        exitUsage,
		"attach TEXT":                   exitUsage,
		"attach - --signature x -o OUT": exitUsage,

		// What is read and written.
		"show GONE":                             exitUnreadable,
		"show TEXT":                             exitUnreadable,
		"show DIR":                              exitUnreadable,
		"verify TEXT":                           exitUnreadable,
		"sum GONE":                              exitUnreadable,
		"lint TEXT":                             exitUnreadable,
		"match TEXT --cert CERT":                exitUnreadable,
		"match CTL --cert TEXT":                 exitUnreadable,
		"match CTL --cert GONE":                 exitUnreadable,
		"match CTL --cert CTL":                  exitUnreadable,
		"extract TEXT -d DIR":                   exitUnreadable,
		"extract CTL -d TEXT":                   exitUnreadable,
		"fetch --devices GONE host":             exitUnreadable,
		"fetch --cafile TEXT --https host":      exitUnreadable,
		"compare GONE CTL":                      exitUnreadable,
		"compare CTL GONE":                      exitUnreadable,
		"accept -i GONE CTL":                    exitUnreadable,
		"accept TEXT":                           exitUnreadable,
		"accept -i ITL --tvs-trusts TEXT ITL":   exitUnreadable,
		"capture CTL":                           exitUnreadable,
		"capture GONE CTL":                      exitUnreadable,
		"capture TEXT CTL":                      exitUnreadable,
		"capture TEXT TEXT":                     exitUnreadable,
		"token list --in TEXT":                  exitUnreadable,
		"man -d TEXT":                           exitUnreadable,
		build + "--record CCM=TEXT":             exitUnreadable,
		build + "--record CCM=GONE":             exitUnreadable,
		build + "--signer-cert TEXT":            exitUnreadable,
		build + "--signer-cert ED448":           exitUnreadable,
		"build -o OUT --signer KEY --from TEXT": exitUnreadable,
		"build --kind ctl -o OUT --signer TEXT --record SAST=CERT":     exitUnreadable,
		"build --kind ctl -o OUT --signer EC --record SAST=ECCERT":     exitUnreadable,
		"build --kind ctl -o GONE/out --signer KEY --record SAST=CERT": exitUnreadable,
		"update CTL --to-be-signed OUT --signer-cert ED448":            exitUnreadable,
		"update CTL --to-be-signed OUT --signer-cert ECCERT":           exitUnreadable,
		"update TEXT -o OUT --signer KEY":                              exitUnreadable,
		update + "--replace SAST=TEXT":                                 exitUnreadable,
		"attach TEXT --signature x -o OUT":                             exitUnreadable,
		"attach GONE --signature x -o OUT":                             exitUnreadable,

		// Tokens and PINs.
		"token list --module GONE":                                exitToken,
		"update CTL -o OUT --signer pkcs11:token=a --module GONE": exitToken,
	} {
		args := strings.Fields(line)
		for i, arg := range args {
			for name, path := range lists {
				if arg == name || strings.HasSuffix(arg, "="+name) || strings.HasPrefix(arg, name+"/") {
					args[i] = strings.Replace(arg, name, path, 1)
				}
			}
		}
		code, _, stderr := runCommand(args...)
		if code != want {
			t.Errorf("%q: exit code %d, want %d\n%s", line, code, want, stderr)
		}
		if helped := strings.Contains(stderr, "\nSee 'ctlinspect"); helped != (want == exitUsage) {
			t.Errorf("%q: exit code %d, pointer to the help: %t\n%s", line, code, helped, stderr)
		}
		if _, err := os.Stat(lists["OUT"]); err == nil {
			t.Errorf("%q: wrote a list", line)
			os.Remove(lists["OUT"])
		}
	}
}

// ed448Certificate has a key of a kind that Go does not read.
func ed448Certificate(t *testing.T, dir string) string {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	ed25519OID, ed448OID := []byte{6, 3, 0x2b, 0x65, 0x70}, []byte{6, 3, 0x2b, 0x65, 0x71}
	der = bytes.ReplaceAll(der, ed25519OID, ed448OID)
	name := filepath.Join(dir, "ed448.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
