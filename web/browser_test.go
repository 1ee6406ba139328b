package web_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/ctlinspect/ctlinspect/internal/chromiumtest"
)

// at is when the page judges certificates in these tests.
const at = "2026-11-21"

// built is the page, made once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "page")
	if err != nil {
		return "", err
	}
	pages = dir
	cmd := exec.Command("go", "run", "./web/build", "-o", dir)
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	return filepath.Join(dir, "index.html"), cmd.Run()
})

var pages string

func TestMain(m *testing.M) {
	code := m.Run()
	if pages != "" {
		os.RemoveAll(pages)
	}
	os.Exit(code)
}

func page(t *testing.T) string {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// A tab is the page in a browser.
type tab struct {
	*chromiumtest.Browser
	t *testing.T
}

// start opens the page in Chromium and waits until it is ready.
func start(t *testing.T, url string) *tab {
	t.Helper()
	b := &tab{Browser: chromiumtest.Start(t), t: t}
	b.Run(chromedp.Navigate(url))
	b.wait("document.documentElement.dataset.ready === 'true'")
	b.eval(`document.getElementById('at').value = '`+at+`'`, nil)
	return b
}

// eval evaluates an expression, also one that is a promise.
func (b *tab) eval(expression string, to any) {
	b.t.Helper()
	if to == nil {
		b.Run(chromedp.Evaluate(expression, nil))
		return
	}
	b.Run(chromedp.Evaluate(expression, to, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true).WithAllowUnsafeEvalBlockedByCSP(false)
	}))
}

func (b *tab) wait(expression string) {
	b.t.Helper()
	b.Run(chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(0)))
}

// text is the text of an element, as a reader sees it.
func (b *tab) text(selector string) string {
	b.t.Helper()
	var s string
	b.eval(`(document.querySelector(`+quote(selector)+`) || {}).innerText || ''`, &s)
	return s
}

// open gives files to the page, as its file picker does, and waits until they are read.
func (b *tab) open(names ...string) {
	b.t.Helper()
	var absolute []string
	for _, name := range names {
		path, err := filepath.Abs(name)
		if err != nil {
			b.t.Fatal(err)
		}
		absolute = append(absolute, path)
	}
	var before int
	b.eval("state.items.length", &before)
	b.Run(chromedp.SetUploadFiles("#files", absolute, chromedp.ByID))
	b.idle(before + len(names))
}

// idle waits until so many files are open and read.
func (b *tab) idle(files int) {
	b.t.Helper()
	b.wait("state.items.length === " + quote(files) + " && state.items.every((i) => i.file) && document.getElementById('status').textContent.includes(' open. ') && document.getElementById('overview').querySelectorAll('tbody tr').length === " + quote(files))
}

func (b *tab) close() { b.eval("document.getElementById('clear').click()", nil) }

// quiet fails if the page asked for something, or complained.
func (b *tab) quiet(url string) {
	b.t.Helper()
	requests, messages := b.Seen()
	for _, r := range requests {
		if r != url && !strings.HasPrefix(r, "blob:") && !strings.HasPrefix(r, "data:") {
			b.t.Errorf("the page asks for %s", r)
		}
	}
	for _, m := range messages {
		b.t.Errorf("the console says %s", m)
	}
}

func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
