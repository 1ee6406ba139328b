package main

import (
	"bufio"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certtext"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/match"
	"github.com/ctlinspect/ctlinspect/internal/print"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const matchLong = `Find out whether the servers' current certificates are the ones in a list: which
record holds each certificate, which certificates are not in the list, and which
server records hold none of them (stale).

CERT is PEM (also several in one file), DER, a folder of such files, or the text
that CUCM shows: the box Certificate File Data of OS Administration, or what
"show cert own CallManager" prints. Give the certificates of all servers:
CallManager of each, CAPF of the publisher, for an ITL also TVS.

A certificate is recognised by itself, by its hash, by its key and serial, or by
serial and issuer: the surest that the certificate and the record both have. One
that was made anew for the same key is another certificate.

Exit codes:
  0  every certificate is in the list, and no server record is stale
  1  a certificate is missing, a record is stale, or the list is not verified
  2  usage
  3  not readable, not a trust list, or no certificate`

func (a *app) matchCommand() *cobra.Command {
	var certs []string
	var as kindFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "match [flags] FILE --cert CERT...",
		Short:             "Are the servers' current certificates the ones in the list?",
		Long:              matchLong,
		Example:           "  ctlinspect match CTLFile.tlv --cert CallManager.pem --cert CAPF.pem\n  ctlinspect match CTLFile.tlv --cert certs/",
		Args:              needFiles,
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(certs) == 0 {
				return errors.New("no certificate named; give one or more with --cert")
			}
			return a.match(args[0], append(certs, args[1:]...), as.kind, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&certs, "cert", nil, "a certificate, or a folder of them: `CERT`; can be given several times, and more may follow")
	cmd.Flags().Var(&as, "as", "take it for this list where neither FILENAME nor the file's name tells")
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON")
	return cmd
}

func (a *app) match(name string, certs []string, as tlv.Kind, asJSON bool) error {
	if err := onceStdin(append([]string{name}, certs...)); err != nil {
		return err
	}
	sources, err := a.readCertificates(certs)
	if err != nil {
		a.complain(err)
		a.worst(exitUnreadable)
		return nil
	}
	return a.eachJudged([]string{name}, as, func(f *inspect.File) (int, error) {
		if f.List == nil {
			return exitUnreadable, nil
		}
		d, good := newMatchDocument(f, sources)
		code := exitYes
		if f.Verified == nil {
			a.complain(fmt.Errorf("%s is NOT VERIFIED: %w", f.Name, f.Reason))
			code = exitNo
		}
		if !good {
			code = exitNo
		}
		if asJSON {
			return code, writeJSON(a.stdout, d)
		}
		return code, d.print(a.stdout)
	})
}

// A source is a certificate and where it was read.
type source struct {
	name   string
	number int // in the file, from 1
	certtext.Certificate
}

// readCertificates reads all certificates, each once.
func (a *app) readCertificates(names []string) ([]source, error) {
	var sources []source
	seen := make(map[string]bool)
	for _, name := range names {
		files, skipped, err := certtext.Open(name, a.stdin)
		if err != nil {
			return nil, err
		}
		for _, s := range skipped {
			a.complain(fmt.Errorf("%s passed over: no certificate in it", s))
		}
		for _, f := range files {
			for i, c := range f.Certificates {
				if c.Full != nil && seen[string(c.Full.Raw)] {
					continue
				}
				if c.Full != nil {
					seen[string(c.Full.Raw)] = true
				}
				sources = append(sources, source{f.Name, i + 1, c})
			}
		}
	}
	return sources, nil
}

// A matchDocument is what match --json writes; docs/json.md describes it. Its
// text is escaped.
type matchDocument struct {
	Schema       string       `json:"schema"`
	File         string       `json:"file"`
	Kind         string       `json:"kind"`
	Verified     bool         `json:"verified"`
	Reason       string       `json:"reason"`
	Certificates []matchCert  `json:"certificates"`
	Stale        []matchStale `json:"stale"`
	Remedy       string       `json:"remedy"`
}

type matchCert struct {
	Source  string     `json:"source"`
	Number  int        `json:"number"`
	Subject string     `json:"subject"`
	Issuer  string     `json:"issuer"`
	Serial  string     `json:"serial"`
	SHA1    *string    `json:"sha1"`
	InList  bool       `json:"inList"`
	Records []matchHit `json:"records"`

	name string // what the table calls it
}

type matchHit struct {
	Record int    `json:"record"`
	Role   string `json:"role"`
	By     string `json:"by"`
}

type matchStale struct {
	Record  int    `json:"record"`
	Offset  int    `json:"offset"`
	Role    string `json:"role"`
	DNSName string `json:"dnsName"`
	Subject string `json:"subject"`
	Serial  string `json:"serial"`
}

func newMatchDocument(f *inspect.File, sources []source) (*matchDocument, bool) {
	d := &matchDocument{
		Schema: print.Schema, File: print.Escape(f.Name), Kind: strings.ToLower(f.Kind.String()),
		Verified: f.Verified != nil, Reason: string(trust.ReasonOf(f.Reason)),
		Certificates: []matchCert{}, Stale: []matchStale{},
	}
	certificates := make([]certtext.Certificate, len(sources))
	for i, s := range sources {
		certificates[i] = s.Certificate
	}
	records := f.List.Records
	result := match.Match(records, certificates)
	for i, s := range sources {
		d.Certificates = append(d.Certificates, newMatchCert(s, records, result.Hits[i], !result.Missing(i)))
	}
	for _, n := range result.Stale {
		r := records[n-1]
		d.Stale = append(d.Stale, matchStale{
			n, r.Offset, r.Role().Short(), print.Escape(r.DNSName()), print.Escape(r.Subject()), r.SerialNumber().String(),
		})
	}
	if !result.Good() {
		d.Remedy = "if these are all current certificates of the servers, " + lint.NewSubject(f.List, lint.Options{Kind: f.Kind}).Remake()
	}
	return d, result.Good()
}

func newMatchCert(s source, records []tlv.Record, hits []match.Hit, inList bool) matchCert {
	c := matchCert{
		Source: print.Escape(s.name), Number: s.number, Subject: print.Escape(s.Subject.CUCM()), Issuer: print.Escape(s.Issuer.CUCM()),
		Serial: s.Serials[len(s.Serials)-1].String(), InList: inList, Records: []matchHit{},
		name: print.Escape(shortName(s.Subject)),
	}
	if s.Full != nil {
		hash := fmt.Sprintf("%x", sha1.Sum(s.Full.Raw))
		c.SHA1 = &hash
	}
	for _, h := range hits {
		c.Records = append(c.Records, matchHit{h.Number, records[h.Number-1].Role().Short(), string(h.By)})
	}
	return c
}

// shortName is the common name, or the whole name where there is none.
func shortName(n cert.Name) string {
	if cn := strings.TrimSpace(n.Get("CN")); cn != "" {
		return cn
	}
	return n.CUCM()
}

func (d *matchDocument) print(w io.Writer) error {
	out := bufio.NewWriter(w)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CERTIFICATE\tNAME\tSERIAL\tRECORD\tRECOGNISED BY")
	for _, c := range d.Certificates {
		c.rows(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, s := range d.Stale {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "Stale: %s\n", s)
	}
	fmt.Fprintln(out)
	fmt.Fprintln(out, d.summary())
	if d.Remedy != "" {
		fmt.Fprintf(out, "What to do: %s\n", d.Remedy)
	}
	return out.Flush()
}

// rows are a row for each record.
func (c matchCert) rows(w io.Writer) {
	head := fmt.Sprintf("%s\t%s\t%s", c.file(), c.name, c.Serial)
	if len(c.Records) == 0 {
		fmt.Fprintf(w, "%s\t-\tnot in the list\n", head)
	}
	for _, r := range c.Records {
		by := r.By
		if r.By == string(match.OtherWithKey) {
			by = "not in the list: this record has another certificate with the same key"
		}
		fmt.Fprintf(w, "%s\t%d %s\t%s\n", head, r.Record, r.Role, by)
		head = "\t\t"
	}
}

func (c matchCert) file() string {
	if c.Number > 1 {
		return fmt.Sprintf("%s #%d", c.Source, c.Number)
	}
	return c.Source
}

func (s matchStale) String() string {
	text := fmt.Sprintf("record %d, %s", s.Record, s.Role)
	if name := strings.TrimSpace(s.DNSName); name != "" {
		text += " of " + name
	}
	if s.Subject == "" && s.Serial == "" {
		return text + ", holds no certificate"
	}
	return fmt.Sprintf("%s, %s, serial %s, holds none of these certificates", text, s.Subject, s.Serial)
}

func (d *matchDocument) summary() string {
	missing := 0
	for _, c := range d.Certificates {
		if !c.InList {
			missing++
		}
	}
	if missing == 0 && len(d.Stale) == 0 {
		return fmt.Sprintf("%s: %s in the list, no server record is stale", d.File, counted(len(d.Certificates), "certificate"))
	}
	return fmt.Sprintf("%s: %s not in the list, %s stale", d.File, counted(missing, "certificate"), counted(len(d.Stale), "server record"))
}
