package cucmtrace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// A Kind is a kind of line.
type Kind string

// Kinds.
const (
	Certificate Kind = "certificate"     // SIPCertificateInd
	Create      Kind = "create"          // createConnMsg
	Created     Kind = "created"         // sipConnectionManagerProcessConnCreated, with TLS
	Outgoing    Kind = "outgoing"        // a SIP message was sent
	Verify      Kind = "verify"          // verify_cb
	Info        Kind = "connection-info" // SendTLSConnectionInfo
	Cipher      Kind = "cipher"          // TLS Connection Cipher
)

// An Event is what a line says. Fields that it does not have are zero.
type Event struct {
	Kind    Kind
	Line    int64  // from 1
	Time    string // as in the line, with the date if it has one; times have no zone
	Address netip.AddrPort
	Index   string // of the connection in CUCM's table
	Subject string // "/C=US/O=Example/CN=cucm1.example.com"
	Cipher  string
	Names   []string // in SubjectAltName
	Device  string   // of Cipher
	Cut     bool     // of Certificate: subject or names are longer than any certificate's, and left out
	Second  bool     // of Certificate: the signal arrived, which an earlier line has sent

	Security    int // of Create: tls_security
	PreVerified bool
	Error       int // of Verify: OpenSSL's number, 0 for none
	Depth       int // of Verify: 0 for the certificate itself, more for its issuers
}

// Totals are what was read.
type Totals struct {
	Lines int64
	Long  int64 // lines of which only the beginning was read
}

// maxLine is how much of a line is read, in bytes: more than any line that a CUCM writes.
const maxLine = 256 << 10

// Read reads a trace to its end, also one compressed with gzip, and yields its events in
// order until yield returns false. An event is valid until the next.
func Read(r io.Reader, yield func(*Event) bool) (Totals, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if head, _ := b.Peek(2); bytes.Equal(head, []byte{0x1F, 0x8B}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return Totals{}, fmt.Errorf("gzip: %w", err)
		}
		r = z
	} else {
		r = b
	}
	t := &reading{yield: yield}
	if err := t.read(r); err != nil {
		return t.Totals, fmt.Errorf("after line %d: %w", t.Lines, err)
	}
	return t.Totals, nil
}

// A reading reads a trace in blocks that end where a line does.
type reading struct {
	Totals
	yield   func(*Event) bool
	skip    bool // the rest of a long line is skipped
	stopped bool
}

func (t *reading) read(r io.Reader) error {
	buffer := make([]byte, maxLine)
	for have := 0; ; {
		n, err := io.ReadFull(r, buffer[have:])
		have += n
		last := err != nil
		if last && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.block(buffer[:have])
			return err
		}
		block := buffer[:have]
		if t.skip {
			end := bytes.IndexByte(block, '\n') + 1
			if t.skip = end == 0; t.skip {
				end = have
			}
			block = block[end:]
		}
		whole := bytes.LastIndexByte(block, '\n') + 1
		switch {
		case last:
			whole = len(block)
		case whole == 0 && len(block) == maxLine:
			whole = len(block)
			t.skip = true
			t.Long++
		}
		t.block(block[:whole])
		have = copy(buffer, block[whole:])
		if last || t.stopped {
			return nil
		}
	}
}

// block yields the events of whole lines. It looks for each mark once, not in each line.
func (t *reading) block(b []byte) {
	var next [7]int
	for i := range next {
		next[i] = find(b, 0, forms[i].mark)
	}
	counted := 0
	for at := 0; at < len(b); {
		p := slices.Min(next[:])
		if p == len(b) {
			break
		}
		start := bytes.LastIndexByte(b[:p], '\n') + 1
		end := find(b, p, []byte("\n"))
		t.Lines += int64(bytes.Count(b[counted:start], []byte("\n")))
		counted = start
		if !scan(b[start:end], t.Lines+1, t.yield) {
			t.stopped = true
			return
		}
		at = end
		for i := range next {
			if next[i] < at {
				next[i] = find(b, at, forms[i].mark)
			}
		}
	}
	t.Lines += int64(bytes.Count(b[counted:], []byte("\n")))
	if len(b) > 0 && b[len(b)-1] != '\n' {
		t.Lines++ // the last of the file, or a long one
	}
}

// find is where a mark is next, or the length of b.
func find(b []byte, from int, mark []byte) int {
	if i := bytes.Index(b[from:], mark); i >= 0 {
		return from + i
	}
	return len(b)
}

// A form is what one kind of line looks like.
type form struct {
	mark []byte
	read func(e *Event, text string) bool
}

var forms = [7]form{
	{[]byte("SIPCertificateInd"), readCertificate},
	{[]byte("createConnMsg"), readCreate},
	{[]byte("sipConnectionManagerProcessConnCreated"), readCreated},
	{[]byte("Outgoing SIP TCP message to"), readOutgoing},
	{[]byte("verify_cb"), readVerify},
	{[]byte("SendTLSConnectionInfo"), readInfo},
	{[]byte("TLS Connection Cipher"), readCipher},
}

// scan yields the events of a line, in the order of the line; false to stop.
func scan(line []byte, number int64, yield func(*Event) bool) bool {
	for at := 0; ; {
		next, f := -1, form{}
		for _, one := range forms {
			if i := bytes.Index(line[at:], one.mark); i >= 0 && (next < 0 || i < next) {
				next, f = i, one
			}
		}
		if next < 0 {
			return true
		}
		start := at + next
		at = start + len(f.mark)
		end := len(line)
		for _, one := range forms { // up to the next event
			if i := bytes.Index(line[at:end], one.mark); i >= 0 {
				end = at + i
			}
		}
		e := &Event{Line: number, Time: timeBefore(line[:start])}
		if f.read(e, string(bytes.TrimRight(line[at:end], "\r\n"))) && !yield(e) {
			return false
		}
	}
}

