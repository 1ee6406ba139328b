package compare

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Lines of a phone's console, behind whatever its log puts in front.
var (
	requestLine   = lazyregexp.New(`\bSECD: tlRequestFile: Request (\S+)$`)
	requestedLine = lazyregexp.New(`\bTFTP: \[(\d+)\]:Requesting (\S+) from (\S+)$`)
	finishedLine  = lazyregexp.New(`\bTFTP: \[(\d+)\]:Finished --> rcvd (\d+) bytes$`)
	envelopeLine  = lazyregexp.New(`\bSECD: validate_file_envelope: File sign verify SUCCESS; header length <(\d+)>$`)
)

const notFinished = "asked for, no end of the transfer in the log"

// parseConsole makes one evidence of the lines about one transfer.
func (p *textParser) parseConsole(n int, line string) bool {
	if !strings.Contains(line, "TFTP: [") && !strings.Contains(line, "SECD: ") {
		return false
	}
	if m := requestLine().FindStringSubmatch(line); m != nil {
		if e, ok := named(FormConsoleLog, m[1]); ok {
			e.Message = notFinished
			p.asked = p.add(n, e)
		}
		return true
	}
	if m := requestedLine().FindStringSubmatch(line); m != nil {
		p.transfers[m[1]] = p.startTransfer(n, m[2], m[3])
		return true
	}
	if m := finishedLine().FindStringSubmatch(line); m != nil {
		p.received = p.transfers[m[1]]
		delete(p.transfers, m[1])
		if p.received != nil {
			p.received.Message = ""
			p.received.Sums.setSize(m[2])
		}
		return true
	}
	m := envelopeLine().FindStringSubmatch(line)
	if m != nil && p.received != nil {
		p.received.Sums.HeaderLength, _ = strconv.Atoi(m[1])
		p.received.Message = "the phone found the signature right"
		p.received = nil
	}
	return m != nil
}

// startTransfer returns nil for a file that is no list.
func (p *textParser) startTransfer(n int, name, server string) *Evidence {
	e, ok := named(FormConsoleLog, name)
	if !ok {
		return nil
	}
	started := p.asked
	if started == nil || started.Name != e.Name {
		e.Message = notFinished
		started = p.add(n, e)
	}
	p.asked = nil
	started.Server = server
	return started
}

var (
	readRequest = lazyregexp.New(`TFTPEngine::isReadRequest\[.*\], \[(\S+)\] opcode\(1\), Mode\(octet\)$`)
	transferred = lazyregexp.New(`\bTransferred\[(\S+)\]$`)
)

// parseTrace reads what a TFTP server says. There is nothing in it to compare.
func parseTrace(line string) (Evidence, bool) {
	if m := readRequest().FindStringSubmatch(line); m != nil {
		e, ok := named(FormTFTPTrace, m[1])
		e.Message = "the TFTP server was asked for it"
		return e, ok
	}
	if m := transferred().FindStringSubmatch(line); m != nil {
		e, ok := named(FormTFTPTrace, m[1])
		e.Message = "the TFTP server sent it"
		return e, ok
	}
	return Evidence{}, false
}

var (
	alarmLine      = lazyregexp.New(`%UC_PHONE-\d-DeviceTLInfo: %((?:\[\w+=[^\[\]]*\])+)`)
	alarmParameter = lazyregexp.New(`\[(\w+)=([^\[\]]*)\]`)
)

// parseAlarmLine reads an alarm that came by syslog.
func parseAlarmLine(line string) []Evidence {
	m := alarmLine().FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	parameters := make(map[string]string)
	for _, p := range alarmParameter().FindAllStringSubmatch(m[1], -1) {
		parameters[p[1]] = p[2]
	}
	return alarmEvidence(parameters)
}

// The beginning and the end of an alarm in XML.
const (
	alarmStart = `<Alarm Name="DeviceTLInfo">`
	alarmEnd   = `</Alarm>`
)

// parseAlarmXML finds alarms anywhere in a text.
func parseAlarmXML(text string) []Evidence {
	var list []Evidence
	parts := strings.Split(text, alarmStart)
	line := 1
	for i, part := range parts {
		if i > 0 {
			body, _, _ := strings.Cut(part, alarmEnd)
			for _, e := range alarmEvidence(xmlParameters(body)) {
				e.Line = line
				list = append(list, e)
			}
		}
		line += strings.Count(part, "\n")
	}
	return list
}

// xmlParameters reads <String name="...">...</String> up to the first error.
func xmlParameters(body string) map[string]string {
	parameters := make(map[string]string)
	d := xml.NewDecoder(strings.NewReader(body))
	name := ""
	for {
		token, err := d.Token()
		if err != nil {
			return parameters
		}
		switch t := token.(type) {
		case xml.StartElement:
			name = stringName(t)
		case xml.CharData:
			if name != "" {
				parameters[name] = string(t)
			}
			name = ""
		case xml.EndElement:
			name = "" // of an empty parameter
		}
	}
}

func stringName(e xml.StartElement) string {
	if e.Name.Local != "String" {
		return ""
	}
	for _, a := range e.Attr {
		if a.Name.Local == "name" {
			return a.Value
		}
	}
	return ""
}

// alarmEvidence is what an alarm says of the CTL and of the ITL.
func alarmEvidence(parameters map[string]string) []Evidence {
	status, _ := strconv.Atoi(parameters["StatusCode"])
	var list []Evidence
	for _, kind := range []tlv.Kind{tlv.KindCTL, tlv.KindITL} {
		signature, ok := parameters[kind.String()+"_Signature"]
		if !ok {
			continue
		}
		e := Evidence{Form: FormAlarm, Kind: kind, Device: parameters["DeviceName"], Status: StatusCode(status)}
		if s := parameters[kind.String()+"_TFTP_Server"]; s != "N/A" {
			e.Server = s
		}
		e.setSignature(strings.TrimSpace(signature))
		list = append(list, e)
	}
	return list
}

// setSignature takes 20 bytes in hexadecimal, which are the SHA-1 of the file
// [I, strong]. Others are of an unknown form.
func (e *Evidence) setSignature(s string) {
	if s == "Not Installed" {
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
