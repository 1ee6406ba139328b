package fleet

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/devices"
	"github.com/ctlinspect/ctlinspect/internal/inorder"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// maxList is the largest list that is read, in bytes.
const maxList = 16 << 20

// ErrNothing is the cause of the error for a file that says nothing about phones.
var ErrNothing = errors.New("nothing about phones in it; expected the output of ctlinspect phones, pages of phones, CSV with device names and hashes, DeviceTLInfo alarms, or lists named for a phone")

// Read reads a file of any form that is known, and adds what it says:
//
//   - the output of "ctlinspect phones", CSV or JSON;
//   - a page of a phone;
//   - CSV with device names and hashes in any columns, with or without a header;
//   - text with DeviceTLInfo alarms, such as traces, of any size;
//   - a list whose name, or folder, is that of a phone: SEP0011215A1AE3/ITLFile.tlv.
//
// Text and CSV are streamed. An error names the file; what was read in front of it
// was added.
func (f *Fleet) Read(name string, r io.Reader) error { return f.finish(begin(name, r)) }

// ReadFiles reads files as Read does, several at a time, and adds what they say in
// the order of their names. Done gets the error of each file, or nil; if it returns
// an error, that ends the reading. Open is called on several goroutines.
func (f *Fleet) ReadFiles(names iter.Seq[string], open func(name string) (io.ReadCloser, error), done func(name string, err error) error) error {
	failed := false
	return inorder.Each(names, 0, func(name string) *reading {
		r, err := open(name)
		if err != nil {
			return &reading{name: name, opening: err}
		}
		b := begin(name, r)
		if b.closer = r; b.rest == nil {
			b.close()
		}
		return b
	}, func(b *reading) error {
		defer b.close()
		if failed {
			return nil
		}
		err := b.opening
		if err == nil {
			err = f.finish(b)
		}
		err = done(b.name, err)
		failed = err != nil
		return err
	})
}

// A reading is a file that is being read. Small ones are read at once.
type reading struct {
	name    string
	opening error     // of a file that cannot be opened
	err     error     // of one that was read
	phones  []sighted // what it says
	rest    io.Reader // of a file that is streamed, from its begin on
	head    []byte    // of it
	closer  io.Closer
}

func (b *reading) close() {
	if b.closer != nil {
		_ = b.closer.Close()
		b.closer = nil
	}
}

// A sighted is a phone and the statements about it.
type sighted struct {
	device, model, address string
	said                   []Statement
}

// What is read of a file at once, in bytes: more than most lists and pages have.
const (
	headSize = 16 << 10
	kindSize = 2 << 10 // tells of what kind a file is
)

var heads = sync.Pool{New: func() any { return new([headSize]byte) }}

// begin reads a list or a page, or the head of a file of another kind.
func begin(name string, r io.Reader) *reading {
	b := &reading{name: name}
	buf := heads.Get().(*[headSize]byte)
	n, err := io.ReadFull(r, buf[:])
	head := buf[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		b.err = err
		return b
	}
	all := io.MultiReader(bytes.NewReader(head), r)
	switch kind := head[:min(n, kindSize)]; {
	case len(kind) > 2 && kind[0] == byte(tlv.HeaderVersion) && kind[1] == 0 && kind[2] == 2:
		b.err = b.readList(head, n < headSize, all)
	case isPage(kind):
		b.err = b.readPage(all)
	default:
		b.head, b.rest = kind, all
		return b
	}
	heads.Put(buf)
	return b
}