var times = lazyregexp.New(`(?:(?:\d{4}/\d\d/\d\d|\d\d/\d\d/\d{4}) )?\d\d:\d\d:\d\d\.\d{1,6}`)

// timeBefore is the last time in front of an event.
func timeBefore(text []byte) string {
	const near = 512
	all := times().FindAll(text[max(0, len(text)-near):], -1)
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1])
}

var (
	remoteIP   = lazyregexp.New(`remoteIP\s*=\s*([0-9a-fA-F.:]{1,45})`)
	remotePort = lazyregexp.New(`remotePort\s*=\s*(\d{1,5})\b`)
	subject    = lazyregexp.New(`X509SubjectName\s*=?\s*(.*?)\s*(?:--\s*Cipher|--\s*SubjectAlt[nN]ame|$)`)
	cipher     = lazyregexp.New(`--\s*Cipher\s*=?\s*([^\s,|]{1,100})`)
	altNames   = lazyregexp.New(`SubjectAlt[nN]ame\s*=?\s*([^|]*)`)
	connIdx    = lazyregexp.New(`connIdx\s*=\s*(\d{1,12})`)
	security   = lazyregexp.New(`^\s*tls_security\s*=\s*(\d{1,9})\b`)
	created    = lazyregexp.New(`addr=([0-9a-fA-F.:]{1,45}),\s*port=(\d{1,5}),\s*connid=(\d{1,12}),\s*transport=TLS`)
	outgoing   = lazyregexp.New(`^\s*([0-9a-fA-F.:]{1,45}) on port (\d{1,5}) index (\d{1,12})`)
	verified   = lazyregexp.New(`^\s*pre-verified\s*=\s*(\d),\s*cert verification errno\s*=\s*(\d{1,9}),\s*depth\s*=\s*(\d{1,9})`)
	sequence   = lazyregexp.New(`^\d+(?:\.\d+)?$`) // begins the next line of a copy without line breaks
	device     = lazyregexp.New(`deviceName\s*=\s*([^,;|\s]{1,128})`)
)

func first(m []string) string {
	if len(m) < 2 {
		return ""
	}
	return m[1]
}

func addrPort(ip, port string) netip.AddrPort {
	a, err := netip.ParseAddr(ip)
	n, err2 := strconv.ParseUint(port, 10, 16)
	if err != nil || err2 != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(n))
}

// readCertificate reads the fields of SIPCertificateInd; one without a subject is none.
func readCertificate(e *Event, text string) bool {
	e.Kind, e.Second = Certificate, strings.Contains(text, "[R:")
	e.Subject = first(subject().FindStringSubmatch(text))
	e.Address = addrPort(first(remoteIP().FindStringSubmatch(text)), first(remotePort().FindStringSubmatch(text)))
	e.Index = first(connIdx().FindStringSubmatch(text))
	e.Cipher = first(cipher().FindStringSubmatch(text))
	e.Names = strings.FieldsFunc(first(altNames().FindStringSubmatch(text)), func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\t' })
	e.Names = slices.DeleteFunc(e.Names, sequence().MatchString)
	if e.Cut = len(e.Subject) > maxSubject || len(strings.Join(e.Names, ",")) > maxNames; e.Cut {
		e.Subject, e.Names = "", nil
	}
	return e.Cut || e.Subject != "" || len(e.Names) > 0
}

// What is kept of a certificate, in bytes: a profile takes no more names.
const (
	maxSubject = 1024
	maxNames   = 4096
)

func readCreate(e *Event, text string) bool {
	m := security().FindStringSubmatch(text)
	e.Kind, e.Security = Create, number(first(m))
	return m != nil
}

func readCreated(e *Event, text string) bool {
	m := created().FindStringSubmatch(text)
	if m == nil {
		return false
	}
	e.Kind, e.Address, e.Index = Created, addrPort(m[1], m[2]), m[3]
	return e.Address.IsValid()
}

func readOutgoing(e *Event, text string) bool {
	m := outgoing().FindStringSubmatch(text)
	if m == nil {
		return false
	}
	e.Kind, e.Address, e.Index = Outgoing, addrPort(m[1], m[2]), m[3]
	return e.Address.IsValid()
}

func readVerify(e *Event, text string) bool {
	m := verified().FindStringSubmatch(text)
	if m == nil {
		return false
	}
	e.Kind, e.PreVerified, e.Error, e.Depth = Verify, m[1] == "1", number(m[2]), number(m[3])
	return true
}

func readInfo(e *Event, text string) bool {
	readCertificate(e, text)
	e.Kind, e.Second = Info, false
	return true
}

func readCipher(e *Event, text string) bool {
	readCertificate(e, text)
	e.Kind, e.Second, e.Device = Cipher, false, first(device().FindStringSubmatch(text))
	return e.Device != ""
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// CommonNames returns the common names of a subject in the slash form. A slash in a value
// is not escaped in this form: what looks like another name is taken for one.
func CommonNames(subject string) []string {
	var list []string
	for _, part := range strings.Split(subject, "/CN=")[1:] {
		if m := nextPart().FindStringIndex(part); m != nil {
			part = part[:m[0]]
		}
		list = append(list, part)
	}
	return list
}

var nextPart = lazyregexp.New(`/(?:[A-Za-z]{1,20}|[0-9.]{3,40})=`)
