package main

import (
	"crypto"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// signingFlags are what build and update have in common.
type signingFlags struct {
	signerFlags
	out        string
	force      bool
	toBeSigned string
	digest     string
	timestamp  string
	style      string
	allow      map[string]*bool // overrides, by their flags
	warned     map[string]bool  // of what they allow
}

func (s *signingFlags) add(cmd *cobra.Command) {
	s.signerFlags.add(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVarP(&s.out, "output", "o", "", "write the list to this `FILE`, - for standard output")
	flags.BoolVar(&s.force, "force", false, "replace the output if it exists")
	flags.StringVar(&s.toBeSigned, "to-be-signed", "", "sign nothing: write what has to be signed to this `FILE`, and FILE.json about it; attach takes the signature back")
	flags.StringVar(&s.digest, "digest", "", "the hash that is signed, `sha1|sha512`: by default that of OLD, SHA-1 for a new list")
	flags.StringVar(&s.timestamp, "timestamp", "", "`TIME` when the list was made: RFC 3339 or Unix seconds (default SOURCE_DATE_EPOCH, else now)")
	flags.StringVar(&s.style, "style", "", "names and order of fields in new records: `cucm|ctlclient|certutils`")
	s.allowFlag(cmd, draft.AllowUnlistedSigner, "sign although the list does not hold its signer as a SAST")
}

func (s *signingFlags) allowFlag(cmd *cobra.Command, name, usage string) {
	if s.allow == nil {
		s.allow, s.warned = make(map[string]*bool), make(map[string]bool)
	}
	s.allow[name] = cmd.Flags().Bool(name, false, usage)
}

func (s *signingFlags) check() error {
	if (s.out == "") == (s.toBeSigned == "") {
		return misuse("name the new list with -o, or what is to be signed elsewhere with --to-be-signed; one of them")
	}
	if s.toBeSigned == input.Stdin {
		return misuse("--to-be-signed writes two files, FILE and FILE.json: name a file, not -")
	}
	return s.keepKey()
}

// keepKey refuses to write over the signer's key or certificate, which --force
// would permit.
func (s *signingFlags) keepKey() error {
	for _, precious := range []string{s.signer, s.certificate} {
		key, err := os.Stat(precious)
		if err != nil {
			continue // what is wrong with it is told when it is read
		}
		for _, name := range []string{s.out, s.toBeSigned, s.toBeSigned + ".json"} {
			if target, err := os.Stat(name); err == nil && os.SameFile(key, target) {
				return misuse("%s is the signer's key or certificate: name another output", name)
			}
		}
	}
	return nil
}

// time is when the list is made.
func (s *signingFlags) time(now func() time.Time) (time.Time, error) {
	value, from := s.timestamp, "--timestamp"
	if value == "" {
		value, from = os.Getenv("SOURCE_DATE_EPOCH"), "SOURCE_DATE_EPOCH"
	}
	if value == "" {
		return now(), nil
	}
	t, err := parseTime(value)
	if err != nil {
		return t, misuse("%s %q: %w", from, value, err)
	}
	return t, nil
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if n, numErr := strconv.ParseInt(s, 10, 64); numErr == nil {
		t, err = time.Unix(n, 0), nil
	}
	switch {
	case err != nil:
		return t, errors.New("use a time as 2026-11-21T08:00:00Z or Unix seconds")
	case t.Unix() < 0 || t.Unix() > math.MaxUint32:
		return t, errors.New("lists can be dated from 1970 to 2106, Unix seconds 0 to 4294967295")
	}
	return t, nil
}

func parseDigest(s string) (tlv.Digest, error) {
	switch s {
	case "sha1":
		return tlv.DigestSHA1, nil
	case "sha512":
		return tlv.DigestSHA512, nil
	}
	return 0, misuse("--digest %q: use sha1 or sha512", s)
}

// finish signs a draft, or writes what is to be signed elsewhere. Nothing is
// asked of a token before everything else is known to be right.
func (a *app) finish(s *signingFlags, k *keyring, d *draft.Draft) error {
	if s.toBeSigned != "" {
		return a.writeToBeSigned(s, k, d)
	}
	if err := a.checkOutput(s.out, s.force); err != nil {
		return err
	}
	who, err := k.signer()
	if err != nil {
		return err
	}
	if err := a.prepare(s, d, who.key.Public(), who.certificate); err != nil {
		return err
	}
	// Not trust.Sign, which would name the first record that has the key and not
	// the one that phones know. deliver verifies.
	data, err := trust.SignUnlisted(d.Template, who.key)
	if err != nil {
		return err
	}
	return a.deliver(s, data, d.Old)
}

// prepare judges the draft and names the signer in its header.
func (a *app) prepare(s *signingFlags, d *draft.Draft, public crypto.PublicKey, c *cert.Certificate) error {
	key, err := draft.CheckKey(public)
	if err != nil {
		return err
	}
	for _, note := range d.Notes {
		a.note(note)
	}
	if err := a.weigh(s, d.Judge(key, c, a.now())); err != nil {
		return err
	}
	if err := d.NameSigner(key, c); errors.Is(err, draft.ErrNoCertificate) {
		return badUsage(err)
	} else if err != nil {
		return err
	}
	d.SignatureSize = key.Size()
	list, err := rehearse(d.Template)
	if err != nil {
		return err
	}
	a.tellChanges(d.Old, list)
	a.tellFindings(d.Old, list)
	return nil
}

// tellChanges says what the new list has that the old one has not, before it is
// signed.
func (a *app) tellChanges(old, list *trust.List) {
	if old == nil {
		return
	}
	changes := report.Changes(compare.Lists(old.List, list.List))
	for _, line := range changes {
		a.note(line)
	}
	if len(changes) == 0 {
		a.note("the records are those of the old list; it is signed again")
	}
}

// tellFindings warns of what lint finds in the new list and not in the old one.
func (a *app) tellFindings(old, list *trust.List) {
	had := make(map[string]bool)
	if old != nil {
		for _, f := range grave(old, a.now()) {
			had[findingKey(old, f)] = true
		}
	}
	kept := 0
	for _, f := range grave(list, a.now()) {
		if had[findingKey(list, f)] {
			kept++
			continue
		}
		a.warn(fmt.Sprintf("%s%s (%s); %s", findingPlace(f), f.Message, f.Rule, f.Remedy))
	}
	if kept > 0 {
		a.note("what lint finds in the old list is in the new one as well: see ctlinspect lint")
	}
}

// judgedElsewhere are the rules of lint that are not asked about a list which is
// not signed yet, or that draft judges.
var judgedElsewhere = []string{
	string(trust.ReasonSignatureWrong), string(trust.ReasonNoSignerRecord), string(trust.ReasonSignerNotSAST), string(trust.ReasonAmbiguous),
	"few-sasts", "sasts-expire-together",
}

// grave are the errors that lint finds, and its warnings about the whole list.
func grave(l *trust.List, now time.Time) []lint.Finding {
	findings := lint.Run(l, lint.Options{At: now}, lint.Without(allRules(), judgedElsewhere))
	return slices.DeleteFunc(findings, func(f lint.Finding) bool {
		return f.Severity != lint.SeverityError && (f.Severity != lint.SeverityWarning || f.Record > 0)
	})
}

// findingKey is the same for a finding that an old list had in the same record.
func findingKey(l *trust.List, f lint.Finding) string {
	if f.Record == 0 {
		return f.Rule
	}
	r := l.Records[f.Record-1]
	return fmt.Sprintf("%s %s %q %s", f.Rule, r.Role(), r.DNSName(), r.SerialNumber())
}

func findingPlace(f lint.Finding) string {
	if f.Record == 0 {
		return ""
	}
	return fmt.Sprintf("record %d: ", f.Record)
}

// rehearse makes the finished list with an empty signature and finds out what
// else would be wrong with it.
func rehearse(t *tlv.Template) (*trust.List, error) {
	u, err := t.Unsigned()
	if err != nil {
		return nil, err
	}
	data, err := u.Splice(make([]byte, u.Size))
	if err != nil {
		return nil, err
	}
	list, err := trust.Read(data)
	if err != nil {
		return nil, fmt.Errorf("the new list: %w", err)
	}
	_, err = list.Verify()
	switch trust.ReasonOf(err) {
	case trust.ReasonSignatureWrong, trust.ReasonNoSignerRecord:
		return list, nil
	}
	return nil, unverified(err)
}

func unverified(err error) error {
	return exitError{exitNo, fmt.Errorf("the new list would not verify and was not written: %w. Phones would refuse it; look at its SAST records", err)}
}

// warnName tells of a list that is about to get the other list's name.
func (a *app) warnName(out string, kind tlv.Kind) {
	if named := tlv.KindOf(filepath.Base(out)); named != tlv.KindUnknown && kind != tlv.KindUnknown && named != kind {
		a.warn(fmt.Sprintf("%s is named like a list of the other kind, and this is the %s. Phones that get it in place of the %s keep what they have; name it %s", out, kind, named, kind.Filename()))
	}
}

// weigh prints warnings, and refuses what no flag permits.
func (a *app) weigh(s *signingFlags, problems []draft.Problem) error {
	var refused error
	for _, p := range problems {
		allowed, known := s.allow[p.Override]
		switch {
		case p.Override == "":
			a.warn(p.Text)
		case known && *allowed && s.warned[p.Override]:
		case known && *allowed:
			a.warn(p.Text + " (allowed by --" + p.Override + ")")
			s.warned[p.Override] = true
		default:
			refused = errors.Join(refused, fmt.Errorf("refused: %s; --%s does it all the same", p.Text, p.Override))
		}
	}
	if refused != nil {
		return exitError{exitNo, refused}
	}
	return nil
}

// checkOutput finds out before a PIN is asked for whether the list can be written.
func (a *app) checkOutput(name string, force bool) error {
	if name != input.Stdin {
		return outputErr(safefile.Check(name, force))
	}
	if f, ok := a.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return exitError{exitUsage, errors.New("a list is not for the screen: name a file with -o, or redirect standard output")}
	}
	return nil
}

func outputErr(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, safefile.ErrExists):
		return exitError{exitUsage, fmt.Errorf("%w; --force replaces it", err)}
	case errors.Is(err, safefile.ErrNotRegular):
		return exitError{exitUsage, fmt.Errorf("%w; name a file, or - for standard output", err)}
	}
	return outputError{fmt.Errorf("cannot write the list: %w", err)}
}

