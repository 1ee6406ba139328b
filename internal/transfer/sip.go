package transfer

import (
	"bytes"
	"strconv"
)

// maxAlarm is the size of the largest message with an alarm that is read, in bytes.
const maxAlarm = 64 << 10

// alarmName is in the body of every message with an alarm about trust lists.
var alarmName = []byte("DeviceTLInfo")

// Alarm returns the body of a SIP message that holds an alarm about trust lists, nil if
// it is none.
func Alarm(message []byte) []byte {
	if len(message) > maxAlarm || !bytes.Contains(message, alarmName) || !StartsSIP(message) {
		return nil
	}
	header, body, ok := cutHeader(message)
	if !ok || !bytes.Contains(body, alarmName) {
		return nil
	}
	if n, known := contentLength(header); known && n > int64(len(body)) {
		return nil // not whole
	} else if known {
		body = body[:n]
	}
	return body
}

// StartsSIP reports whether b begins like a SIP message: a request, or an answer.
func StartsSIP(b []byte) bool {
	line, _, ok := bytes.Cut(b[:min(len(b), 1<<10)], []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	return ok && (bytes.HasPrefix(line, []byte("SIP/2.0 ")) || bytes.HasSuffix(line, []byte(" SIP/2.0")))
}

// cutHeader cuts a message behind the first empty line.
func cutHeader(b []byte) (header, body []byte, ok bool) {
	at, end := -1, 0
	for _, line := range []string{"\n\r\n", "\n\n"} {
		if i := bytes.Index(b, []byte(line)); i >= 0 && (at < 0 || i < at) {
			at, end = i, i+len(line)
		}
	}
	if at < 0 {
		return nil, nil, false
	}
	return b[:at], b[end:], true
}

// contentLength returns the size that a header gives, if it does.
func contentLength(header []byte) (n int64, ok bool) {
	for line := range bytes.Lines(header) {
		name, value, found := bytes.Cut(line, []byte(":"))
		name = bytes.TrimSpace(name)
		if !found || !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		u, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 62)
		if err != nil {
			return 0, false
		}
		return int64(u), true
	}
	return 0, false
}

// A SIP reads what a phone sends over a connection: messages, one behind the other.
type SIP struct {
	message []byte // the header so far, or header and body of a message with an alarm
	left    int64  // bytes of the body to come
	keep    bool   // the body is kept
	lost    bool   // where messages begin is not known
}

// Data reads the next bytes. Found is called with the body of each alarm.
func (s *SIP) Data(b []byte, found func(alarm []byte)) {
	for len(b) > 0 {
		switch {
		case s.lost && !StartsSIP(bytes.TrimLeft(b, "\r\n")):
			return
		case s.left > 0:
			b = s.body(b, found)
		default:
			s.lost = false
			b = s.header(b)
		}
	}
}

// header collects a header and returns the rest.
func (s *SIP) header(b []byte) []byte {
	if len(s.message) == 0 {
		if b = bytes.TrimLeft(b, "\r\n"); len(b) == 0 { // keep-alives
			return nil
		}
	}
	had, n := len(s.message), min(len(b), maxHeader)
	s.message = append(s.message, b[:n]...)
	header, behind, ok := cutHeader(s.message)
	if !ok {
		if len(s.message) > maxHeader {
			s.Lost()
		}
		return b[n:]
	}
	size, known := contentLength(header)
	if !known || !StartsSIP(s.message) {
		s.Lost()
		return nil
	}
	end := len(s.message) - len(behind)
	rest := b[end-had:]
	s.message, s.left, s.keep = s.message[:end], size, size <= maxAlarm
	switch {
	case size == 0:
		s.reset()
	case !s.keep:
		s.message = nil
	}
	return rest
}

func (s *SIP) body(b []byte, found func([]byte)) []byte {
	n := min(s.left, int64(len(b)))
	if s.keep {
		s.message = append(s.message, b[:n]...)
	}
	if s.left -= n; s.left == 0 {
		s.end(found)
	}
	return b[n:]
}

// end ends a message.
func (s *SIP) end(found func([]byte)) {
	if s.keep {
		if alarm := Alarm(s.message); alarm != nil {
			found(alarm)
		}
	}
	s.reset()
}

// worthKeeping is the size of a buffer that is used again, in bytes.
const worthKeeping = 4 << 10

func (s *SIP) reset() {
	s.message, s.left, s.keep = s.message[:0], 0, false
	if cap(s.message) > worthKeeping {
		s.message = nil
	}
}

// Lost notes that bytes are missing: reading goes on where a message begins.
func (s *SIP) Lost() {
	s.reset()
	s.lost = true
}

// Busy reports whether a message is under way.
func (s *SIP) Busy() bool { return len(s.message) > 0 || s.left > 0 }

// Size returns the number of bytes that are held besides the SIP itself.
func (s *SIP) Size() int { return cap(s.message) }
