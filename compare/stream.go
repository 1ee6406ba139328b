package compare

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds on a text that is streamed.
const (
	maxStreamLine  = 1 << 20 // bytes; longer lines are read in pieces
	maxStatements  = 500_000 // a hundred thousand phones with two lists each, and changes
	streamReadSize = 256 << 10
)

// A TooManyError: a text has more to say than can be compared at once.
type TooManyError struct {
	Line int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("line %d: more than %d different statements; ctlinspect fleet groups phones of traces of any size", e.Line, maxStatements)
}

// ReadText finds what [ParseText] finds in a text of any size, in memory that grows
// with what is found, not with the text. It takes the text for HTML from the first
// line on that has markup, and knows documents of ctlinspect only on one line each.
// It fails with the error of r, or with a [*TooManyError].
func ReadText(r io.Reader) ([]Evidence, error) {
	p, err := readText(r)
	if err != nil {
		return nil, err
	}
	return p.evidence(), nil
}

func readText(r io.Reader) (*textParser, error) {
	in := bufio.NewReaderSize(r, streamReadSize)
	if head, _ := in.Peek(4); orderOf(string(head)) != nil {
		in = bufio.NewReaderSize(&utf16Reader{in: in, order: orderOf(string(head))}, streamReadSize)
	}
	if mark, _ := in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark))
	}
	p := newTextParser()
	isHTML := false
	for n := 1; ; {
		line, err := streamLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		whole := strings.HasSuffix(line, "\n")
		if strings.ContainsAny(line, "<&") {
			if isHTML = isHTML || markup().MatchString(line); isHTML {
				line = withoutMarkup(line)
			}
		}
		p.parseParts(n, line)
		if len(p.found) > maxStatements {
			return nil, &TooManyError{n}
		}
		if whole {
			n++
		}
		if err != nil {
			p.finish()
			return p, nil
		}
	}
}

const byteOrderMark = "\ufeff"

// streamLine reads a line with its end, or a piece of a very long one.
func streamLine(in *bufio.Reader) (string, error) {
	part, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return string(part), err
	}
	var line strings.Builder
	for {
		line.Write(part)
		if !errors.Is(err, bufio.ErrBufferFull) || line.Len() >= maxStreamLine {
			break
		}
		part, err = in.ReadSlice('\n')
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	return line.String(), err
}

// A utf16Reader reads UTF-16 as UTF-8.
type utf16Reader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	high  rune // the first half of a pair, 0 if there is none
	rest  []byte
	err   error
}

func (u *utf16Reader) Read(b []byte) (int, error) {
	for len(u.rest) == 0 && u.err == nil {
		u.fill()
	}
	if len(u.rest) == 0 {
		return 0, u.err
	}
	n := copy(b, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	var units [4 << 10]byte
	n, err := io.ReadFull(u.in, units[:])
	if u.err = err; errors.Is(err, io.ErrUnexpectedEOF) {
		u.err = io.EOF
	}
	u.rest = u.rest[:0]
	for i := 0; i+1 < n; i += 2 {
		u.add(rune(u.order.Uint16(units[i:])))
	}
}

func (u *utf16Reader) add(unit rune) {
	high := u.high
	u.high = 0
	if high != 0 {
		if r := utf16.DecodeRune(high, unit); r != utf8.RuneError {
			u.rest = utf8.AppendRune(u.rest, r)
			return
		}
		u.rest = utf8.AppendRune(u.rest, utf8.RuneError)
	}
	if unit >= 0xD800 && unit < 0xDC00 {
		u.high = unit
		return
	}
	u.rest = utf8.AppendRune(u.rest, unit) // half a pair becomes U+FFFD
}