// finish adds what a file says.
func (f *Fleet) finish(b *reading) error {
	before := f.counts.statements + f.counts.expected
	err := b.err
	switch {
	case b.rest == nil:
	case bytes.HasPrefix(bytes.TrimSpace(b.head), []byte(`{"schema":`)):
		err = f.readJSON(b.name, b.rest)
	case isCSV(b.head):
		err = f.readCSV(b.name, b.rest)
	default:
		err = f.readText(b.name, b.rest)
	}
	for _, p := range b.phones {
		f.Expect(p.device, p.model)
		f.see(f.phone(p.device), p.address, b.name, time.Time{})
		for _, s := range p.said {
			f.Add(s)
		}
	}
	if err == nil && f.counts.statements+f.counts.expected == before {
		err = ErrNothing
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}

var inName = lazyregexp.New(`(?i)\b(SEP[0-9A-F]{12})\b|(?i)^(?:CTL|ITL)(SEP[0-9A-F]{12})\.tlv$`)

// deviceOf is the phone that a file is named for, or the folder that it is in.
func deviceOf(name string) string {
	name = filepath.ToSlash(name)
	for _, part := range []string{path.Base(name), path.Base(path.Dir(name))} {
		if m := inName().FindStringSubmatch(part); m != nil {
			return strings.ToUpper(m[1] + m[2])
		}
	}
	return ""
}

// readList takes a copy of a phone's list, which the head may have whole.
func (b *reading) readList(head []byte, whole bool, r io.Reader) error {
	data := head
	if !whole {
		var err error
		if data, err = io.ReadAll(io.LimitReader(r, maxList+1)); err != nil {
			return err
		}
		if len(data) > maxList {
			return fmt.Errorf("larger than %d MiB, refused", maxList>>20)
		}
	}
	l, err := trust.Read(data)
	if err != nil {
		return err
	}
	device := deviceOf(b.name)
	if device == "" {
		return errors.New("a list, but neither its name nor its folder says whose: name it SEP<MAC>/ITLFile.tlv; lists of servers go with --server")
	}
	kind := l.Header.Kind()
	if kind == tlv.KindUnknown {
		kind = tlv.KindOf(filepath.Base(b.name))
	}
	sum := sha1.Sum(data)
	b.phones = []sighted{{device: device, said: []Statement{
		{Source: b.name, Evidence: compare.Evidence{Form: FormCopy, Device: device, Kind: kind, Sums: compare.Sums{SHA1: sum[:]}}},
	}}}
	return nil
}

// FormCopy is the form of a statement by the phone's own list.
const FormCopy compare.Form = "copy of the list"

func isPage(head []byte) bool {
	lower := bytes.ToLower(head)
	return bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html")) || bytes.Contains(lower, []byte("<table"))
}

func (b *reading) readPage(r io.Reader) error {
	page, err := compare.ParsePage(r)
	if page == nil {
		return err
	}
	device := page.Device
	if device == "" {
		device = deviceOf(b.name)
	}
	if device == "" {
		return errors.New("a page of a phone that does not say its name, and neither does the file's")
	}
	p := sighted{device: device, model: page.Model, address: page.Address}
	for _, e := range page.Evidence {
		e.Device = device
		p.said = append(p.said, Statement{Evidence: e, Model: page.Model, Source: b.name})
	}
	b.phones = []sighted{p}
	return nil
}

// A phoneLine is what "ctlinspect phones --json" writes.
type phoneLine struct {
	Type    string    `json:"type"`
	Device  string    `json:"device"`
	Address string    `json:"address"`
	Model   string    `json:"model"`
	Time    time.Time `json:"time"`
	CTL     *listLine `json:"ctl"`
	ITL     *listLine `json:"itl"`
}

type listLine struct {
	Installed bool    `json:"installed"`
	SHA1      *string `json:"sha1"`
}

func (f *Fleet) readJSON(name string, r io.Reader) error {
	d := json.NewDecoder(r)
	for n := 1; ; n++ {
		var line phoneLine
		err := d.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("document %d: %w", n, err)
		case line.Type != "phone":
			return fmt.Errorf("document %d: type %q, expected what ctlinspect phones --json writes", n, line.Type)
		case line.Device == "":
			continue
		}
		f.Expect(line.Device, line.Model)
		f.see(f.phone(line.Device), line.Address, name, line.Time)
		for i, l := range []*listLine{line.CTL, line.ITL} {
			if l == nil {
				continue
			}
			e := compare.Evidence{Form: compare.FormWebPage, Line: n, Device: line.Device, Kind: kinds[i], Absent: !l.Installed}
			if l.SHA1 != nil {
				setHash(&e.Sums, *l.SHA1)
			}
			f.Add(Statement{Evidence: e, Model: line.Model, At: line.Time, Source: name})
		}
	}
}

// isCSV reports whether one of the first lines has a device name as a field of its
// own, or is a header that speaks of devices.
func isCSV(head []byte) bool {
	lines := bytes.SplitN(head, []byte("\n"), 4)
	for _, line := range lines[:min(len(lines), 3)] {
		if bytes.Contains(line, []byte("DeviceTLInfo")) {
			return false
		}
		fields := splitFields(string(line))
		for _, field := range fields {
			lower := strings.ToLower(field)
			_, isName := devices.Name(field)
			if isName || len(fields) > 1 && (lower == "device" || strings.HasPrefix(lower, "device name") || strings.HasPrefix(lower, "mac address")) {
				return true
			}
		}
	}
	return false
}

