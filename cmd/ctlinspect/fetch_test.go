package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// TestFetchScripts runs the scripts in testdata/fetch. $SERVED is a folder that
// tftpd-hpa serves at $TFTP and $TFTP2, and net/http at $HTTP and $HTTPS, whose
// certificate is $CAFILE. At $SILENT nobody answers.
func TestFetchScripts(t *testing.T) {
	const dir = "testdata/fetch"
	if scripts, err := filepath.Glob(filepath.Join(dir, "*.txtar")); err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	tftpd := testneed.LinuxServer(t, "in.tftpd")
	vectors, err := filepath.Abs(testdata)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			served := servedFolder(t)
			handler := http.FileServer(http.Dir(served))
			plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
			secure.Config.ErrorLog = log.New(io.Discard, "", 0) // refusals are expected
			secure.StartTLS()
			silent, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { plain.Close(); secure.Close(); silent.Close() })
			cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
			env.Setenv("TESTDATA", vectors)
			env.Setenv("TZ", "UTC")
			env.Setenv("SERVED", served)
			env.Setenv("TFTP", startTFTPD(t, tftpd, served))
			env.Setenv("TFTP2", startTFTPD(t, tftpd, served))
			env.Setenv("HTTP", plain.Listener.Addr().String())
			env.Setenv("HTTPS", secure.Listener.Addr().String())
			env.Setenv("CAFILE", filepath.Join(env.WorkDir, "server.pem"))
			env.Setenv("SILENT", silent.LocalAddr().String())
			return os.WriteFile(filepath.Join(env.WorkDir, "server.pem"), cert, 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}

// servedFolder can be read by the user that tftpd becomes.
func servedFolder(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "served")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// startTFTPD runs tftpd-hpa on a free port and returns its address. Another
// program may take the port first.
func startTFTPD(tb testing.TB, path, dir string, args ...string) string {
	tb.Helper()
	for range 5 {
		if address := tryTFTPD(tb, path, dir, args...); address != "" {
			return address
		}
	}
	tb.Fatal("tftpd does not listen")
	return ""
}

