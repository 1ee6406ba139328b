package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/servertrace"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
)

const downloadsLong = `Say which phones asked a CUCM server for their CTL and ITL, when, and whether it
sent them, from the server's traces: over TFTP and HTTP, with the server's errors,
and the last message of each phone and CAPF.

TRACE is a detailed trace of the services Cisco TFTP or Cisco CAPF, of any size. A
folder stands for the files in it, - for standard input. Times are those of the
trace, without a date. What a phone with one address asked for under the server's own
name (CTLFile.tlv) counts as that phone's.

That the server has sent a list does not say that the phone received it, or accepts
it: "ctlinspect capture" shows the first, the phone's alarm the second ("ctlinspect
fleet").

Exit codes:
  0  each phone that asked for a list was sent it
  1  not so, or no phone asked for one
  2  usage
  3  a file cannot be read, or is no such trace`

// A downloadsRun is the flags of downloads.
type downloadsRun struct {
	json  bool
	color colorFlag
}

func (a *app) downloadsCommand() *cobra.Command {
	d := downloadsRun{color: "auto"}
	cmd := &cobra.Command{
		Use:     "downloads [flags] TRACE...",
		Short:   "Find in a server's traces who asked for which list, and got it",
		Long:    downloadsLong,
		Example: "  ctlinspect downloads SDL001_100_000123.txt\n  ctlinspect downloads -j traces/ | jq -r 'select(.ctl.state==\"refused\").name'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("expected traces of a server: ctlinspect downloads TRACE")
			}
			return onceStdin(args)
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.downloads(&d, args) },
	}
	cmd.Flags().BoolVarP(&d.json, "json", "j", false, "print JSON, one document per phone, then a summary")
	cmd.Flags().Var(&d.color, "color", "colour the answers; auto: on a terminal, unless NO_COLOR is set")
	return cmd
}

func (a *app) downloads(d *downloadsRun, args []string) error {
	var t servertrace.Traces
	for _, arg := range args {
		names := []string{arg}
		if arg != input.Stdin {
			var err error
			if names, err = filesIn(arg, func(string) bool { return true }); err != nil {
				return exitError{exitUnreadable, err}
			}
		}
		inFolder := len(names) != 1 || names[0] != arg
		for _, name := range names {
			switch err := a.readTrace(&t, name); {
			case err == nil:
			case inFolder && errors.Is(err, servertrace.ErrNothing):
				a.warn("skipped: " + err.Error())
			default:
				return exitError{exitUnreadable, err}
			}
		}
	}
	phones := t.Phones()
	if !servertrace.AllSent(phones) {
		a.worst(exitNo)
	}
	return outputFailure(a.writeDownloads(d, &t, phones))
}

func (a *app) readTrace(t *servertrace.Traces, name string) error {
	r, done, err := openInput(name, a.stdin)
	if err != nil {
		return err
	}
	defer done()
	if err := servertrace.Read(r, func(e servertrace.Event) { t.Add(name, e) }); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (a *app) writeDownloads(d *downloadsRun, t *servertrace.Traces, phones []*servertrace.Phone) error {
	if !d.json {
		return servertrace.WriteText(a.stdout, t, phones, servertrace.Options{Color: d.color.wanted(a.stdout), Width: terminal.Width(a.stdout)})
	}
	for _, p := range phones {
		if err := report.Write(a.stdout, newTracePhone(p)); err != nil {
			return err
		}
	}
	return report.Write(a.stdout, report.TraceSummary{
		Head: report.NewHead(report.TypeTraceSummary), Phones: len(phones), Requests: t.Requests, Others: t.Others, Unattributed: t.Unattributed,
		AllSent: servertrace.AllSent(phones),
	})
}

func newTracePhone(p *servertrace.Phone) report.TracePhone {
	d := report.TracePhone{Head: report.NewHead(report.TypeTracePhone), Name: report.Text(p.Name), CTL: newTraceList(&p.Lists[0]), ITL: newTraceList(&p.Lists[1])}
	if p.Address != (netip.Addr{}) {
		d.Address = p.Address.String()
	}
	d.CAPF = report.TraceCAPF{
		Messages: p.CAPF, Last: report.Text(p.Message.Name), Clock: p.Message.Clock, File: report.Text(p.Message.Source), Line: p.Message.Line,
	}
	return d
}

func newTraceList(h *servertrace.History) report.TraceList {
	last := h.Last
	return report.TraceList{
		State: string(h.State()), Asked: h.Asked, Sent: h.Sent, Refused: h.Refused, Later: h.Later, Name: report.Text(last.Name),
		Sends: report.Text(last.File), Protocol: string(last.Protocol), Code: last.Code, Clock: last.Clock, File: report.Text(last.Source), Line: last.Line,
	}
}
