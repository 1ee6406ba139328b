//go:build linux

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/creack/pty"
)

const testColumns = 80

// fitted are command lines whose output fits a terminal of 80 columns.
var fitted = [][]string{
	{"--brief", testdata + "CTLFile.tlv", testdata + "lists/ctl-nonsecure.tlv", testdata + "lists/itl-sha512-ec.tlv"},
	{"--brief", testdata + "lists/bad-signature-timestamp.tlv", testdata + "broken/cut-in-record.tlv"},
	{"--brief", "--color", "always", testdata + "CTLFile.tlv"},
	{"verify", testdata + "CTLFile.tlv", testdata + "lists/signer-not-sast.tlv", testdata + "broken/cut-in-record.tlv"},
	{"lint", "--at", "2025-01-01", testdata + "lists/ctl-etoken.tlv", testdata + "lists/itl-thirdparty.tlv"},
	{"lint", "--rules"},
	{"lint", "--rules", "certificate-expired", "signature-wrong"},
	{"compare", testdata + "lists/ctl-etoken.tlv", testdata + "lists/upd-new-token.tlv", testdata + "lists/bad-signature.tlv"},
	{"compare", testdata + "evidence/alarms.txt", testdata + "lists/itl-by-recovery.tlv", testdata + "lists/itl-sha512-ec.tlv"},
	{"accept", "--installed", testdata + "lists/itl-8.6.tlv", testdata + "lists/itl-by-recovery.tlv"},
	{"accept", "--installed", testdata + "lists/itl-8.6.tlv", "--tvs-trusts", testdata + "certs/ITLRecovery.pem", testdata + "lists/itl-by-recovery.tlv"},
	{"accept", "--installed", testdata + "lists/itl-8.6.tlv", "--tvs-store", "CallManager-trust=" + testdata + "certs/ITLRecovery.pem", testdata + "lists/itl-by-recovery.tlv"},
	{"match", testdata + "lists/ctl-etoken.tlv", "--cert", testdata + "certs/CallManager-ca-signed.pem", testdata + "certs/CAPF.pem"},
	{"match", testdata + "lists/bad-signature.tlv", "--cert", testdata + "certs/pub-2048.pem"},
	{"compare", testdata + "expected/ctl-etoken.show.txt", testdata + "expected/upd-add-token.show.txt"},
	{"capture", captureDir + "/phone.pcap", testdata + "lists/ctl-tokenless.tlv", testdata + "lists/bad-signature.tlv"},
	{"trunk", "--file", testdata + "trunk/trunk.json", "--capture", captureDir + "/trunk.pcap", "--trace", testdata + "trunk/sdl.txt"},
	{"signed", "show", testdata + "signed/sha1/SEP001122334455.cnf.xml.enc.sgn"},
	{"signed", "verify", "--list", testdata + "signed/ITLFile.tlv", testdata + "signed/sha1"},
	{"signed", "verify", "--list", testdata + "lists/itl-8.6.tlv", testdata + "signed/sha1"},
	{"lint", "--at", "2025-01-01", testdata + "signed"},
	{"show", testdata + "broken/cut-in-record.tlv", testdata + "lists/signer-not-sast.tlv"},
}

// On a terminal no line is wider, and what is broken is broken at blanks or cut.
func TestOutputFitsTheTerminal(t *testing.T) {
	for _, args := range fitted {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			_, stdout, stderr := runCommand(args...)
			words := strings.Fields(colors.ReplaceAllString(stdout+stderr, ""))
			for line := range strings.Lines(onTerminal(t, args...)) {
				line = strings.TrimRight(line, "\r\n")
				if strings.Contains(line, "\t") {
					continue // the listing, whose tabs are the server's
				}
				if n := displaywidth.String(line); n > testColumns {
					t.Errorf("%d columns: %q", n, line)
				}
				for word := range strings.FieldsSeq(line) {
					if !slices.ContainsFunc(words, func(w string) bool { return isWord(word, w) }) {
						t.Errorf("%q is cut in %q", word, line)
					}
				}
			}
		})
	}
}

// isWord reports whether what the terminal shows is the word, or what "…" leaves of it.
func isWord(shown, word string) bool {
	start, cut := strings.CutSuffix(shown, "…")
	return shown == word || cut && strings.HasPrefix(word, start)
}

var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

// onTerminal runs the command with a terminal as its standard output and error,
// and returns what it shows, without colours.
func onTerminal(t *testing.T, args ...string) string {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 40, Cols: testColumns}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ctlinspect", args...)
	cmd.Stdout, cmd.Stderr = tty, tty
	cmd.Env = append(os.Environ(), "TERM=xterm", testNow+"="+testTime)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	var screen bytes.Buffer
	_, _ = io.Copy(&screen, keyboard) // ends with an error when the command closes the terminal
	_ = cmd.Wait()
	return colors.ReplaceAllString(screen.String(), "")
}
