package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturereport"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/keylog"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const captureLong = `Show what a packet capture says about trust lists: Did the phones download
their CTL and ITL? Which certificates do TLS handshakes exchange, and are they
in the lists?

CAPTURE is a pcap or pcapng file, also compressed with gzip, or - for standard
input: from tcpdump, Wireshark, or "utils network capture" on a server. FILE
are the lists that the phones hold; without any, certificates are shown and
not checked.

Downloads over TFTP and over HTTP (port 6970): which phone asked which server
for which list or signed file, whether it received all of it, whether it
verifies, and what went wrong. A file is whole only if each byte of it is in
the capture and nothing contradicts it. Downloads over HTTPS are encrypted.
Alarms in SIP (port 5060) say which lists a phone holds. --extract DIR writes
the files, in a folder for each server.

TLS on any port: addresses, version and cipher suite, the server's certificate
and the records that hold it, the client's certificate and who issued it (LSC
of a CAPF record, or MIC), alerts, and where the handshake stopped. TLS 1.3
encrypts certificates: such connections are shown without them, unless the
capture contains the secrets (pcapng) or --keylog names a file with them, as
programs write it for SSLKEYLOGFILE. Resumed sessions send no certificates.

Tunnels and mirrored ports are opened: VLAN, MPLS, PPPoE, GRE, ERSPAN, VXLAN,
Geneve, GTP, L2TP, IP fragments. Packets that cannot be read are counted by
kind.

A certificate is in a list if a record holds it, or its hash, or, if the
record holds neither, its key. A record that holds another certificate with
the same key is named, but does not count.

Exit codes:
  0  the named lists are verified, and the certificate of every server is
     visible and in them; without TLS or without named lists: each phone
     received each list that it asked for, and they verify
  1  not so; or a list that a server sent does not verify or is not whole; or
     something was not checked (raise --max-memory)
  2  usage, or a file of --extract exists already: --force replaces it
  3  the capture cannot be read; or a list cannot, then there is no verdict`

// A captureRun is the flags of capture.
type captureRun struct {
	json   bool
	utc    bool
	color  colorFlag
	memory sizeFlag
	keylog string
	dir    string
	force  bool
}

func (a *app) captureCommand() *cobra.Command {
	c := captureRun{color: "auto", memory: 256 << 20}
	cmd := &cobra.Command{
		Use:     "capture [flags] CAPTURE.pcap [FILE...]",
		Short:   "Find downloads of lists and TLS certificates in a packet capture",
		Long:    captureLong,
		Example: "  ctlinspect capture --extract lists/ boot.pcap\n  ctlinspect capture phone.pcap CTLFile.tlv ITLFile.tlv\n  ssh server tcpdump -U -s 0 -w - port 5061 | ctlinspect capture - CTLFile.tlv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("expected a capture, and the lists that phones hold: ctlinspect capture CAPTURE.pcap CTLFile.tlv")
			}
			return onceStdin(append([]string{c.keylog}, args...))
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.capture(&c, args[0], args[1:]) },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&c.json, "json", "j", false, "print JSON (see docs/capture.md)")
	flags.BoolVar(&c.utc, "utc", false, "print times in UTC instead of the local zone")
	flags.Var(&c.color, "color", "colour the verdicts; auto: on a terminal, unless NO_COLOR is set")
	flags.Var(&c.memory, "max-memory", "memory limit, such as 64M or 1G; anything skipped is reported")
	flags.StringVar(&c.keylog, "keylog", "", "decrypt TLS 1.3 with the secrets in this key log, a `FILE` as programs write it for SSLKEYLOGFILE")
	flags.StringVar(&c.dir, "extract", "", "write the lists and signed files that phones downloaded into `DIR`, created if it does not exist")
	flags.BoolVarP(&c.force, "force", "f", false, "replace files in the folder of --extract")
	return cmd
}

func (a *app) capture(c *captureRun, name string, files []string) error {
	const code = 16 << 20 // of the program, which Go does not count
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(max(programMemory, int64(c.memory)-code)))
	// The limit bounds garbage: the collector need not come often before that.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	if c.dir != "" { // before a long read
		folder, err := safefile.OpenFolder(c.dir)
		if err != nil {
			return exitError{exitUnreadable, err}
		}
		folder.Close()
	}
	lists, err := a.openLists(files)
	if err != nil {
		return a.withoutVerdict(c, name, lists, err)
	}
	keys, err := a.openKeys(c)
	if err != nil {
		a.complain(err)
		a.worst(exitUnreadable)
		return a.withoutVerdict(c, name, lists, err)
	}
	r, failure := a.readCapture(name, lists, pcap.Options{MaxMemory: c.held(), Keys: keys})
	if failure != nil {
		a.complain(failure)
		a.worst(exitUnreadable)
	} else if r.Capture.CutShort {
		a.complain(fmt.Errorf("%s: the file ends inside packet %d; the packets before it were read", name, r.Capture.Packets+1))
	}
	a.worst(captureCode(r))
	extracted := a.extractDownloads(c, r)
	return errors.Join(c.write(a.stdout, name, r, failure), extracted)
}

