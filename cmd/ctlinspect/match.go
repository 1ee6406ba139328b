package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const matchLong = `Find out whether the servers' current certificates are the ones in a list: which
record holds each certificate, which certificates are not in the list, and which
server records hold none of them (stale), or nothing at all since the cluster left
mixed mode (emptied).

CERT is a file: one or more certificates in PEM, one in DER, or the text that CUCM
shows, of the box Certificate File Data in OS Administration or of "show cert own
CallManager"; - is standard input. Or it is a folder of such files. Give the
certificates of all servers: CallManager of each, CAPF of the publisher, for an
ITL also TVS.

FILE is one list; run the command again for another.

A certificate is recognised by itself, by its hash, by its key and serial, or by
serial and issuer: the surest that the certificate and the record both have. One
that was made anew for the same key is another certificate.

Exit codes:
  0  every certificate is in the list, no server record is stale or emptied, and
     the list is verified
  1  a certificate is missing, a record is stale or emptied, or the list is not
     verified
  2  usage
  3  not readable, not a trust list, or no certificate`

func (a *app) matchCommand() *cobra.Command {
	var names []string
	var as kindFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "match [flags] FILE --cert CERT...",
		Short:   "Are the servers' current certificates the ones in the list?",
		Long:    matchLong,
		Example: "  ctlinspect match CTLFile.tlv --cert CallManager.pem --cert CAPF.pem\n  ctlinspect match CTLFile.tlv --cert certs/",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no list named; give one: ctlinspect match FILE --cert CERT")
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(names) == 0 {
				return misuse("no certificate named; give one or more with --cert")
			}
			return a.match(args[0], append(names, args[1:]...), as.kind, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&names, "cert", nil, "file with certificates, or folder of such files: `CERT`; can be given several times, and more may follow without the flag")
	cmd.Flags().Var(&as, "as", "take it for this list where neither FILENAME nor the file's name tells")
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON")
	return cmd
}

func (a *app) match(name string, certificates []string, as tlv.Kind, asJSON bool) error {
	if err := onceStdin(append([]string{name}, certificates...)); err != nil {
		return err
	}
	files, err := a.readCertificates(certificates)
	if err != nil {
		a.complain(err)
		a.worst(exitUnreadable)
		return nil
	}
	f := inspect.Open(name, a.stdin, as)
	if f.Err != nil {
		if _, err := certs.Parse(f.Data); err == nil {
			f.Err = fmt.Errorf("%w; it holds a certificate: give the list as FILE, and certificates with --cert", f.Err)
		}
		a.complain(f.Err)
	}
	code, err := a.matchFile(f, files, asJSON)
	if err != nil {
		return outputError{fmt.Errorf("cannot write the output: %w", err)}
	}
	a.worst(code)
	return nil
}

func (a *app) matchFile(f *inspect.File, files []certs.File, asJSON bool) (int, error) {
	d := report.NewMatch(f, files)
	if f.List == nil {
		if asJSON {
			return exitUnreadable, d.JSON(a.stdout)
		}
		return exitUnreadable, nil
	}
	code := exitYes
	if !d.Good() || f.Verified == nil {
		code = exitNo
		d.Remedy = matchRemedy(f)
	}
	if f.Verified == nil {
		a.complain(fmt.Errorf("%s is NOT VERIFIED: %w", f.Name, f.Reason))
	}
	if asJSON {
		return code, d.JSON(a.stdout)
	}
	return code, d.Text(a.stdout)
}

// matchRemedy is what to do about a list that is not good.
func matchRemedy(f *inspect.File) string {
	s := lint.NewSubject(f.List, lint.Options{Kind: f.Kind})
	switch {
	case f.Verified == nil:
		return s.Advice(lint.RemedyVerify)
	case s.Nonsecure():
		return s.Advice(lint.RemedyRemake)
	}
	return "if these are all current certificates of the servers, " + s.Advice(lint.RemedyRemake)
}

// readCertificates reads all certificates, each once.
func (a *app) readCertificates(names []string) ([]certs.File, error) {
	var all []certs.File
	seen := make(map[string]bool)
	for _, name := range names {
		files, skipped, err := certs.Open(name, a.stdin)
		if errors.Is(err, certs.ErrNone) && name != input.Stdin && inspect.Open(name, nil, tlv.KindUnknown).List != nil {
			return nil, fmt.Errorf("%s is a trust list, not a certificate: give one list as FILE, and certificates with --cert", name)
		}
		if err != nil {
			return nil, err
		}
		for _, s := range skipped {
			a.complain(fmt.Errorf("%s skipped: contains no certificate", s))
		}
		for _, f := range files {
			f.Certificates = slices.DeleteFunc(f.Certificates, func(c certs.Certificate) bool {
				if c.Full == nil {
					return false
				}
				twice := seen[string(c.Full.Raw)]
				seen[string(c.Full.Raw)] = true
				return twice
			})
			all = append(all, f)
		}
	}
	return all, nil
}
