// Command screenshots makes the pictures of the README with Chromium.
//
//	go run ./internal/screenshots docs/images
//
// What they show comes from testdata and from a fixed time. The bytes depend on the
// version of Chromium and on the fonts.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

// maxSize is the most that a picture may have, in bytes.
const maxSize = 150 << 10

// A page is a picture to take.
type page struct {
	name          string // of the picture, without .png
	width, height int64
	// write writes what the page needs into a folder, and returns its URL.
	write func(folder string) (string, error)
	// ready, if set, says what is done before the picture is taken.
	ready func() ([]chromedp.Action, error)
}

var pages = []page{
	{name: "fleet", width: 1100, height: 700, write: writeFleet},
	{name: "web", width: 1100, height: 830, write: writePage, ready: openLists},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("screenshots: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: screenshots FOLDER")
	}
	if err := takeAll(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func takeAll(out string) error {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return fmt.Errorf("%w: scripts/test-tools installs it", err)
	}
	work, err := os.MkdirTemp("", "screenshots")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(work, "profile")), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, end := chromedp.NewContext(ctx)
	defer end()
	for _, p := range pages {
		if err := p.take(ctx, filepath.Join(work, p.name), out); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (p page) take(ctx context.Context, work, out string) error {
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	url, err := p.write(work)
	if err != nil {
		return err
	}
	actions := []chromedp.Action{chromedp.EmulateViewport(p.width, p.height), chromedp.Navigate(url)}
	if p.ready != nil {
		more, err := p.ready()
		if err != nil {
			return err
		}
		actions = append(actions, more...)
	}
	var png []byte
	if err := chromedp.Run(ctx, append(actions, chromedp.CaptureScreenshot(&png))...); err != nil {
		return err
	}
	if len(png) > maxSize {
		return errors.New("the picture is too large for the repository: make the page smaller")
	}
	name := filepath.Join(out, p.name+".png")
	log.Printf("%s: %d KB", name, len(png)>>10)
	return os.WriteFile(name, png, 0o644)
}
