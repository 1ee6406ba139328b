// Package devices finds names of phones in tables: CSV exports and lists of names.
package devices

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// digits is how many digits a MAC address has.
const digits = 12

// Name returns the name of a device in capitals: two to four letters and the 12 hex
// digits of its MAC address, in any case, as SEP0011215A1AE3. It reports false for
// anything else.
func Name(s string) (string, bool) {
	letters := len(s) - digits
	if letters < 2 || letters > 4 {
		return "", false
	}
	for i := range len(s) {
		c := s[i] &^ 0x20 // a capital, if it is a letter
		switch isLetter := c >= 'A' && c <= 'Z'; {
		case i < letters && !isLetter:
			return "", false
		case i >= letters && (s[i] < '0' || s[i] > '9') && (c < 'A' || c > 'F'):
			return "", false
		}
	}
	return strings.ToUpper(s), true
}

// NameOf is Name for devices whose names begin with these letters and no more, such
// as SEP; "" for any.
func NameOf(letters, s string) (string, bool) {
	name, ok := Name(s)
	return name, ok && (letters == "" || name[:len(name)-digits] == letters)
}

// maxLine is the longest line of a table, in bytes.
const maxLine = 1 << 20

// Rows reads a table, one row per line, whose columns are separated by what the first
// line has most of: commas, semicolons or tabs. Cells may be quoted. A quoted cell
// that goes on in the next line ends here: an unbalanced quote must not swallow the
// phones that follow. Lines are counted from 1; empty ones and those that begin with
// # are left out. A row is valid until the next. Rows fails with the error of each,
// or of r.
func Rows(r io.Reader, each func(line int, row []string) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = in.Discard(len(mark))
	}
	comma := separator(in)
	var row []string
	for line := 1; ; line++ {
		text, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if s := strings.TrimRight(text, "\r\n"); strings.TrimSpace(s) != "" && s[0] != '#' {
			row = cells(row[:0], s, comma)
			if err := each(line, row); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

var errLong = fmt.Errorf("longer than %d KiB, which no table has", maxLine>>10)

func readLine(in *bufio.Reader) (string, error) {
	part, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return string(part), err
	}
	var long strings.Builder
	for {
		long.Write(part)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return long.String(), err
		}
		if long.Len() > maxLine {
			return "", errLong
		}
		part, err = in.ReadSlice('\n')
	}
}

// separator is the character that separates columns, by the first line.
func separator(in *bufio.Reader) byte {
	head, _ := in.Peek(4 << 10)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best := byte(',')
	for _, c := range []byte(";\t") {
		if bytes.Count(line, []byte{c}) > bytes.Count(line, []byte{best}) {
			best = c
		}
	}
	return best
}

// cells appends the cells of a line. Quotes count at the begin of a cell only; two of
// them are one in it.
func cells(row []string, line string, comma byte) []string {
	for {
		line = strings.TrimLeft(line, " \t"[:blanks(comma)])
		if line == "" || line[0] != '"' {
			end := strings.IndexByte(line, comma)
			if end < 0 {
				return append(row, line)
			}
			row, line = append(row, line[:end]), line[end+1:]
			continue
		}
		cell, rest, more := quoted(line[1:], comma)
		row = append(row, cell)
		if !more {
			return row
		}
		line = rest
	}
}

// blanks is how many of blank and tab are not separators.
func blanks(comma byte) int {
	if comma == '\t' {
		return 1
	}
	return 2
}

// quoted returns a cell up to its quote, the line behind it, and whether there are
// more cells. A quote that nothing separates from what follows is a part of the cell.
func quoted(line string, comma byte) (cell, rest string, more bool) {
	for at := 0; ; {
		i := strings.IndexByte(line[at:], '"')
		if i < 0 {
			return unescape(line), "", false
		}
		end := at + i
		switch after := line[end+1:]; {
		case after == "":
			return unescape(line[:end]), "", false
		case after[0] == comma:
			return unescape(line[:end]), after[1:], true
		case after[0] == '"':
			at = end + 2
		default:
			at = end + 1
		}
	}
}

func unescape(cell string) string {
	if strings.Contains(cell, `""`) {
		return strings.ReplaceAll(cell, `""`, `"`)
	}
	return cell
}

var (
	macAddress = lazyregexp.New(`^(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$`)
	bareMAC    = lazyregexp.New(`^(?i)[0-9a-f]{12}$`)
	headerWord = lazyregexp.New(`(?i)\b(device|phone|name|mac|address)\b`)
)

// A Finder finds the phones in the rows of one table.
type Finder struct {
	Prefix string // the letters that names must have, "" for any
	macs   []int  // columns that the header calls MAC addresses
	rows   int
}

// Find returns the phone of the next row: a name or a MAC address in any column, the
// first of them. Found is false for a row that names none, header true if that is
// because it is the first and has words for what stands below.
func (f *Finder) Find(row []string) (name string, found, header bool) {
	f.rows++
	for i, cell := range row {
		if name, ok := f.phone(i, cell); ok {
			return name, true, false
		}
	}
	if f.rows > 1 || !headerWord().MatchString(strings.Join(row, " ")) {
		return "", false, false
	}
	for i, cell := range row {
		if strings.Contains(strings.ToLower(cell), "mac") {
			f.macs = append(f.macs, i)
		}
	}
	return "", false, true
}

// phone returns the phone that a cell names: by its first word, or as a MAC address;
// without separators, as in CUCM's exports, only where the header says so.
func (f *Finder) phone(column int, cell string) (string, bool) {
	word := strings.TrimLeft(cell, "\" ")
	if end := strings.IndexAny(word, ",;\" \t\r\n"); end >= 0 {
		word = word[:end]
	}
	if name, ok := NameOf(f.Prefix, word); ok {
		return name, true
	}
	mac := len(word) == 17 && (word[2] == ':' || word[2] == '-') || len(word) == 14 && word[4] == '.'
	if mac && macAddress().MatchString(word) || slices.Contains(f.macs, column) && bareMAC().MatchString(word) {
		return "SEP" + strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(word)), true
	}
	return "", false
}
