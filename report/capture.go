// A browser reads no captures and judges one phone at a time.

//go:build !js

package report

import (
	"net/netip"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A CaptureDocument is what capture --json writes; docs/capture.md describes it.
type CaptureDocument struct {
	Head
	File        string        `json:"file"`
	Lists       []CaptureList `json:"lists"`
	Verdict     string        `json:"verdict"`
	Packets     int           `json:"packets"`
	Truncated   int           `json:"truncated"`
	Unread      int           `json:"unread"`
	Established int           `json:"established"`
	Dropped     int           `json:"dropped"`
	CutShort    bool          `json:"cutShort"`
	Error       *Error        `json:"error"`

	Counts         []CaptureCount `json:"counts"`
	Secrets        int            `json:"secrets"`
	SecretsDropped int            `json:"secretsDropped"`

	DownloadVerdict  string `json:"downloadVerdict"`
	OtherFiles       int    `json:"otherFiles"`
	BlindHTTP        int    `json:"blindHTTP"`
	DownloadsDropped int    `json:"downloadsDropped"`
	AlarmsDropped    int    `json:"alarmsDropped"`
	AlarmsUnread     int    `json:"alarmsUnread"`

	Connections []CaptureConnection `json:"connections"`
	Servers     []CaptureServer     `json:"serverCertificates"`
	Phones      []CapturePhone      `json:"phones"`
	Downloads   []CaptureDownload   `json:"downloads"`
	Alarms      []CaptureAlarm      `json:"alarms"`
}

// A CapturePhone says whether a phone has downloaded its lists.
type CapturePhone struct {
	Name    string     `json:"name"`
	Address netip.Addr `json:"address"`
	CTL     string     `json:"ctl"`
	ITL     string     `json:"itl"`
}

// A CaptureDownload is a list or a signed file that a phone asked for.
type CaptureDownload struct {
	Start       time.Time      `json:"start"`
	End         time.Time      `json:"end"`
	Phone       string         `json:"phone"`
	Client      netip.AddrPort `json:"client"`
	Server      netip.AddrPort `json:"server"`
	Protocol    string         `json:"protocol"`
	MidStream   bool           `json:"midStream"`
	Name        string         `json:"name"`
	Kind        tlv.Kind       `json:"kind"`
	State       string         `json:"state"`
	Code        int            `json:"code"`
	Message     string         `json:"message"`
	Size        int64          `json:"size"`
	Missing     int            `json:"missing"`
	Conflicting int            `json:"conflicting"`
	SHA1        string         `json:"sha1"`
	List        bool           `json:"list"`
	Checked     bool           `json:"checked"`
	Verified    bool           `json:"verified"`
	Reason      string         `json:"reason"`
	Lists       []string       `json:"lists"`
	Extracted   string         `json:"extracted"`
}

// A CaptureAlarm is what a phone reports about one of its lists.
type CaptureAlarm struct {
	Time       time.Time      `json:"time"`
	Phone      string         `json:"phone"`
	Client     netip.AddrPort `json:"client"`
	Server     netip.AddrPort `json:"server"`
	Kind       tlv.Kind       `json:"kind"`
	Installed  bool           `json:"installed"`
	SHA1       string         `json:"sha1"`
	TFTPServer string         `json:"tftpServer"`
	Status     int            `json:"status"`
	Again      int            `json:"again"`
}

// A CaptureList is a list that a capture is checked against.
type CaptureList struct {
	File     string   `json:"file"`
	Kind     tlv.Kind `json:"kind"`
	Verified bool     `json:"verified"`
}

// A CaptureCount is the number of packets of one kind. Unread: whether they belong
// to a handshake is not known.
type CaptureCount struct {
	Kind    string `json:"kind"`
	Packets int    `json:"packets"`
	Unread  bool   `json:"unread"`
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
	Keys       string  `json:"keys"`

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

// NewCaptureAlert returns the document of an alert.
func NewCaptureAlert(a handshake.Alert) CaptureAlert {
	d := CaptureAlert{From: a.From.String(), Fatal: a.Fatal, Encrypted: a.Encrypted, BySize: a.BySize}
	if !a.Encrypted {
		d.Code, d.Name = new(int(a.Code)), new(a.Code.String())
	}
	return d
}

// A CaptureSide is what a side sent.
type CaptureSide struct {
	Certificate bool                 `json:"certificate"`
	Visibility  string               `json:"visibility"`
	Cut         bool                 `json:"cut"`
	Missing     int                  `json:"missing"`
	Conflicting int                  `json:"conflicting"`
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

// NewCaptureMatch returns the document of a record, whose number counts from 1.
func NewCaptureMatch(file string, number int, role tlv.Role, by cert.By) CaptureMatch {
	return CaptureMatch{Text(file), number, role, code(int(role)), by}
}

// A CaptureServer is a certificate that servers sent as their own.
type CaptureServer struct {
	CaptureCertificate
	Connections int              `json:"connections"`
	Addresses   []netip.AddrPort `json:"addresses"`
}
