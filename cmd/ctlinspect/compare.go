package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/report"
)

const compareLong = `Compare a phone's copy of a list with the servers'. Each TFTP node has an ITL
of its own, so name the lists of all nodes. The output shows which list the
phone has, what differs, and whether a phone that has the copy would accept
the server's list.

COPY and SERVER are each one of
  a file          a list; or a text with a listing of show ctl, show itl, ls
                  -l or file list tftp, a phone's console log, DeviceTLInfo
                  alarms (syslog or XML) or status messages
  -               standard input
  a URL           tftp://HOST/CTLFile.tlv, http://HOST:6970/ITLFile.tlv,
                  ssh://USER@PHONE/tmp/CTLFile.tlv
  what is shown   md5:HEX, sha1:HEX, sha512:HEX or size:BYTES. HEX may be in
                  any case, with colons, dashes or blanks. The name is not
                  needed: 32 digits are an MD5, 40 a SHA-1, 128 a SHA-512 (a
                  file with such a name is ./NAME)

A hash matches a file; it does not prove who made it. An equal size is weak:
it only shows that the lists may be the same. Lists that fail verification are
compared anyway and marked NOT VERIFIED; the exit code is not affected.

A text may contain several pieces of evidence. Each one that can be compared
counts: all must match a server's list. If it is about more than ten phones, the
output is a summary. A text may have gigabytes. Evidence about a CTL is ignored if you
name only ITLs, and vice versa.

Exit codes:
  0  the copy is one of the servers' lists: the same bytes, or the same hash.
     With several pieces of evidence, each one that can be compared matches
  1  it is not, or that is not certain, or nothing can be compared
  2  usage
  3  a file or URL cannot be read, or is neither a list nor evidence of one`

const compareExample = `  ctlinspect compare phone.tlv pub.tlv sub1.tlv sub2.tlv
  ctlinspect compare md5:4d736eaf1683928f4a26f663081541b9 CTLFile.tlv
  ctlinspect compare "1BA1C907 E99E4D3C 539DC814 24AF6C9F 7DCE4D6D" *.tlv
  ctlinspect compare alarms.txt tftp://192.0.2.10/ITLFile.tlv`

// A comparing is the flags of compare.
type comparing struct {
	all   bool
	json  bool
	color colorFlag
}

func (a *app) compareCommand() *cobra.Command {
	c := comparing{color: "auto"}
	cmd := &cobra.Command{
		Use:               "compare [flags] COPY SERVER...",
		Short:             "Show which server's list a phone has, and what differs",
		Long:              compareLong,
		Example:           compareExample,
		Args:              needCopyAndServer,
		ValidArgsFunction: completeFiles,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.compare(cmd.Context(), &c, args) },
	}
	cmd.Flags().BoolVarP(&c.all, "all", "a", false, "show each statement, and differences from every server even if the copy matches one")
	cmd.Flags().BoolVarP(&c.json, "json", "j", false, "print JSON, one document for each piece of evidence in COPY")
	cmd.Flags().Var(&c.color, "color", "colour the verdicts; auto: on a terminal, unless NO_COLOR is set")
	a.addTransportFlags(cmd)
	return cmd
}

func needCopyAndServer(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return errors.New("expected the phone's copy and one or more servers' lists")
	}
	return onceStdin(args)
}

func (a *app) compare(ctx context.Context, c *comparing, args []string) error {
	phone, err := a.readCopies(ctx, args[0])
	if err != nil {
		return a.compareError(c, args[0], withHint(err, args))
	}
	var unreadable exitError
	var s serverCopies
	for i, name := range args[1:] {
		list, err := a.readServer(ctx, name)
		err = withHint(err, args[1+i:])
		switch {
		case errors.As(err, &unreadable):
			a.complain(err)
			a.worst(unreadable.code)
			s.unread = append(s.unread, report.Unread{Name: name, Err: err})
		case err != nil:
			return err
		default:
			s.read = append(s.read, list)
		}
	}
	if len(s.read) == 0 && !c.json {
		return nil
	}
	return a.reportCopies(c, phone, s)
}

// serverCopies are what the servers have, and those that cannot be read.
type serverCopies struct {
	read   [][]compare.Copy
	unread []report.Unread
}

// compareError writes the document of a copy that cannot be read.
func (a *app) compareError(c *comparing, name string, err error) error {
	if !c.json || codeOf(err) != exitUnreadable {
		return err
	}
	if werr := report.CompareErrorJSON(a.stdout, report.Unread{Name: name, Err: err}); werr != nil {
		return outputFailure(werr)
	}
	return err
}

// reportCopies reports what the phones have. The answer is yes if everything that
// can be compared is a server's list.
func (a *app) reportCopies(c *comparing, phone []compare.Copy, servers serverCopies) error {
	all := compare.NewServers(servers.read...)
	var tally compare.Tally
	reports := func(yield func(*compare.Report) bool) {
		for _, p := range phone {
			r := all.Compare(p)
			tally.Add(r)
			if !yield(r) {
				return
			}
		}
	}
	out := bufio.NewWriterSize(a.stdout, 64<<10)
	err := errors.Join(c.write(out, a.stdout, reports, compare.Phones(phone), servers.unread), out.Flush())
	if !tally.Same() {
		a.worst(exitNo)
	}
	if err != nil {
		return outputFailure(err)
	}
	return nil
}

func (c *comparing) write(w, stdout io.Writer, reports iter.Seq[*compare.Report], phones int, unread []report.Unread) error {
	if !c.json {
		return report.Compared(w, reports, phones, report.CompareOptions{All: c.all, Terminal: terminalOf(stdout, c.color)})
	}
	for r := range reports {
		if err := report.CompareJSON(w, r, unread...); err != nil {
			return err
		}
	}
	return nil
}
