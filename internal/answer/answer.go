// Package answer is what the page in the browser asks of Go: one function for each
// question, with the documents that the command writes as --json.
package answer

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/itl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Source is a file that was dropped onto the page, or text that was pasted.
type Source struct {
	Name   string
	Data   []byte
	As     tlv.Kind // if neither FILENAME nor the name says
	Pasted bool     // may be a hash
}

// A What says what a source is.
type What string

// What sources are.
const (
	WhatList       What = "list"
	WhatBroken     What = "broken"   // begins as a list does
	WhatSigned     What = "signed"   // another signed file
	WhatEvidence   What = "evidence" // text or a phone's page that says something of a list
	WhatUnreadable What = "unreadable"
)

// maxRecords are shown. A list that phones accept has about 39 records.
const maxRecords = 1000

// Bounds on what is judged. A browser runs this program several times slower than the
// command runs, on one processor.
const (
	maxJudged = 20_000  // records that lint judges
	maxText   = 4 << 20 // bytes that are searched for evidence
)

// A File is what the page shows of a source. Documents are JSON texts as the command
// writes them, "" where there is none.
type File struct {
	What     What                  `json:"what"`
	Size     int                   `json:"size"`
	Verdict  string                `json:"verdict"` // one line
	Guessed  bool                  `json:"guessed"` // whether the list is a CTL or an ITL
	List     string                `json:"list"`    // of show --json, without the records over maxRecords
	LeftOut  int                   `json:"leftOut"` // records
	Lint     string                `json:"lint"`
	Signed   string                `json:"signed"`
	Phone    string                `json:"phone"`
	Evidence []report.CopyDocument `json:"evidence"`
	Error    string                `json:"error"`
	Note     string                `json:"note"`     // what could not be asked, and why
	SoonDays int                   `json:"soonDays"` // a certificate that ends within these expires soon
}

// Options are how lists are judged.
type Options struct {
	At   time.Time
	Days int // warn of certificates that expire within these
}

// Read says all about a source.
func Read(s Source, o Options) *File {
	a := &File{Size: len(s.Data), Evidence: []report.CopyDocument{}, SoonDays: int(report.Soon / (24 * time.Hour))}
	if len(s.Data) > input.MaxSize {
		a.readLarge(s)
		return a
	}
	f := report.NewFile(s.Name, s.Data, s.As)
	if f.List != nil {
		a.setList(f, o)
		return a
	}
	if d := inspect.SignedInstead(f); d != nil {
		a.setSigned(d)
		return a
	}
	copies, err := searchText(s)
	var broken *tlv.ParseError
	switch {
	case err == nil:
		a.setEvidence(s, copies, o)
	case errors.As(f.Err, &broken) && !errors.Is(f.Err, tlv.ErrNotTrustList):
		a.What = WhatBroken
		a.setDocument(f)
	default:
		a.What = WhatUnreadable
		a.setDocument(f)
		a.Note = report.Text(err.Error())
		if s.Pasted {
			a.Error, a.Note = report.Text(inspect.NotEvidence(s.Name, s.Data, err).Error()), ""
		}
	}
	return a
}

// readLarge reads what is too large for a list and may be firmware.
func (a *File) readLarge(s Source) {
	j, err := signed.Judge(s.Name, s.Data, signed.Against{})
	if err != nil || j.List() {
		a.What, a.Error = WhatUnreadable, report.Text(fmt.Sprintf("%s: larger than %d MiB, refused; phones take lists up to 64 KiB", s.Name, input.MaxSize>>20))
		return
	}
	a.setSigned(report.NewSignedFile(report.Judged{Name: s.Name, Size: len(s.Data), Judgement: j}))
}

func (a *File) setList(f *report.File, o Options) {
	a.What, a.Verdict, a.Guessed = WhatList, report.Text(report.Verdict(f)), f.Guessed
	a.setDocument(f)
	if n := len(f.List.Records); n > maxJudged {
		a.Note = fmt.Sprintf("%d records: not judged here, use ctlinspect lint; phones accept about 39", n)
		return
	}
	rules := append(append(lint.Rules(), ctl.Rules()...), itl.Rules()...)
	options := lint.Options{Kind: f.Kind, At: o.At, Days: o.Days, Name: f.Name}
	d := report.NewLint(f, options, lint.Run(f.List, options, rules), rules)
	a.Lint = document(d)
}

