package handshake_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

const vectors = "../../testdata"

// record is a record of TLS 1.2 around handshake messages or something else.
func record(kind byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

// message is a handshake message.
func message(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func clientHello(session []byte) []byte {
	b := append([]byte{3, 3}, make([]byte, 32)...)
	b = append(b, byte(len(session)))
	b = append(b, session...)
	return message(1, append(b, 0, 2, 0, 0x2F, 1, 0))
}

func serverHello(session []byte) []byte {
	b := append([]byte{3, 3}, make([]byte, 32)...)
	b = append(b, byte(len(session)))
	b = append(b, session...)
	return message(2, append(b, 0, 0x2F, 0))
}

func certificates(chain ...[]byte) []byte {
	var list []byte
	for _, der := range chain {
		list = append(list, byte(len(der)>>16), byte(len(der)>>8), byte(len(der)))
		list = append(list, der...)
	}
	return message(11, append([]byte{byte(len(list) >> 16), byte(len(list) >> 8), byte(len(list))}, list...))
}

var (
	done      = message(14, nil)
	request   = message(13, []byte{1, 1, 0, 0})
	exchange  = message(16, make([]byte, 20))
	verify    = message(15, make([]byte, 20))
	change    = record(20, []byte{1})
	finished  = record(22, bytes.Repeat([]byte{0xE7}, 40))
	serverDER = bytes.Repeat([]byte("server"), 300)
	caDER     = bytes.Repeat([]byte("ca"), 400)
	phoneDER  = bytes.Repeat([]byte("phone"), 200)
)

type part struct {
	from int // 0 opened the connection
	data []byte
	lost int
}

func read(parts ...part) handshake.Summary {
	var c handshake.Conversation
	for _, p := range parts {
		c.Lost(p.from, p.lost)
		c.Data(p.from, p.data)
	}
	return c.Summary(0)
}

func names(s handshake.Summary) string {
	var list []string
	for _, step := range s.Steps {
		list = append(list, step.From.String()[:1]+" "+step.Name)
	}
	return strings.Join(list, ", ")
}

// full is a handshake with certificates on both sides, every message in a record
// of its own.
func full() []part {
	return []part{
		{from: 0, data: record(22, clientHello(nil))},
		{from: 1, data: record(22, serverHello(nil))},
		{from: 1, data: record(22, certificates(serverDER, caDER))},
		{from: 1, data: record(22, request)},
		{from: 1, data: record(22, done)},
		{from: 0, data: record(22, certificates(phoneDER))},
		{from: 0, data: record(22, exchange)},
		{from: 0, data: record(22, verify)},
		{from: 0, data: change},
		{from: 0, data: finished},
		{from: 1, data: change},
		{from: 1, data: finished},
	}
}

const fullSteps = "c ClientHello, s ServerHello, s Certificate, s CertificateRequest, s ServerHelloDone, c Certificate, " +
	"c ClientKeyExchange, c CertificateVerify, c ChangeCipherSpec, c Finished (encrypted), s ChangeCipherSpec, s Finished (encrypted)"

func TestFullHandshake(t *testing.T) {
	s := read(full()...)
	if got := names(s); got != fullSteps {
		t.Errorf("steps: %s", got)
	}
	if s.State != handshake.Complete || s.Version != tls.VersionTLS12 || s.Cipher != 0x2F || !s.Requested || s.Resumed {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([][]byte{serverDER, caDER}, s.Sides[handshake.Server].Chain); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]byte{phoneDER}, s.Sides[handshake.Client].Chain); diff != "" {
		t.Error(diff)
	}
}

// The same handshake, however its messages lie in records and packets.
func TestSplitAndJoined(t *testing.T) {
	want := read(full()...)
	t.Run("several messages in a record", func(t *testing.T) {
		p := full()
		flight := record(22, serverHello(nil), certificates(serverDER, caDER), request, done)
		p = append([]part{p[0], {from: 1, data: flight}}, p[5:]...)
		if diff := cmp.Diff(want, read(p...)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("messages over records", func(t *testing.T) {
		all := bytes.Join([][]byte{serverHello(nil), certificates(serverDER, caDER), request, done}, nil)
		for _, size := range []int{1, 3, 7, 100, 1000} {
			var records []byte
			for rest := all; len(rest) > 0; {
				n := min(size, len(rest))
				records = append(records, record(22, rest[:n])...)
				rest = rest[n:]
			}
			p := full()
			p = append([]part{p[0], {from: 1, data: records}}, p[5:]...)
			if diff := cmp.Diff(want, read(p...)); diff != "" {
				t.Errorf("%d bytes a record: %s", size, diff)
			}
		}
	})
	t.Run("byte by byte", func(t *testing.T) {
		var p []part
		for _, whole := range full() {
			for _, b := range whole.data {
				p = append(p, part{from: whole.from, data: []byte{b}})
			}
		}
		if diff := cmp.Diff(want, read(p...)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCases(t *testing.T) {
	session := []byte("session")
	hello := part{from: 0, data: record(22, clientHello(session))}
	cert := record(22, certificates(serverDER))
	tests := []struct {
		name  string
		parts []part
		check func(handshake.Summary) bool
		steps string
	}{
		{"resumed, by the session's name", []part{hello, {from: 1, data: record(22, serverHello(session))}, {from: 1, data: change}, {from: 1, data: finished}, {from: 0, data: change}, {from: 0, data: finished}},
			func(s handshake.Summary) bool { return s.Resumed && s.State == handshake.Complete },
			"c ClientHello, s ServerHello, s ChangeCipherSpec, s Finished (encrypted), c ChangeCipherSpec, c Finished (encrypted)"},
		{"resumed with a ticket", []part{hello, {from: 1, data: record(22, serverHello(nil))}, {from: 1, data: change}, {from: 1, data: finished}, {from: 0, data: change}, {from: 0, data: finished}},
			func(s handshake.Summary) bool { return s.Resumed && s.State == handshake.Complete },
			"c ClientHello, s ServerHello, s ChangeCipherSpec, s Finished (encrypted), c ChangeCipherSpec, c Finished (encrypted)"},
		{"the client refuses the certificate", []part{hello, {from: 1, data: record(22, serverHello(nil))}, {from: 1, data: cert}, {from: 1, data: record(22, done)}, {from: 0, data: record(21, []byte{2, 48})}},
			func(s handshake.Summary) bool {
				return s.State == handshake.Stopped && len(s.Alerts) == 1 && s.Alerts[0].Fatal && s.Alerts[0].Code.String() == "unknown_ca" && s.Alerts[0].From == handshake.Client
			},
			"c ClientHello, s ServerHello, s Certificate, s ServerHelloDone, c alert"},
		{"an encrypted alert", []part{hello, {from: 1, data: record(22, serverHello(nil))}, {from: 1, data: cert}, {from: 0, data: change}, {from: 0, data: record(21, make([]byte, 24))}},
			func(s handshake.Summary) bool { return len(s.Alerts) == 1 && s.Alerts[0].Encrypted },
			"c ClientHello, s ServerHello, s Certificate, c ChangeCipherSpec, c alert"},
		{"an encrypted alert, the ChangeCipherSpec is missing", []part{hello, {from: 1, data: record(22, serverHello(nil))}, {from: 1, data: cert}, {from: 0, lost: 6, data: record(21, append([]byte{2, 40}, make([]byte, 22)...))}},
			func(s handshake.Summary) bool { return len(s.Alerts) == 1 && s.Alerts[0].Encrypted },
			"c ClientHello, s ServerHello, s Certificate, c alert"},
		{"half of an alert in a record", []part{hello, {from: 1, data: record(21, []byte{2})}},
			func(s handshake.Summary) bool { return len(s.Alerts) == 0 }, "c ClientHello"},
		{"an empty list of certificates", []part{hello, {from: 1, data: record(22, request)}, {from: 0, data: record(22, certificates())}},
			func(s handshake.Summary) bool {
				c := s.Sides[handshake.Client]
				return c.SentCertificate && !c.Cut && len(c.Chain) == 0
			},
			"c ClientHello, s CertificateRequest, c Certificate"},
		{"hello in the form of SSL 2.0", []part{{from: 0, data: append([]byte{0x80, 0x2E, 1, 3, 1, 0, 21, 0, 0, 0, 16}, make([]byte, 37)...)}, {from: 1, data: record(22, serverHello(nil), certificates(serverDER))}, {from: 0, data: record(22, exchange)}},
			func(s handshake.Summary) bool {
				return s.SSL2Hello && s.Offered == tls.VersionTLS10 && len(s.Sides[handshake.Server].Chain) == 1
			},
			"c ClientHello, s ServerHello, s Certificate, c ClientKeyExchange"},
		{"the server is no TLS server", []part{hello, {from: 1, data: []byte("HTTP/1.1 400 Bad Request\r\n")}},
			func(s handshake.Summary) bool {
				return s.Sides[handshake.Server].Garbage && s.State == handshake.Stopped
			},
			"c ClientHello"},
		{"the capture begins with the server's certificate", []part{{from: 0, data: cert}, {from: 0, data: record(22, done)}, {from: 1, data: record(22, exchange)}},
			func(s handshake.Summary) bool {
				return s.ClientEnd == 1 && len(s.Sides[handshake.Server].Chain) == 1 && s.Version == 0
			},
			"s Certificate, s ServerHelloDone, c ClientKeyExchange"},
		{"the capture begins with Finished", []part{hello, {from: 1, data: finished}},
			func(s handshake.Summary) bool { return !s.Resumed }, "c ClientHello, s Finished (encrypted)"},
		{"a certificate of which the end is missing", []part{hello, {from: 1, data: record(22, serverHello(nil), certificates(serverDER, caDER), done)[:2200]}, {from: 1, lost: 10000}},
			func(s handshake.Summary) bool {
				c := s.Sides[handshake.Server]
				return c.Cut && len(c.Chain) == 1 && bytes.Equal(c.Chain[0], serverDER) && c.Missing == 10000
			},
			"c ClientHello, s ServerHello, s Certificate (not whole)"},
		{"the capture ends inside a certificate", []part{hello, {from: 1, data: record(22, certificates(serverDER, caDER), done)[:2200]}},
			func(s handshake.Summary) bool {
				c := s.Sides[handshake.Server]
				return c.Cut && len(c.Chain) == 1
			},
			"c ClientHello"},
		{"a piece of a record is missing, the next can be read", []part{hello, {from: 1, data: record(22, serverHello(nil))[:20]}, {from: 1, lost: len(serverHello(nil)) - 15, data: cert}},
			func(s handshake.Summary) bool {
				c := s.Sides[handshake.Server]
				return !c.Cut && len(c.Chain) == 1 && s.Version == 0
			},
			"c ClientHello, s ServerHello (not whole), s Certificate"},
		{"more than a record is missing, a packet begins with the next", []part{hello, {from: 1, data: record(22, serverHello(nil))[:20]}, {from: 1, lost: 3000, data: []byte("the middle of something")}, {from: 1, data: cert}},
			func(s handshake.Summary) bool { return len(s.Sides[handshake.Server].Chain) == 1 },
			"c ClientHello, s ServerHello (not whole), s Certificate"},
		{"a piece is missing of a message over two records", []part{hello, {from: 1, data: record(22, certificates(serverDER)[:1000])[:500]}, {from: 1, lost: 505, data: record(22, certificates(serverDER)[1000:])}, {from: 1, data: record(22, done)}},
			func(s handshake.Summary) bool { return s.Sides[handshake.Server].Cut },
			"c ClientHello, s Certificate (not whole), s ServerHelloDone"},
		{"half of an alert is missing", []part{hello, {from: 1, data: []byte{21, 3, 3, 0, 2}}, {from: 1, lost: 1, data: []byte{2}}},
			func(s handshake.Summary) bool { return len(s.Alerts) == 0 && s.Sides[handshake.Server].Missing == 1 },
			"c ClientHello"},
		{"resumed, then stopped", []part{hello, {from: 1, data: record(22, serverHello(session))}, {from: 0, data: record(21, []byte{2, 40})}},
			func(s handshake.Summary) bool { return s.Resumed && s.State == handshake.Stopped },
			"c ClientHello, s ServerHello, c alert"},
		{"one direction only", append([]part{{from: 0, data: record(22, serverHello(nil), certificates(serverDER), done)}, {from: 0, data: change}, {from: 0, data: finished}}, part{from: 0, data: bytes.Repeat(record(23, make([]byte, 30)), 20)}),
			func(s handshake.Summary) bool { return s.State == handshake.Complete && s.ClientEnd == 1 },
			"s ServerHello, s Certificate, s ServerHelloDone, s ChangeCipherSpec, s Finished (encrypted), s encrypted data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(tt.parts...)
			if !tt.check(s) {
				t.Errorf("%+v", s)
			}
			if got := names(s); got != tt.steps {
				t.Errorf("steps: %s", got)
			}
		})
	}
}

// A claimed length costs nothing.
func TestMemory(t *testing.T) {
	var c handshake.Conversation
	c.Data(0, []byte{22, 3, 3, 0x40, 0, 11, 0xFF, 0xFF, 0xFF})
	if n := c.Size(); n > 1000 {
		t.Errorf("%d bytes held for 9", n)
	}
	chunk := record(22, make([]byte, 1<<14))
	for range 2000 { // 32 MB of a message that says 16 MB
		c.Data(0, chunk)
	}
	if n := c.Size(); n > 1<<20 {
		t.Errorf("%d bytes held", n)
	}
}

func TestStarts(t *testing.T) {
	tests := []struct {
		data              string
		starts, continue_ bool
	}{
		{"\x16\x03\x01\x02\x00\x01\x00", true, false},
		{"\x16\x03\x03\x00\x50\x02\x00", true, false},
		{"\x16\x03\x03\x0a\x00\x0b\x00", true, false},
		{"\x16\x03\x03\x00\x28\xe7\xe7", false, false},
		{"\x80\x2e\x01\x03\x01\x00", true, false},
		{"\x80\x2e\x01\x00\x02\x00", true, false},
		{"\x80\x2e\x02\x03\x01\x00", false, false},
		{"\x17\x03\x03\x00\x28\x01\x01", false, true},
		{"\x17\x03\x03\xff\x28\x01\x01", false, false},
		{"REGISTER sip:x SIP/2.0\r\n", false, false},
		{"\x16\x03\x01", false, false},
		{"", false, false},
	}
	for _, tt := range tests {
		if got := handshake.Starts([]byte(tt.data)); got != tt.starts {
			t.Errorf("Starts(%q) = %t", tt.data, got)
		}
		if got := handshake.Continues([]byte(tt.data)); got != tt.continue_ {
			t.Errorf("Continues(%q) = %t", tt.data, got)
		}
	}
}

// configs are a server and a client of crypto/tls that both have certificates.
func configs(t testing.TB, version uint16) (server, client *tls.Config) {
	server = &tls.Config{
		Certificates: []tls.Certificate{capturetest.Pair(t, vectors, "pub-2048", "pub-2048")},
		ClientAuth:   tls.RequireAnyClientCert, MinVersion: version, MaxVersion: version,
	}
	client = &tls.Config{
		Certificates:       []tls.Certificate{capturetest.Pair(t, vectors, "sub-2048", "sub-2048")},
		InsecureSkipVerify: true, ServerName: "cucm.example.com", MinVersion: version, MaxVersion: version,
	}
	now := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) } // certificates are valid then
	server.Time, client.Time = now, now
	return server, client
}

// With crypto/tls on both sides.
func TestGo(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(handshake.VersionName(version), func(t *testing.T) {
			server, client := configs(t, version)
			var parts []part
			for _, c := range capturetest.Handshake(t, server, client) {
				p := part{data: c.Data}
				if c.FromServer {
					p.from = 1
				}
				parts = append(parts, p)
			}
			s := read(parts...)
			if s.Version != version || s.Offered != version || s.ServerName != "cucm.example.com" {
				t.Errorf("%+v", s)
			}
			if version == tls.VersionTLS13 {
				if s.State != handshake.Hidden || len(s.Sides[0].Chain)+len(s.Sides[1].Chain) != 0 || len(s.Alerts) > 0 {
					t.Errorf("%+v", s)
				}
				return
			}
			if s.State != handshake.Complete {
				t.Errorf("state %s, %s", s.State, names(s))
			}
			if diff := cmp.Diff(server.Certificates[0].Certificate, s.Sides[handshake.Server].Chain); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(client.Certificates[0].Certificate, s.Sides[handshake.Client].Chain); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// In TLS 1.3 a client that refuses the server's certificate sends an alert that
// only its size gives away. A retry and a failed version are seen.
func TestGoFailures(t *testing.T) {
	run := func(change func(server, client *tls.Config)) handshake.Summary {
		server, client := configs(t, tls.VersionTLS13)
		change(server, client)
		var parts []part
		for _, c := range capturetest.Handshake(t, server, client) {
			p := part{data: c.Data}
			if c.FromServer {
				p.from = 1
			}
			parts = append(parts, p)
		}
		return read(parts...)
	}
	s := run(func(_, client *tls.Config) {
		client.InsecureSkipVerify, client.RootCAs = false, x509.NewCertPool()
	})
	if len(s.Alerts) != 1 || !s.Alerts[0].BySize || s.Alerts[0].From != handshake.Client {
		t.Errorf("refused certificate: %+v", s)
	}
	s = run(func(server, client *tls.Config) {
		server.CurvePreferences = []tls.CurveID{tls.CurveP521}
		client.CurvePreferences = []tls.CurveID{tls.CurveP256, tls.CurveP521}
	})
	if !strings.HasPrefix(names(s), "c ClientHello, s HelloRetryRequest, c ClientHello, s ServerHello, ") || s.State != handshake.Hidden {
		t.Errorf("retry: %s, %s", names(s), s.State)
	}
	s = run(func(server, client *tls.Config) {
		server.MinVersion, server.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	})
	if len(s.Alerts) != 1 || s.Alerts[0].Code.String() != "protocol_version" || s.Alerts[0].From != handshake.Server || s.Offered != tls.VersionTLS13 {
		t.Errorf("version: %+v", s)
	}
}

func TestNames(t *testing.T) {
	for version, want := range map[uint16]string{0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0304: "TLS 1.3", 0x7F12: "version 0x7f12"} {
		if got := handshake.VersionName(version); got != want {
			t.Errorf("%#x: %s", version, got)
		}
	}
	for id, want := range map[uint16]string{0x0002: "TLS_RSA_WITH_NULL_SHA", 0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA", 0x1301: "TLS_AES_128_GCM_SHA256", 0xFEFE: "cipher 0xfefe"} {
		if got := handshake.CipherName(id); got != want {
			t.Errorf("%#x: %s", id, got)
		}
	}
	if got := handshake.AlertCode(200).String(); got != "alert 200" {
		t.Error(got)
	}
}

// The names are those of another implementation.
func TestCipherNamesOfOpenSSL(t *testing.T) {
	testneed.Program(t, "openssl")
	out, err := exec.Command("openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for line := range strings.Lines(string(out)) {
		var id [2]byte
		fields := strings.Fields(line)
		if len(fields) < 3 || !parseID(fields[0], &id) {
			t.Fatalf("unexpected line %q", line)
		}
		name := handshake.CipherName(binary.BigEndian.Uint16(id[:]))
		if strings.HasPrefix(name, "cipher ") {
			continue
		}
		known++
		if name != fields[2] {
			t.Errorf("%s: %s, openssl says %s", fields[0], name, fields[2])
		}
	}
	if known < 40 {
		t.Errorf("only %d names compared", known)
	}
}

// parseID reads "0xC0,0x2F".
func parseID(s string, id *[2]byte) bool {
	for i, part := range strings.SplitN(s, ",", 2) {
		b, ok := strings.CutPrefix(part, "0x")
		if !ok || len(b) != 2 {
			return false
		}
		n := strings.Index("0123456789ABCDEF", b[:1])*16 + strings.Index("0123456789ABCDEF", b[1:])
		id[i] = byte(n)
	}
	return true
}

// Whatever comes in whatever pieces: no panic, bounded memory, and the pieces
// make no difference.
func FuzzConversation(f *testing.F) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		server, client := configs(f, version)
		var all [2][]byte
		for _, c := range capturetest.Handshake(f, server, client) {
			i := 0
			if c.FromServer {
				i = 1
			}
			all[i] = append(all[i], c.Data...)
		}
		f.Add(all[0], all[1], uint16(0), uint64(1))
		f.Add(all[1], all[0], uint16(700), uint64(2))
	}
	f.Add(append([]byte{0x80, 0x2E, 1, 3, 1}, make([]byte, 43)...), finished, uint16(0), uint64(3))
	f.Fuzz(func(t *testing.T, a, b []byte, hole uint16, seed uint64) {
		var whole, pieces handshake.Conversation
		random := rand.New(rand.NewPCG(seed, 0))
		for from, data := range [2][]byte{a, b} {
			whole.Data(from, data)
			for len(data) > 0 {
				n := 1 + random.IntN(min(len(data), 500))
				pieces.Data(from, data[:n])
				data = data[n:]
			}
		}
		if a, b := whole.Summary(0), pieces.Summary(0); !reflect.DeepEqual(a, b) {
			t.Errorf("in pieces: %s", cmp.Diff(a, b))
		}
		var holed handshake.Conversation
		cut := min(len(b), int(hole))
		holed.Data(1, b[:cut])
		holed.Lost(1, int(hole))
		holed.Data(0, a)
		holed.Data(1, b[cut:])
		for _, c := range []*handshake.Conversation{&whole, &pieces, &holed} {
			if n := c.Size(); n > 8*(len(a)+len(b))+1<<14 {
				t.Errorf("%d bytes held for %d", n, len(a)+len(b))
			}
		}
	})
}
