package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/input"
)

// URLs are fetched on either side of compare, and for accept.
func TestURLsAreFetched(t *testing.T) {
	data, err := os.ReadFile(testdata + "lists/ctl-etoken.tlv")
	if err != nil {
		t.Fatal(err)
	}
	saved := getURL
	t.Cleanup(func() { getURL = saved })
	var asked []string
	getURL = func(_ context.Context, location fetch.Location, _ fetch.Options) ([]byte, error) {
		asked = append(asked, location.String())
		if location.Host == "nosuch" {
			return nil, errors.New("no answer from nosuch")
		}
		return data, nil
	}
	const url, ssh, dead = "tftp://192.0.2.1/CTLFile.tlv", "ssh://admin@192.0.2.2/tmp/CTLFile.tlv", "http://nosuch:6970/CTLFile.tlv"
	for _, tt := range []struct {
		args   []string
		code   int
		asked  string
		output string
	}{
		{[]string{"compare", ssh, url}, exitYes, ssh + " " + url, "The copy is the list of " + url + "."},
		{[]string{"compare", "md5:4d736eaf1683928f4a26f663081541b9", dead, url}, exitUnreadable, dead + " " + url, "The copy is the list of " + url + "."},
		{[]string{"compare", dead, url}, exitUnreadable, dead, "no answer from nosuch"},
		{[]string{"accept", "--installed", ssh, url}, exitYes, ssh + " " + url, "accepted (same)"},
		{[]string{"accept", "--installed", dead, url}, exitUnreadable, dead, "no answer from nosuch"},
	} {
		asked = nil
		code, stdout, stderr := runCommand(tt.args...)
		if code != tt.code || strings.Join(asked, " ") != tt.asked || !strings.Contains(stdout+stderr, tt.output) {
			t.Errorf("%v: exit code %d, asked %q, printed %q", tt.args, code, asked, stdout+stderr)
		}
	}
}

// A file that is too large and a text of too many servers cannot be read; that
// is no wrong use.
func TestCompareRefusesTooMuch(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, input.MaxSize+1); err != nil {
		t.Fatal(err)
	}
	many := filepath.Join(t.TempDir(), "many")
	if err := os.WriteFile(many, []byte(strings.Repeat("Length of CTL file: 4712\n", maxServerEvidence+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"compare", large, testdata + "CTLFile.tlv"}, {"compare", testdata + "CTLFile.tlv", large}, {"accept", large}, {"compare", testdata + "CTLFile.tlv", many},
	} {
		code, stdout, stderr := runCommand(args...)
		if code != exitUnreadable || stdout != "" || strings.Contains(stderr, "--help") {
			t.Errorf("%v: exit code %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// A text of evidence may be larger than lists, from a file and from standard input;
// a list may not.
func TestCompareOfLargeText(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() <= input.MaxSize; i++ {
		fmt.Fprintf(&text, "%d %%UC_PHONE-6-DeviceTLInfo: %%[DeviceName=SEP%012X][CTL_Signature=Not Installed][ITL_Signature=9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53 ][StatusCode=1]\n", i, i%12)
		text.WriteString(strings.Repeat("12345678.001 |12:00:00.000 |AppInfo |noise\n", 200))
	}
	file := filepath.Join(t.TempDir(), "trace.txt")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	server := testdata + "lists/itl-sha512-ec.tlv"
	for _, name := range []string{file, input.Stdin} {
		var stdout, stderr strings.Builder
		code := run(context.Background(), []string{"compare", name, server}, strings.NewReader(text.String()), &stdout, &stderr)
		if out := stdout.String(); code != exitYes || !strings.Contains(out, "24 statements about 12 phones") || !strings.Contains(out, "ITL   12      the list of "+server) || stderr.Len() > 0 {
			t.Errorf("%s: exit code %d\n%s%s", name, code, out, stderr.String())
		}
	}
	large := append([]byte{1, 0, 2}, make([]byte, input.MaxSize)...)
	if err := os.WriteFile(file, large, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := runCommand("compare", file, server); code != exitUnreadable || !strings.Contains(stderr, "a list larger than 16 MiB, refused") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
