// Package chromiumtest opens pages in Chromium, for tests.
package chromiumtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// A Browser runs until the test ends.
type Browser struct {
	tb  testing.TB
	ctx context.Context

	mu                 sync.Mutex
	requests, messages []string
}

// Start starts Chromium.
func Start(tb testing.TB) *Browser {
	tb.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testneed.Program(tb, "chromium")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	tb.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	tb.Cleanup(cancel)
	b := &Browser{tb: tb, ctx: ctx}
	chromedp.ListenTarget(ctx, b.note)
	b.Run(network.Enable(), log.Enable(), runtime.Enable())
	return b
}

func (b *Browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		b.messages = append(b.messages, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.messages = append(b.messages, e.ExceptionDetails.Text)
	}
}

// Run fails the test if an action fails.
func (b *Browser) Run(actions ...chromedp.Action) {
	b.tb.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.tb.Fatal(err)
	}
}

// Seen returns what the browser has asked for, and what its console has said.
func (b *Browser) Seen() (requests, messages []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests), slices.Clone(b.messages)
}

// Screenshots writes pictures of the page, as phones, small and large screens show
// it, for whoever changes it.
func (b *Browser) Screenshots(dir, name string) {
	b.tb.Helper()
	for _, width := range []int64{360, 800, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			var png []byte
			b.Run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.EmulateViewport(width, 900), chromedp.FullScreenshot(&png, 100))
			file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			if err := os.WriteFile(file, png, 0o644); err != nil {
				b.tb.Fatal(err)
			}
		}
	}
}