func (a *File) setDocument(f *report.File) {
	if f.Err != nil {
		a.Error = report.Text(f.Err.Error())
	}
	shown := *f
	if n := len(f.Fragment.Records); n > maxRecords {
		a.LeftOut = n - maxRecords
		shown.Fragment.Records = f.Fragment.Records[:maxRecords]
	}
	var b strings.Builder
	if err := report.WriteList(&b, &shown); err == nil {
		a.List = strings.TrimSuffix(b.String(), "\n")
	}
}

func (a *File) setSigned(d *report.SignedFile) {
	a.What, a.Verdict, a.Signed = WhatSigned, signedVerdict(d), document(d)
}

// signedVerdict is the line about a signed file. What the command says of a file that
// it was to check with nothing names flags.
func signedVerdict(d *report.SignedFile) string {
	if !d.Checked && d.Form != report.FormImage {
		return "not checked yet: choose the lists of a phone below"
	}
	return d.Verdict()
}

// maxEvidence are shown, as pieces of evidence.
const maxEvidence = 500

func (a *File) setEvidence(s Source, copies []compare.Copy, o Options) {
	a.What = WhatEvidence
	if page, err := compare.ParsePage(bytes.NewReader(s.Data)); err == nil {
		a.Phone = document(report.NewPhonePage("", "", page, nil, o.At))
	}
	for i, c := range copies {
		if i == maxEvidence {
			a.LeftOut = len(copies) - i
			break
		}
		a.Evidence = append(a.Evidence, report.NewCompareDocument(&compare.Report{Copy: c}).Copy)
	}
}

// searchText is readCopies for files that are not too large for the page.
func searchText(s Source) ([]compare.Copy, error) {
	if len(s.Data) > maxText {
		return nil, fmt.Errorf("larger than %d MiB: not searched for listings, alarms or hashes here; the commands ctlinspect compare and fleet read large texts", maxText>>20)
	}
	return readCopies(s)
}

// readCopies reads a list, evidence or, of what was pasted, a hash.
func readCopies(s Source) ([]compare.Copy, error) {
	if s.Pasted {
		if e, err := compare.ParseArgument(strings.TrimSpace(string(s.Data))); err == nil {
			return []compare.Copy{compare.EvidenceCopy(s.Name, e)}, nil
		}
	}
	return compare.ReadCopies(s.Name, s.Data)
}

// document is what the command would write, without the line break.
func document(d report.Document) string {
	b, err := report.Marshal(d)
	if err != nil {
		return ""
	}
	return string(b)
}

// Show returns what `show ctl` prints, times in UTC.
func Show(s Source) string {
	f := report.NewFile(s.Name, s.Data, s.As)
	left := 0
	if n := len(f.Fragment.Records); n > maxRecords {
		left, f.Fragment.Records = n-maxRecords, f.Fragment.Records[:maxRecords]
	}
	var b strings.Builder
	if err := report.Show(&b, f, time.UTC); err != nil {
		return err.Error()
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n(%d more records: use the command, ctlinspect show)\n", left)
	}
	return b.String()
}

// A PEM is a certificate as a file.
type PEM struct {
	Name   string `json:"name"`
	Record int    `json:"record"`
	Text   string `json:"text"`
}

// Certificates returns the certificates of a list, named as extract names them.
func Certificates(s Source) []PEM {
	f := report.NewFile(s.Name, s.Data, s.As)
	records := f.Fragment.Records
	list := []PEM{}
	for _, c := range listjson.Certificates(records[:min(len(records), maxRecords)]) {
		list = append(list, PEM{c.Name, c.Record, string(c.PEM)})
	}
	return list
}

func readList(s Source) (*trust.List, error) {
	if len(s.Data) > input.MaxSize {
		return nil, fmt.Errorf("%s: larger than %d MiB, refused", s.Name, input.MaxSize>>20)
	}
	f := report.NewFile(s.Name, s.Data, s.As)
	return f.List, f.Err
}