// deliver reads the finished list back, verifies it, checks it against the list
// that phones hold, and writes it.
func (a *app) deliver(s *signingFlags, data []byte, old *trust.List) error {
	list, err := trust.Read(data)
	if err != nil {
		return fmt.Errorf("the new list: %w", err)
	}
	a.warnName(s.out, list.Header.Kind())
	f := &inspect.File{Name: s.out, Data: data, Kind: list.Header.Kind(), List: list}
	f.Verified, f.Reason = list.Verify()
	if f.Reason != nil && trust.ReasonOf(f.Reason) != trust.ReasonNoSignerRecord {
		return unverified(f.Reason)
	}
	decision := accepted(old, list)
	if err := a.weigh(s, draft.JudgeFinished(len(data), f.Reason, decision)); err != nil {
		return err
	}
	if err := a.write(s, data); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s: %d records, %d bytes, %s", s.out, len(list.Records), len(data), report.Verdict(f)))
	a.tellTaken(f, old, decision)
	return nil
}

// tellTaken tells which phones take the list.
func (a *app) tellTaken(f *inspect.File, old *trust.List, decision *trust.Decision) {
	if old != nil && old.Header.Kind() != f.Kind {
		for _, w := range decision.Warnings {
			a.warn(w)
		}
	}
	switch {
	case len(f.Data) > trust.MaxITLSize: // what phones do was told
	case old == nil:
		a.note("phones without a list take it; phones that hold one take it only if that one holds the signer as a SAST")
	case decision.Verdict == trust.VerdictSame:
		a.note("it is the old list, byte for byte")
	case decision.Voucher != nil && decision.Verdict.Taken():
		a.note("phones that hold the old list take it: " + decision.Voucher.String() + " vouches")
	}
}

// accepted is what phones that hold the old list do with the new one.
func accepted(old, list *trust.List) *trust.Decision {
	if old == nil {
		return nil
	}
	return trust.Accept(trust.Phone{Installed: []*trust.List{old}}, list)
}

func (a *app) write(s *signingFlags, data []byte) error {
	if s.out != input.Stdin {
		return outputErr(safefile.Write(s.out, data, s.force))
	}
	if _, err := a.stdout.Write(data); err != nil {
		return outputError{fmt.Errorf("cannot write the list: %w", err)}
	}
	return nil
}

// note tells on standard error what is no problem.
func (a *app) note(s string) { a.say("note", s) }

// warn tells on standard error what may become a problem.
func (a *app) warn(s string) { a.say("warning", s) }
