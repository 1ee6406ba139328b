package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
)

const fetchLong = `Get trust lists from TFTP servers or phones, verify and sum them: a line a file.

A HOST is a TFTP server of the cluster: its CTLFile.tlv and ITLFile.tlv are got, or
with --device those that it serves to a phone, CTLSEP<MAC>.tlv and ITLSEP<MAC>.tlv.
Each TFTP server has an ITL of its own, so name them all. A LOCATION is one file:

  tftp://HOST[:PORT]/NAME
  http://HOST:6970/NAME, https://HOST:6971/NAME
  ssh://USER@PHONE[:PORT]/tmp/CTLFile.tlv

Files go into the folder of -d, those of several hosts into a folder for each:
DIR/HOST/CTLFile.tlv, with a port DIR/HOST_PORT. A file is written whole or not at
all and takes the place of an older one; what is not a trust list is not written.
No name or path comes from a server. A server may send 2 MiB a file at most.

A server without any CTL means that the cluster is not in mixed mode: no error.
A host that leaves three files in a row without an answer is given up.

HTTPS checks the server's certificate: against the system's authorities, or those
in --cafile. A server's own certificate in that file is trusted under any name.
SSH takes keys from the agent or --identity, else asks for the password at the
terminal; the host key must stand in known_hosts. Phones of the 79xx series speak
only old algorithms: --legacy-ssh allows them, and says what that gives up.

Exit codes, of several files the worst:
  0  all got and verified, or there is no CTL as the cluster is not in mixed mode
  1  all got, and one is not verified, or is a CTL where an ITL should be
  2  usage
  3  one was not got, is not a trust list, or cannot be written; or interrupted`

// A fetching is the flags of fetch.
type fetching struct {
	devices     []string
	deviceFile  string
	dir         string
	jobs        int
	http, https bool
	json        bool
}

func (a *app) fetchCommand() *cobra.Command {
	f := &fetching{}
	cmd := &cobra.Command{
		Use:   "fetch [flags] HOST[:PORT]... | LOCATION...",
		Short: "Get lists from TFTP servers and phones, verify and sum them",
		Long:  fetchLong,
		Example: "  ctlinspect fetch cucm-pub cucm-sub1 -d lists\n" +
			"  ctlinspect fetch cucm-pub --http --devices phones.txt -d lists\n" +
			"  ctlinspect fetch --legacy-ssh ssh://admin@192.0.2.17/tmp/CTLFile.tlv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no host named; give one or more TFTP servers of the cluster")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := excludeEachOther(cmd, "http", "https"); err != nil {
				return err
			}
			return a.fetch(cmd.Context(), f, args)
		},
	}
	f.addFlags(cmd)
	a.addTransportFlags(cmd)
	return cmd
}

func (f *fetching) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.devices, "device", nil, "get what is served to this phone, SEP and 12 hex digits; may be repeated")
	flags.StringVar(&f.deviceFile, "devices", "", "read names of phones from this file, one a line, - for standard input")
	flags.StringVarP(&f.dir, "dir", "d", ".", "write files into this folder, made if it is not there")
	flags.IntVar(&f.jobs, "jobs", 16, "get this many files at a time")
	flags.BoolVar(&f.http, "http", false, "ask hosts over HTTP, port 6970, in place of TFTP")
	flags.BoolVar(&f.https, "https", false, "ask hosts over HTTPS, port 6971, in place of TFTP")
	flags.BoolVarP(&f.json, "json", "j", false, "print JSON, a document a file")
}

// fetch gets all files. Nothing is asked for before everything that was typed
// is known to make sense.
func (a *app) fetch(ctx context.Context, f *fetching, args []string) error {
	if f.jobs < 1 || f.jobs > 256 {
		return misuse("--jobs %d: use 1 to 256", f.jobs)
	}
	files, err := a.plan(f, args)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	out := a.openOutput(f, files)
	defer out.close()
	options := a.transport
	options.Password, options.Warn = askPassword, out.warn
	client, err := fetch.New(options)
	if err != nil {
		return exitError{exitUnreadable, err}
	}
	defer client.Close()
	return out.writeAll(ctx, f.fetchAll(ctx, client, files))
}
