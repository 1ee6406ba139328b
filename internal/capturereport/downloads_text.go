package capturereport

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// mostPhones are shown one by one; of more only those whose lists were not downloaded,
// and so many of them at most.
const mostPhones = 20

// downloads writes what phones asked for and report, and whether they have their lists.
func (p printer) downloads(r *Report) {
	if len(r.Phones) == 0 {
		return
	}
	p.line("\nPhones")
	shown, hidden := 0, 0
	for _, phone := range r.Phones {
		switch {
		case len(r.Phones) > mostPhones && phone.fine():
		case shown == mostPhones:
			hidden++
		default:
			shown++
			p.phone(phone, len(r.Phones) > mostPhones)
		}
	}
	switch fine := len(r.Phones) - shown - hidden; {
	case hidden > 0:
		p.line("   %s without a list, and %d without a fault: --json names them all", p.o.Color.Red(report.Count(hidden, "more phone")), fine)
	case fine > 0:
		p.line("   %s without a fault: --json names them all", report.Count(fine, "phone"))
	}
	p.line("\nDid the phones download their lists?")
	for i, kind := range listKinds {
		p.summary(r, i, kind)
	}
	p.signedSummary(r)
	if len(r.Phones) > mostPhones {
		p.reportSummary(r)
	}
	p.line("   A phone may refuse a list that it has downloaded: its alarm says what it holds.")
}

// fine reports whether each list that the phone asked for was downloaded.
func (p *Phone) fine() bool {
	return !slices.ContainsFunc(p.Lists[:], func(a Asked) bool { return a.Answer() != NotAsked && a.Answer() != Downloaded })
}

// phone writes what is known of a phone; if that is to be brief, only its lists.
func (p printer) phone(phone *Phone, brief bool) {
	name := phone.Address.String()
	if phone.Name != "" {
		name = terminal.Escape(phone.Name) + " (" + name + ")"
	}
	p.line("   %s", name)
	for i, kind := range listKinds {
		if a := phone.Lists[i]; a.Best != nil {
			p.asked(kind, a)
		}
	}
	if brief {
		return
	}
	for _, d := range phone.Signed {
		p.file("file", d, p.signedOutcome(d))
	}
	for i := range phone.Reports {
		p.detail("alarm", "%s", p.report(&phone.Reports[i], phone))
	}
	for _, c := range phone.TVS {
		p.detail("TVS", "%s asked %s, %s", p.clock(c.Start), c.Server.Addr(), p.tvsOutcome(c))
	}
	if phone.HTTPS > 0 {
		p.detail("HTTPS", "%s to port 6971 or 6972: downloads over HTTPS are encrypted", report.Count(phone.HTTPS, "connection"))
	}
}

func (p printer) tvsOutcome(c *Connection) string {
	switch c.Handshake.State {
	case handshake.Complete:
		return "handshake complete; its answer is encrypted"
	case handshake.Hidden:
		return "its answer is encrypted"
	}
	return p.o.Color.Red("handshake stopped")
}

func (p printer) clock(t time.Time) string {
	return t.In(p.o.Zone).Format("2006-01-02 15:04:05.000 MST")
}

func (p printer) asked(kind tlv.Kind, a Asked) {
	outcome := p.outcomeOf(a.Best)
	if kind == tlv.KindCTL && a.Best.notFound() {
		outcome += "; a cluster that is not in mixed mode has none"
	}
	p.file(strings.ToUpper(kind.String()), a.Best, outcome)
	if a.Later != nil {
		p.detail("", "later, at %s: %s", p.clock(a.Later.Start), p.outcomeOf(a.Later))
	} else if a.Times > 1 {
		shown := "the last answer is shown"
		if a.Best.State == transfer.Received || a.Best.State == transfer.Sent {
			shown = "the last time that the server sent it is shown"
		}
		p.detail("", "asked %d times; %s", a.Times, shown)
	}
}

