package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/inorder"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/phones"
	"github.com/ctlinspect/ctlinspect/internal/progress"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
)

const phonesLong = `Read which lists phones hold from their own web pages: one line per phone, CSV or
JSON, for "ctlinspect fleet".

The page Network Setup of 78xx, 88xx and 8945 phones shows the SHA-1 of the CTL
and the ITL, where web access is enabled. Other models, such as 7940, 7945, 6921
and DX80, do not show them; their status messages and alarms are read instead.
Pages are only read: no key is pressed and nothing is deleted.

ADDRESS is an IP address or a host name. --phones FILE is a CSV export with the
device name or MAC address, and the IP address, in any column, or names, one per
line. Lines that name no phone, such as a header, are skipped.

A page is evidence, not proof: HTTPS certificates of phones are not checked.
Redirects to other hosts are not followed.

Exit codes:
  0  every phone said what it holds
  1  some did not; the last column says why
  2  usage
  3  FILE cannot be read, or the output cannot be written`

// A phoneRun is the flags of phones.
type phoneRun struct {
	file    string
	keep    string
	jobs    int
	timeout time.Duration
	https   bool
	json    bool
}

func (a *app) phonesCommand() *cobra.Command {
	p := phoneRun{timeout: 10 * time.Second}
	cmd := &cobra.Command{
		Use:   "phones {ADDRESS... | --phones FILE}",
		Short: "Read which lists phones hold from their web pages",
		Long:  phonesLong,
		Example: "  ctlinspect phones 192.0.2.17\n  ctlinspect phones --phones export.csv > phones.csv\n" +
			"  ctlinspect fleet --server ITLFile.tlv phones.csv",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.phones(cmd.Context(), &p, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&p.file, "phones", "", "read device names and addresses from this `FILE`, - for standard input")
	flags.StringVar(&p.keep, "keep", "", "also keep each page in this folder, `DIR`")
	flags.IntVar(&p.jobs, "jobs", 32, "`NUMBER` of phones asked at a time")
	flags.Var((*durationFlag)(&p.timeout), "timeout", "how long to wait for one page")
	flags.BoolVar(&p.https, "https", false, "ask by HTTPS; certificates are not checked")
	flags.BoolVarP(&p.json, "json", "j", false, "print JSON, one document per phone")
	return cmd
}

func (a *app) phones(ctx context.Context, p *phoneRun, args []string) error {
	if err := checkJobs(p.jobs, 1000); err != nil {
		return err
	}
	if p.timeout < time.Millisecond {
		return misuse("--timeout %s: too short", p.timeout)
	}
	targets, err := a.phoneTargets(p, args)
	if err != nil {
		return err
	}
	var keep *safefile.Folder
	if p.keep != "" {
		if keep, err = safefile.OpenFolder(p.keep); err != nil {
			return outputError{err}
		}
		defer keep.Close()
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	return a.readPhones(ctx, p, targets, keep)
}

func (a *app) phoneTargets(p *phoneRun, args []string) ([]phones.Target, error) {
	var targets []phones.Target
	for _, arg := range args {
		t, err := phones.Named(arg)
		if err != nil {
			return nil, badUsage(err)
		}
		targets = append(targets, t)
	}
	if p.file == "" {
		if len(targets) == 0 {
			return nil, misuse("name the phones: ADDRESS..., or --phones FILE")
		}
		return targets, nil
	}
	r, done, err := openInput(p.file, a.stdin)
	if err != nil {
		return nil, err
	}
	defer done()
	skipped := 0
	more, err := phones.Targets(p.file, r, func(line int, text string) {
		if skipped++; skipped <= 3 {
			a.note(fmt.Sprintf("%s, line %d: skipped, names no phone: %.60s", p.file, line, text))
		}
	})
	if skipped > 3 {
		a.note(fmt.Sprintf("%s: %d more lines skipped", p.file, skipped-3))
	}
	return append(targets, more...), err
}

// openInput opens a file, or standard input for -.
func openInput(name string, stdin io.Reader) (io.Reader, func(), error) {
	if name == input.Stdin {
		return stdin, func() {}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { _ = f.Close() }, nil
}

func (a *app) readPhones(ctx context.Context, p *phoneRun, targets []phones.Target, keep *safefile.Folder) error {
	if !p.json {
		if err := report.WriteCSV(a.stdout, report.PhoneColumns); err != nil {
			return outputError{err}
		}
	}
	client := phones.New(phones.Options{HTTPS: p.https, Timeout: p.timeout})
	stdout, stderr := a.stdout, a.stderr
	var bar *progress.Bar
	if columns := terminal.Width(a.stderr); len(targets) > aFew && columns > 0 && os.Getenv("TERM") != "dumb" {
		bar = progress.New(a.stderr, "phones", len(targets), columns)
		defer bar.Close()
		stderr = bar
		if terminal.Width(a.stdout) > 0 {
			stdout = bar
		}
	}
	silent := make([]bool, len(targets))
	indices := func(yield func(int) bool) {
		for i := range targets {
			if ctx.Err() != nil || !yield(i) {
				return
			}
		}
	}
	err := inorder.Do(indices, inorder.Output{Stdout: stdout, Stderr: stderr, Workers: p.jobs}, func(turn *inorder.Turn, i int) error {
		t := targets[i]
		r := client.Read(ctx, t.Address)
		if keep != nil && r.Data != nil {
			if err := keep.Write(pageFile(t, r.Page), r.Data, true); err != nil {
				r.Err = errors.Join(r.Err, err)
			}
		}
		if bar != nil {
			bar.Step()
		}
		d := report.NewPhonePage(t.Device, t.Address, r.Page, r.Err, a.now())
		silent[i] = d.Error != nil
		if p.json {
			return report.Write(turn.Stdout(), d)
		}
		return report.WriteCSV(turn.Stdout(), d.CSV())
	})
	if err != nil {
		return outputFailure(err)
	}
	if ctx.Err() != nil {
		return exitError{exitUnreadable, errors.New("interrupted")}
	}
	if slices.Contains(silent, true) {
		a.worst(exitNo)
	}
	return nil
}

// pageFile is the name of a kept page: the device's, else the address.
func pageFile(t phones.Target, page *compare.Page) string {
	name := t.Device
	if page != nil && name == "" && page.Device != "" {
		name = page.Device
	}
	if name == "" {
		name = t.Address
	}
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, name)
	return filepath.Base("page-"+safe) + ".html"
}
