package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/ctlinspect/ctlinspect/internal/terminal"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/ctlinspect/ctlinspect/report"
)

// aFew is how many files go without a progress bar and a summary.
const aFew = 8

// An output writes results while a bar may stand below them.
type output struct {
	*app
	json   bool
	total  int
	stdout io.Writer // results
	stderr io.Writer // complaints
	mu     sync.Mutex
	bars   *mpb.Progress // nil: no bar
	bar    *mpb.Bar

	verified, unverified, absent, failed, skipped int
	gone                                          []string // hosts given up
}

func (a *app) openOutput(f *fetching, files []wanted) *output {
	o := &output{app: a, json: f.json, total: len(files), stdout: a.stdout, stderr: a.stderr}
	prompts := slices.ContainsFunc(files, wanted.fromPhone) // and a bar do not go together
	if len(files) <= aFew || prompts || !isTerminal(a.stderr) || os.Getenv("TERM") == "dumb" {
		return o
	}
	o.bars = mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(64))
	o.bar = o.bars.AddBar(int64(len(files)), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("fetch "), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(decor.Percentage()))
	o.stderr = o.bars
	if isTerminal(a.stdout) {
		o.stdout = o.bars // both are the same screen
	}
	return o
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// close takes the bar away.
func (o *output) close() {
	if o.bars == nil {
		return
	}
	o.bar.Abort(true)
	o.bars.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bars, o.stdout, o.stderr = nil, o.app.stdout, o.app.stderr
}

// warn is called while files are got.
func (o *output) warn(message string) { o.tell("warning: " + message) }

func (o *output) tell(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintf(o.stderr, "ctlinspect: %s\n", terminal.EscapeLines(s))
}

// writeAll writes the results as they come.
func (o *output) writeAll(ctx context.Context, results <-chan *fetched) error {
	for r := range results {
		o.count(r)
		if err := o.write(r); err != nil {
			return outputError{fmt.Errorf("cannot write the output: %w", err)}
		}
		if o.bar != nil {
			o.bar.Increment()
		}
	}
	o.close()
	o.summary()
	if ctx.Err() != nil {
		return exitError{exitUnreadable, errors.New("interrupted; files are whole or not there")}
	}
	return nil
}

func (o *output) write(r *fetched) error {
	o.worst(r.exitCode())
	switch {
	case o.json:
		return report.Write(o.stdout, r)
	case r.skipped():
		return nil // the summary counts them
	case r.Status == statusFailed:
		o.tell(r.line())
		return nil
	}
	_, err := fmt.Fprintln(o.stdout, r.line())
	return err
}

func (o *output) count(r *fetched) {
	switch {
	case r.skipped():
		o.skipped++
		if r.Reason == reasonHostGone && (len(o.gone) == 0 || o.gone[len(o.gone)-1] != r.Host) {
			o.gone = append(o.gone, r.Host)
		}
	case r.Status == statusFailed:
		o.failed++
	case r.Status == statusAbsent:
		o.absent++
	case r.Verified:
		o.verified++
	default:
		o.unverified++
	}
}

// summary counts, of more than a few files or if some were not asked for.
func (o *output) summary() {
	for _, host := range o.gone {
		o.tell(fmt.Sprintf("%s: given up after %d files without an answer", host, missesUntilGone))
	}
	if o.total <= aFew && o.skipped == 0 {
		return
	}
	parts := []string{}
	for _, p := range []struct {
		n    int
		what string
	}{{o.verified, "verified"}, {o.unverified, "NOT VERIFIED"}, {o.absent, "not there (not in mixed mode)"}, {o.failed, "failed"}, {o.skipped, "not asked for"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	o.tell(fmt.Sprintf("%d files: %s", o.total, strings.Join(parts, ", ")))
}
