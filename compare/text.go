package compare

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// ParseText finds the evidence in a text, in the order of its lines; what it
// does not know is passed over. It needs time and memory in proportion to the
// text. These are the forms, all of them published:
//
//	The checksum value of the CTL file:                           `show ctl`, `show itl`;
//	4d736eaf1683928f4a26f663081541b9(MD5)                         without sums before 8.6(2) [D][S]
//	8c5d0e8a38cecde58f30aaeb365d4517c454cc8c(SHA1)
//	Length of CTL file: 4712
//	HeaderLength:	304 (BYTES)
//	31 Aug,2011 13:28:03 4,712 CTLFile.tlv                        `file list tftp *.tlv detail` [S]
//	-rw-r--r-- 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv   `ls -l` on a 79xx [S]
//	SECD: tlRequestFile: Request CTLSEP0011215A1AE3.tlv           console of a phone [S]
//	TFTP: [27]:Requesting CTLSEP0011215A1AE3.tlv from 14.48.44.80
//	TFTP: [27]:Finished --> rcvd 4762 bytes
//	SECD: validate_file_envelope: File sign verify SUCCESS; header length <296>
//	TFTPEngine::isReadRequest[...], [CTLSEP0011215A1AE3.tlv] opcode(1), Mode(octet)
//	... Transferred[CTLFile.tlv]                                  TFTP trace [S]
//	%UC_PHONE-6-DeviceTLInfo: %[DeviceName=SEP...][...]: ...      alarm by syslog [S][D]
//	<Alarm Name="DeviceTLInfo"><ParameterList><String name=...    alarm as XML [D]
//	16:01:16 Trust List Updated                                   status messages [D][S]
//	[8:52:30am 10/01/19] ITL installed
//
// That the signature in an alarm is the SHA-1 of the file, and that the header
// length in a console log is that of the list received last, is inferred [I].
func ParseText(text string) []Evidence {
	p := textParser{transfers: make(map[string]*Evidence)}
	n := 0
	text = strings.TrimPrefix(text, "\ufeff") // as Windows programs write it
	for line := range strings.Lines(text) {
		n++
		p.parseLine(n, strings.TrimSpace(line))
	}
	list := make([]Evidence, 0, len(p.found))
	for _, e := range p.found {
		list = append(list, *e)
	}
	list = append(list, parseAlarmXML(text)...)
	slices.SortStableFunc(list, func(a, b Evidence) int { return a.Line - b.Line })
	return list
}

// A textParser remembers what the next line may belong to.
type textParser struct {
	found     []*Evidence
	listing   *Evidence            // the last one of `show`
	asked     *Evidence            // a list that a phone wants and has not asked a server for
	transfers map[string]*Evidence // by number in the console log, nil for other files
	received  *Evidence            // the file received last, nil if it is no list
}

func (p *textParser) add(line int, e Evidence) *Evidence {
	e.Line = line
	p.found = append(p.found, &e)
	return &e
}

func (p *textParser) parseLine(n int, line string) {
	switch {
	case p.parseShow(n, line), p.parseConsole(n, line):
	case strings.Contains(line, "DeviceTLInfo"):
		for _, e := range parseAlarmLine(line) {
			p.add(n, e)
		}
	default:
		for _, parse := range []func(string) (Evidence, bool){parseLs, parseFileList, parseTrace, parseStatus} {
			if e, ok := parse(line); ok {
				p.add(n, e)
				return
			}
		}
	}
}

var (
	checksumLine     = lazyregexp.New(`^The checksum value of the (CTL|ITL) file:$`)
	sumLine          = lazyregexp.New(`^(?:([0-9A-Fa-f]{32})\(MD5\)|([0-9A-Fa-f]{40})\(SHA1\))$`)
	lengthLine       = lazyregexp.New(`^Length of (CTL|ITL) file: (\d+)$`)
	headerLengthLine = lazyregexp.New(`^HeaderLength:\s*(\d+) \(BYTES\)$`)
)

