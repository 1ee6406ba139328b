package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
)

const fetchLong = `Fetch trust lists from TFTP servers or phones, verify and sum them. One line
per file.

A HOST is a TFTP server of the cluster. Its CTLFile.tlv and ITLFile.tlv are
fetched, or with --device the lists that it serves to a phone: CTLSEP<MAC>.tlv
and ITLSEP<MAC>.tlv. Each TFTP server has an ITL of its own, so name them all. A
URL is one file:

  tftp://HOST[:PORT]/NAME
  http://HOST:6970/NAME, https://HOST:6971/NAME
  ssh://USER@PHONE[:PORT]/tmp/CTLFile.tlv

Files are written to the folder of -d: DIR/CTLFile.tlv, or with several hosts
DIR/HOST/CTLFile.tlv (DIR/HOST_PORT with a port). Each line says whether the file
is new, changed or unchanged. A file that is replaced is kept in the folder of
--archive under its SHA-1. A file is written whole or not at all. What is not a
trust list is not written. No name or path comes from a server. A server may send
at most 2 MiB per file.

A server without any CTL means that the cluster is not in mixed mode. This is
not an error, unless a CTL from an earlier run exists. The CTLs of all servers
must be equal. A host is skipped after three timeouts in a row.

The file of --devices has one name per line, or is a CSV export with the names or
MAC addresses of phones in any column. Lines that name no phone are skipped, with
a note.

--config walks the whole chain of a phone: its lists, then SEP<MAC>.cnf.xml.sgn
and .cnf.xml.enc.sgn, which those lists must vouch for. The last line about a
phone says whether a phone that holds these lists accepts its configuration.
Whether SEP<MAC>.cnf.xml exists is reported; it is not written. With many phones
there is one line per phone.

HTTPS checks the server's certificate against the system's authorities, or
against those in --cafile. A server's own certificate in that file is trusted
under any name. SSH uses keys from the agent or --identity; otherwise it asks
for the password at the terminal. The host key must be in known_hosts. Phones of
the 79xx series support only old algorithms: --legacy-ssh allows them, and
reports what that gives up.

Exit codes; with several files, the highest code:
  0  all fetched and verified; or no CTL: the cluster is not in mixed mode
  1  all fetched, but one is not verified, or is a CTL in place of an ITL; or
     the CTLs of the servers differ; or a CTL that existed is gone; or a phone
     is not known to accept its configuration
  2  usage
  3  a file could not be fetched or written, or is not a trust list; or
     interrupted`

// A fetching is the flags of fetch.
type fetching struct {
	devices     []string
	deviceFile  string
	dir         string
	archive     string
	jobs        int
	http, https bool
	config      bool
	json        bool
}

func (a *app) fetchCommand() *cobra.Command {
	f := &fetching{}
	cmd := &cobra.Command{
		Use:   "fetch [flags] HOST[:PORT]... | URL...",
		Short: "Fetch lists from TFTP servers and phones, verify and sum them",
		Long:  fetchLong,
		Example: "  ctlinspect fetch cucm-pub cucm-sub1 -d lists\n" +
			"  ctlinspect fetch cucm-pub --http --devices phones.txt -d lists\n" +
			"  ctlinspect fetch cucm-pub --config --devices phones.txt -d lists\n" +
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
	flags.StringArrayVar(&f.devices, "device", nil, "fetch the lists for this phone (`SEP...`); repeatable")
	flags.StringVar(&f.deviceFile, "devices", "", "read names of phones from this `FILE` (or -)")
	flags.BoolVar(&f.config, "config", false, "also fetch the phones' signed configuration files, and check them with the lists fetched with them")
	flags.StringVarP(&f.dir, "dir", "d", ".", "output `FOLDER`, created if needed")
	flags.StringVar(&f.archive, "archive", "", "`FOLDER` of older files (default archive in -d)")
	flags.IntVar(&f.jobs, "jobs", 16, "`NUMBER` of files to fetch at once")
	flags.BoolVar(&f.http, "http", false, "ask hosts over HTTP, port 6970, instead of TFTP")
	flags.BoolVar(&f.https, "https", false, "ask hosts over HTTPS, port 6971, instead of TFTP")
	flags.BoolVarP(&f.json, "json", "j", false, "print JSON, one document per line")
}

// scheme is how hosts are asked.
func (f *fetching) scheme() string {
	switch {
	case f.http:
		return fetch.SchemeHTTP
	case f.https:
		return fetch.SchemeHTTPS
	}
	return fetch.SchemeTFTP
}

// fetch fetches all files. Nothing is asked for before everything that was typed
// is known to make sense.
func (a *app) fetch(ctx context.Context, f *fetching, args []string) error {
	if err := checkJobs(f.jobs, 256); err != nil {
		return err
	}
	devices, err := a.fetchDevices(f)
	if err != nil {
		return err
	}
	files, err := fetch.Request{Sources: args, Devices: devices, Scheme: f.scheme(), Config: f.config}.Plan()
	if err != nil {
		return usageError{err}
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	out := a.openFetchOutput(f, files)
	defer out.close()
	options := a.transport
	options.Password, options.Warn = askPassword, out.warn
	client, err := fetch.New(options)
	if err != nil {
		return exitError{exitUnreadable, err}
	}
	defer client.Close()
	return out.writeAll(ctx, client.GetAll(ctx, files, a.fetchStore(f), f.jobs))
}

// fetchDevices returns the names of phones from the flags.
func (a *app) fetchDevices(f *fetching) ([]string, error) {
	var devices fetch.Devices
	for _, d := range f.devices {
		if err := devices.Add("--device", d); err != nil {
			return nil, usageError{err}
		}
	}
	if f.deviceFile == "" {
		return devices.Names, nil
	}
	data, err := input.ReadFile(f.deviceFile, a.stdin)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	note, err := devices.AddFile(f.deviceFile, data)
	if note != "" {
		a.note(note)
	}
	return devices.Names, badUsage(err)
}

// fetchStore is where the files go.
func (a *app) fetchStore(f *fetching) fetch.Store {
	t := a.transport
	inputs := safefile.FindInputs(f.deviceFile, t.CAFile, t.Identity, t.KnownHosts)
	if stdin, ok := a.stdin.(*os.File); ok {
		if info, err := stdin.Stat(); err == nil {
			inputs = append(inputs, info)
		}
	}
	return fetch.Store{Dir: f.dir, Archive: f.archive, Inputs: inputs}
}
