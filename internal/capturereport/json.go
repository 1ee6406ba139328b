package capturereport

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/report"
)

// WriteJSON writes the document of a capture, one connection after another, so
// that it needs no more memory than the report. Failure is what ended the reading
// early, or nil.
func WriteJSON(w io.Writer, name string, r *Report, failure error) error {
	head, err := report.Marshal(newDocument(name, r, failure))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	const empty = `"connections":[],"serverCertificates":[],"phones":[],"downloads":[],"alarms":[]}` // the end of it
	out.Write(head[:len(head)-len(empty)])
	out.WriteString(`"connections":[`)
	docs := newDocuments()
	for i, c := range r.Connections {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := docs.writeConnection(out, i+1, c); err != nil {
			return err
		}
	}
	out.WriteString(`],"serverCertificates":[`)
	for i, c := range r.Servers {
		if err := writeElement(out, i, report.CaptureServer{CaptureCertificate: newCertificate(c), Connections: c.Connections, Addresses: c.Addresses}); err != nil {
			return err
		}
	}
	if err := writeDownloads(out, r); err != nil {
		return err
	}
	out.WriteString("]}\n")
	return out.Flush()
}

func writeDownloads(out *bufio.Writer, r *Report) error {
	out.WriteString(`],"phones":[`)
	for i, p := range r.Phones {
		one := report.CapturePhone{Name: report.Text(p.Name), Address: p.Address, CTL: string(p.Lists[0].Answer()), ITL: string(p.Lists[1].Answer())}
		if err := writeElement(out, i, one); err != nil {
			return err
		}
	}
	out.WriteString(`],"downloads":[`)
	for i := range r.Downloads {
		if err := writeElement(out, i, newDownload(&r.Downloads[i])); err != nil {
			return err
		}
	}
	out.WriteString(`],"alarms":[`)
	i := 0
	for _, p := range r.Phones {
		for j := range p.Reports {
			if err := writeElement(out, i, newAlarm(p, &p.Reports[j])); err != nil {
				return err
			}
			i++
		}
	}
	return nil
}

func newDownload(d *Download) report.CaptureDownload {
	one := report.CaptureDownload{
		Start: d.Start.UTC(), End: d.End.UTC(), Phone: report.Text(d.Phone), Client: d.Client, Server: d.Server, Protocol: string(d.Protocol),
		MidStream: d.MidStream, Name: report.Text(d.Name), Kind: d.Kind, State: string(d.State), Code: d.Code, Message: report.Text(d.Message),
		Size: d.Size, Missing: d.Missing, Conflicting: d.Result.Conflicting, Lists: []string{}, Extracted: report.Text(d.Extracted),
	}
	if c := d.Content; c != nil {
		one.SHA1, one.List, one.Checked, one.Verified, one.Reason = hex.EncodeToString(c.SHA1[:]), c.List, c.Checked, c.Verified, report.Text(c.Why)
		for _, name := range c.Same {
			one.Lists = append(one.Lists, report.Text(name))
		}
	}
	return one
}

func newAlarm(p *Phone, a *PhoneReport) report.CaptureAlarm {
	return report.CaptureAlarm{
		Time: a.At.UTC(), Phone: report.Text(p.Name), Client: a.Alarm.Phone, Server: a.Alarm.Server, Kind: a.Kind, Installed: len(a.Sums.SHA1) > 0,
		SHA1: hex.EncodeToString(a.Sums.SHA1), TFTPServer: report.Text(a.Evidence.Server), Status: int(a.Status), Again: a.Alarm.Again,
	}
}

// Documents are those of certificates that connections had lately: most have the same
// few.
type documents struct {
	made map[*Certificate][]byte
	size int
}

// maxDocuments is how many bytes of documents are kept.
const maxDocuments = 1 << 20

func newDocuments() *documents { return &documents{made: make(map[*Certificate][]byte)} }

func (d *documents) of(c *Certificate) ([]byte, error) {
	if b, ok := d.made[c]; ok {
		return b, nil
	}
	b, err := report.Marshal(newCertificate(c))
	if err != nil {
		return nil, err
	}
	if d.size += len(b); d.size > maxDocuments {
		clear(d.made)
		d.size = len(b)
	}
	d.made[c] = b
	return b, nil
}

func (d *documents) writeConnection(out *bufio.Writer, number int, c Connection) error {
	head, err := report.Marshal(newConnection(number, c))
	if err != nil {
		return err
	}
	sides := bytes.LastIndex(head, []byte(`"serverSent":`)) // no text follows
	out.Write(head[:sides])
	out.WriteString(`"serverSent":`)
	if err := d.writeSide(out, c, handshake.Server); err != nil {
		return err
	}
	out.WriteString(`,"clientSent":`)
	err = d.writeSide(out, c, handshake.Client)
	out.WriteByte('}')
	return err
}

