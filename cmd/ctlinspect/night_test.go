//go:build cgo && linux

package main

import (
	"crypto/sha1"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// The migration night of the README, with three phones, one of which holds a list
// from long ago and follows no more.
func TestMigrationNight(t *testing.T) {
	testneed.Program(t, "bash")
	served, dir := servedFolder(t), t.TempDir()
	list := filepath.Join(served, "ITLFile.tlv")
	place(t, list, "lists/itl-sha512-ec.tlv")
	place(t, filepath.Join(dir, "next.tlv"), "lists/itl-by-recovery.tlv")
	place(t, filepath.Join(dir, "ITLRecovery.pem"), "certs/ITLRecovery.pem")
	page := func(w http.ResponseWriter, data []byte, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		const row = `<tr><td><b>%s</b></td><td><b>%s</b></td></tr>`
		fmt.Fprintf(w, `<html><table><tr><td>Cisco IP Phone CP-8841 ( SEP )</td></tr>`+row+row+row+`</table></html>`,
			"CTL file", "Not installed", "ITL file", "Installed", "ITL signature", fmt.Sprintf("% X ", sha1.Sum(data)))
	}
	follows := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		data, err := os.ReadFile(list)
		page(w, data, err)
	}))
	defer follows.Close()
	stays := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		data, err := os.ReadFile(testdata + "lists/itl-8.6.tlv")
		page(w, data, err)
	}))
	defer stays.Close()
	export := "Device Name,IP Address\n"
	for i, server := range []string{follows.URL, stays.URL, follows.URL} {
		export += fmt.Sprintf("SEP00112233445%d,%s\n", i, strings.TrimPrefix(server, "http://"))
	}
	if err := os.WriteFile(filepath.Join(dir, "export.csv"), []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, node := range []string{"cucm-pub", "cucm-sub"} {
		address := startTFTPD(t, testneed.LinuxServer(t, "in.tftpd"), served)
		folder := strings.ReplaceAll(address, ":", "_")
		names = append(names, "/"+node+"/", "/"+folder+"/", "node in cucm-pub cucm-sub", "node in $(ls after)", node, address)
	}
	const night = "# ... at night"
	script := strings.NewReplacer(append(names, night, "cp next.tlv "+list+" "+night)...).Replace(block(t, "run: migration night"))
	cmd := exec.Command("bash", "-euc", answered+script)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "now="+testTime)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	text := string(out)
	for _, want := range []string{
		"3 phones\n", "unknown: 2e0825ac1c9a757e92262538d24af1fb31aa9511", "accepted", "ITL: accepts it", "ITL: not known, so no",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "ITL: accepts it"); n != 2 {
		t.Errorf("asked for %d servers' lists, want 2", n)
	}
	morning := text[strings.LastIndex(text, "3 phones"):]
	if !strings.Contains(morning, "  1      2       none  after/") || !strings.Contains(morning, "  2      1       none  unknown: ") {
		t.Errorf("in the morning:\n%s", morning)
	}
	for _, name := range []string{"before.html", "after.html"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(data), "Trust lists of 3 phones") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