// file writes a file that was asked for, and what became of it.
func (p printer) file(label string, d *Download, outcome string) {
	name := terminal.Escape(d.Name)
	if d.Name == "" {
		name = "a file whose request is not in the capture"
	}
	p.detail(label, "%s", outcome)
	p.detail("", "%s %s, %s from %s", p.clock(d.Start), name, d.Protocol, d.Server.Addr())
	if c := d.Content; c != nil {
		p.detail("", "%s, SHA-1 %x%s", report.Count(len(c.Data), "byte"), c.SHA1, p.same(c))
	}
}

func (p printer) same(c *Content) string {
	switch {
	case !c.List || !p.check:
		return ""
	case len(c.Same) == 0:
		return ", none of the named lists"
	}
	return ", the same as " + terminal.Escape(strings.Join(c.Same, ", "))
}

func (d *Download) notFound() bool {
	const tftp, http = 1, 404
	return d.State == transfer.Refused && (d.Protocol == capture.TFTP && d.Code == tftp || d.Protocol == capture.HTTP && d.Code == http)
}

// outcomeOf says what became of a list.
func (p printer) outcomeOf(d *Download) string {
	switch d.Answer() {
	case Downloaded:
		return p.o.Color.Green("downloaded, verified")
	case NotVerified:
		why := "the file is empty"
		if d.Content != nil {
			why = terminal.Escape(d.Content.Why)
		}
		sent := "downloaded"
		if d.State == transfer.Sent {
			sent = "sent"
		}
		return sent + ", " + p.o.Color.Red("NOT VERIFIED") + ": " + why
	case Answer(transfer.Sent):
		return p.o.Color.Yellow("sent whole, verified") + "; that the phone received its end is not in the capture"
	}
	return p.failure(d)
}

// failure says why a file was not downloaded, or why that is not known.
func (p printer) failure(d *Download) string {
	reason := terminal.Escape(d.Message)
	switch d.State {
	case transfer.Refused:
		return p.o.Color.Red("NOT downloaded") + ": the server answered " + errorText(d)
	case transfer.Aborted:
		return p.o.Color.Red("NOT downloaded") + ": the phone ended it with " + errorText(d)
	case transfer.NoAnswer:
		return p.o.Color.Red("NO ANSWER") + " from the server in the capture"
	case transfer.Incomplete:
		return p.o.Color.Yellow("not whole in the capture") + ": " + reason
	case transfer.Conflicting:
		if reason == "" {
			reason = "parts of it were sent twice, with different content"
		}
		return p.o.Color.Red("NOT KNOWN") + ": what the phone received contradicts itself: " + reason
	case transfer.Unreadable:
		return p.o.Color.Yellow("not read") + ": " + reason
	case transfer.GivenUp:
		return p.o.Color.Red("skipped: out of memory")
	}
	return string(d.State)
}

func errorText(d *Download) string {
	s := fmt.Sprintf("%s error %d", d.Protocol, d.Code)
	if d.Protocol == capture.HTTP {
		s = fmt.Sprintf("HTTP %d", d.Code)
	}
	if d.Message != "" {
		s += ", " + terminal.Escape(d.Message)
	}
	return s
}

func (p printer) signedOutcome(d *Download) string {
	switch c := d.Content; {
	case d.State != transfer.Received && d.State != transfer.Sent:
		return p.failure(d)
	case c == nil:
		return "downloaded, empty"
	case c.Verified:
		return p.o.Color.Green("downloaded, verified") + " with " + terminal.Escape(strings.Join(c.Same, ", "))
	case c.Checked:
		return "downloaded, " + p.o.Color.Red("NOT VERIFIED") + p.withNamed() + ": " + terminal.Escape(c.Why)
	}
	return "downloaded; not checked: name the lists that the phone holds"
}

// withNamed: another list that the phone holds may verify the file.
func (p printer) withNamed() string {
	if !p.check {
		return ""
	}
	return " with the named lists"
}

