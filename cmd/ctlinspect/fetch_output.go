package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/progress"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
)

// aFew is how many files go without a progress bar and a summary.
const aFew = 8

// A fetchOutput writes results while a bar may stand below them.
type fetchOutput struct {
	*app
	json   bool
	config bool // one line per phone, if there are many
	total  int
	stdout io.Writer // results
	stderr io.Writer // complaints
	bar    *progress.Bar
	tally  *fetch.Tally
}

func (a *app) openFetchOutput(f *fetching, files []fetch.Wanted) *fetchOutput {
	o := &fetchOutput{app: a, json: f.json, config: f.config, total: len(files), stdout: a.stdout, stderr: a.stderr, tally: fetch.NewTally()}
	prompts := slices.ContainsFunc(files, fetch.Wanted.FromPhone) // and a bar do not go together
	columns := terminal.Width(a.stderr)
	if len(files) <= aFew || prompts || columns == 0 || os.Getenv("TERM") == "dumb" {
		return o
	}
	o.bar = progress.New(a.stderr, "fetch", len(files), columns)
	o.stderr = o.bar
	if terminal.Width(a.stdout) > 0 {
		o.stdout = o.bar // both are the same screen
	}
	return o
}

// close takes the bar away. What comes later goes through it unchanged.
func (o *fetchOutput) close() {
	if o.bar != nil {
		o.bar.Close()
	}
}

// warn is called while files are fetched.
func (o *fetchOutput) warn(message string) { o.tell("warning: " + message) }

func (o *fetchOutput) tell(s string) {
	fmt.Fprintln(o.stderr, terminal.Wrap("ctlinspect: "+message(s), terminal.Width(o.app.stderr), "  "))
}

// writeAll writes the results as they come.
func (o *fetchOutput) writeAll(ctx context.Context, results <-chan *fetch.Result) error {
	for r := range results {
		o.tally.Add(r)
		if err := o.write(r); err != nil {
			return outputFailure(err)
		}
		if o.bar != nil {
			o.bar.Step()
		}
	}
	o.close()
	if err := o.summary(); err != nil {
		return outputFailure(err)
	}
	if ctx.Err() != nil {
		return exitError{exitUnreadable, errors.New("interrupted; no partial files were written")}
	}
	return nil
}

func (o *fetchOutput) write(r *fetch.Result) error {
	o.worst(fetchExitCode(r))
	if o.json {
		if err := report.Write(o.stdout, r.Fetched); err != nil || r.Config == nil {
			return err
		}
		return report.Write(o.stdout, r.Config)
	}
	if err := o.writeFile(r); err != nil || r.Config == nil {
		return err
	}
	return o.writeLine(fetch.ConfigLine(r.Config))
}

func (o *fetchOutput) writeFile(r *fetch.Result) error {
	switch line := r.Line(); {
	case r.Skipped(), line == "":
		return nil // the summary counts them
	case r.Status == fetch.StatusFailed:
		o.tell(line)
		return nil
	case o.config && o.total > aFew && r.Routine():
		return nil // the phone's line says enough
	default:
		return o.writeLine(line)
	}
}

func (o *fetchOutput) writeLine(line string) error {
	_, err := fmt.Fprintln(o.stdout, terminal.Wrap(terminal.Escape(line), terminal.Width(o.app.stdout), "  "))
	return err
}

func fetchExitCode(r *fetch.Result) int {
	switch {
	case r.Status == fetch.StatusFailed:
		return exitUnreadable
	case r.Status == fetch.StatusFetched && !r.Verified, r.Gone:
		return exitNo
	case r.Config != nil && r.Config.Verdict != report.ConfigAccepted:
		return exitNo
	}
	return exitYes
}

// summary reports what only all files together show, and counts more than a few.
func (o *fetchOutput) summary() error {
	for _, host := range o.tally.SkippedHosts {
		o.tell(fmt.Sprintf("%s: skipped after %d timeouts in a row", host, fetch.MissesUntilGone))
	}
	if o.tally.CTLsDiffer {
		o.worst(exitNo)
		o.tell(o.tally.Difference())
	}
	if o.total > aFew || o.tally.NotAsked > 0 {
		o.tell(o.tally.String())
		if s := o.tally.Phones(); s != "" {
			o.tell(s)
		}
	}
	if !o.json {
		return nil
	}
	return report.Write(o.stdout, o.tally.FetchSummary)
}
