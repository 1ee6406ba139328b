package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
)

const signedLong = `Show, verify, extract and make the files that phones check with their lists:
configuration (SEP0011215A1AE3.cnf.xml.sgn), encrypted configuration
(.cnf.xml.enc.sgn), ring lists, locales, dial plans; and look at firmware.

A phone accepts such a file if a record with the role TFTP or CCM+TFTP of its CTL
or ITL has signed it. If not, its screen says "TFTP Error" with the name of the
file, and the phone keeps the configuration that it has.`

func (a *app) signedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "signed COMMAND",
		Short:   "Show, verify, extract and make signed configuration files",
		Long:    signedLong,
		Example: "  ctlinspect signed verify --list ITLFile.tlv SEP0011215A1AE3.cnf.xml.sgn",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.signedShowCommand(), a.signedVerifyCommand(), a.signedExtractCommand(), a.signedMakeCommand())
	return cmd
}

const signedShowLong = `Print what the headers of signed files say: who signed, when, with which digest,
how the content is encrypted; for firmware of 78xx phones the SHA-256 of the
content, and whether it is right; for a .loads file the files that it names, and
whether they are beside it with their right sizes.

Nothing is verified without a list: use "signed verify".`

func (a *app) signedShowCommand() *cobra.Command {
	var s signedCheck
	cmd := &cobra.Command{
		Use:               "show [flags] FILE...",
		Short:             "Print what the headers of signed files say",
		Long:              signedShowLong,
		Example:           "  ctlinspect signed show SEP0011215A1AE3.cnf.xml.sgn\n  ctlinspect signed show kern78xx.12-8-1-0001-455.sbn",
		Args:              needFiles,
		ValidArgsFunction: completeSigned,
		RunE:              func(_ *cobra.Command, args []string) error { return a.signedFiles(&s, args, false) },
	}
	cmd.Flags().BoolVarP(&s.json, "json", "j", false, "print JSON, one document per file")
	return cmd
}

const signedVerifyLong = `Check signed files with the lists that a phone holds: one line per file, which
record signed it, and what a phone that holds these lists does with it.

LIST is a CTL or an ITL; a phone holds one of each. A list that does not verify
itself vouches for nothing. With --cert the signature is checked with that
certificate alone. A folder stands for the signed files in it.

Firmware of 69xx, 79xx and 89xx phones is signed with a key of Cisco's that no
list holds and that is not published. --firmware-key FILE holds its modulus, 512
hex digits; without it only the header can be shown. What the signature of 78xx
firmware covers is unknown.

Exit codes, with several files the highest:
  0  verified: a phone that holds these lists accepts the file
  1  not verified: no record of the lists signed it, it was changed, or what
     phones do with it is not known
  2  usage
  3  a file cannot be read, or is not a signed file`

func (a *app) signedVerifyCommand() *cobra.Command {
	var s signedCheck
	cmd := &cobra.Command{
		Use:               "verify {--list LIST... | --cert CERT | --firmware-key FILE} FILE...",
		Short:             "Check signed files with a phone's lists, one line per file",
		Long:              signedVerifyLong,
		Example:           "  ctlinspect signed verify --list CTLFile.tlv --list ITLFile.tlv *.cnf.xml.sgn\n  ctlinspect signed verify --cert CallManager.pem tftpboot/",
		Args:              needFiles,
		ValidArgsFunction: completeSigned,
		RunE: func(_ *cobra.Command, args []string) error {
			if s.none() {
				return misuse("give the lists of a phone with --list, a certificate with --cert or a key with --firmware-key")
			}
			return a.signedFiles(&s, args, true)
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVarP(&s.json, "json", "j", false, "print JSON, one document per file")
	return cmd
}

// A signedCheck is the flags that say what files are checked with.
type signedCheck struct {
	lists    []string
	cert     string
	firmware string
	json     bool
}

func (s *signedCheck) none() bool { return len(s.lists) == 0 && s.cert == "" && s.firmware == "" }

func (s *signedCheck) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&s.lists, "list", "l", nil, "a `LIST` that the phone holds: its CTL, its ITL, or both by repeating the flag")
	cmd.Flags().StringVar(&s.cert, "cert", "", "check with this certificate `FILE` instead of lists")
	cmd.Flags().StringVar(&s.firmware, "firmware-key", "", "check firmware with this key, a `FILE` with its modulus in hex")
	cmd.MarkFlagsMutuallyExclusive("list", "cert", "firmware-key")
}

// against reads what files are checked with.
func (a *app) against(s *signedCheck) (signed.Against, error) {
	var by signed.Against
	for _, name := range s.lists {
		f := inspect.Open(name, a.stdin, 0)
		switch {
		case f.List == nil:
			return by, exitError{exitUnreadable, f.Err}
		case f.Reason != nil:
			return by, exitError{exitNo, fmt.Errorf("%s: NOT VERIFIED: %w; it vouches for nothing", name, f.Reason)}
		}
		for i, other := range by.Lists {
			if other.Header.Kind() == f.List.Header.Kind() {
				return by, misuse("%s and %s are both %ss, and a phone holds one of each; ask for each in turn", s.lists[i], name, f.Kind)
			}
		}
		by.Lists = append(by.Lists, f.List)
	}
	if s.cert != "" {
		c, err := certs.ReadOne(s.cert)
		if err != nil {
			return by, err
		}
		by.Certificate = c
	}
	if s.firmware != "" {
		text, err := input.ReadFile(s.firmware, a.stdin)
		if err != nil {
			return by, err
		}
		key, err := signed.ParseFirmwareKey(string(text))
		if err != nil {
			return by, exitError{exitUnreadable, fmt.Errorf("%s: %w", s.firmware, err)}
		}
		by.Firmware = &key
	}
	return by, nil
}

