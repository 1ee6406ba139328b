package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A PhonePage is the document of phones about a phone.
type PhonePage struct {
	Head
	Device  string     `json:"device"`
	Address string     `json:"address"`
	Model   string     `json:"model"`
	Time    time.Time  `json:"time"` // when it was read
	CTL     *PhoneList `json:"ctl"`  // null if the page says nothing about it
	ITL     *PhoneList `json:"itl"`
	Message string     `json:"message"` // a status message about its lists
	Error   *Error     `json:"error"`
}

// A PhoneList is what a page says of a list.
type PhoneList struct {
	Installed bool    `json:"installed"`
	SHA1      *string `json:"sha1"` // null if it is not shown
}

// NewPhonePage returns the document of a phone. The device is the one that was
// asked for, else the page's own; a page that says another name is an error, as the
// address may be that of another phone by now. Page is nil if it could not be read.
func NewPhonePage(device, address string, page *compare.Page, err error, at time.Time) *PhonePage {
	d := &PhonePage{Head: NewHead(TypePhone), Device: Text(device), Address: Text(address), Time: at.UTC(), Error: NewError(err)}
	if page == nil {
		return d
	}
	switch {
	case device == "":
		d.Device = Text(page.Device)
	case page.Device != "" && !strings.EqualFold(page.Device, device):
		d.Error = NewError(fmt.Errorf("the page is that of %s: the address belongs to another phone now", page.Device))
		return d
	}
	d.Model = Text(page.Model)
	alarms := make(map[tlv.Kind][]*PhoneList)
	for _, e := range page.Evidence {
		switch l := newPhoneList(e); {
		case e.Form == compare.FormAlarm:
			alarms[e.Kind] = append(alarms[e.Kind], l)
		case e.Form != compare.FormWebPage:
			d.Message = Text(e.Message)
		case e.Kind == tlv.KindCTL:
			d.CTL = l
		case e.Kind == tlv.KindITL:
			d.ITL = l
		}
	}
	d.CTL, d.ITL = cmp.Or(d.CTL, only(alarms[tlv.KindCTL])), cmp.Or(d.ITL, only(alarms[tlv.KindITL]))
	return d
}

// only is what all alarms of a page say; nil if they differ, as it is not known in
// which order phones show them [?].
func only(lists []*PhoneList) *PhoneList {
	if len(lists) != 1 { // equal alarms are one
		return nil
	}
	return lists[0]
}

func newPhoneList(e compare.Evidence) *PhoneList {
	l := &PhoneList{Installed: !e.Absent}
	if e.Sums.SHA1 != nil {
		l.SHA1 = ptr(fmt.Sprintf("%x", e.Sums.SHA1))
	}
	return l
}

// PhoneColumns is the header of the CSV that phones writes and fleet reads.
var PhoneColumns = []string{"device", "address", "model", "time", "ctl", "itl", "message", "error"}

// CSV returns the phone as a line of CSV. A list is its SHA-1, "not installed",
// "installed" where the page shows no more, or empty where nothing is known.
func (d *PhonePage) CSV() []string {
	message := ""
	if d.Error != nil {
		message = d.Error.Message
	}
	return []string{d.Device, d.Address, d.Model, d.Time.Format(time.RFC3339), d.CTL.text(), d.ITL.text(), d.Message, message}
}

func (l *PhoneList) text() string {
	switch {
	case l == nil:
		return ""
	case !l.Installed:
		return notInstalled
	case l.SHA1 == nil:
		return "installed"
	}
	return *l.SHA1
}

const notInstalled = "not installed"

// WriteCSV writes one line of CSV. What a spreadsheet would take for a formula gets
// an apostrophe in front: at the begin of a field, and behind a semicolon, which
// separates fields where commas are in numbers.
func WriteCSV(w io.Writer, fields []string) error {
	out := csv.NewWriter(w)
	safe := make([]string, len(fields))
	for i, f := range fields {
		safe[i] = withoutFormulas(f)
	}
	if err := out.Write(safe); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func withoutFormulas(field string) string {
	if !strings.ContainsAny(field, "=+-@\t\r") {
		return field
	}
	var b strings.Builder
	begin := true // of what may be a field; blanks do not end that
	for _, r := range field {
		if begin && strings.ContainsRune("=+-@\t\r", r) {
			b.WriteByte('\'')
		}
		b.WriteRune(r)
		begin = r == ';' || r == '\n' || begin && (r == ' ' || r == '"')
	}
	return b.String()
}
