package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const matchLong = `Check whether the servers' current certificates are the ones in a list. The
output shows which record contains each certificate, which certificates are
not in the list, and which server records contain none of them (stale), or
nothing at all since the cluster left mixed mode (emptied).

CERT is a file with one or more certificates in PEM, one in DER, or the text
that CUCM shows in the box Certificate File Data of OS Administration or for
"show cert own CallManager"; or what "run sql" prints of the table
certificate, the JSON of the REST interface (snapshot/server), or the answer
to listTvsCertificate of AXL; trust stores in them are skipped. - is standard
input. CERT can also be a folder of such files. Give the certificates of all
servers: CallManager of each, CAPF and ITLRecovery of the publisher, and TVS
for an ITL.

FILE is one list; run the command again for another.

A certificate is recognised by itself, by its hash, by its key and serial, or
by serial and issuer: the strongest identifier that both have. A certificate
that was renewed with the same key is another certificate.

SAST records count as well: if the cluster has lost the keys that phones check
lists with, the output says which steps, in which order, phones follow. Tokens
are not checked, and ITLRecovery only if you give its certificate.

Exit codes:
  0  every certificate is in the list, no record is stale or emptied, and the
     list is verified
  1  a certificate is missing, a record is stale or emptied, or the list is
     not verified
  2  usage
  3  not readable, not a trust list, or no certificate`

const matchExample = `  ctlinspect match CTLFile.tlv --cert CallManager.pem --cert CAPF.pem
  ctlinspect match CTLFile.tlv --cert certs/`

func (a *app) matchCommand() *cobra.Command {
	var names []string
	var as kindFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "match [flags] FILE --cert CERT...",
		Short:   "Are the servers' current certificates the ones in the list?",
		Long:    matchLong,
		Example: matchExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("expected a list: ctlinspect match FILE --cert CERT")
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(names) == 0 {
				return misuse("expected one or more certificates; give them with --cert")
			}
			return a.match(args[0], append(names, args[1:]...), as.kind, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&names, "cert", nil, "certificate file or folder: `CERT`; repeatable")
	cmd.Flags().Var(&as, "as", "treat as CTL or ITL if neither FILENAME nor the file name says")
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON")
	return cmd
}

func (a *app) match(name string, certificates []string, as tlv.Kind, asJSON bool) error {
	if err := onceStdin(append([]string{name}, certificates...)); err != nil {
		return err
	}
	sources, err := a.readCertificates(certificates)
	if err != nil {
		a.complain(err)
		a.worst(exitUnreadable)
		return nil
	}
	f := inspect.Open(name, a.stdin, as)
	if f.Err != nil {
		if _, err := certs.Parse(f.Data); err == nil {
			f.Err = fmt.Errorf("%w; it contains a certificate: give the list as FILE, and certificates with --cert", f.Err)
		}
		a.complain(f.Err)
	} else if f.Verified == nil {
		a.complain(fmt.Errorf("%s is NOT VERIFIED: %w", f.Name, f.Reason))
	}
	return outputFailure(a.writeMatch(f, sources, asJSON))
}

func (a *app) writeMatch(f *inspect.File, sources []report.Source, asJSON bool) error {
	kind := f.Kind
	if f.Guessed {
		kind = tlv.KindUnknown
	}
	if f.Err != nil {
		a.worst(exitUnreadable)
		if asJSON {
			return report.Write(a.stdout, report.NewMatchError(f.Name, kind, f.Err))
		}
		return nil
	}
	d := report.NewMatch(f.Name, f.List, kind, sources)
	if !d.Good() || !d.Verified {
		a.worst(exitNo)
	}
	if asJSON {
		return report.Write(a.stdout, d)
	}
	return d.WriteText(a.stdout, terminalOf(a.stdout, "never"))
}

// readCertificates reads all certificates, each once.
func (a *app) readCertificates(names []string) ([]report.Source, error) {
	files, skipped, err := certs.OpenAll(names, a.stdin)
	for _, s := range skipped {
		a.complain(fmt.Errorf("%s skipped: contains no certificate", s))
	}
	var sources []report.Source
	for _, f := range files {
		for _, c := range f.Certificates {
			sources = append(sources, report.Source{File: f.Name, Number: c.Number, Known: c.Known})
		}
	}
	return sources, err
}
