package capturereport

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Download is a file that a phone asked for, and what is known of it.
type Download struct {
	*capture.Download
	Phone   string   // name of the phone, "" if not known
	Kind    tlv.Kind // of the list that was asked for, unknown for other files
	Content *Content // nil unless the file is whole

	Extracted string // where it was written to, "" if it was not
}

// A Content is what is known of a file. Downloads with equal contents share it.
type Content struct {
	Data     []byte
	SHA1     [sha1.Size]byte
	List     bool     // it is a trust list
	Kind     tlv.Kind // of the list
	Verified bool     // a list by its own record, a signed file by a named list
	Checked  bool     // there was something to check it with
	Why      string   // why it is not verified
	Same     []string // named lists that have the same bytes, or that verify a signed file

	notList string // why it is not a list
}

// An Answer says whether a phone has downloaded its CTL or ITL: a state of package
// transfer, or one of these.
type Answer string

// Answers.
const (
	// NotAsked: the phone did not ask for it.
	NotAsked Answer = ""
	// Downloaded: the phone received it, and it verifies.
	Downloaded Answer = "downloaded"
	// NotVerified: it was sent, and does not verify.
	NotVerified Answer = "not-verified"
)

// Answer returns what became of a list.
func (d *Download) Answer() Answer {
	switch whole := d.State == transfer.Received || d.State == transfer.Sent; {
	case whole && (d.Content == nil || !d.Content.Verified):
		return NotVerified
	case d.State == transfer.Received:
		return Downloaded
	}
	return Answer(d.State)
}

// A Phone is what a capture shows of a phone.
type Phone struct {
	Name    string // "" if not known
	Address netip.Addr
	Lists   [2]Asked // CTL and ITL
	Signed  []*Download
	Reports []PhoneReport
	TVS     []*Connection // connections with a TVS server
	HTTPS   int           // connections that may be downloads as well, encrypted
}

// Asked is what a phone asked for to get one list.
type Asked struct {
	Best  *Download // the last that the server sent, else the last; nil if it did not ask
	Times int
	Later *Download // a later one that went wrong
}

// Answer returns what became of the list.
func (a Asked) Answer() Answer {
	if a.Best == nil {
		return NotAsked
	}
	return a.Best.Answer()
}

// A PhoneReport is what a phone says about one of its lists.
type PhoneReport struct {
	*capture.Alarm
	compare.Evidence
}

// A DownloadVerdict is what a capture says of the lists that phones asked for.
type DownloadVerdict string

// Download verdicts.
const (
	// AllDownloaded: each phone received each list that it asked for, and they verify.
	AllDownloaded DownloadVerdict = "downloaded"
	// NotDownloaded: a list was not received, or that could not be seen, or it does not
	// verify.
	NotDownloaded DownloadVerdict = "not-downloaded"
	// NoneAsked: no request for a list was seen.
	NoneAsked DownloadVerdict = "none-seen"
)

// listKinds are the lists of a phone, in the order that it asks for them.
var listKinds = [...]tlv.Kind{tlv.KindCTL, tlv.KindITL}

// DownloadVerdict returns what the capture says of the lists that phones asked for.
// What was not seen whole is never part of a yes.
func (r *Report) DownloadVerdict() DownloadVerdict {
	asked := false
	for _, p := range r.Phones {
		for _, a := range p.Lists {
			switch a.Answer() {
			case NotAsked:
			case Downloaded:
				asked = true
			default:
				return NotDownloaded
			}
		}
	}
	switch c := r.Capture; {
	case c.DownloadsDropped > 0:
		return NotDownloaded
	case !asked:
		return NoneAsked
	}
	return AllDownloaded
}

// Bad reports whether a list that a server sent does not verify, or was not seen whole:
// nothing may follow from such a capture.
func (r *Report) Bad() bool {
	return r.Capture.DownloadsDropped > 0 || slices.ContainsFunc(r.Phones, func(p *Phone) bool {
		return slices.ContainsFunc(p.Lists[:], func(a Asked) bool {
			switch a.Answer() {
			case NotAsked, Downloaded, Answer(transfer.Refused), Answer(transfer.Sent):
				return false
			}
			return true
		})
	})
}

// A downloadJudge judges each content once, and sorts downloads by phone.
type downloadJudge struct {
	lists    *Lists
	contents map[*byte]*Content
	names    map[netip.Addr]string // of the only phone with the address; "" if there are several
	phones   map[phoneKey]*Phone
	report   *Report
}

// A phoneKey is the name of a phone, or the address if it is not known.
type phoneKey struct {
	name    string
	address netip.Addr
}

func (r *Report) judgeDownloads(l *Lists) {
	j := downloadJudge{l, make(map[*byte]*Content), make(map[netip.Addr]string), make(map[phoneKey]*Phone), r}
	for _, d := range r.Capture.Devices {
		if _, ok := j.names[d.Address]; ok {
			j.names[d.Address] = ""
		} else {
			j.names[d.Address] = d.Name
		}
	}
	for _, one := range r.Capture.Downloads {
		r.Downloads = append(r.Downloads, j.download(one))
	}
	for i := range r.Downloads {
		j.sort(&r.Downloads[i])
	}
	for _, a := range r.Capture.Alarms {
		j.alarm(a)
	}
	j.connections()
	slices.SortStableFunc(r.Phones, func(a, b *Phone) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.Address.Compare(b.Address))
	})
}

