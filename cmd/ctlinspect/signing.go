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

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
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
	version    string                     // of the signer
	allowed    []string                   // IDs of lint's errors that are permitted
	allow      map[trust.Permission]*bool // flags, by what they permit
}

func (s *signingFlags) add(cmd *cobra.Command) {
	s.signerFlags.add(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVarP(&s.out, "output", "o", "", "write the list to this `FILE`; - for standard output")
	flags.BoolVar(&s.force, "force", false, "replace the output if it exists")
	flags.StringVar(&s.toBeSigned, "to-be-signed", "", "sign nothing; write the bytes to sign to this `FILE` and their description to FILE.json, for attach")
	flags.StringVar(&s.digest, "digest", "", "hash to sign, `sha1|sha512` (default that of OLD, sha1 for a new list)")
	flags.StringVar(&s.timestamp, "timestamp", "", "date the list at this `TIME`: RFC 3339 or Unix seconds (default SOURCE_DATE_EPOCH, else now)")
	flags.StringVar(&s.style, "style", "", "style of names and fields in new records: `cucm|ctlclient|certutils` (default that of OLD; for a new list ctlclient if it has token records, else cucm)")
	flags.StringVar(&s.version, "signer-version", "", "version of the signer to write, `1.0|1.1` (default that of OLD, 1.1 if a record has an EC key)")
	flags.StringSliceVar(&s.allowed, "allow", nil, "sign despite errors that lint finds, comma-separated `IDs` of its rules; repeatable")
	completeFlag(cmd, "allow", completeRules)
	s.allowFlag(cmd, trust.PermitUnproven, "sign even if it is not known what phones do with the list")
	s.allowFlag(cmd, trust.PermitUnlistedSigner, "sign even if the list does not hold its signer as a SAST")
}

// allowFlag adds the flag that permits what is refused.
func (s *signingFlags) allowFlag(cmd *cobra.Command, p trust.Permission, usage string) {
	if s.allow == nil {
		s.allow = make(map[trust.Permission]*bool)
	}
	s.allow[p] = cmd.Flags().Bool(draft.Flag(p), false, usage)
}

func (s *signingFlags) check() error {
	if (s.out == "") == (s.toBeSigned == "") {
		return misuse("give exactly one of -o and --to-be-signed")
	}
	if s.toBeSigned == input.Stdin {
		return misuse("--to-be-signed writes two files, FILE and FILE.json: name a file, not -")
	}
	for _, id := range s.allowed {
		if _, err := lint.Find(allRules(), id); err != nil {
			return misuse("--allow: %w", err)
		}
	}
	return s.keepKey()
}

// keepKey refuses to write over the signer's key or certificate, which --force
// would permit.
func (s *signingFlags) keepKey() error {
	for _, precious := range []string{s.signer, s.certificate} {
		key, err := os.Stat(precious)
		if err != nil {
			continue // the error is reported when it is read
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

// setTimeAndDigest sets what the flags say; the digest stays without --digest.
func (s *signingFlags) setTimeAndDigest(d *draft.Draft, now func() time.Time) (err error) {
	if d.Timestamp, err = s.time(now); err != nil {
		return err
	}
	if s.digest != "" {
		d.Digest, err = parseDigest(s.digest)
	}
	return err
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
	signing, err := a.prepare(s, d, who.key.Public(), who.certificate)
	if err != nil {
		return err
	}
	signed, err := signing.Sign(who.key)
	return a.deliver(s, signed, err, d.Old)
}

// prepare judges the draft, and shows what is in it, before it is signed.
func (a *app) prepare(s *signingFlags, d *draft.Draft, key crypto.PublicKey, c *cert.Certificate) (*trust.Signing, error) {
	if err := d.SetSignerVersion(s.version); err != nil {
		return nil, misuse("--signer-version: %w", err)
	}
	for _, note := range d.Notes {
		a.note(note)
	}
	conditions, err := d.Conditions(c, s.permitted())
	if err != nil {
		return nil, err
	}
	signing, err := trust.Prepare(d.Template, key, conditions)
	if err != nil {
		return nil, a.refuse(s, err, d.Old)
	}
	a.warnPermitted(signing.Permitted, d.Old)
	a.tellChanges(d.Old, signing.Draft)
	return signing, a.judge(s, d, signing.Draft)
}

// permitted are the refusals that flags permit. What is wrong with the size of a
// list is a finding of lint.
func (s *signingFlags) permitted() trust.Permission {
	p := trust.PermitTooLarge
	for permission, allowed := range s.allow {
		if *allowed {
			p |= permission
		}
	}
	return p
}

func (a *app) warnPermitted(permitted trust.Refusals, old *trust.List) {
	for _, r := range permitted {
		if flag := draft.Flag(r.Permission); flag != "" {
			a.warn(draft.Explain(r, old != nil) + " (allowed by --" + flag + ")")
		}
	}
}

func isRefusal(err error) bool {
	var refusals trust.Refusals
	return errors.As(err, &refusals)
}

// refuse explains why a list is not signed.
func (a *app) refuse(s *signingFlags, err error, old *trust.List) error {
	var refusals trust.Refusals
	var unlisted *trust.UnlistedKeyError
	var unverifiable *trust.UnverifiableError
	switch {
	case errors.As(err, &refusals):
		var all error
		for _, r := range refusals {
			all = errors.Join(all, fmt.Errorf("refused: %s; use --%s to do it anyway", draft.Explain(r, old != nil), draft.Flag(r.Permission)))
		}
		return exitError{exitNo, all}
	case errors.As(err, &unlisted):
		return misuse("neither list holds the signer, so --signer-cert must say who it is")
	case errors.As(err, &unverifiable):
		return unverified(err)
	}
	return err
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

// judge warns of what lint finds in the new list and not in the old one. Errors
// are refused unless they are permitted.
func (a *app) judge(s *signingFlags, d *draft.Draft, list *trust.List) error {
	news, kept := draft.Findings(list, d.Old, d.Kind, a.now())
	var refused error
	for _, f := range news {
		text := draft.FindingText(f)
		if f.Severity < lint.SeverityError || slices.Contains(s.allowed, f.Rule) {
			a.warn(text)
			continue
		}
		refused = errors.Join(refused, fmt.Errorf("refused: %s; see ctlinspect lint --rules %s, or use --allow %[2]s to do it anyway", text, f.Rule))
	}
	if refused != nil {
		return exitError{exitNo, refused}
	}
	if len(news) > 0 {
		a.note("ctlinspect lint says what to do about these warnings")
	}
	if kept > 0 {
		a.note(fmt.Sprintf("findings of lint that the old list has too: %d, see ctlinspect lint", kept))
	}
	return nil
}

func unverified(err error) error {
	return exitError{exitNo, fmt.Errorf("%w, so it was not written. Phones would refuse it; look at its SAST records", err)}
}

// warnName tells of a list that is about to get the other list's name.
func (a *app) warnName(out string, kind tlv.Kind) {
	if named := tlv.KindOf(filepath.Base(out)); named != tlv.KindUnknown && kind != tlv.KindUnknown && named != kind {
		a.warn(fmt.Sprintf("%s is named like a list of the other kind, and this is the %s. Phones that get it in place of the %s keep what they have; name it %s", out, kind, named, kind.Filename()))
	}
}

// checkOutput finds out before a PIN is asked for whether the list can be written.
func (a *app) checkOutput(name string, force bool) error {
	if name != input.Stdin {
		return outputErr(safefile.Check(name, force, a.inputs()...))
	}
	if terminal.Is(a.stdout) {
		return exitError{exitUsage, errors.New("refusing to write binary data to a terminal: name a file with -o, or redirect standard output")}
	}
	return nil
}

func outputErr(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, safefile.ErrExists):
		return exitError{exitUsage, fmt.Errorf("%w; --force replaces it", err)}
	case errors.Is(err, safefile.ErrInput):
		return exitError{exitUsage, fmt.Errorf("%w; write to another file", err)}
	case errors.Is(err, safefile.ErrNotRegular):
		return exitError{exitUsage, fmt.Errorf("%w; name a file, or - for standard output", err)}
	}
	return outputError{fmt.Errorf("cannot write the list: %w", err)}
}

// deliver writes the finished list.
func (a *app) deliver(s *signingFlags, signed *trust.Signed, err error, old *trust.List) error {
	if err != nil {
		return a.refuse(s, err, old)
	}
	data := signed.Raw()
	f := &inspect.File{Name: s.out, Data: data, Kind: signed.Header.Kind(), List: signed.List}
	f.Verified, f.Reason = signed.Verify()
	a.warnName(s.out, f.Kind)
	if err := a.write(s, data); err != nil {
		return err
	}
	noun := "records"
	if len(signed.Records) == 1 {
		noun = "record"
	}
	a.note(fmt.Sprintf("%s: %d %s, %d bytes, %s", s.out, len(signed.Records), noun, len(data), report.Verdict(f)))
	a.tellTaken(f, old, signed.Decision)
	return nil
}

// tellTaken says which phones accept the list.
func (a *app) tellTaken(f *inspect.File, old *trust.List, decision *trust.Decision) {
	if old != nil && old.Header.Kind() != f.Kind {
		for _, w := range decision.Warnings {
			a.warn(w)
		}
	}
	switch {
	case len(f.Data) > trust.MaxITLSize: // lint has warned
	case old == nil:
		a.note("phones without a list accept it; phones that have one accept it only if that list contains the signer as a SAST")
	case decision.Verdict == trust.VerdictSame:
		a.note("it is the old list, byte for byte")
	case decision.Voucher != nil && decision.Verdict.Taken():
		a.note("phones that have the old list accept it: signed by " + decision.Voucher.String())
	}
}

func (a *app) write(s *signingFlags, data []byte) error {
	if s.out != input.Stdin {
		return outputErr(safefile.Write(s.out, data, s.force, a.inputs()...))
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
