package compare

import (
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// ParseText finds the evidence in a text, in the order of its lines, and skips
// everything else. Equal alarms are one Evidence. It needs time and memory in
// proportion to the text. The text may be quoted ("> "), HTML or UTF-16. These
// are the forms, all of them published or written by this module:
//
//	The checksum value of the CTL file:                           `show ctl`, `show itl`, with
//	4d736eaf1683928f4a26f663081541b9(MD5)                         line breaks or without them;
//	8c5d0e8a38cecde58f30aaeb365d4517c454cc8c(SHA1)                no sums before 8.6(2) [D][S]
//	Length of CTL file: 4712
//	HeaderLength:	304 (BYTES)
//	31 Aug,2011 13:28:03 4,712 CTLFile.tlv                        `file list tftp *.tlv detail` [S]
//	-rw-r--r-- 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv   `ls -l` on a 79xx [S], or elsewhere
//	SECD: tlRequestFile: Request CTLSEP0011215A1AE3.tlv           console of a 79xx [S]
//	TFTP: [27]:Requesting CTLSEP0011215A1AE3.tlv from 14.48.44.80
//	TFTP: [27]:Finished --> rcvd 4762 bytes
//	SECD: validate_file_envelope: File sign verify SUCCESS; header length <296>
//	downd-GETXXTP [GT339][src=ITLSEP001122334455.tlv][dest=...]   console of a 78xx or 88xx [S]
//	downd-XXTP actualserver [192.0.2.200]
//	GHTTP-hdr->Content-length: 7801
//	downd-XXTP complete - status = 100
//	SECUREAPP-Hashes match... authentication successful.
//	TFTPEngine::isReadRequest[...], [CTLSEP0011215A1AE3.tlv] opcode(1), Mode(octet)
//	... Transferred[CTLFile.tlv]                                  TFTP trace [S]
//	%UC_PHONE-6-DeviceTLInfo: %[DeviceName=SEP...][...]: ...      alarm by syslog [S][D]
//	<Alarm Name="DeviceTLInfo"><ParameterList><String name=...    alarm as XML [D], also cut by a log [S]
//	GenAlarm: AlarmName = DeviceTLInfo, ... DeviceName : SEP...   alarms in traces of CUCM [S]
//	DeviceTLInfo - Trust List Files are ... DeviceName:SEP... IPv4Address:...
//	AlarmErr |AlarmClass: Phone, AlarmName: DeviceTLInfo, ...
//	16:01:16 Trust List Updated                                   status messages [D][S]
//	[5:48:09 AM 10/11/19]  ITL installed
//	1:33:26a Trust List Update Failed
//	4d736eaf1683928f4a26f663081541b9  CTLFile.tlv                 md5sum, sha1sum, sha512sum
//	MD5 (CTLFile.tlv) = 4d736eaf1683928f4a26f663081541b9          md5, openssl
//	sha1:8c5d0e8a38cecde58f30aaeb365d4517c454cc8c                 a hash alone on a line
//
// and the output of ctlinspect sum, --brief, show --json and compare. That the
// signature in an alarm is the SHA-1 of the file, and that the header length in a
// console log is that of the list received last, is inferred [I].
func ParseText(text string) []Evidence {
	p := newTextParser()
	n, text := p.parseDocuments(plain(text))
	for line := range strings.Lines(text) {
		n++
		p.parseParts(n, line)
	}
	p.finish()
	return p.evidence()
}

func newTextParser() *textParser {
	return &textParser{transfers: make(map[string]*Evidence), alarms: make(map[alarmKey]*Evidence)}
}

// parseParts reads a line with its end.
func (p *textParser) parseParts(n int, line string) {
	for part := range strings.SplitSeq(line, softBreak) {
		p.parseLine(n, strings.TrimRight(part, "\r\n"))
	}
}

// A textParser remembers what the next line may belong to.
type textParser struct {
	found     []*Evidence
	alarms    map[alarmKey]*Evidence // those found, each once
	listing   *Evidence              // the last one of `show`
	lists     []*shown               // what the listings show of the records
	quoted    bool                   // the line is quoted
	alarm     *alarm                 // one that is not complete yet
	asked     *Evidence              // a list that a phone wants and has not asked a server for
	transfers map[string]*Evidence   // by number in the console log, nil for other files
	received  *Evidence              // the file received last, nil if it is no list
	download  *download              // of a 78xx or 88xx, nil if it is no list
	sums      *sumLines              // lines of hashes that stand together
}

func (p *textParser) add(line int, e Evidence) *Evidence {
	e.Line = line
	p.found = append(p.found, &e)
	return &e
}

func (p *textParser) parseLine(n int, line string) {
	if p.continueAlarm(n, line) {
		return
	}
	p.quoted = unquote(line) != line
	line = strings.TrimSpace(unquote(line))
	shown := p.parseShow(n, line)
	p.parseRecords(line)
	switch {
	case line == "", shown:
		p.endSums()
		return
	case p.parseSums(n, line), p.parseDocument(n, line), p.parseConsole(n, line), p.parseDownload(n, line):
		return
	}
	for _, parse := range []func(string) (Evidence, bool){parseOwn, parseLs, parseFileList, parseTrace, parseStatus} {
		if e, ok := parse(line); ok {
			p.add(n, e)
			return
		}
	}
	p.startAlarm(n, line)
}

func (p *textParser) finish() {
	p.endAlarm()
	p.endSums()
	for _, s := range p.lists {
		s.of.Listing = s.list()
	}
}

// sorted returns what was found, in the order of the lines.
func (p *textParser) sorted() []*Evidence {
	slices.SortStableFunc(p.found, func(a, b *Evidence) int { return a.Line - b.Line })
	return p.found
}

func (p *textParser) evidence() []Evidence {
	p.sorted()
	list := make([]Evidence, len(p.found))
	for i, e := range p.found {
		list[i] = *e
	}
	return list
}

// An alarmKey is what equal alarms have in common: all but the line.
type alarmKey struct {
	kind                    tlv.Kind
	device, server, message string
	status                  StatusCode
	absent                  bool
	sha1                    [20]byte
}

// addAlarmEvidence adds what an alarm says of a list, once.
func (p *textParser) addAlarmEvidence(line int, e Evidence) {
	key := alarmKey{e.Kind, e.Device, e.Server, e.Message, e.Status, e.Absent, [20]byte{}}
	copy(key.sha1[:], e.Sums.SHA1)
	if first := p.alarms[key]; first != nil {
		first.Again++
		return
	}
	p.alarms[key] = p.add(line, e)
}

var (
	lsLine = lazyregexp.New(`^-[-rwxsStT]{9}[.+@]? +\d+ +\S+ +\S+ +(\d+) +(?:[A-Z][a-z]{2} +\d{1,2} +[0-9:]+|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?(?: [-+]\d{4})?)?) +(\S+)$`)
	// The size has commas between thousands.
	fileListLine = lazyregexp.New(`^\d{1,2} [A-Z][a-z]{2},\d{4} \d\d:\d\d:\d\d +(\d{1,3}(?:,\d{3})*) +(\S+)$`)
	listName     = lazyregexp.New(`^(?:.*[/\\])?((CTL|ITL)(?:File|(SEP[0-9A-F]{12}))\.tlv)$`)
)

func parseLs(line string) (Evidence, bool) {
	if !strings.HasPrefix(line, "-") {
		return Evidence{}, false
	}
	m := lsLine().FindStringSubmatch(line)
	if m == nil {
		return Evidence{}, false
	}
	e, ok := named(FormLsListing, m[2])
	e.Sums.setSize(m[1])
	return e, ok
}

func parseFileList(line string) (Evidence, bool) {
	if line == "" || line[0] < '0' || line[0] > '9' {
		return Evidence{}, false
	}
	m := fileListLine().FindStringSubmatch(line)
	if m == nil {
		return Evidence{}, false
	}
	e, ok := named(FormFileListing, m[2])
	e.Sums.setSize(strings.ReplaceAll(m[1], ",", ""))
	return e, ok
}

// named starts the evidence about a file, and reports whether its name is that
// of a list: CTLFile.tlv, ITLFile.tlv or one served under a phone's own name.
func named(form Form, name string) (Evidence, bool) {
	m := listName().FindStringSubmatch(name)
	if m == nil {
		return Evidence{}, false
	}
	return Evidence{Form: form, Kind: tlv.KindOf(m[2]), Name: m[1], Device: m[3]}, true
}
