package report

import (
	"crypto/tls"
	"io"
	"net/netip"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturereport"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A CaptureDocument is what capture --json writes; docs/capture.md describes it.
type CaptureDocument struct {
	Head
	File        string              `json:"file"`
	Lists       []CaptureList       `json:"lists"`
	Verdict     string              `json:"verdict"`
	Packets     int                 `json:"packets"`
	Truncated   int                 `json:"truncated"`
	Unread      int                 `json:"unread"`
	Established int                 `json:"established"`
	Dropped     int                 `json:"dropped"`
	CutShort    bool                `json:"cutShort"`
	Error       *Error              `json:"error"`
	Connections []CaptureConnection `json:"connections"`
	Servers     []CaptureServer     `json:"serverCertificates"`
}

// A CaptureList is a list that a capture is held against.
type CaptureList struct {
	File     string   `json:"file"`
	Kind     tlv.Kind `json:"kind"`
	Verified bool     `json:"verified"`

	remedy string // how it is made again, or what makes it trustworthy
}

// NewCaptureList returns what a document says of a list, and for people what to do
// if it lacks a certificate, or is not verified.
func NewCaptureList(f *inspect.File, remedy string) CaptureList {
	return CaptureList{Text(f.Name), fileKind(f), f.Verified != nil, remedy}
}

// A CaptureConnection is a connection with a TLS handshake.
type CaptureConnection struct {
	Number    int            `json:"number"`
	Start     time.Time      `json:"start"`
	Client    netip.AddrPort `json:"client"`
	Server    netip.AddrPort `json:"server"`
	Service   string         `json:"service"`
	MidStream bool           `json:"midStream"`

	Offered    *string `json:"offered"`
	Version    *string `json:"version"`
	Cipher     *string `json:"cipher"`
	ServerName string  `json:"serverName"`
	SSL2Hello  bool    `json:"ssl2Hello"`
	Requested  bool    `json:"certificateRequested"`
	Resumed    bool    `json:"resumed"`
	Hidden     bool    `json:"hidden"`
	State      string  `json:"state"`
	Close      string  `json:"close"`
	ClosedBy   string  `json:"closedBy"`

	Steps      []CaptureStep  `json:"steps"`
	Alerts     []CaptureAlert `json:"alerts"`
	ServerSent CaptureSide    `json:"serverSent"`
	ClientSent CaptureSide    `json:"clientSent"`
}

// A CaptureStep is a message of a handshake.
type CaptureStep struct {
	From string `json:"from"`
	Name string `json:"name"`
}

// A CaptureAlert is an alert; Code and Name are null if it is encrypted.
type CaptureAlert struct {
	From      string  `json:"from"`
	Fatal     bool    `json:"fatal"`
	Encrypted bool    `json:"encrypted"`
	BySize    bool    `json:"bySize"`
	Code      *int    `json:"code"`
	Name      *string `json:"name"`
}

// A CaptureSide is what a side sent.
type CaptureSide struct {
	Certificate bool                 `json:"certificate"`
	Cut         bool                 `json:"cut"`
	Missing     int                  `json:"missing"`
	Garbage     bool                 `json:"garbage"`
	Chain       []CaptureCertificate `json:"chain"`
}

// A CaptureCertificate is a certificate, the records it belongs to, and who
// issued it.
type CaptureCertificate struct {
	Certificate
	Listed  bool           `json:"listed"`
	Records []CaptureMatch `json:"records"`
	Kind    string         `json:"kind"`
	CAPF    *CaptureMatch  `json:"capf"`
}

// A CaptureMatch is a record of a list.
type CaptureMatch struct {
	File     string   `json:"file"`
	Record   int      `json:"record"`
	Role     tlv.Role `json:"role"`
	RoleCode *int     `json:"roleCode"`
	By       cert.By  `json:"by,omitempty"`
}

// A CaptureServer is a certificate that servers sent as their own.
type CaptureServer struct {
	CaptureCertificate
	Connections int              `json:"connections"`
	Addresses   []netip.AddrPort `json:"addresses"`
}

// CaptureJSON writes the document of a capture. Failure is what ended its reading
// too early, or nil.
func CaptureJSON(w io.Writer, name string, lists []CaptureList, r *capturereport.Report, failure error) error {
	return Write(w, NewCaptureDocument(name, lists, r, failure))
}

// NewCaptureDocument returns the document of a capture.
func NewCaptureDocument(name string, lists []CaptureList, r *capturereport.Report, failure error) *CaptureDocument {
	c := r.Capture
	d := &CaptureDocument{
		Head: NewHead(TypeCapture), File: Text(name), Lists: lists, Verdict: string(r.Verdict()),
		Packets: c.Packets, Truncated: c.Truncated, Unread: c.Unread,
		Established: c.Established, Dropped: c.Dropped, CutShort: c.CutShort,
		Connections: []CaptureConnection{}, Servers: []CaptureServer{},
	}
	if failure != nil {
		if r.Verdict() != capturereport.NotListed {
			d.Verdict = ""
		}
		d.Error = NewError(failure)
	}
	for i, conn := range r.Connections {
		d.Connections = append(d.Connections, newCaptureConnection(i+1, conn))
	}
	for _, s := range r.Servers {
		d.Servers = append(d.Servers, CaptureServer{newCaptureCertificate(s), s.Connections, s.Addresses})
	}
	return d
}

func newCaptureConnection(number int, c capturereport.Connection) CaptureConnection {
	h := &c.Handshake
	d := CaptureConnection{
		Number: number, Start: c.Start.UTC(), Client: c.Client, Server: c.Server, Service: services[c.Server.Port()], MidStream: c.MidStream,
		ServerName: Text(h.ServerName), SSL2Hello: h.SSL2Hello, Requested: h.Requested, Resumed: h.Resumed,
		Hidden: h.Version == tls.VersionTLS13, State: string(h.State), Close: string(c.Close.Kind),
		Steps: []CaptureStep{}, Alerts: []CaptureAlert{},
		ServerSent: newCaptureSide(c, handshake.Server), ClientSent: newCaptureSide(c, handshake.Client),
	}
	if c.Close.Kind == capture.FIN || c.Close.Kind == capture.Reset {
		d.ClosedBy = c.Close.By.String()
	}
	if h.Offered != 0 {
		d.Offered = ptr(handshake.VersionName(h.Offered))
	}
	if h.Version != 0 {
		d.Version, d.Cipher = ptr(handshake.VersionName(h.Version)), ptr(handshake.CipherName(h.Cipher))
	}
	for _, s := range h.Steps {
		d.Steps = append(d.Steps, CaptureStep{s.From.String(), s.Name})
	}
	for _, a := range h.Alerts {
		d.Alerts = append(d.Alerts, newCaptureAlert(a))
	}
	return d
}

func newCaptureAlert(a handshake.Alert) CaptureAlert {
	d := CaptureAlert{From: a.From.String(), Fatal: a.Fatal, Encrypted: a.Encrypted, BySize: a.BySize}
	if !a.Encrypted {
		d.Code, d.Name = ptr(int(a.Code)), ptr(a.Code.String())
	}
	return d
}

func newCaptureSide(c capturereport.Connection, side handshake.Side) CaptureSide {
	sent := c.Handshake.Sides[side]
	d := CaptureSide{sent.SentCertificate, sent.Cut, sent.Missing, sent.Garbage, []CaptureCertificate{}}
	for _, own := range c.Chains[side] {
		d.Chain = append(d.Chain, newCaptureCertificate(own))
	}
	return d
}

func newCaptureCertificate(c *capturereport.Certificate) CaptureCertificate {
	d := CaptureCertificate{Certificate: *newCertificate(c.DER), Listed: c.Listed(), Records: []CaptureMatch{}, Kind: string(c.Issuer.Kind)}
	for _, m := range c.Matches {
		d.Records = append(d.Records, newCaptureMatch(m))
	}
	if m := c.Issuer.CAPF; m != nil {
		d.CAPF = ptr(newCaptureMatch(*m))
	}
	return d
}

func newCaptureMatch(m capturereport.Match) CaptureMatch {
	return CaptureMatch{File: Text(m.File), Record: m.Number, Role: m.Role, RoleCode: code(int(m.Role)), By: m.By}
}
