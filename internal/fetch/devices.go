package fetch

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// Devices collects names of phones, each once, in capitals.
type Devices struct {
	Names []string
	seen  map[string]bool
}

// Add adds a name in any case. Where says where the name comes from.
func (d *Devices) Add(where, name string) error {
	upper := strings.ToUpper(name)
	if !deviceName().MatchString(upper) {
		return fmt.Errorf("%s: %q is not the name of a phone; expected SEP followed by 12 hex digits, as SEP0011215A1AE3", where, name)
	}
	d.add(upper)
	return nil
}

func (d *Devices) add(name string) {
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	if !d.seen[name] {
		d.seen[name] = true
		d.Names = append(d.Names, name)
	}
}

// AddFile adds the phones of a text with one per line, or of a CSV export: a name
// or a MAC address in any column, with a header or without. Lines that begin with
// # are left out. The note says which lines name no phone, "" if all do.
func (d *Devices) AddFile(name string, data []byte) (note string, err error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	f := deviceFile{name: name, comma: separator(data)}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if device := f.device(number, f.cells(line)); device != "" {
			d.add(device)
		}
	}
	if f.found == 0 {
		return "", fmt.Errorf("%s: names no phone; expected SEP followed by 12 hex digits, as SEP0011215A1AE3", name)
	}
	return f.note(), nil
}

// separator is the character that separates columns, by the first line.
func separator(data []byte) rune {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, r := range ";\t" {
		if bytes.Count(line, []byte(string(r))) > bytes.Count(line, []byte(string(best))) {
			best = r
		}
	}
	return best
}

// A deviceFile is a file of phones while it is read.
type deviceFile struct {
	name    string
	comma   rune
	macs    []int // columns that the header calls MAC addresses
	rows    int
	found   int
	skipped int
	first   string // of the lines that are skipped
}

var (
	macAddress = lazyregexp.New(`^(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$`)
	bareMAC    = lazyregexp.New(`^(?i)[0-9a-f]{12}$`)
	headerWord = lazyregexp.New(`(?i)\b(device|phone|name|mac|address)\b`)
)

// cells splits a line. A quoted cell that goes on in the next line ends here: an
// unbalanced quote must not swallow the phones that follow.
func (f *deviceFile) cells(line []byte) []string {
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.Comment, r.LazyQuotes, r.TrimLeadingSpace = f.comma, '#', true, true
	row, err := r.Read()
	if err != nil {
		return nil
	}
	return row
}

// device returns the phone of a row, "" if it names none.
func (f *deviceFile) device(line int, row []string) string {
	if len(row) == 0 {
		return ""
	}
	f.rows++
	for i, cell := range row {
		if name := f.phone(i, cell); name != "" {
			f.found++
			return name
		}
	}
	text := strings.Join(row, " ")
	switch {
	case f.rows == 1 && headerWord().MatchString(text):
		f.header(row)
	case strings.TrimSpace(text) != "":
		if f.skipped++; f.skipped == 1 {
			f.first = fmt.Sprintf("line %d: %.60q", line, row[0])
		}
	}
	return ""
}

// phone returns the phone that a cell names: by its first word, or as a MAC
// address.
func (f *deviceFile) phone(column int, cell string) string {
	word := strings.ToUpper(strings.TrimLeft(cell, "\" "))
	if end := strings.IndexAny(word, ",;\" \t\r\n"); end >= 0 {
		word = word[:end]
	}
	switch {
	case deviceName().MatchString(word):
		return word
	case macAddress().MatchString(word), bareMAC().MatchString(word) && slices.Contains(f.macs, column):
		return "SEP" + strings.NewReplacer(":", "", "-", "", ".", "").Replace(word)
	}
	return ""
}

// header finds the columns whose cells may be MAC addresses without separators,
// as in CUCM's exports.
func (f *deviceFile) header(row []string) {
	for i, cell := range row {
		if strings.Contains(strings.ToLower(cell), "mac") {
			f.macs = append(f.macs, i)
		}
	}
}

func (f *deviceFile) note() string {
	switch f.skipped {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s: %s names no phone, skipped", f.name, f.first)
	}
	return fmt.Sprintf("%s: %d lines name no phone, skipped (%s)", f.name, f.skipped, f.first)
}
