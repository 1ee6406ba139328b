package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/fleet"
	"github.com/ctlinspect/ctlinspect/internal/fleetpage"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const fleetLong = `Show which phones hold which list, and which of them would refuse the next list.
A hundred thousand phones take a second.

FILE is what is known of phones, in any mix: the output of "ctlinspect phones";
saved pages of phones; CSV with device names or MAC addresses, and hashes, in any
columns; traces and syslog with DeviceTLInfo alarms, of any size; lists fetched
from phones and named for them (SEP0011215A1AE3/ITLFile.tlv). A folder stands for
the files in it, - for standard input. The newest statement about a phone counts.

--server names the lists that servers have now. Each TFTP server has an ITL of its
own: name them all. --archive is a folder of older lists, --next a list that is
about to be published. A list in none of them is shown by its hash. A phone whose
list is not at hand counts as one that refuses the next.

The output is a table; --csv and --json have one line per phone, --html FILE writes
a report for a ticket, one file that needs nothing else.

Exit codes:
  0  all phones hold a server's list, and accept the next
  1  some do not
  2  usage
  3  a file cannot be read, or says nothing about phones`

// A fleetRun is the flags of fleet.
type fleetRun struct {
	servers []string
	archive []string
	next    []string
	phones  string
	list    string
	html    string
	csv     bool
	json    bool
	force   bool
	color   colorFlag
}

func (a *app) fleetCommand() *cobra.Command {
	f := fleetRun{color: "auto"}
	cmd := &cobra.Command{
		Use:   "fleet --server LIST... [--archive DIR] [--next LIST...] FILE...",
		Short: "Show which phones hold which list, and who refuses the next",
		Long:  fleetLong,
		Example: "  ctlinspect fleet --server ITLFile.tlv --archive old/ traces/ phones.csv\n" +
			"  ctlinspect fleet -s ITLFile.tlv -n new.tlv --html report.html phones.csv",
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.fleet(&f, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.servers, "server", "s", nil, "a `LIST` that a server has now; repeatable")
	flags.StringArrayVar(&f.archive, "archive", nil, "`DIR`, a folder of older lists, or one list; repeatable")
	flags.StringArrayVarP(&f.next, "next", "n", nil, "a `LIST` that is about to be published: one CTL, one ITL")
	flags.StringVar(&f.phones, "phones", "", "CSV `FILE` with all phones, to see which ones nothing is known of")
	flags.StringVar(&f.list, "list", "", "print the names of the phones in this `GROUP`: a number, or stranded")
	flags.StringVar(&f.html, "html", "", "also write a report to this `FILE`")
	flags.BoolVar(&f.force, "force", false, "replace the report if it exists")
	flags.BoolVar(&f.csv, "csv", false, "print CSV, one line per phone")
	flags.BoolVarP(&f.json, "json", "j", false, "print JSON, one document per phone, then a summary")
	flags.Var(&f.color, "color", "colour groups; auto: on a terminal unless NO_COLOR is set")
	return cmd
}

func (a *app) fleet(f *fleetRun, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	if f.html != "" {
		if err := outputErr(safefile.Check(f.html, f.force, a.inputs()...)); err != nil {
			return err
		}
	}
	lists, err := a.fleetLists(f)
	if err != nil {
		return err
	}
	// A hundred thousand phones fit into 100 MB if garbage does not double that.
	defer debug.SetGCPercent(debug.SetGCPercent(40))
	fl := fleet.New(lists)
	if err := a.readFleet(fl, f, args); err != nil {
		return err
	}
	r := fl.Report()
	if r.Size == 0 {
		return exitError{exitUnreadable, errors.New("no phone is named in these files")}
	}
	if !r.Good() {
		a.worst(exitNo)
	}
	if err := a.writeFleet(f, r); err != nil {
		return err
	}
	return a.writeFleetPage(f, r, lists)
}

func (f *fleetRun) check(args []string) error {
	switch {
	case len(args) == 0:
		return misuse("name what is known of the phones: FILE..., or - for standard input")
	case len(f.servers) == 0:
		return misuse("name the lists that servers have now with --server")
	case f.csv && f.json || f.list != "" && (f.csv || f.json):
		return misuse("--csv, --json and --list exclude each other")
	}
	return badUsage(onceStdin(slices.Concat(args, f.servers, f.next, f.archive, []string{f.phones})))
}

// fleetLists reads the lists that phones may hold. Those of the archive that are no
// lists are skipped with a warning: an archive may hold other files.
func (a *app) fleetLists(f *fleetRun) (fleet.Lists, error) {
	var lists fleet.Lists
	for _, name := range f.servers {
		known, err := a.known(name, fleet.SetServer)
		if err != nil {
			return lists, err
		}
		lists.Known = append(lists.Known, known)
	}
	for _, dir := range f.archive {
		files, err := filesIn(dir, func(name string) bool { return strings.EqualFold(filepath.Ext(name), ".tlv") })
		if err != nil {
			return lists, err
		}
		for _, name := range files {
			known, err := a.known(name, fleet.SetArchive)
			if err != nil {
				a.warn("skipped: " + err.Error())
				continue
			}
			lists.Known = append(lists.Known, known)
		}
	}
	kinds := make(map[tlv.Kind]string)
	for _, name := range f.next {
		known, err := a.known(name, "")
		if err != nil {
			return lists, err
		}
		kind := known.List.Header.Kind()
		if other, ok := kinds[kind]; ok {
			return lists, misuse("%s and %s are both %ss, and one of each comes next; ask for each in turn", other, name, kind)
		}
		kinds[kind] = name
		lists.Next = append(lists.Next, known)
	}
	return lists, nil
}

func (a *app) known(name string, set fleet.Set) (fleet.Known, error) {
	if set == fleet.SetArchive {
		return archived(name)
	}
	f := inspect.Open(name, a.stdin, tlv.KindUnknown)
	if f.List == nil {
		return fleet.Known{}, exitError{exitUnreadable, f.Err}
	}
	if f.Reason != nil {
		a.warn(fmt.Sprintf("%s: NOT VERIFIED: %v", name, f.Reason))
		a.worst(exitNo)
	}
	return fleet.Known{Name: name, Set: set, List: f.List}, nil
}

// archived reads a list of an archive, which may have thousands: its signature
// matters only where phones hold it and a next list comes.
func archived(name string) (fleet.Known, error) {
	data, err := input.ReadFile(name, nil)
	if err != nil {
		return fleet.Known{}, err
	}
	list, err := trust.Read(data)
	if err != nil {
		return fleet.Known{}, fmt.Errorf("%s: %w", name, err)
	}
	return fleet.Known{Name: name, Set: fleet.SetArchive, List: list}, nil
}

// filesIn are the files in a folder, or the name itself if it is none.
func filesIn(name string, wanted func(string) bool) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	return regularFiles(name, wanted)
}

