package capturereport_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturereport"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// judged is a capture of one connection, held against two lists.
func judged(t *testing.T, c capture.Connection) *capturereport.Report {
	t.Helper()
	l := new(capturereport.Lists)
	for _, name := range []string{"ctl-tokenless.tlv", "itl-8.6.tlv"} {
		f := inspect.Open(filepath.Join(vectors, "lists", name), nil, tlv.KindUnknown)
		if f.Err != nil {
			t.Fatal(f.Err)
		}
		f.Name = name
		l.Add(f)
	}
	c.Start = time.Date(2019, 1, 2, 3, 4, 5, 0, time.UTC)
	c.Client, c.Server = netip.MustParseAddrPort("10.1.1.20:50000"), netip.MustParseAddrPort("10.1.1.10:8443")
	return capturereport.Judge(&capture.Capture{Packets: 1, Connections: []*capture.Connection{&c}}, l)
}

func text(t *testing.T, name string, r *capturereport.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := capturereport.WriteText(&b, name, r, capturereport.Options{Zone: time.UTC}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCaptureText(t *testing.T) {
	der := func(name, key string) []byte { return capturetest.Pair(t, vectors, name, key).Certificate[0] }
	tests := []struct {
		name   string
		change func(*capture.Connection)
		want   string
	}{
		{"by hash", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Server].Chain = [][]byte{der("TVS-8.6", "tvs")}
		}, "server   CN=CUCM8-Publisher.bbbburns.lab: in itl-8.6.tlv record 4 (TVS), by its hash\n"},
		{"the same key", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Server].Chain = [][]byte{der("CallManager", "callmanager")}
		}, "server   CN=CUCM8-Publisher.bbbburns.lab: NOT in the lists; another certificate with the same key is in itl-8.6.tlv record 1 (SAST), 2 (TFTP)\n"},
		{"the rest of the chain", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Server].Chain = [][]byte{der("tvs", "tvs"), der("sub-1024", "sub-1024")}
			c.Handshake.Sides[handshake.Server].Cut = true
		}, "            and CN=cucm-1051-a-sub1: in ctl-tokenless.tlv record 4 (CCM+TFTP), by the whole certificate\n            the rest of its certificates is not in the capture\n"},
		{"unreadable", func(c *capture.Connection) { c.Handshake.Sides[handshake.Server].Chain = [][]byte{{1}} },
			"server   unreadable certificate of 1 byte: NOT in the lists\n"},
		{"not whole", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Server].SentCertificate, c.Handshake.Sides[handshake.Server].Cut = true, true
			c.Handshake.Sides[handshake.Server].Missing = 7
		}, "missing  7 bytes of the server are not in the capture\n"},
		{"no TLS", func(c *capture.Connection) { c.Handshake.Sides[handshake.Server].Garbage = true },
			"server   no certificate: it answered with something that is not TLS\n"},
		{"resumed", func(c *capture.Connection) {
			c.Handshake.Resumed, c.Handshake.State = true, handshake.Complete
		}, "result   handshake complete, of a resumed session\n"},
		{"MIC", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Client].Chain = [][]byte{der("etoken-a", "etoken-a")}
		}, ": MIC by the issuer's name, CN=Cisco Manufacturing CA (signature not checked: the lists do not hold that CA)\n"},
		{"of nobody", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Client].Chain = [][]byte{der("pub-2048", "pub-2048")}
		}, "client   CN=pub.example.com: issued by CN=pub.example.com, no CAPF of the lists and no Cisco CA\n"},
		{"an empty list", func(c *capture.Connection) { c.Handshake.Sides[handshake.Client].SentCertificate = true },
			"client   sent an empty list: it has no certificate that suits the server\n"},
		{"not asked", func(c *capture.Connection) { c.Handshake.State = handshake.Complete },
			"client   no certificate, the server did not ask for one\n"},
		{"a warning", func(c *capture.Connection) {
			c.Handshake.Alerts = []handshake.Alert{{From: handshake.Server, Code: 90}}
		}, "alert    from the server: warning, user_canceled\n"},
		{"an encrypted alert", func(c *capture.Connection) {
			c.Handshake.Alerts = []handshake.Alert{{Encrypted: true}}
		}, "alert    from the client, encrypted\n"},
		{"an alert by its size", func(c *capture.Connection) {
			c.Handshake.Alerts = []handshake.Alert{{Encrypted: true, BySize: true}}
		}, "alert    from the client, encrypted: data of the size that an alert has\n"},
		{"reset", func(c *capture.Connection) {
			c.Handshake.Steps = []handshake.Step{{From: handshake.Client, Name: "ClientHello"}}
			c.Close = capture.Close{Kind: capture.Reset, By: handshake.Server}
		}, "result   handshake stopped after ClientHello of the client; the server reset the connection\n"},
		{"closed before anything", func(c *capture.Connection) { c.Close = capture.Close{Kind: capture.FIN} },
			"result   handshake stopped before the first message; the client closed the connection\n"},
		{"holes", func(c *capture.Connection) {
			c.Handshake.Sides[handshake.Client].Missing = 1
			c.Handshake.Steps = []handshake.Step{{From: handshake.Server, Name: "Certificate (not whole)"}}
		}, "result   too much is missing to tell how the handshake ended; last seen Certificate (not whole) of the server\n"},
		{"given up", func(c *capture.Connection) { c.Close.Kind = capture.GivenUp },
			"result   skipped: out of memory before the first message\n"},
		{"the end of the capture", func(*capture.Connection) {},
			"result   handshake stopped before the first message; the capture has no more of it\n"},
		{"contradiction", func(c *capture.Connection) { c.Handshake.Sides[handshake.Server].Conflicting = 10 },
			"conflict the server sent 10 bytes twice, with different content: the first are shown, the other side may have read the others\n"},
		{"decrypted", func(c *capture.Connection) {
			c.Handshake = handshake.Summary{Version: tls.VersionTLS13, Cipher: tls.TLS_AES_128_GCM_SHA256, Keys: handshake.KeysUsed, State: handshake.Stopped}
		}, "TLS      TLS 1.3, TLS_AES_128_GCM_SHA256, decrypted with the key log\n   server   no certificate in the capture\n"},
		{"wrong secrets", func(c *capture.Connection) {
			c.Handshake = handshake.Summary{Version: tls.VersionTLS13, Cipher: tls.TLS_AES_128_GCM_SHA256, Keys: handshake.KeysWrong, State: handshake.Hidden}
		}, "TLS_AES_128_GCM_SHA256, the secrets in the key log do NOT decrypt it\n   server   certificate hidden: TLS 1.3 encrypts it\n"},
		{"resumed TLS 1.3", func(c *capture.Connection) {
			c.Handshake = handshake.Summary{Version: tls.VersionTLS13, Cipher: tls.TLS_AES_128_GCM_SHA256, Resumed: true, State: handshake.Hidden}
		}, "   server   no certificate: the connection resumes an earlier session\n"},
		{"old hello", func(c *capture.Connection) {
			c.Handshake.Version, c.Handshake.SSL2Hello, c.Handshake.Offered = 0, true, tls.VersionTLS10
		}, "TLS      no ServerHello; the client offered TLS 1.0, ClientHello in the form of SSL 2.0\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := capture.Connection{Handshake: handshake.Summary{Version: tls.VersionTLS12, Cipher: 0x2F, State: handshake.Stopped}}
			tt.change(&c)
			if got := text(t, "x.pcap", judged(t, c)); !strings.Contains(got, tt.want) {
				t.Errorf("want %q in\n%s", tt.want, got)
			}
		})
	}
}