func (j *downloadJudge) download(one *capture.Download) Download {
	d := Download{Download: one, Phone: j.phoneName(one)}
	base := path.Base(strings.ReplaceAll(one.Name, `\`, "/"))
	if strings.EqualFold(path.Ext(base), ".tlv") {
		d.Kind = tlv.KindOf(base)
	}
	if one.Content == nil {
		return d
	}
	key := (*byte)(nil)
	if len(one.Content) > 0 {
		key = &one.Content[0]
	}
	c := j.contents[key]
	if c == nil {
		c = j.lists.judge(base, one.Content)
		j.contents[key] = c
	}
	if d.Kind == tlv.KindUnknown && c.List && (strings.EqualFold(path.Ext(base), ".tlv") || !transfer.Wanted(base)) {
		d.Kind = c.Kind
	}
	if d.Kind != tlv.KindUnknown && (!c.List || c.Kind != tlv.KindUnknown && c.Kind != d.Kind) {
		c = c.wrong(d.Kind)
	}
	d.Content = c
	return d
}

// wrong is a content that is not the list that was asked for.
func (c *Content) wrong(kind tlv.Kind) *Content {
	other := *c
	other.Verified = false
	if c.List {
		other.Why = fmt.Sprintf("it is not a list of the kind that was asked for: it is a %s, not a %s", c.Kind, kind)
	} else {
		other.Why = c.notList
	}
	return &other
}

func (j *downloadJudge) phoneName(d *capture.Download) string {
	if name := transfer.Device(d.Name); name != "" {
		return name
	}
	return j.names[d.Client.Addr()]
}

// phone returns the phone of a name, or without one that of an address.
func (j *downloadJudge) phone(name string, address netip.Addr) *Phone {
	key := phoneKey{name: name}
	if name == "" {
		key.address = address
	}
	p := j.phones[key]
	if p == nil {
		p = &Phone{Name: name, Address: address}
		j.phones[key] = p
		j.report.Phones = append(j.report.Phones, p)
	}
	return p
}

// sort adds a download to its phone. Downloads come in the order of time.
func (j *downloadJudge) sort(d *Download) {
	p := j.phone(d.Phone, d.Client.Addr())
	i := slices.Index(listKinds[:], d.Kind)
	if i < 0 {
		p.Signed = append(p.Signed, d)
		return
	}
	a := &p.Lists[i]
	a.Times++
	good := func(d *Download) bool { return d.State == transfer.Received || d.State == transfer.Sent }
	refused := func(d *Download) bool { return d.State == transfer.Refused || d.State == transfer.NoAnswer }
	switch {
	case a.Best == nil || good(d) || !good(a.Best) && (refused(a.Best) || !refused(d)):
		a.Best, a.Later = d, nil
	default:
		a.Later = d
	}
}

func (j *downloadJudge) alarm(a *capture.Alarm) {
	for _, e := range compare.ParseText(a.Text) {
		if e.Form != compare.FormAlarm {
			continue
		}
		name := e.Device
		if name == "" {
			name = j.names[a.Phone.Addr()]
		}
		p := j.phone(name, a.Phone.Addr())
		p.Reports = append(p.Reports, PhoneReport{a, e})
	}
}

// connections adds what phones that have asked for something did over TLS.
func (j *downloadJudge) connections() {
	const tvs, https, httpsToo = 2445, 6971, 6972
	byAddress := make(map[netip.Addr]*Phone)
	for _, p := range j.report.Phones {
		byAddress[p.Address] = p
	}
	for i := range j.report.Connections {
		c := &j.report.Connections[i]
		p := byAddress[c.Client.Addr()]
		if p == nil {
			continue
		}
		switch c.Server.Port() {
		case tvs:
			p.TVS = append(p.TVS, c)
		case https, httpsToo:
			p.HTTPS++
		}
	}
}

// maxList is the size of the largest list that is read, in bytes: phones download no
// more [S]. It bounds the memory that reading takes, which is many times the size.
const maxList = 2048 << 10

// judge finds out what a file is.
func (l *Lists) judge(name string, data []byte) *Content {
	c := &Content{Data: data, SHA1: sha1.Sum(data)}
	if len(data) > maxList {
		c.notList = "it is larger than the 2048 KB that phones download, and was not read"
		c.judgeSigned(name, data, l)
		return c
	}
	f := inspect.New(name, data)
	if f.List != nil {
		c.List, c.Checked, c.Kind = true, true, f.Kind
		if f.Guessed {
			c.Kind = tlv.KindUnknown
		}
		if c.Verified = f.Verified != nil; !c.Verified {
			c.Why = f.Reason.Error()
		}
		for _, named := range l.lists {
			if bytes.Equal(named.List.Raw(), data) {
				c.Same = append(c.Same, named.Name)
			}
		}
		return c
	}
	c.notList = "it is not a trust list: " + f.Err.Error()
	c.judgeSigned(name, data, l)
	return c
}

// judgeSigned checks a file that is not a list with each of the named lists that is
// verified.
func (c *Content) judgeSigned(name string, data []byte, l *Lists) {
	var failed error
	for _, one := range l.lists {
		if one.Verified == nil {
			continue
		}
		judged, err := signed.Judge(name, data, signed.Against{Lists: []*trust.List{one.List}})
		switch {
		case err != nil:
			c.Checked, c.Why = true, err.Error()
			return
		case judged.Good():
			c.Checked, c.Verified, c.Why = true, true, ""
			c.Same = append(c.Same, one.Name)
			return
		}
		c.Checked = c.Checked || judged.Checked
		failed = errors.Join(failed, judged.Reason)
		c.Why = judged.Reason.Error()
	}
	if failed == nil {
		if _, err := signed.Judge(name, data, signed.Against{}); err != nil {
			c.Checked, c.Why = true, err.Error()
		}
	}
}