// report says what a phone reports about a list, and whether that is one that was seen.
func (p printer) report(one *PhoneReport, phone *Phone) string {
	s := fmt.Sprintf("%s %s ", p.clock(one.At), strings.ToUpper(one.Kind.String()))
	switch sum := one.Sums.SHA1; {
	case one.Absent:
		s += "not installed"
	case len(sum) == 0:
		s += terminal.Escape(one.Message)
	default:
		s += "SHA-1 " + hex.EncodeToString(sum) + p.reported(one, phone)
	}
	if one.Status != 0 {
		s += fmt.Sprintf("; status %d, documented as %q", int(one.Status), one.Status.String())
	}
	if one.Alarm.Again > 0 {
		s += fmt.Sprintf("; %d more times", one.Alarm.Again)
	}
	return s
}

func (p printer) reported(one *PhoneReport, phone *Phone) string {
	for i, kind := range listKinds {
		d := phone.Lists[i].Best
		if kind == one.Kind && d != nil && d.Content != nil {
			if hex.EncodeToString(d.Content.SHA1[:]) == hex.EncodeToString(one.Sums.SHA1) {
				return ": " + p.o.Color.Green("the phone holds the list above")
			}
			return ": " + p.o.Color.Yellow("another list than the one above")
		}
	}
	return ""
}

// summary answers the question for all phones and one kind of list.
func (p printer) summary(r *Report, i int, kind tlv.Kind) {
	asked, downloaded := 0, 0
	reasons := make(map[string]int)
	lists := make(map[*Content]servers)
	var order []*Content
	for _, phone := range r.Phones {
		a := phone.Lists[i]
		switch a.Answer() {
		case NotAsked:
			continue
		case Downloaded:
			downloaded++
			c := a.Best.Content
			if lists[c] == nil {
				lists[c] = make(servers)
				order = append(order, c)
			}
			lists[c][a.Best.Server.Addr()]++
		default:
			reasons[shortReason(a.Best)]++
		}
		asked++
	}
	name := strings.ToUpper(kind.String())
	switch {
	case asked == 0:
		p.line("   %s  no phone asked for it in this capture", name)
	case asked == 1 && downloaded == 1:
		p.line("   %s  %s, it verifies", name, p.o.Color.Green("yes"))
	case asked == 1:
		p.line("   %s  %s: %s", name, p.o.Color.Red("no, or not known"), firstKey(reasons))
	case asked == downloaded:
		p.line("   %s  %s, all %d phones that asked; it verifies", name, p.o.Color.Green("yes"), asked)
	default:
		p.wrapped("        ", "   %s  %d of %d phones that asked downloaded it; %s: %s", name, downloaded, asked, p.o.Color.Red(fmt.Sprintf("%d did NOT, or it is not known", asked-downloaded)), counted(reasons, func(reason string, n int) string { return fmt.Sprintf("%d %s", n, reason) }))
	}
	if asked > 1 {
		p.lists(lists, order)
	}
}

// mostLists are named in a summary.
const mostLists = 10

// Servers are how many phones have a list from each.
type servers map[netip.Addr]int

func (s servers) phones() (n int) {
	for _, phones := range s {
		n += phones
	}
	return n
}

// String names the servers, those of the most phones first.
func (s servers) String() string {
	names := make(map[string]int)
	for address, n := range s {
		names[address.String()] = n
	}
	return counted(names, func(name string, n int) string {
		if len(s) == 1 {
			return name
		}
		return fmt.Sprintf("%s (%d)", name, n)
	})
}

func (p printer) lists(lists map[*Content]servers, order []*Content) {
	slices.SortStableFunc(order, func(a, b *Content) int { return lists[b].phones() - lists[a].phones() })
	for i, c := range order {
		if i == mostLists {
			p.line("        and %s more", report.Count(len(order)-i, "list"))
			return
		}
		p.wrapped("           ", "        %s: SHA-1 %x, from %s%s", report.Count(lists[c].phones(), "phone"), c.SHA1, lists[c], p.same(c))
	}
}

// shortReason groups what went wrong.
func shortReason(d *Download) string {
	switch {
	case d.notFound():
		return "file not found"
	case d.State == transfer.Refused:
		return "refused by the server"
	}
	return reasonWords[d.Answer()]
}