// tryTFTPD returns "" if the server does not listen.
func tryTFTPD(tb testing.TB, path, dir string, args ...string) string {
	tb.Helper()
	address := testneed.UDPAddress(tb)
	cmd := exec.Command(path, append(args, "-L", "-a", address, "-s", dir)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 500 {
		if testneed.UDPListens(address) {
			return address
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ""
}

// serveLists serves a list to every phone, over HTTP.
func serveLists(tb testing.TB, list []byte) string {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(list) }))
	tb.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func readTestdata(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(testdata + name)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestFetchJSON(t *testing.T) {
	host := serveLists(t, readTestdata(t, "lists/ctl-etoken.tlv"))
	dir := t.TempDir()
	code, stdout, stderr := runCommand("fetch", "--json", "--http", host, "--device", "sep0011215a1ae3", "-d", dir)
	if code != exitNo || stderr != "" {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	got, summary := make([]report.Fetched, 2), report.FetchSummary{}
	for _, document := range []any{&got[0], &got[1], &summary} {
		if err := decoder.Decode(document); err != nil {
			t.Fatal(err)
		}
	}
	if decoder.More() {
		t.Errorf("more documents:\n%s", stdout)
	}
	made := time.Date(2011, 8, 31, 17, 28, 3, 0, time.UTC)
	ctl := report.Fetched{
		Head: report.NewHead(report.TypeFetched), Location: "http://" + host + "/CTLSEP0011215A1AE3.tlv", Host: host, Device: "SEP0011215A1AE3",
		Kind: tlv.KindCTL, Status: "fetched", File: filepath.Join(dir, "CTLSEP0011215A1AE3.tlv"), Change: "new", Size: 4712,
		MD5: "4d736eaf1683928f4a26f663081541b9", SHA1: "8c5d0e8a38cecde58f30aaeb365d4517c454cc8c",
		SHA512: sha512Of(t, "ctl-etoken.tlv"), Timestamp: &made, Verified: true, Warnings: []string{},
	}
	itl := ctl
	itl.Location, itl.File = strings.Replace(ctl.Location, "CTLSEP", "ITLSEP", 1), filepath.Join(dir, "ITLSEP0011215A1AE3.tlv")
	itl.Kind, itl.Verified = tlv.KindITL, false
	itl.Reason, itl.Message = "wrong-kind", "asked for the ITL, got a list that calls itself CTL"
	if diff := cmp.Diff([]report.Fetched{ctl, itl}, got); diff != "" {
		t.Error(diff)
	}
	all := report.FetchSummary{
		Head: report.NewHead(report.TypeFetchSummary), Files: 2, Verified: 1, NotVerified: 1, New: 2, SkippedHosts: []string{},
		CTLs: []report.ServersCTL{{SHA1: ctl.SHA1, Hosts: []string{host}}},
	}
	if diff := cmp.Diff(all, summary); diff != "" {
		t.Error(diff)
	}
}

func sha512Of(t *testing.T, file string) string {
	t.Helper()
	for _, v := range readVectors(t, "lists.json") {
		if filepath.Base(v.File) == file {
			return v.SHA512
		}
	}
	t.Fatalf("no %s in lists.json", file)
	return ""
}

// Results come in the order in which files were asked for, whichever came first.
func TestFetchKeepsOrder(t *testing.T) {
	list := readTestdata(t, "lists/ctl-etoken.tlv")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "AAAAAAAAAA00") {
			time.Sleep(300 * time.Millisecond)
		}
		_, _ = w.Write(list)
	}))
	t.Cleanup(server.Close)
	args := []string{"fetch", "--http", server.Listener.Addr().String(), "-d", t.TempDir(), "--timeout", "10s"}
	var want []string
	for i := range 30 {
		device := fmt.Sprintf("SEPAAAAAAAAAA%02d", i)
		args = append(args, "--device", device)
		want = append(want, "CTL"+device+".tlv", "ITL"+device+".tlv")
	}
	_, stdout, _ := runCommand(args...)
	var got []string
	for line := range strings.Lines(stdout) {
		name, _, _ := strings.Cut(line, ":")
		got = append(got, filepath.Base(name))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A file that cannot be put in its place leaves the older one and nothing else.
func TestFetchWritesWholeOrNot(t *testing.T) {
	host := serveLists(t, readTestdata(t, "lists/ctl-etoken.tlv"))
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "CTLFile.tlv", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := runCommand("fetch", "http://"+host+"/CTLFile.tlv", "-d", dir)
	if code != exitUnreadable || !strings.Contains(stderr, "cannot write the file: ") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("found %v: %v", entries, err)
	}
}

// The configurations of many phones are a line each, in order, and sums.
func TestFetchConfigOfManyPhones(t *testing.T) {
	const phones = 300
	list, config := readTestdata(t, "signed/ITLFile.tlv"), readTestdata(t, "signed/sha1/SEP001122334455.cnf.xml.sgn")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := filepath.Base(r.URL.Path); {
		case strings.HasPrefix(name, "ITL"):
			_, _ = w.Write(list)
		case name == "SEP001122334455.cnf.xml.sgn":
			_, _ = w.Write(config)
		case strings.HasSuffix(name, ".cnf.xml"):
			_, _ = w.Write([]byte("<device/>"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	names := []string{"SEP001122334455"}
	for i := range phones - 1 {
		names = append(names, fmt.Sprintf("SEPAAAAAAAA%04d", i))
	}
	file := filepath.Join(t.TempDir(), "phones.txt")
	if err := os.WriteFile(file, []byte(strings.Join(names, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runCommand("fetch", "--config", "--http", server.Listener.Addr().String(), "--devices", file, "-d", t.TempDir())
	var got []string
	for line := range strings.Lines(stdout) {
		name, _, _ := strings.Cut(line, " ")
		got = append(got, name)
	}
	if diff := cmp.Diff(names, got); diff != "" || code != exitNo {
		t.Errorf("exit code %d\n%s", code, diff)
	}
	const sum = "configurations of 300 phones: 1 accepted, 299 NOT SIGNED\n"
	if !strings.HasSuffix(stderr, sum) || strings.Count(stderr, "\n") != 2 {
		t.Errorf("standard error: %s", stderr)
	}
}
