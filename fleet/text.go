package fleet

import (
	"bytes"
	"errors"
	"io"

	"github.com/ctlinspect/ctlinspect/compare"
)

// alarmName is in the first line of every form of the alarm.
var alarmName = []byte("DeviceTLInfo")

// An alarm is looked for in so many bytes from its name on, and from the start of
// its line. Real ones have less than 1 KB.
const (
	alarmLead = 1 << 10
	alarmSize = 4 << 10
)

// readText finds alarms in a text of any size, in memory that does not grow with it.
func (f *Fleet) readText(name string, r io.Reader) error {
	const chunk = 1 << 20
	buf := make([]byte, 0, chunk+alarmLead+alarmSize)
	line, skip := 1, 0 // number of the first line in buf; bytes in front of it that are done
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		end := len(buf)
		if !last {
			end -= alarmSize // an alarm that begins behind is whole next time
		}
		done := f.scan(name, buf, skip, end, line)
		if last {
			return nil
		}
		keep := max(0, done-alarmLead)
		line += bytes.Count(buf[:keep], newline)
		skip = done - keep
		buf = buf[:copy(buf, buf[keep:])]
	}
}

var newline = []byte{'\n'}

// scan adds the alarms whose names begin in buf[skip:end], and returns where it
// stopped.
func (f *Fleet) scan(name string, buf []byte, skip, end, line int) int {
	at, counted := skip, 0
	for {
		i := bytes.Index(buf[at:], alarmName)
		if i < 0 || at+i >= end {
			return max(at, end)
		}
		hit := at + i
		start := max(bytes.LastIndexByte(buf[:hit], '\n')+1, hit-alarmLead, skip)
		stop := f.alarmEnd(buf, hit)
		line += bytes.Count(buf[counted:start], newline)
		counted = start
		f.addAlarm(name, line, buf[start:stop])
		at = stop
	}
}

// alarmEnd is where an alarm ends: with its line, if that is whole in itself, else
// in front of the next alarm, alarmSize bytes behind at the latest.
func (f *Fleet) alarmEnd(buf []byte, hit int) int {
	limit := min(len(buf), hit+alarmSize)
	rest := buf[hit:limit]
	eol := bytes.IndexByte(rest, '\n')
	if eol >= 0 && bytes.Contains(rest[:eol], []byte("ITL_Signature")) {
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

func (f *Fleet) addAlarm(name string, line int, text []byte) {
	at, alarm := alarmTime(text), string(text)
	found, ok := compare.ParseSyslogAlarm(alarm)
	if !ok {
		found = compare.ParseText(alarm)
	}
	for _, e := range found {
		if e.Form != compare.FormAlarm {
			continue
		}
		e.Line = line
		f.Add(Statement{Evidence: e, At: at, Source: name})
	}
}
