package compare

import (
	"html"
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
)

// startAlarm reads the alarms that begin in a line; the last may go on in the next
// lines.
func (p *textParser) startAlarm(n int, line string) {
	if !strings.Contains(line, alarmName) && !strings.Contains(line, alarmXML) {
		return
	}
	starts := alarmStart().FindAllStringIndex(line, -1)
	if len(starts) == 0 {
		starts = [][]int{{strings.Index(line, alarmName)}}
	}
	for i, start := range starts {
		end := len(line)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		p.endAlarm()
		p.alarm = &alarm{line: n, xml: strings.HasPrefix(line[start[0]:], alarmXML), quoted: p.quoted}
		p.addAlarm(line[start[0]:end])
	}
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
	// alarmStart begins an alarm, of which a line can hold several.
	alarmStart = lazyregexp.New(`<Alarm\b|DeviceTLInfo: %`)
	// logPrefix is what consoles of phones put in front of each piece of a message.
	logPrefix = lazyregexp.New(`^(?:\d+ )?[A-Z]{3} (?:[A-Z][a-z]{2} \d\d )?\d\d:\d\d:\d\d\.\d+ (?:\(\d+:\d+\) )?(?:[A-Za-z_]+[-:] ?)?`)
	// parameterLine is a line of an alarm that has one parameter a line.
	parameterLine = lazyregexp.New(`^(?:UNKNOWN_PARAM\w*:)?(?:` + parameterNames + `)\s*[:=]`)
	// parameter is the name of a parameter and what stands between it and its value.
	parameter = lazyregexp.New(`\b(` + parameterNames + `)\s*(?:"\s*>|[:=])`)
)

const parameterNames = `DeviceName|IPv4Address|IPv6Address|CTL_Signature|CTL_TFTP_Server|ITL_Signature|ITL_TFTP_Server|StatusCode|App ?ID|Cluster ?ID|Node ?ID`

// endAlarm adds the evidence of an alarm that is complete, or cut.
func (p *textParser) endAlarm() {
	a := p.alarm
	p.alarm = nil
	if a == nil || !strings.Contains(a.text.String(), alarmName) {
		return
	}
	for _, e := range alarmEvidence(parameters(a.text.String(), a.xml)) {
		p.add(a.line, e)
	}
}

// parameters returns the values of an alarm in whatever form.
func parameters(text string, isXML bool) map[string]string {
	values := make(map[string]string)
	found := parameter().FindAllStringSubmatchIndex(text, -1)
	for i, m := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		name, value := text[m[2]:m[3]], text[m[1]:end]
		if isXML {
			value, _, _ = strings.Cut(value, "<")
			value = html.UnescapeString(value)
		} else {
			value, _, _ = strings.Cut(value, "\n")
			value, _, _ = strings.Cut(value, "]")
			value = strings.TrimSuffix(strings.TrimSpace(value), "UNKNOWN_PARAMTYPE:")
		}
		if _, twice := values[name]; !twice {
			values[name] = strings.Trim(strings.TrimSpace(value), ",[ \t")
		}
	}
	return values
}

// alarmEvidence is what an alarm says about the CTL and about the ITL.
func alarmEvidence(parameters map[string]string) []Evidence {
	return alarmSays(func(name string) string { return parameters[name] })
}

// alarmSays asks an alarm for its parameters by name; "" is for one that it lacks.
func alarmSays(parameter func(name string) string) []Evidence {
	status, _ := strconv.Atoi(parameter("StatusCode"))
	device := parameter("DeviceName")
	list := make([]Evidence, 0, 2)
	for _, l := range alarmLists {
		signature := parameter(l.signature)
		if signature == "" {
			continue
		}
		e := Evidence{Form: FormAlarm, Kind: l.kind, Device: device, Status: StatusCode(status)}
		if s := parameter(l.server); s != "N/A" {
			e.Server = s
		}
		e.setSignature(signature)
		list = append(list, e)
	}
	return list
}

var alarmLists = [...]struct {
	kind              tlv.Kind
	signature, server string
}{
	{tlv.KindCTL, "CTL_Signature", "CTL_TFTP_Server"},
	{tlv.KindITL, "ITL_Signature", "ITL_TFTP_Server"},
}

// ParseSyslogAlarm reads a line of syslog or a trace with one alarm in the form
// %UC_PHONE-6-DeviceTLInfo: %[NAME=VALUE][NAME=VALUE]... It finds what [ParseText]
// finds there, in a hundredth of the time, for traces with millions of them. It
// reports false for a line in another form.
func ParseSyslogAlarm(line string) ([]Evidence, bool) {
	_, alarm, ok := strings.Cut(line, "DeviceTLInfo: %[")
	if !ok || strings.Contains(alarm, alarmName) || strings.Contains(alarm, alarmXML) {
		return nil, false
	}
	list := alarmSays(func(name string) string {
		for at := 0; ; {
			i := strings.Index(alarm[at:], name)
			if i < 0 {
				return ""
			}
			at += i + len(name)
			first := at == len(name)
			if !first && alarm[at-len(name)-1] != '[' || at == len(alarm) || alarm[at] != '=' {
				continue
			}
			value, _, closed := strings.Cut(alarm[at+1:], "]")
			if !closed {
				return ""
			}
			return strings.TrimSpace(value)
		}
	})
	return list, len(list) == len(alarmLists) && list[0].Device != ""
}

// setSignature takes 20 bytes in hexadecimal, which are the SHA-1 of the file
// [I, strong]. Others are of an unknown form.
func (e *Evidence) setSignature(s string) {
	if sum, ok := spacedSHA1(s); ok {
		e.Sums.SHA1 = sum
		return
	}
	if s == "Not Installed" || strings.EqualFold(strings.Join(strings.Fields(s), ""), "NotInstalled") {
		e.Absent = true
		return
	}
	digits, _ := hexOf(s)
	if hexDigits[len(digits)] != "SHA-1" {
		e.Message = "signature of unknown form"
		return
	}
	e.Sums.setHash(digits)
}

// spacedSHA1 reads a SHA-1 as phones write it: 20 bytes with a blank between.
func spacedSHA1(s string) ([]byte, bool) {
	const size = 20
	if len(s) != 3*size-1 {
		return nil, false
	}
	sum := make([]byte, size)
	for i := range sum {
		high, low := nibble(s[3*i]), nibble(s[3*i+1])
		if high > 15 || low > 15 || 3*i+2 < len(s) && s[3*i+2] != ' ' {
			return nil, false
		}
		sum[i] = high<<4 | low
	}
	return sum, true
}

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}
