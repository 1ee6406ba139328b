package fleet

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/inorder"
)

// alarmName is in the first line of every form of the alarm.
var alarmName = []byte("DeviceTLInfo")

const (
	alarmSize = 4 << 10 // an alarm has at most so many bytes from its name on; real ones have less than 1 KB
	alarmLead = 1 << 10 // and so many in front of it on its line
	chunkSize = 512 << 10
)

var newline = []byte{'\n'}

// A chunk is a piece of a text that ends with a line. Behind its end stands what an
// alarm that begins in it may need.
type chunk struct {
	data []byte
	end  int
}

// A said is what an alarm says. Lines are counted from the start of the chunk; the
// name of the phone is a part of the chunk's data.
type said struct {
	device []byte
	lists  [len(kinds)]compare.Signature
	silent [len(kinds)]bool // nothing is said of this list
	at     int64            // Unix nanoseconds; 0 if not known
	line   int32
}

// found is what a chunk says.
type found struct {
	chunk
	said  []said
	lines int
}

// readText finds alarms in a text of any size, in memory that does not grow with it,
// on all processors. What they say is added in the order of the text.
func (f *Fleet) readText(name string, r io.Reader) error {
	s := splitter{r: r, free: make(chan found, 4*runtime.GOMAXPROCS(0)+4)}
	t := f.teller(name)
	line := 0
	err := inorder.Each(s.chunks, 0, found.scan, func(c found) error {
		for i := range c.said {
			t.add(&c.said[i], line)
		}
		line += c.lines
		s.release(c)
		return nil
	})
	return errors.Join(err, s.err)
}

// A teller adds what the alarms of a text say.
type teller struct {
	*Fleet
	source int32
	form   uint16
}

func (f *Fleet) teller(name string) teller {
	return teller{f, f.sources.number(name), uint16(f.forms.number(string(compare.FormAlarm)))}
}

func (t teller) add(s *said, line int) {
	var p *phone
	for i := range s.lists {
		if s.silent[i] {
			continue
		}
		t.counts.statements++
		if len(s.device) == 0 {
			t.counts.nameless++
			continue
		}
		if p == nil {
			if p = t.phones[string(s.device)]; p == nil {
				p = t.phone(string(s.device))
			}
		}
		h := held{at: s.at, line: int32(min(int(s.line)+line, math.MaxInt32)), source: t.source, form: t.form}
		switch l := &s.lists[i]; {
		case l.Absent:
			h.state = absent
		case !l.Known:
			t.counts.empty++
			continue
		default:
			h.state, h.index = t.list(l.SHA1[:])
		}
		p.hold(i, h)
	}
}

// list finds the list that a hash is of.
func (f *Fleet) list(sum []byte) (state, int32) {
	if i, ok := f.sums[string(sum)]; ok {
		return listed, i
	}
	if i, ok := f.unknown.numbers[string(sum)]; ok {
		return foreign, i
	}
	return foreign, f.unknown.number(string(sum))
}

// A splitter cuts a text into chunks, whose memory is used again.
type splitter struct {
	r    io.Reader
	free chan found
	err  error
}

func (s *splitter) release(c found) {
	select {
	case s.free <- c:
	default:
	}
}

// take returns an empty chunk.
func (s *splitter) take() found {
	select {
	case c := <-s.free:
		return found{chunk: chunk{data: c.data[:0]}, said: c.said[:0]}
	default:
		return found{chunk: chunk{data: make([]byte, 0, chunkSize)}}
	}
}

func (s *splitter) chunks(yield func(found) bool) {
	var rest []byte
	for {
		c := s.take()
		c.data = append(c.data, rest...)
		n, err := io.ReadFull(s.r, c.data[len(rest):cap(c.data)])
		c.data = c.data[:len(rest)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			s.err = err
			return
		}
		c.end = len(c.data)
		if !last {
			c.end -= alarmSize
			if i := bytes.LastIndexByte(c.data[:c.end], '\n'); i >= 0 {
				c.end = i + 1
			}
		}
		rest = append(rest[:0], c.data[c.end:]...)
		if !yield(c) || last {
			return
		}
	}
}

// scan reads the alarms whose names begin in the chunk.
func (c found) scan() found {
	at, counted, line := 0, 0, 1
	for {
		i := bytes.Index(c.data[at:], alarmName)
		if i < 0 || at+i >= c.end {
			break
		}
		hit := at + i
		start := max(bytes.LastIndexByte(c.data[:hit], '\n')+1, hit-alarmLead, at)
		line += bytes.Count(c.data[counted:start], newline)
		counted = start
		if a, read, ok := compare.ScanAlarm(c.data[start:min(len(c.data), hit+alarmSize)]); ok {
			at = start + read
			if a.Device != nil {
				c.said = append(c.said, said{device: a.Device, lists: [...]compare.Signature{a.CTL, a.ITL}, at: alarmTime(c.data[start:hit]), line: int32(line)})
			}
			continue
		}
		at = alarmEnd(c.data, hit)
		c.said = appendAlarms(c.said, line, alarmTime(c.data[start:hit]), c.data[start:at])
	}
	c.lines = bytes.Count(c.data[:c.end], newline)
	return c
}

// alarmEnd is where an alarm in an unusual form ends: with its line, if that is whole
// in itself, else in front of the next alarm, alarmSize bytes behind at the latest.
func alarmEnd(data []byte, hit int) int {
	limit := min(len(data), hit+alarmSize)
	rest := data[hit:limit]
	eol := bytes.IndexByte(rest, '\n')
	if eol >= 0 && bytes.Contains(rest[:eol], []byte("ITL_Signature")) && bytes.Count(rest[:eol], alarmName) == 1 {
		return hit + eol + 1
	}
	if next := bytes.Index(rest[len(alarmName):], alarmName); next >= 0 {
		next += len(alarmName)
		if lineStart := bytes.LastIndexByte(rest[:next], '\n') + 1; lineStart > 0 {
			return hit + lineStart
		}
		return hit + next
	}
	return limit
}

// appendAlarms reads a text that compare.ScanAlarm does not know.
func appendAlarms(list []said, line int, at int64, text []byte) []said {
	for _, e := range compare.ParseText(string(text)) {
		i := slices.Index(kinds[:], e.Kind)
		if e.Form != compare.FormAlarm || i < 0 {
			continue
		}
		s := said{device: []byte(e.Device), at: at, line: int32(line + e.Line - 1)}
		for k := range kinds {
			s.silent[k] = k != i
		}
		s.lists[i].Absent = e.Absent
		s.lists[i].Known = copy(s.lists[i].SHA1[:], e.Sums.SHA1) > 0
		list = append(list, s)
	}
	return list
}
