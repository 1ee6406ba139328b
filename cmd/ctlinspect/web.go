package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/webpage"
)

const webLong = `Serve the page that shows, verifies, lints and compares lists in a browser, to
this machine alone, and open it. What you drop onto the page stays in the browser:
the page cannot send anything, and this command never sees it.

The page is one file, index.html in the folder web of a release: it works without
this command as well, from a disk or from any web server.

Stop with Ctrl-C.

Exit codes:
  0  stopped
  2  usage
  3  the page cannot be read or is not in this build, or the port is taken`

const webExample = `  ctlinspect web
  ctlinspect web --port 8080 --no-browser
  ctlinspect web --page dist/web/index.html`

// A webRun is the flags of web.
type webRun struct {
	port      uint16
	noBrowser bool
	page      string
}

func (a *app) webCommand() *cobra.Command {
	var w webRun
	cmd := &cobra.Command{
		Use:               "web [flags]",
		Short:             "Show, verify and compare lists in a browser, without an upload",
		Long:              webLong,
		Example:           webExample,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.web(cmd.Context(), &w) },
	}
	cmd.Flags().Uint16Var(&w.port, "port", 0, "listen on this `PORT` of 127.0.0.1; 0: any free one")
	cmd.Flags().BoolVar(&w.noBrowser, "no-browser", false, "only print the address")
	cmd.Flags().StringVar(&w.page, "page", "", "serve this `FILE`, a page that \"make web\" built, instead of the\none in this command")
	return cmd
}

func (a *app) web(ctx context.Context, w *webRun) error {
	packed, err := w.packed()
	if err != nil {
		return exitError{exitUnreadable, err}
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(w.port))))
	if err != nil {
		return exitError{exitUnreadable, err}
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{
		Handler:           webpage.NewHandler(packed, "127.0.0.1:"+port, "localhost:"+port),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, func() { server.Close() })
	url := "http://127.0.0.1:" + port + "/"
	if _, err := fmt.Fprintln(a.stdout, url); err != nil {
		listener.Close()
		return outputError{fmt.Errorf("cannot write the output: %w", err)}
	}
	a.note("the page is for this machine alone; stop with Ctrl-C")
	if !w.noBrowser {
		if err := openBrowser(url); err != nil {
			a.note(fmt.Sprintf("no browser could be opened (%v); open the address yourself", err))
		}
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return exitError{exitUnreadable, err}
	}
	return nil
}

// packed is the page to serve.
func (w *webRun) packed() ([]byte, error) {
	if w.page != "" {
		page, err := os.ReadFile(w.page)
		if err != nil {
			return nil, err
		}
		return webpage.Pack(page, gzip.BestSpeed)
	}
	packed, err := webpage.Packed()
	if err != nil {
		return nil, fmt.Errorf("%w, which was made with go install or go build: take a release, or run \"make web\" in a checkout and give --page dist/web/index.html", err)
	}
	return packed, nil
}

// openBrowser opens a URL in the browser of whoever is logged in.
func openBrowser(url string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case "darwin":
		cmd = exec.Command("open", url)
	default:
		cmd = exec.Command("xdg-open", url)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}
