package compare

import (
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// An alarm is a DeviceTLInfo that is being read.
type alarm struct {
	line   int
	xml    bool
	quoted bool // by a mail program
	lines  int
	text   strings.Builder
}

// Bounds on an alarm: more lines or bytes are not one.
const (
	maxAlarmLines = 200
	maxAlarmBytes = 16 << 10
)

const (
	alarmName = "DeviceTLInfo"
	alarmXML  = "<Alarm"
	alarmEnd  = "</Alarm"

	alarmSyslog = alarmName + ": %"
)

// startAlarm reads the alarms that begin in a line; the last may go on in the next
// lines.
func (p *textParser) startAlarm(n int, line string) {
	starts := alarmStarts(line)
	if at := strings.Index(line, alarmName); len(starts) == 0 && at >= 0 {
		starts = []int{at}
	}
	for i, start := range starts {
		end := len(line)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		p.endAlarm()
		p.alarm = &alarm{line: n, xml: strings.HasPrefix(line[start:], alarmXML), quoted: p.quoted}
		p.addAlarm(line[start:end])
	}
}

// alarmStarts are where alarms begin in a line, which can hold several: with
// "<Alarm " or "DeviceTLInfo: %".
func alarmStarts(line string) []int {
	var starts []int
	find := func(word string, from int) int {
		if i := strings.Index(line[from:], word); i >= 0 {
			return from + i
		}
		return len(line)
	}
	for xml, syslog := find(alarmXML, 0), find(alarmSyslog, 0); xml < len(line) || syslog < len(line); {
		if syslog < xml {
			starts = append(starts, syslog)
			syslog = find(alarmSyslog, syslog+len(alarmSyslog))
			continue
		}
		end := xml + len(alarmXML)
		if end == len(line) || !isWord(line[end]) {
			starts = append(starts, xml)
		}
		xml = find(alarmXML, end)
	}
	return starts
}

// addAlarm adds text to the alarm, up to its end.
func (p *textParser) addAlarm(text string) {
	a := p.alarm
	a.lines++
	if !a.xml {
		a.text.WriteString(text + "\n")
		return
	}
	text, _, ended := strings.Cut(text, alarmEnd)
	a.text.WriteString(text)
	if ended {
		p.endAlarm()
	}
}

// continueAlarm takes a line that belongs to the alarm before it.
func (p *textParser) continueAlarm(n int, line string) bool {
	a := p.alarm
	if a == nil {
		return false
	}
	if a.quoted {
		line = unquote(line)
	}
	piece := logPrefix().ReplaceAllString(line, "")
	text := strings.TrimSpace(piece)
	switch {
	case a.lines >= maxAlarmLines || a.text.Len() > maxAlarmBytes,
		a.xml && strings.Contains(text, alarmXML),
		a.xml && (!xmlPiece(text) || otherEvidence(text)),
		!a.xml && !parameterLine().MatchString(text):
		p.endAlarm()
		return false
	}
	if a.xml && !strings.HasPrefix(text, "<") {
		text = piece // cut in the middle of a value, or of a tag
	}
	p.addAlarm(text)
	return true
}

// xmlPiece reports whether a line can be a part of an alarm in XML that a log has
// cut: a word, a value, or anything with a tag.
func xmlPiece(text string) bool {
	return strings.ContainsAny(text, "<>\"") || len(strings.Fields(text)) <= 24 && !strings.ContainsAny(text, "%[]|")
}

// otherEvidence reports whether a line is evidence by itself, and so not a part of
// an alarm in XML whose end is missing.
func otherEvidence(line string) bool {
	for _, parse := range []func(string) (Evidence, bool){parseOwn, parseLs, parseFileList, parseTrace, parseStatus} {
		if _, ok := parse(line); ok {
			return true
		}
	}
	return strings.Contains(line, "TFTP: [") || strings.Contains(line, "SECD: ") || strings.Contains(line, "XXTP") ||
		isShowPart(line) || strings.HasPrefix(line, "{")
}

var (
	// logPrefix is what consoles of phones put in front of each piece of a message.
	logPrefix = lazyregexp.New(`^(?:\d+ )?[A-Z]{3} (?:[A-Z][a-z]{2} \d\d )?\d\d:\d\d:\d\d\.\d+ (?:\(\d+:\d+\) )?(?:[A-Za-z_]+[-:] ?)?`)
	// parameterLine is a line of an alarm that has one parameter a line.
	parameterLine = lazyregexp.New(`^(?:UNKNOWN_PARAM\w*:)?(?:` + parameterNames + `)\s*[:=]`)
)

const parameterNames = `DeviceName|IPv4Address|IPv6Address|CTL_Signature|CTL_TFTP_Server|ITL_Signature|ITL_TFTP_Server|StatusCode|App ?ID|Cluster ?ID|Node ?ID`

// endAlarm adds the evidence of an alarm that is complete, or cut.
func (p *textParser) endAlarm() {
	a := p.alarm
	p.alarm = nil
	if a == nil || !strings.Contains(a.text.String(), alarmName) {
		return
	}
	var values parameters
	values.add([]byte(a.text.String()), a.xml)
	if a.xml {
		values.unescape()
	}
	for _, e := range alarmEvidence(&values) {
		p.addAlarmEvidence(a.line, e)
	}
}

// alarmEvidence is what an alarm says about the CTL and about the ITL.
func alarmEvidence(p *parameters) []Evidence {
	status, _ := strconv.Atoi(string(p[paramStatus]))
	list := make([]Evidence, 0, len(alarmLists))
	for _, l := range alarmLists {
		signature := p[l.signature]
		if len(signature) == 0 {
			continue
		}
		e := Evidence{Form: FormAlarm, Kind: l.kind, Device: string(p[paramDevice]), Status: StatusCode(status)}
		if s := string(p[l.server]); s != "N/A" {
			e.Server = s
		}
		e.setSignature(signature)
		list = append(list, e)
	}
	return list
}

var alarmLists = [...]struct {
	kind              tlv.Kind
	signature, server parameterName
}{
	{tlv.KindCTL, paramCTL, paramCTLServer},
	{tlv.KindITL, paramITL, paramITLServer},
}

func (e *Evidence) setSignature(value []byte) {
	switch s := signatureOf(value); {
	case s.Absent:
		e.Absent = true
	case s.Known:
		e.Sums.SHA1 = s.SHA1[:]
	default:
		e.Message = "signature of unknown form"
	}
}