// programMemory is what the program itself takes, in bytes: buffers, and garbage
// that the collector has not come to.
const programMemory = 32 << 20

// held is how much of the memory limit is for what the capture contains.
func (c *captureRun) held() int {
	return max(int(c.memory)-programMemory, int(c.memory)/2)
}

// openKeys reads the key log, if there is one.
func (a *app) openKeys(c *captureRun) (*keylog.Log, error) {
	if c.keylog == "" {
		return nil, nil
	}
	r, done, err := a.open(c.keylog)
	if err != nil {
		return nil, err
	}
	defer done()
	keys := &keylog.Log{Max: c.held() / 16}
	if _, err := keys.Add(r); err != nil {
		return nil, fmt.Errorf("%s: %w", c.keylog, err)
	}
	return keys, nil
}

// openLists reads the lists and says what is wrong with each. It fails if one is
// not a list.
func (a *app) openLists(names []string) (*capturereport.Lists, error) {
	lists := new(capturereport.Lists)
	var failed error
	for _, name := range names {
		f := inspect.Open(name, a.stdin, tlv.KindUnknown)
		a.worst(exitCode(f))
		switch {
		case f.List == nil:
			a.complain(f.Err)
			if isCapture(name) {
				a.complain(fmt.Errorf("%s is a packet capture: name the capture first, then the lists", name))
			}
			failed = errors.Join(failed, f.Err)
			continue
		case f.Verified == nil:
			a.complain(fmt.Errorf("%s: NOT VERIFIED: %w; its records prove nothing", name, f.Reason))
		}
		lists.Add(f)
	}
	return lists, failed
}

// isCapture reports whether a file begins like a packet capture. Pipes can be read
// only once.
func isCapture(name string) bool {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [4]byte
	_, err = io.ReadFull(f, head[:])
	return err == nil && pcap.Is(head)
}

// withoutVerdict is what is written if a list or the key log could not be read: the
// capture is not looked at, as what it contains might be in that list.
func (a *app) withoutVerdict(c *captureRun, name string, lists *capturereport.Lists, err error) error {
	if !c.json {
		return nil
	}
	return c.write(a.stdout, name, capturereport.Judge(new(capture.Capture), lists), err)
}

// readCapture reads a capture as far as it can be read.
func (a *app) readCapture(name string, lists *capturereport.Lists, o pcap.Options) (*capturereport.Report, error) {
	r, done, err := a.open(name)
	if err != nil {
		return capturereport.Judge(new(capture.Capture), lists), err
	}
	defer done()
	c, err := pcap.Read(r, o)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return capturereport.Judge(c, lists), err
}

func (a *app) open(name string) (r io.Reader, done func() error, err error) {
	if name == input.Stdin {
		return a.stdin, func() error { return nil }, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// captureCode is about certificates if lists are named to check them with, else about
// downloads. A list that does not verify is a no in any case.
func captureCode(r *capturereport.Report) int {
	switch {
	case r.Bad():
	case r.Verdict() == capturereport.AllListed, r.Verdict() == capturereport.Unchecked && r.DownloadVerdict() == capturereport.AllDownloaded:
		return exitYes
	case r.Verdict() == capturereport.NoneSeen && len(r.Connections) == 0 && r.DownloadVerdict() == capturereport.AllDownloaded:
		return exitYes
	}
	return exitNo
}

func (c *captureRun) write(w io.Writer, name string, r *capturereport.Report, failure error) error {
	return outputFailure(c.print(w, name, r, failure))
}

func (c *captureRun) print(w io.Writer, name string, r *capturereport.Report, failure error) error {
	if c.json {
		return capturereport.WriteJSON(w, name, r, failure)
	}
	if failure != nil && r.Capture.Packets == 0 {
		return nil
	}
	o := capturereport.Options{Zone: time.Local, Color: c.color.wanted(w), Width: terminal.Width(w)}
	if c.utc {
		o.Zone = time.UTC
	}
	return capturereport.WriteText(w, name, r, o)
}

// A sizeFlag is a number of bytes, as 65536, 64K, 64M or 1G.
type sizeFlag int

func (s *sizeFlag) Type() string { return "SIZE" }

func (s *sizeFlag) String() string {
	n := int(*s)
	for _, unit := range []string{"", "K", "M"} {
		if n == 0 || n%1024 != 0 {
			return strconv.Itoa(n) + unit
		}
		n /= 1024
	}
	return strconv.Itoa(n) + "G"
}

func (s *sizeFlag) Set(text string) error {
	number := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), "I")
	shift := 0
	if i := strings.IndexAny(number, "KMG"); i >= 0 && i == len(number)-1 {
		shift = 10 * (1 + strings.IndexByte("KMG", number[i]))
		number = number[:i]
	}
	n, err := strconv.ParseUint(number, 10, 62)
	if err != nil || n > 1<<62>>shift || n<<shift < pcap.MinMemory || n<<shift > 1<<40 {
		return errors.New("use a size of at least 1M, such as 64M or 1G")
	}
	*s = sizeFlag(n << shift)
	return nil
}