func TestCaptureRemarks(t *testing.T) {
	r := judged(t, capture.Connection{Handshake: handshake.Summary{Version: tls.VersionTLS13}})
	r.Capture.Established, r.Capture.Truncated, r.Capture.Unread, r.Capture.Dropped, r.Without = 2, 1, 3, 1, 4
	r.Capture.SecretsDropped, r.Conflicting = 5, 6
	r.Capture.Counts = []capture.Count{{Kind: "UDP", Packets: 7}, {Kind: "ESP (IPsec, encrypted)", Packets: 2, Unread: true}, {Kind: "L2TPv3", Packets: 1, Unread: true}}
	got := text(t, "x.pcap", r)
	for _, want := range []string{
		"No server certificate is visible.\n", "1 connection with TLS 1.3:", "4 connections without a visible server certificate",
		"2 connections established before the capture began", "1 packet not whole: record with -s 0",
		"3 packets NOT readable: 2 ESP (IPsec, encrypted), 1 L2TPv3.", "5 secrets NOT used: out of memory", "6 connections with segments that contradict each other:",
		"1 connection NOT checked to the end: out of memory; raise --max-memory.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}

// The unlisted certificate may be the new one of the server whose old key signed the
// list: what the cluster signs as usual would strand the phones.
func TestCaptureRemedy(t *testing.T) {
	c := capture.Connection{Handshake: handshake.Summary{Version: tls.VersionTLS12, Cipher: 0x2F, State: handshake.Stopped}}
	c.Handshake.Sides[handshake.Server].Chain = [][]byte{capturetest.Pair(t, vectors, "pub-2048", "pub-2048").Certificate[0]}
	got := text(t, "x.pcap", judged(t, c))
	for _, list := range []string{"ctl-tokenless.tlv", "itl-8.6.tlv"} {
		if want := list + ": it must be made again, signed with a key that phones know: `ctlinspect match`"; !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	for _, never := range []string{"utils ctl update", "reset the phones"} {
		if strings.Contains(got, never) {
			t.Errorf("%q in\n%s", never, got)
		}
	}
}

// A capture without handshakes shows what is in it.
func TestCaptureOfNothing(t *testing.T) {
	c := &capture.Capture{Packets: 120, Unread: 20, Counts: []capture.Count{{Kind: "link type 189 (USB)", Packets: 20, Unread: true}}}
	for i := range 10 {
		c.Counts = append(c.Counts, capture.Count{Kind: fmt.Sprintf("Ethernet type 0x%04x", 0x9000+i), Packets: 10})
	}
	got := text(t, "x.pcap", capturereport.Judge(c, new(capturereport.Lists)))
	for _, want := range []string{
		"x.pcap: 120 packets, 0 connections with TLS\n", "20 packets NOT readable: 20 link type 189 (USB).\n",
		"No TLS handshake in 100 readable packets: 10 Ethernet type 0x9000, 10 Ethernet type 0x9001, ", "0x9007 and others.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}

// The document is written in pieces, and is the same as if it were written at once.
func TestWriteJSON(t *testing.T) {
	der := func(name, key string) []byte { return capturetest.Pair(t, vectors, name, key).Certificate[0] }
	r := judged(t, capture.Connection{Handshake: handshake.Summary{Version: tls.VersionTLS12}})
	for _, name := range []string{"pub-2048", "sub-2048"} {
		c := new(capture.Connection)
		c.Handshake.Sides[handshake.Server].Chain = [][]byte{der(name, name)}
		r.Capture.Connections = append(r.Capture.Connections, c)
	}
	l := new(capturereport.Lists)
	for _, one := range r.Lists {
		l.Add(one.File)
	}
	for _, c := range []*capture.Capture{r.Capture, {}} {
		var b, again bytes.Buffer
		if err := capturereport.WriteJSON(&b, "x.pcap", capturereport.Judge(c, l), nil); err != nil {
			t.Fatal(err)
		}
		var d report.CaptureDocument
		decoder := json.NewDecoder(bytes.NewReader(b.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&d); err != nil {
			t.Fatal(err)
		}
		if err := report.Write(&again, d); err != nil {
			t.Fatal(err)
		}
		if b.String() != again.String() || len(d.Connections) != len(c.Connections) || len(d.Lists) != 2 {
			t.Errorf("%s\n%s", &b, &again)
		}
	}
}

// What a capture holds does not reach the terminal as it stands.
func TestCaptureEscapes(t *testing.T) {
	const hostile = "\x1b]0;x\x07\u202e"
	r := judged(t, capture.Connection{Handshake: handshake.Summary{Version: tls.VersionTLS12, ServerName: hostile}})
	var b bytes.Buffer
	if err := capturereport.WriteJSON(&b, hostile, r, errors.New(hostile)); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{text(t, hostile, r), b.String()} {
		if strings.ContainsAny(out, hostile[:1]+"\x07\u202e") {
			t.Errorf("control characters in %q", out)
		}
	}
	var d report.CaptureDocument
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.File != hostile || d.Connections[0].ServerName != hostile || d.Error == nil {
		t.Errorf("%+v", d)
	}
}