func (d *documents) writeSide(out *bufio.Writer, c Connection, side handshake.Side) error {
	head, err := report.Marshal(newSide(&c.Handshake, side))
	if err != nil {
		return err
	}
	const empty = `]}` // the end of a chain without certificates
	out.Write(head[:len(head)-len(empty)])
	for i, own := range c.Chains[side] {
		if i > 0 {
			out.WriteByte(',')
		}
		b, err := d.of(own)
		if err != nil {
			return err
		}
		out.Write(b)
	}
	_, err = out.WriteString(empty)
	return err
}

func writeElement(out *bufio.Writer, i int, element any) error {
	b, err := report.Marshal(element)
	if err != nil {
		return err
	}
	if i > 0 {
		out.WriteByte(',')
	}
	_, err = out.Write(b)
	return err
}

// newDocument returns the document without connections and certificates.
func newDocument(name string, r *Report, failure error) *report.CaptureDocument {
	c := r.Capture
	d := &report.CaptureDocument{
		Head: report.NewHead(report.TypeCapture), File: report.Text(name), Lists: []report.CaptureList{}, Verdict: string(r.Verdict()),
		Packets: c.Packets, Truncated: c.Truncated, Unread: c.Unread,
		Established: c.Established, Dropped: c.Dropped, CutShort: c.CutShort, Counts: []report.CaptureCount{}, Secrets: c.Secrets, SecretsDropped: c.SecretsDropped,
		DownloadVerdict: string(r.DownloadVerdict()), OtherFiles: c.Other, BlindHTTP: c.Blind, DownloadsDropped: c.DownloadsDropped,
		AlarmsDropped: c.AlarmsDropped, AlarmsUnread: c.AlarmsCut + c.AlarmsOdd,
		Connections: []report.CaptureConnection{}, Servers: []report.CaptureServer{},
		Phones: []report.CapturePhone{}, Downloads: []report.CaptureDownload{}, Alarms: []report.CaptureAlarm{},
	}
	for _, one := range c.Counts {
		d.Counts = append(d.Counts, report.CaptureCount{Kind: one.Kind, Packets: one.Packets, Unread: one.Unread})
	}
	for _, l := range r.Lists {
		d.Lists = append(d.Lists, report.CaptureList{File: report.Text(l.Name), Kind: l.kind(), Verified: l.Verified != nil})
	}
	if failure != nil {
		if r.Verdict() != NotListed {
			d.Verdict = ""
		}
		if r.DownloadVerdict() != NotDownloaded {
			d.DownloadVerdict = ""
		}
		d.Error = report.NewError(failure)
	}
	return d
}

// newConnection returns the document of a connection without what its sides sent.
func newConnection(number int, c Connection) report.CaptureConnection {
	h := &c.Handshake
	d := report.CaptureConnection{
		Number: number, Start: c.Start.UTC(), Client: c.Client, Server: c.Server, Service: services[c.Server.Port()], MidStream: c.MidStream,
		ServerName: report.Text(h.ServerName), SSL2Hello: h.SSL2Hello, Requested: h.Requested, Resumed: h.Resumed,
		Hidden: h.Certificate(handshake.Server) == handshake.Encrypted, State: string(h.State), Close: string(c.Close.Kind), Keys: string(h.Keys),
		Steps: []report.CaptureStep{}, Alerts: []report.CaptureAlert{},
	}
	if c.Close.Kind == capture.FIN || c.Close.Kind == capture.Reset {
		d.ClosedBy = c.Close.By.String()
	}
	if h.Offered != 0 {
		d.Offered = new(handshake.VersionName(h.Offered))
	}
	if h.Version != 0 {
		d.Version, d.Cipher = new(handshake.VersionName(h.Version)), new(handshake.CipherName(h.Cipher))
	}
	for _, s := range h.Steps {
		d.Steps = append(d.Steps, report.CaptureStep{From: s.From.String(), Name: s.Name})
	}
	for _, a := range h.Alerts {
		d.Alerts = append(d.Alerts, report.NewCaptureAlert(a))
	}
	return d
}

// newSide returns the document of what a side sent, without its chain.
func newSide(h *handshake.Summary, side handshake.Side) report.CaptureSide {
	sent := h.Sides[side]
	return report.CaptureSide{
		Certificate: sent.SentCertificate, Visibility: string(h.Certificate(side)), Cut: sent.Cut, Missing: sent.Missing,
		Conflicting: sent.Conflicting, Garbage: sent.Garbage, Chain: []report.CaptureCertificate{},
	}
}

func newCertificate(c *Certificate) report.CaptureCertificate {
	d := report.CaptureCertificate{Certificate: *report.NewCertificate(c.DER), Listed: c.Listed(), Records: []report.CaptureMatch{}, Kind: string(c.Issuer().Kind)}
	for _, m := range c.Matches {
		d.Records = append(d.Records, newMatch(m))
	}
	if m := c.Issuer().CAPF; m != nil {
		d.CAPF = new(newMatch(*m))
	}
	return d
}

func newMatch(m Match) report.CaptureMatch {
	return report.NewCaptureMatch(m.File, m.Number, m.Role, m.By)
}
