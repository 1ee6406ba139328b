package fleet

import (
	"bytes"
	"strings"
	"time"
)

// alarmTime is the time in the text in front of an alarm, in Unix nanoseconds, 0 if
// there is none that is known: CUCM's own, which is UTC, else what the line begins
// with. It is when the server wrote the line: phones send alarms when they next
// register, so the list may be older [S].
func alarmTime(lead []byte) int64 {
	at := cucmTime(lead)
	if at.IsZero() {
		at = lineTime(lead)
	}
	if at.IsZero() {
		return 0
	}
	return at.UnixNano()
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// cucmTime is that of "Nov 08 2024 05:12:41.102 UTC : %UC_PHONE-6-".
func cucmTime(lead []byte) time.Time {
	lead, _, ok := bytes.Cut(lead, []byte(" UTC : %"))
	if !ok {
		return time.Time{}
	}
	if i := bytes.LastIndex(lead, []byte(": ")); i >= 0 {
		lead = lead[i+2:]
	}
	const layout = "Jan 02 2006 15:04:05"
	if len(lead) < len(layout) {
		return time.Time{}
	}
	month := strings.Index(months, string(lead[:3]))
	day, year := number(lead[4:6]), number(lead[7:11])
	hour, minute, second := number(lead[12:14]), number(lead[15:17]), number(lead[18:20])
	if month < 0 || month%3 != 0 || min(day, year, hour, minute, second) < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || lead[14] != ':' || lead[17] != ':' {
		return time.Time{}
	}
	thousandth := 0
	if len(lead) >= len(layout)+4 && lead[20] == '.' {
		thousandth = max(0, number(lead[21:24]))
	}
	return time.Date(year, time.Month(month/3+1), day, hour, minute, second, thousandth*int(time.Millisecond), time.UTC)
}

// number reads digits, in front of which may be a blank; -1 for anything else.
func number(digits []byte) int {
	n := 0
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			n = 10*n + int(c-'0')
		case i > 0 || c != ' ':
			return -1
		}
	}
	return n
}

// lineTime is the time that a line begins with, in UTC unless it names a zone.
func lineTime(line []byte) time.Time {
	const size = len("2006-01-02 15:04:05")
	if len(line) < size || number(line[:2]) < 0 || line[2] != '/' && line[4] != '-' {
		return time.Time{}
	}
	if word, _, _ := bytes.Cut(line[:min(len(line), 40)], []byte{' '}); len(word) > size {
		if t, err := time.Parse(time.RFC3339, string(word)); err == nil {
			return t
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "01/02/2006 15:04:05"} {
		if t, err := time.Parse(layout, string(line[:size])); err == nil {
			return t
		}
	}
	return time.Time{}
}