// signedFiles shows or verifies files in turn.
func (a *app) signedFiles(s *signedCheck, names []string, verify bool) error {
	if err := onceStdin(append(append([]string{}, names...), s.lists...)); err != nil {
		return err
	}
	by, err := a.against(s)
	if err != nil {
		return err
	}
	files := a.signedNames(names)
	var n signedCounts
	for _, name := range files {
		f := a.judgeSigned(name, by)
		f.Lists, f.By = s.lists, s.cert
		d := report.NewSignedFile(f)
		if err := a.writeSigned(d, s.json, verify); err != nil {
			return outputFailure(err)
		}
		if f.Err != nil {
			a.complain(f.Err)
		}
		a.worst(signedCode(d))
		n.add(d)
	}
	if verify && !s.json && len(files) > aFew {
		a.note(n.String())
	}
	return nil
}

// signedCounts counts many files.
type signedCounts struct{ files, verified, not, unreadable int }

func (n *signedCounts) add(d *report.SignedFile) {
	n.files++
	switch {
	case d.Error != nil:
		n.unreadable++
	case d.Verified:
		n.verified++
	default:
		n.not++
	}
}

func (n *signedCounts) String() string {
	s := fmt.Sprintf("%d files: %d verified", n.files, n.verified)
	if n.not > 0 {
		s += fmt.Sprintf(", %d NOT VERIFIED", n.not)
	}
	if n.unreadable > 0 {
		s += fmt.Sprintf(", %d unreadable", n.unreadable)
	}
	return s
}

func (a *app) judgeSigned(name string, by signed.Against) report.Judged {
	f := report.Judged{Name: name}
	data, err := input.ReadSigned(name, a.stdin)
	if err != nil {
		f.Err = err
		return f
	}
	f.Size = len(data)
	if f.Judgement, f.Err = signed.Judge(filepath.Base(name), data, by); f.Err != nil {
		f.Err = fmt.Errorf("%s: not a signed file: %w", name, f.Err)
		return f
	}
	if j := f.Judgement; j.List() {
		f.Judgement, f.Err = nil, fmt.Errorf("%s: it is a trust list, %q: see ctlinspect verify and accept", name, j.File.Header.Filename())
		return f
	}
	if j := f.Judgement; strings.HasSuffix(strings.ToLower(name), ".loads") {
		f.Members = members(filepath.Dir(name), j)
	}
	return f
}

// members looks beside a .loads file for the files that it names.
func members(dir string, j *signed.Judgement) []report.SignedMember {
	var list []report.SignedMember
	var content []byte
	if j.Image != nil {
		content = j.Image.Content
	} else {
		content = j.File.Content
	}
	for _, m := range signed.Members(content) {
		member := report.SignedMember{Name: report.Text(m.Name)}
		if m.Size >= 0 {
			member.Size = &m.Size
		}
		if info, err := os.Stat(filepath.Join(dir, filepath.Base(m.Name))); err == nil {
			size := info.Size()
			member.Found = &size
		}
		list = append(list, member)
	}
	return list
}

func (a *app) writeSigned(d *report.SignedFile, asJSON, verify bool) error {
	switch {
	case asJSON:
		return report.Write(a.stdout, d)
	case d.Error != nil:
		return nil
	case verify:
		line := terminal.Escape(d.File) + ": " + terminal.Escape(d.Verdict())
		_, err := fmt.Fprintln(a.stdout, terminal.Wrap(line, terminal.Width(a.stdout), "  "))
		return err
	}
	return d.Text(a.stdout, terminalOf(a.stdout, "never"))
}

func signedCode(d *report.SignedFile) int {
	switch {
	case d.Error != nil:
		return exitUnreadable
	case d.Checked && !d.Verified:
		return exitNo
	}
	for _, m := range d.Members {
		if m.Wrong() {
			return exitNo
		}
	}
	return exitYes
}

// signedNames are the files, and of folders the signed files in them. A folder that
// cannot be read, or has none, is complained about, and the others count.
func (a *app) signedNames(names []string) []string {
	var files []string
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		found, err := regularFiles(name, isSignedName)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("%s: no signed files in this folder (.sgn, .sbn, .sb2, .loads)", name)
		}
		if err != nil {
			a.complain(err)
			a.worst(exitUnreadable)
		}
		files = append(files, found...)
	}
	return files
}

func completeSigned(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"sgn", "sbn", "sb2", "loads"}, cobra.ShellCompDirectiveFilterFileExt
}

func isSignedName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".sgn", ".sbn", ".sb2", ".loads":
		return true
	}
	return false
}

// phoneOf reads the certificate of a phone.
func phoneOf(name string) (*cert.Certificate, error) {
	c, err := certs.ReadOne(name)
	if err != nil {
		return nil, fmt.Errorf("--encrypt-to: %w", err)
	}
	return c, nil
}
