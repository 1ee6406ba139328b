package compare

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/ctlinspect/ctlinspect/internal/devices"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Page is what a phone's own web page says: Network Setup, of models that show
// their trust lists there [S], or a page of status messages or alarms.
type Page struct {
	Device      string // host name: "SEP0011215A1AE3"; "" if the page does not say
	Model       string // "CP-8841"; "" if the page does not say
	Address     string // IPv4 address; "" if the page does not say
	TFTPServers []string
	Evidence    []Evidence
	Records     []PageRecord // what the page names of the lists' records; SASTs are not shown
}

// A PageRecord is a row about a record of one of the phone's lists.
type PageRecord struct {
	Kind tlv.Kind
	Role tlv.Role
	Name string // DNSNAME; for CAPF the CN of its certificate
}

// ErrNotPhonePage is the cause of the error for a page that no phone writes.
var ErrNotPhonePage = errors.New("not a page of a Cisco IP phone")

// ErrNoListRows is the cause of the error for a phone's page that says nothing
// about trust lists. Models such as 7940, 7945, 6921 and DX80 show none [S].
var ErrNoListRows = errors.New("this page has no rows about the CTL and the ITL: use the page Network Setup; models such as 7940, 7945, 6921 and DX80 do not show them")

// MaxPageSize bounds how much of a page is read, in bytes. Real pages have 8 to
// 12 KB.
const MaxPageSize = 1 << 20

// ParsePage reads a page of a phone, MaxPageSize bytes of it at most. Labels are
// those of 78xx, 88xx and 8945 in any case [S]; a signature is taken for the
// SHA-1 of the file, as in alarms [I, strong]. A page of another phone gives
// what it says of the phone with an error that wraps [ErrNoListRows]; a page
// that no phone wrote gives [ErrNotPhonePage].
func ParsePage(r io.Reader) (*Page, error) {
	p := &pageParser{page: new(Page)}
	if err := p.read(io.LimitReader(r, MaxPageSize)); err != nil {
		return nil, err
	}
	if !p.phone {
		return nil, ErrNotPhonePage
	}
	page := p.page
	page.Evidence = append(page.Evidence, p.messages()...)
	for i := range page.Evidence {
		if page.Evidence[i].Device == "" {
			page.Evidence[i].Device = page.Device
		}
	}
	if len(page.Evidence) == 0 {
		return page, fmt.Errorf("%s: %w", pageName(page), ErrNoListRows)
	}
	return page, nil
}

func pageName(p *Page) string {
	if p.Model == "" {
		return "a phone"
	}
	return p.Model
}

// A pageParser collects the rows of tables and the text around them.
type pageParser struct {
	page  *Page
	phone bool            // the head of the page is that of a phone
	cells [][]byte        // of the row that is being read
	text  strings.Builder // everything, a line a cell
	kind  tlv.Kind        // of the list that the rows are about
}

func (p *pageParser) read(r io.Reader) error {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(MaxPageSize)
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.row()
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		case html.TextToken:
			p.add(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			p.tag(string(name))
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) != "td" {
				p.tag(string(name))
			}
		}
	}
}

// tag ends a row or begins a cell.
func (p *pageParser) tag(name string) {
	switch name {
	case "tr", "table":
		p.row()
	case "td", "th":
		p.cells = append(p.cells, nil)
		p.text.WriteByte('\n')
	case "br", "p", "li", "div":
		p.text.WriteByte('\n')
	}
}

func (p *pageParser) add(escaped string) {
	s := strings.ReplaceAll(html.UnescapeString(escaped), "\u00a0", " ")
	p.text.WriteString(s)
	if n := len(p.cells); n > 0 {
		p.cells[n-1] = append(p.cells[n-1], s...)
	}
	p.head(s)
}

var phoneTitle = lazyregexp.New(`Cisco (?:Unified )?(?:IP |SIP )?(?:Phone|Conference)[^(]*?\b(CP-?\w+|\d{4}\w*)?\s*\(`)

// head takes the model out of the title of a page.
func (p *pageParser) head(s string) {
	if m := phoneTitle().FindStringSubmatch(s); m != nil {
		p.phone = true
		p.page.Model = m[1]
	}
}

// row takes the cells of a row: the first with text is the label, the last is the
// value. Between them may be an empty cell.
func (p *pageParser) row() {
	cells := p.cells
	p.cells = nil
	for len(cells) > 0 && len(bytes.TrimSpace(cells[0])) == 0 {
		cells = cells[1:]
	}
	if len(cells) < 2 {
		return
	}
	label := strings.Join(strings.Fields(strings.ToLower(string(cells[0]))), " ")
	p.pair(label, strings.Join(strings.Fields(string(cells[len(cells)-1])), " "))
}

// recordLabels are rows about records of a list, blanks around slashes left out.
var recordLabels = map[string]tlv.Role{
	"capf server":             tlv.RoleCAPF,
	"tvs":                     tlv.RoleTVS,
	"tftp server":             tlv.RoleTFTP,
	"cucm server/tftp server": tlv.RoleCCMTFTP,
}

func (p *pageParser) pair(label, value string) {
	role, isRecord := recordLabels[strings.ReplaceAll(label, " / ", "/")]
	switch {
	case label == "ctl file", label == "itl file":
		p.file(tlv.KindOf(label), value)
	case label == "ctl signature", label == "itl signature":
		p.signature(tlv.KindOf(label), value)
	case isRecord && p.kind != tlv.KindUnknown && value != "":
		p.page.Records = append(p.page.Records, PageRecord{p.kind, role, value})
	default:
		p.kind = tlv.KindUnknown
		p.about(label, value)
	}
}

// about takes what rows say of the phone itself.
func (p *pageParser) about(label, value string) {
	switch {
	case value == "":
	case label == "host name":
		name, ok := devices.Name(value)
		p.page.Device, p.phone = value, p.phone || ok && name == value
	case label == "ip address":
		p.page.Address = value
	case strings.HasPrefix(label, "tftp server "):
		p.page.TFTPServers = append(p.page.TFTPServers, value)
	}
}

func (p *pageParser) file(kind tlv.Kind, value string) {
	p.kind = kind
	e := Evidence{Form: FormWebPage, Kind: kind, Absent: strings.EqualFold(value, "Not Installed")}
	if !e.Absent {
		e.Message = "installed, no signature shown"
	}
	p.page.Evidence = append(p.page.Evidence, e)
}

// signature completes the row about the file in front of it.
func (p *pageParser) signature(kind tlv.Kind, value string) {
	p.kind = kind
	list := p.page.Evidence
	if n := len(list); n == 0 || list[n-1].Kind != kind || list[n-1].Absent {
		p.file(kind, "Installed")
		list = p.page.Evidence
	}
	e := &list[len(list)-1]
	e.Message = ""
	e.setSignature([]byte(value))
}

// messages are what the text of the page says: status messages, alarms.
func (p *pageParser) messages() []Evidence {
	if len(p.page.Evidence) > 0 {
		return nil
	}
	return slices.DeleteFunc(ParseText(p.text.String()), func(e Evidence) bool {
		return e.Form != FormStatusMessage && e.Form != FormAlarm
	})
}
