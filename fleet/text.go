package fleet

import (
	"bytes"
	"errors"
	"io"
	"runtime"

	"github.com/ctlinspect/ctlinspect/compare"
)

// alarmName is in the first line of every form of the alarm.
var alarmName = []byte("DeviceTLInfo")

const (
	alarmSize = 4 << 10 // an alarm has at most so many bytes from its name on; real ones have less than 1 KB
	alarmLead = 1 << 10 // and so many in front of it on its line
	chunkSize = 1 << 20
)

var newline = []byte{'\n'}

// A chunk is a piece of a text that ends with a line. Behind its end stands what an
// alarm that begins in it may need.
type chunk struct {
	data   []byte
	end    int
	result chan found
}

// found is what a chunk says.
type found struct {
	statements []Statement // lines are counted from the start of the chunk
	lines      int
}

// readText finds alarms in a text of any size, in memory that does not grow with it,
// on all processors. Statements are added in the order of the text.
func (f *Fleet) readText(name string, r io.Reader) error {
	workers := runtime.GOMAXPROCS(0)
	queue, work := make(chan chunk, 2*workers), make(chan chunk)
	failure := make(chan error, 1)
	go func() {
		failure <- split(r, func(c chunk) {
			queue <- c
			work <- c
		})
		close(work)
		close(queue)
	}()
	for range workers {
		go func() {
			for c := range work {
				c.result <- c.scan(name)
			}
		}()
	}
	line := 0
	for c := range queue {
		result := <-c.result
		for _, s := range result.statements {
			s.Line += line
			f.Add(s)
		}
		line += result.lines
	}
	return <-failure
}

// split cuts a text into chunks.
func split(r io.Reader, yield func(chunk)) error {
	var rest []byte
	for {
		buf := make([]byte, len(rest), len(rest)+chunkSize)
		copy(buf, rest)
		n, err := io.ReadFull(r, buf[len(rest):cap(buf)])
		buf = buf[:len(rest)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		end := len(buf)
		if !last {
			end -= alarmSize
			if i := bytes.LastIndexByte(buf[:end], '\n'); i >= 0 {
				end = i + 1
			}
		}
		yield(chunk{buf, end, make(chan found, 1)})
		if last {
			return nil
		}
		rest = buf[end:]
	}
}

// scan reads the alarms whose names begin in the chunk.
func (c chunk) scan(name string) found {
	var result found
	at, counted, line := 0, 0, 1
	for {
		i := bytes.Index(c.data[at:], alarmName)
		if i < 0 || at+i >= c.end {
			break
		}
		hit := at + i
		start := max(bytes.LastIndexByte(c.data[:hit], '\n')+1, hit-alarmLead, at)
		at = alarmEnd(c.data, hit)
		line += bytes.Count(c.data[counted:start], newline)
		counted = start
		result.statements = appendAlarm(result.statements, name, line, c.data[start:at])
	}
	result.lines = bytes.Count(c.data[:c.end], newline)
	return result
}

// alarmEnd is where an alarm ends: with its line, if that is whole in itself, else
// in front of the next alarm, alarmSize bytes behind at the latest.
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

func appendAlarm(statements []Statement, name string, line int, text []byte) []Statement {
	at, alarm := alarmTime(text), string(text)
	list, ok := compare.ParseSyslogAlarm(alarm)
	if !ok {
		list = compare.ParseText(alarm)
	}
	for _, e := range list {
		if e.Form != compare.FormAlarm {
			continue
		}
		e.Line = line
		statements = append(statements, Statement{Evidence: e, At: at, Source: name})
	}
	return statements
}
