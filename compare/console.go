package compare

import (
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Lines of the console of a 79xx, behind whatever its log puts in front.
var (
	requestLine   = lazyregexp.New(`\bSECD: tlRequestFile: Request (\S+)$`)
	requestedLine = lazyregexp.New(`\bTFTP: \[(\d+)\]:Requesting (\S+) from (\S+)$`)
	finishedLine  = lazyregexp.New(`\bTFTP: \[(\d+)\]:Finished --> rcvd (\d+) bytes$`)
	envelopeLine  = lazyregexp.New(`\bSECD: validate_file_envelope: File sign verify SUCCESS; header length <(\d+)>$`)
)

const (
	notFinished    = "asked for, no end of the transfer in the log"
	signatureRight = "the phone found the signature right"
)

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
		p.received.Message = signatureRight
		p.received = nil
	}
	return m != nil
}

// startTransfer returns nil for a file that is not a list.
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

// A download is a list that a 78xx or 88xx asks for, by HTTP or by TFTP.
type download struct {
	*Evidence
	size string // of the body by HTTP
	tvs  bool   // a TVS server was asked about the signer
}

// Lines of the console of a 78xx or 88xx [S].
var (
	getLine       = lazyregexp.New(`\bGETXXTP \[[^\]]*\]\[src=([^\]]*)\]`)
	actualServer  = lazyregexp.New(`\bXXTP actualserver \[([^\]]+)\]`)
	contentLength = lazyregexp.New(`(?i)\bGHTTP-hdr->Content-length: *(\d+)`)
	completeLine  = lazyregexp.New(`\bXXTP complete - status = (-?\d+)`)
	tftpLine      = lazyregexp.New(`\bTFTPD-Requesting (\S+) from (\S+)`)
	tftpError     = lazyregexp.New(`\bTFTPD-Error: (?:\([^)]*\))?(.*)$`)
)

// xxtpSuccess is the status of a download by HTTP that succeeded [S].
const xxtpSuccess = "100"

// parseDownload makes one evidence of the lines about one download.
func (p *textParser) parseDownload(n int, line string) bool {
	if !strings.Contains(line, "XXTP") && !strings.Contains(line, "GHTTP-") && !strings.Contains(line, "TFTPD-") && !strings.Contains(line, "SECUREAPP-") {
		return false
	}
	if m := getLine().FindStringSubmatch(line); m != nil {
		p.download = p.startDownload(n, m[1])
		return true
	}
	if m := tftpLine().FindStringSubmatch(line); m != nil {
		if d := p.download; d == nil || d.Name != m[1] {
			p.download = p.startDownload(n, m[1])
		}
		if p.download != nil {
			p.download.Server = m[2]
		}
		return true
	}
	if p.download != nil {
		p.download.line(line)
	}
	return true
}

// startDownload returns nil for a file that is not a list.
func (p *textParser) startDownload(n int, name string) *download {
	e, ok := named(FormConsoleLog, name)
	if !ok {
		return nil
	}
	e.Message = notFinished
	return &download{Evidence: p.add(n, e)}
}

// line takes a line about the download.
func (d *download) line(line string) {
	switch {
	case strings.Contains(line, "Hashes match... authentication successful"):
		d.Message = signatureRight
		if d.tvs {
			d.Message += ", after asking TVS"
		}
		return
	case strings.Contains(line, "Successfully sent the TVS request"):
		d.tvs = true
		return
	}
	if m := actualServer().FindStringSubmatch(line); m != nil {
		d.Server = m[1]
	}
	if m := contentLength().FindStringSubmatch(line); m != nil {
		d.size = m[1]
	}
	if m := tftpError().FindStringSubmatch(line); m != nil {
		d.Message = strings.TrimSpace(m[1])
	}
	if m := completeLine().FindStringSubmatch(line); m != nil {
		d.complete(m[1])
	}
}

func (d *download) complete(status string) {
	switch {
	case status != xxtpSuccess:
		if d.Message == notFinished {
			d.Message = "not received, status " + status
		}
	case d.size != "":
		d.Message = ""
		d.Sums.setSize(d.size)
	default:
		d.Message = ""
	}
}

var (
	readRequest = lazyregexp.New(`TFTPEngine::isReadRequest\[.*\], \[(\S+)\] opcode\(1\), Mode\(octet\)(?:, Serving Count\(\d+\))?$`)
	transferred = lazyregexp.New(`\bTransferred\[(\S+)\]$`)
)

// parseTrace reads what a TFTP server says. There is nothing in it to compare.
func parseTrace(line string) (Evidence, bool) {
	if !strings.HasSuffix(line, "]") && !strings.HasSuffix(line, ")") {
		return Evidence{}, false
	}
	if m := submatch(readRequest, line, "isReadRequest["); m != nil {
		e, ok := named(FormTFTPTrace, m[1])
		e.Message = "the TFTP server was asked for it"
		return e, ok
	}
	if m := submatch(transferred, line, "Transferred["); m != nil {
		e, ok := named(FormTFTPTrace, m[1])
		e.Message = "the TFTP server sent it"
		return e, ok
	}
	return Evidence{}, false
}

// statusMessages are what phones show. Those about missing lists are marked.
var statusMessages = []struct {
	message string
	kind    tlv.Kind
	absent  bool
}{
	{"Trust List Updated", tlv.KindUnknown, false},
	{"Trust List Update Failed", tlv.KindUnknown, false},
	{"Trust List Update Failed, Verification Failure", tlv.KindUnknown, false},
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

// statusTime is the time in front of a message, if any: "16:01:16",
// "[8:52:30am 10/01/19]", "[5:48:09 AM 10/11/19]", "1:33:26a".
var statusTime = lazyregexp.New(`(?i)^\[?\d{1,2}:\d\d:\d\d(?: ?[ap]m?)?(?: \d{1,2}/\d{1,2}/\d\d(?:\d\d)?)?\]?\s+`)

func parseStatus(line string) (Evidence, bool) {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "<status>"), "</status>")
	if line != "" && (line[0] == '[' || line[0] >= '0' && line[0] <= '9') {
		line = line[len(statusTime().FindString(line)):]
	}
	line = strings.TrimSuffix(strings.TrimSpace(line), ".")
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
