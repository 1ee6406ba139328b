package main

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// writePage builds the page for the browser.
func writePage(folder string) (string, error) {
	build := exec.Command("go", "run", "./web/build", "-o", folder)
	build.Stderr = os.Stderr
	return "file://" + filepath.Join(folder, "index.html"), build.Run()
}

// openLists opens the list that phones hold and the next one, and waits for the answer.
func openLists() ([]chromedp.Action, error) {
	var names []string
	for _, list := range []string{"itl-sha512-ec", "itl-by-recovery", "bad-signature"} {
		name, err := filepath.Abs(listFile(list))
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return []chromedp.Action{
		chromedp.SetUploadFiles("#files", names, chromedp.ByID),
		chromedp.WaitVisible("#accepted"),
		chromedp.Evaluate("window.scrollTo(0, 0)", nil),
	}, nil
}