// parseShow reads the lines of a listing. Each belongs to the listing before it
// unless that has such a line already, or is of the other list.
func (p *textParser) parseShow(n int, line string) bool {
	if m := checksumLine().FindStringSubmatch(line); m != nil {
		p.listing = p.add(n, Evidence{Form: FormShowListing, Kind: tlv.KindOf(m[1])})
		return true
	}
	if m := sumLine().FindStringSubmatch(line); m != nil {
		md5, sha1 := m[1], m[2]
		if p.listing == nil || p.listing.Sums.Size != nil || md5 != "" && p.listing.Sums.MD5 != nil || sha1 != "" && p.listing.Sums.SHA1 != nil {
			p.listing = p.add(n, Evidence{Form: FormShowListing})
		}
		p.listing.Sums.setHash(md5 + sha1)
		return true
	}
	if m := lengthLine().FindStringSubmatch(line); m != nil {
		p.showLength(n, tlv.KindOf(m[1]), m[2])
		return true
	}
	m := headerLengthLine().FindStringSubmatch(line)
	if m != nil && p.listing != nil && p.listing.Sums.HeaderLength == 0 {
		p.listing.Sums.HeaderLength, _ = strconv.Atoi(m[1])
	}
	return m != nil
}

// showLength takes a length; that of a list that is not there is 0.
func (p *textParser) showLength(n int, kind tlv.Kind, length string) {
	l := p.listing
	if l == nil || l.Sums.Size != nil || l.Kind != kind && l.Kind != tlv.KindUnknown {
		l = p.add(n, Evidence{Form: FormShowListing})
		p.listing = l
	}
	l.Kind = kind
	l.Sums.setSize(length)
	if s := l.Sums; s.Size != nil && *s.Size == 0 {
		l.Sums, l.Absent = Sums{}, true
		p.listing = nil
	}
}

func (s *Sums) setSize(digits string) {
	if n, err := strconv.ParseUint(digits, 10, 62); err == nil {
		s.Size = new(int64(n))
	}
}

var (
	lsLine = lazyregexp.New(`^-[-rwx]{9} +\d+ +\S+ +\S+ +(\d+) +[A-Z][a-z]{2} +\d{1,2} +[0-9:]+ +(\S+)$`)
	// The size has commas between thousands.
	fileListLine = lazyregexp.New(`^\d{1,2} [A-Z][a-z]{2},\d{4} \d\d:\d\d:\d\d +(\d{1,3}(?:,\d{3})*) +(\S+)$`)
	listName     = lazyregexp.New(`^(?:.*/)?((CTL|ITL)(?:File|(SEP[0-9A-F]{12}))\.tlv)$`)
)

func parseLs(line string) (Evidence, bool) {
	m := lsLine().FindStringSubmatch(line)
	if m == nil {
		return Evidence{}, false
	}
	e, ok := named(FormLsListing, m[2])
	e.Sums.setSize(m[1])
	return e, ok
}

func parseFileList(line string) (Evidence, bool) {
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

// statusMessages are what phones show. Those of lists that are not there say so.
var statusMessages = []struct {
	message string
	kind    tlv.Kind
	absent  bool
}{
	{"Trust List Updated", tlv.KindUnknown, false},
	{"Trust List Update Failed", tlv.KindUnknown, false},
	{"Trust List Verification Failed", tlv.KindUnknown, false},
	{"No Trust List Installed", tlv.KindUnknown, true},
	{"CTL Installed", tlv.KindCTL, false},
	{"ITL installed", tlv.KindITL, false},
	{"CTL and ITL installed", tlv.KindUnknown, false},
	{"CTL update failed", tlv.KindCTL, false},
	{"Erasing CTL and ITL files", tlv.KindUnknown, false},
	{fileNotFound, tlv.KindCTL, false},
}

// fileNotFound is no fault: the cluster is not in mixed mode.
const fileNotFound = "File Not Found <CTLFile.tlv>"

var statusTime = lazyregexp.New(`^(?:\d{1,2}:\d\d:\d\d |\[\d{1,2}:\d\d:\d\d[ap]m \d\d/\d\d/\d\d\] )`)

func parseStatus(line string) (Evidence, bool) {
	line = line[len(statusTime().FindString(line)):]
	for _, s := range statusMessages {
		if !strings.EqualFold(line, s.message) {
			continue
		}
		e := Evidence{Form: FormStatusMessage, Kind: s.kind, Absent: s.absent, Message: s.message}
		if s.message == fileNotFound {
			e.Message += ": the cluster is not in mixed mode, no fault"
		}
		return e, true
	}
	return Evidence{}, false
}