func splitFields(line string) []string {
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || r == '\t' })
	for i, field := range fields {
		fields[i] = strings.Trim(strings.TrimSpace(strings.TrimPrefix(field, "\ufeff")), `"`)
	}
	return fields
}

// readCSV takes a device name or a MAC address, a model, a time and hashes from any
// columns. A hash is about the list that its column's header names, else about the
// list at hand that has it.
func (f *Fleet) readCSV(name string, r io.Reader) error {
	var finder devices.Finder
	var header []string
	return devices.Rows(r, func(line int, row []string) error {
		switch device, found, _ := finder.Find(row); {
		case found:
			f.addRow(name, line, device, header, row)
		case header == nil:
			header = lowered(row)
		default:
			f.countNameless(header, row)
		}
		return nil
	})
}

// countNameless counts what a row without the name of a phone says of lists.
func (f *Fleet) countNameless(header, row []string) {
	for i, cell := range row {
		column := ""
		if i < len(header) {
			column = header[i]
		}
		if _, isList := listField(column, strings.TrimSpace(cell)); isList {
			f.counts.statements++
			f.counts.nameless++
		}
	}
}

func lowered(record []string) []string {
	header := make([]string, len(record))
	for i, s := range record {
		header[i] = strings.ToLower(s)
	}
	return header
}

// addRow adds what a line says about a phone.
func (f *Fleet) addRow(name string, line int, device string, header, row []string) {
	s := Statement{Source: name}
	var lists []compare.Evidence
	address := ""
	for i, cell := range row {
		cell = strings.TrimSpace(cell)
		column := ""
		if i < len(header) {
			column = header[i]
		}
		switch e, isList := listField(column, cell); {
		case cell == "":
		case isList:
			lists = append(lists, e)
		case address == "" && isAddress(column, cell):
			address = cell
		case s.Model == "" && isModel(column, cell):
			s.Model = cell
		case s.At.IsZero() && isTimeColumn(column):
			s.At = parseTime(cell)
		}
	}
	f.Expect(device, s.Model)
	f.see(f.phone(device), address, name, s.At)
	for _, e := range lists {
		e.Form, e.Device, e.Line = FormCSV, device, line
		s.Evidence = e
		f.Add(s)
	}
}

// FormCSV is the form of a statement in a table.
const FormCSV compare.Form = "CSV"

// listField reads a field about a list: a hash, or that there is none.
func listField(column, field string) (compare.Evidence, bool) {
	var e compare.Evidence
	for _, kind := range kinds {
		if strings.Contains(column, strings.ToLower(kind.String())) {
			e.Kind = kind
		}
	}
	if strings.EqualFold(field, "not installed") {
		e.Absent = true
		return e, e.Kind != tlv.KindUnknown
	}
	return e, setHash(&e.Sums, field)
}

// setHash takes an MD5, a SHA-1 or a SHA-512 in hex, blanks and colons left out.
func setHash(s *compare.Sums, text string) bool {
	if len(text) < 32 || len(text) > 3*128 {
		return false
	}
	sum, err := hex.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == ':' || r == '-' {
			return -1
		}
		return r
	}, text))
	if err != nil {
		return false
	}
	switch len(sum) {
	case 16:
		s.MD5 = sum
	case 20:
		s.SHA1 = sum
	case 64:
		s.SHA512 = sum
	default:
		return false
	}
	return true
}

var modelName = lazyregexp.New(`^(?:CP-)?\d{4}[A-Z]?$`)

func isModel(column, field string) bool {
	return strings.Contains(column, "model") || column == "device type" || column == "" && strings.HasPrefix(field, "CP-") && modelName().MatchString(field)
}

// isAddress reports whether a field is an IP address: in a column that its header
// calls one, or without a header.
func isAddress(column, field string) bool {
	if column != "" && !strings.Contains(column, "address") && !strings.HasPrefix(column, "ip") {
		return false
	}
	_, err := netip.ParseAddr(field)
	return err == nil
}

func isTimeColumn(column string) bool {
	return column == "at" || strings.Contains(column, "time") || strings.Contains(column, "date")
}

// parseTime reads the forms that exports have; others are no time.
func parseTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "01/02/2006 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