var reasonWords = map[Answer]string{
	NotVerified:                  "does not verify",
	Answer(transfer.Sent):        "end not acknowledged in the capture",
	Answer(transfer.Aborted):     "ended by the phone",
	Answer(transfer.Incomplete):  "not whole in the capture",
	Answer(transfer.Conflicting): "contradicts itself",
	Answer(transfer.NoAnswer):    "no answer",
	Answer(transfer.Unreadable):  "not readable",
	Answer(transfer.GivenUp):     "out of memory",
}

func firstKey(m map[string]int) string {
	for k := range m {
		return k
	}
	return ""
}

// counted lists what was counted, the most frequent first.
func counted(m map[string]int, text func(string, int) string) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	})
	const most = 8
	if len(keys) > most {
		keys = append(keys[:most:most], "others")
	}
	for i, k := range keys[:min(len(keys), most)] {
		keys[i] = text(k, m[k])
	}
	return strings.Join(keys, ", ")
}

// reportSummary counts what phones report last about each list.
func (p printer) reportSummary(r *Report) {
	phones := 0
	var held [len(listKinds)]map[string]int
	for i := range held {
		held[i] = make(map[string]int)
	}
	for _, phone := range r.Phones {
		var last [len(listKinds)]*PhoneReport
		for j := range phone.Reports {
			one := &phone.Reports[j]
			if i := slices.Index(listKinds[:], one.Kind); i >= 0 {
				last[i] = one
			}
		}
		for i, one := range last {
			switch {
			case one == nil:
			case one.Absent:
				held[i]["not installed"]++
			case len(one.Sums.SHA1) > 0:
				held[i]["SHA-1 "+hex.EncodeToString(one.Sums.SHA1)]++
			}
		}
		if len(phone.Reports) > 0 {
			phones++
		}
	}
	if phones == 0 {
		return
	}
	p.line("   Alarms of %s:", report.Count(phones, "phone"))
	for i, kind := range listKinds {
		if len(held[i]) > 0 {
			list := counted(held[i], func(what string, n int) string { return fmt.Sprintf("%s: %d", what, n) })
			p.wrapped("        ", "   %s  %s", strings.ToUpper(kind.String()), list)
		}
	}
}

// signedSummary counts signed files that are not lists.
func (p printer) signedSummary(r *Report) {
	all, whole, wrong := 0, 0, 0
	for _, phone := range r.Phones {
		for _, d := range phone.Signed {
			all++
			if d.State == transfer.Received || d.State == transfer.Sent {
				whole++
			}
			if d.Content != nil && d.Content.Checked && !d.Content.Verified {
				wrong++
			}
		}
	}
	if all == 0 {
		return
	}
	s := fmt.Sprintf("   Signed files: %d of %d downloaded", whole, all)
	if wrong > 0 {
		s += ", " + p.o.Color.Red(fmt.Sprintf("%d NOT VERIFIED", wrong))
	}
	p.line("%s", s)
}

// downloadRemarks say what could not be seen of downloads and alarms.
func (p printer) downloadRemarks(c *capture.Capture) {
	if c.Other > 0 {
		p.line("%s of other kinds over TFTP and HTTP.", report.Count(c.Other, "file"))
	}
	if c.Blind > 0 {
		p.line("%s: packets are missing, or it was not HTTP. Requests may be missing above.", p.o.Color.Yellow(report.Count(c.Blind, "connection")+" to port 6970 NOT read to the end"))
	}
	if c.AlarmsCut > 0 {
		p.line("%s: record with -s 0 (no snap length).", p.o.Color.Yellow(report.Count(c.AlarmsCut, "alarm")+" cut by the recorder and NOT read"))
	}
	if c.AlarmsOdd > 0 {
		p.line("%s, as their segments contradict each other.", p.o.Color.Yellow(report.Count(c.AlarmsOdd, "alarm")+" NOT read"))
	}
	if c.DownloadsDropped > 0 {
		p.line("%s: out of memory; raise --max-memory.", p.o.Color.Red(report.Count(c.DownloadsDropped, "download")+" NOT read to the end"))
	}
	if c.AlarmsDropped > 0 {
		p.line("%s: out of memory; raise --max-memory.", p.o.Color.Red(report.Count(c.AlarmsDropped, "alarm")+" NOT read"))
	}
}