// regularFiles are the files in a folder and in those below it. The error is about
// folders that cannot be read; the files are those of the others.
func regularFiles(dir string, wanted func(string) bool) ([]string, error) {
	var files []string
	var errs []error
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			errs = append(errs, err)
		case entry.Type().IsRegular() && wanted(path):
			files = append(files, path)
		}
		return nil
	})
	return files, errors.Join(errs...)
}

// readFleet reads what is known of phones. A file that says nothing is an error if it
// was named, and a warning if it was found in a folder.
func (a *app) readFleet(fl *fleet.Fleet, f *fleetRun, args []string) error {
	if f.phones != "" {
		if err := a.readStatements(fl, f.phones); err != nil {
			return err
		}
	}
	for _, arg := range args {
		if arg == input.Stdin {
			if err := fl.Read("standard input", a.stdin); err != nil {
				return err
			}
			continue
		}
		files, err := filesIn(arg, func(string) bool { return true })
		if err != nil {
			return err
		}
		inFolder := len(files) != 1 || files[0] != arg
		err = fl.ReadFiles(slices.Values(files), func(name string) (io.ReadCloser, error) { return os.Open(name) }, func(_ string, err error) error {
			if err != nil && inFolder {
				a.warn("skipped: " + err.Error())
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) readStatements(fl *fleet.Fleet, name string) error {
	r, done, err := openInput(name, a.stdin)
	if err != nil {
		return err
	}
	defer done()
	return fl.Read(name, r)
}

func (a *app) writeFleet(f *fleetRun, r *fleet.Report) error {
	out := bufio.NewWriterSize(a.stdout, 64<<10)
	err := f.write(out, a.stdout, r)
	if err == nil {
		err = out.Flush()
	}
	var usage usageError
	if err == nil || errors.As(err, &usage) {
		return err
	}
	return outputFailure(err)
}

// mostGroups are shown in the table; --csv and --json have all of them.
const mostGroups = 20

func (f *fleetRun) write(w, stdout io.Writer, r *fleet.Report) error {
	switch {
	case f.list != "":
		return f.writeNames(w, r)
	case f.json:
		for p := range r.Phones() {
			if err := report.Write(w, report.NewFleetPhone(p)); err != nil {
				return err
			}
		}
		return report.Write(w, report.NewFleet(r))
	case f.csv:
		if err := report.WriteCSV(w, report.FleetColumns); err != nil {
			return err
		}
		for p := range r.Phones() {
			if err := report.WriteCSV(w, report.FleetCSV(p)); err != nil {
				return err
			}
		}
		return nil
	}
	return report.FleetText(w, r, report.FleetOptions{Color: f.color.wanted(stdout), Width: terminal.Width(stdout), Most: mostGroups})
}

// writeNames writes the names of the phones of a group, one per line.
func (f *fleetRun) writeNames(w io.Writer, r *fleet.Report) error {
	number, err := strconv.Atoi(f.list)
	if f.list != "stranded" && (err != nil || number < 1 || number > len(r.Groups)) {
		return misuse("--list %q: use a group from 1 to %d, or stranded", f.list, len(r.Groups))
	}
	for p := range r.Phones() {
		if p.Group == number-1 || f.list == "stranded" && r.Groups[p.Group].Stranded() {
			if _, err := fmt.Fprintln(w, terminal.Escape(p.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) writeFleetPage(f *fleetRun, r *fleet.Report, lists fleet.Lists) error {
	if f.html == "" {
		return nil
	}
	var page strings.Builder
	if err := fleetpage.Write(&page, r, lists, a.now()); err != nil {
		return err
	}
	return outputErr(safefile.Write(f.html, []byte(page.String()), f.force, a.inputs()...))
}
