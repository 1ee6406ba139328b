package fleet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
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
func (f *Fleet) Read(name string, r io.Reader) error {
	before := f.counts.statements + len(f.phones)
	in := bufio.NewReaderSize(r, 256<<10)
	head, err := in.Peek(2048)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case len(head) > 2 && head[0] == byte(tlv.HeaderVersion) && head[1] == 0 && head[2] == 2:
		err = f.readList(name, in)
	case isPage(head):
		err = f.readPage(name, in)
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte(`{"schema":`)):
		err = f.readJSON(name, in)
	case isCSV(head):
		err = f.readCSV(name, in)
	default:
		err = f.readText(name, in)
	}
	if err == nil && f.counts.statements+len(f.phones) == before {
		err = ErrNothing
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
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

// readList takes a copy of a phone's list.
func (f *Fleet) readList(name string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxList+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxList:
		return fmt.Errorf("larger than %d MiB, refused", maxList>>20)
	}
	l, err := trust.Read(data)
	if err != nil {
		return err
	}
	device := deviceOf(name)
	if device == "" {
		return errors.New("a list, but neither its name nor its folder says whose: name it SEP<MAC>/ITLFile.tlv; lists of servers go with --server")
	}
	kind := l.Header.Kind()
	if kind == tlv.KindUnknown {
		kind = tlv.KindOf(filepath.Base(name))
	}
	f.Add(Statement{Source: name, Evidence: compare.Evidence{Form: FormCopy, Device: device, Kind: kind, Sums: compare.SumsOf(l.List)}})
	return nil
}

// FormCopy is the form of a statement by the phone's own list.
const FormCopy compare.Form = "copy of the list"

func isPage(head []byte) bool {
	lower := bytes.ToLower(head)
	return bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html")) || bytes.Contains(lower, []byte("<table"))
}

func (f *Fleet) readPage(name string, r io.Reader) error {
	page, err := compare.ParsePage(r)
	if page == nil {
		return err
	}
	device := page.Device
	if device == "" {
		device = deviceOf(name)
	}
	if device == "" {
		return errors.New("a page of a phone that does not say its name, and neither does the file's")
	}
	f.Expect(device, page.Model)
	for _, e := range page.Evidence {
		e.Device = device
		f.Add(Statement{Evidence: e, Model: page.Model, Source: name})
	}
	return nil
}

// A phoneLine is what "ctlinspect phones --json" writes.
type phoneLine struct {
	Type   string    `json:"type"`
	Device string    `json:"device"`
	Model  string    `json:"model"`
	Time   time.Time `json:"time"`
	CTL    *listLine `json:"ctl"`
	ITL    *listLine `json:"itl"`
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

var deviceName = lazyregexp.New(`(?i)^[A-Z]{2,4}[0-9A-F]{12}$`)

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
			if deviceName().MatchString(field) || len(fields) > 1 && (lower == "device" || strings.HasPrefix(lower, "device name")) {
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

// readCSV takes a device name, a model, a time and hashes from any columns. A hash is
// about the list that its column's header names, else about the list at hand that
// has it.
func (f *Fleet) readCSV(name string, r io.Reader) error {
	in, header := newCSV(r), []string(nil)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		if !f.addRecord(name, line, header, record) && header == nil {
			header = lowered(record)
		}
	}
}

func newCSV(r io.Reader) *csv.Reader {
	b := bufio.NewReader(r)
	head, _ := b.Peek(1024)
	first, _, _ := bytes.Cut(head, []byte("\n"))
	in := csv.NewReader(b)
	for _, comma := range []rune{';', '\t'} {
		if bytes.ContainsRune(first, comma) && !bytes.ContainsRune(first, ',') {
			in.Comma = comma
		}
	}
	in.FieldsPerRecord, in.LazyQuotes, in.TrimLeadingSpace, in.ReuseRecord = -1, true, true, true
	return in
}

func lowered(record []string) []string {
	header := make([]string, len(record))
	for i, s := range record {
		header[i] = strings.ToLower(strings.TrimPrefix(s, "\ufeff"))
	}
	return header
}

// addRecord adds what a line says, and reports whether it names a phone.
func (f *Fleet) addRecord(name string, line int, header, record []string) bool {
	var s Statement
	var lists []compare.Evidence
	for i, field := range record {
		field = strings.TrimSpace(strings.TrimPrefix(field, "\ufeff"))
		column := ""
		if i < len(header) {
			column = header[i]
		}
		switch e, isList := listField(column, field); {
		case field == "":
		case isList:
			lists = append(lists, e)
		case s.Device == "" && deviceName().MatchString(field):
			s.Device = strings.ToUpper(field)
		case s.Model == "" && isModel(column, field):
			s.Model = field
		case s.At.IsZero() && isTimeColumn(column):
			s.At = parseTime(field)
		}
	}
	if s.Device == "" {
		return false
	}
	f.Expect(s.Device, s.Model)
	for _, e := range lists {
		e.Form, e.Device, e.Line = FormCSV, s.Device, line
		f.Add(Statement{Evidence: e, Model: s.Model, At: s.At, Source: name})
	}
	return true
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
