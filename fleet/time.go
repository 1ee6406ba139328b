package fleet

import (
	"bytes"
	"time"
)

// alarmTime is the time in front of a line, zero if there is none that is known. It
// is when the server wrote the line: phones send alarms when they next register, so
// the list may be older [S].
func alarmTime(line []byte) time.Time {
	line, _, _ = bytes.Cut(line, newline)
	line = line[:min(len(line), 40)]
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "01/02/2006 15:04:05"} {
		if len(line) >= len(layout) && digit(line[0]) {
			if t, err := time.Parse(layout, string(line[:len(layout)])); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
