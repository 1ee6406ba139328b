package handshake_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

// opened runs a TLS 1.3 handshake of crypto/tls and returns what was sent, and the
// secrets as text.
func opened(t testing.TB, change func(server, client *tls.Config)) (parts []part, secrets string, server, client *tls.Config) {
	t.Helper()
	server, client = configs(t, tls.VersionTLS13)
	var out bytes.Buffer
	client.KeyLogWriter = &out
	if change != nil {
		change(server, client)
	}
	for _, c := range capturetest.Handshake(t, server, client) {
		p := part{data: c.Data}
		if c.FromServer {
			p.from = 1
		}
		parts = append(parts, p)
	}
	return parts, out.String(), server, client
}

func readWith(t testing.TB, secrets string, parts ...part) handshake.Summary {
	t.Helper()
	keys := new(keylog.Log)
	if _, err := keys.Add(strings.NewReader(secrets)); err != nil {
		t.Fatal(err)
	}
	c := handshake.Conversation{Keys: keys}
	for _, p := range parts {
		c.Lost(p.from, p.lost)
		c.Data(p.from, p.data)
	}
	return c.Summary(0)
}

func checkChains(t *testing.T, s handshake.Summary, server, client *tls.Config) {
	t.Helper()
	if diff := cmp.Diff(server.Certificates[0].Certificate, s.Sides[handshake.Server].Chain); diff != "" {
		t.Errorf("server: %s", diff)
	}
	if diff := cmp.Diff(client.Certificates[0].Certificate, s.Sides[handshake.Client].Chain); diff != "" {
		t.Errorf("client: %s", diff)
	}
}

func TestOpened(t *testing.T) {
	parts, secrets, server, client := opened(t, nil)
	s := readWith(t, secrets, parts...)
	checkChains(t, s, server, client)
	if s.State != handshake.Complete || s.Keys != handshake.KeysUsed || !s.Requested || s.Resumed {
		t.Errorf("%+v", s)
	}
	const want = "c ClientHello, s ServerHello, s EncryptedExtensions, s CertificateRequest, s Certificate, s CertificateVerify, s Finished, " +
		"c Certificate, c CertificateVerify, c Finished"
	if got := names(s); !strings.HasPrefix(got, want) {
		t.Errorf("steps: %s", got)
	}
}

// The pieces in which bytes arrive make no difference.
func TestOpenedByteByByte(t *testing.T) {
	parts, secrets, _, _ := opened(t, nil)
	var pieces []part
	for _, p := range parts {
		for _, b := range p.data {
			pieces = append(pieces, part{from: p.from, data: []byte{b}})
		}
	}
	if diff := cmp.Diff(readWith(t, secrets, parts...), readWith(t, secrets, pieces...)); diff != "" {
		t.Error(diff)
	}
}

// without removes the lines of a key log that begin with a label.
func without(secrets, label string) string {
	var out strings.Builder
	for line := range strings.Lines(secrets) {
		if !strings.HasPrefix(line, label) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// Wrong, missing and partial secrets are reported, and nothing is made up.
func TestKeys(t *testing.T) {
	parts, secrets, server, client := opened(t, nil)
	_, others, _, _ := opened(t, nil)
	random := strings.Fields(secrets)[1]
	mixed := strings.ReplaceAll(others, strings.Fields(others)[1], random)
	t.Run("of another connection", func(t *testing.T) {
		s := readWith(t, others, parts...)
		if s.Keys != handshake.KeysMissing || s.State != handshake.Hidden || len(s.Sides[0].Chain)+len(s.Sides[1].Chain) != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		s := readWith(t, mixed, parts...)
		if s.Keys != handshake.KeysWrong || s.State != handshake.Hidden || len(s.Sides[0].Chain)+len(s.Sides[1].Chain) != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("of another hash", func(t *testing.T) {
		fields := strings.Fields(secrets)
		s := readWith(t, fields[0]+" "+fields[1]+" "+strings.Repeat("00", 64), parts...)
		if s.Keys != handshake.KeysWrong || len(s.Sides[1].Chain) != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("of the server only", func(t *testing.T) {
		s := readWith(t, without(secrets, "CLIENT_"), parts...)
		if s.Keys != handshake.KeysUsed || s.State != handshake.Hidden || len(s.Sides[handshake.Client].Chain) != 0 {
			t.Errorf("%+v", s)
		}
		if diff := cmp.Diff(server.Certificates[0].Certificate, s.Sides[handshake.Server].Chain); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of the client only", func(t *testing.T) {
		s := readWith(t, without(secrets, "SERVER_"), parts...)
		if s.Keys != handshake.KeysUsed || len(s.Sides[handshake.Server].Chain) != 0 || s.State == handshake.Complete {
			t.Errorf("%+v", s)
		}
		if diff := cmp.Diff(client.Certificates[0].Certificate, s.Sides[handshake.Client].Chain); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of the handshake only", func(t *testing.T) {
		s := readWith(t, without(without(secrets, "CLIENT_TRAFFIC"), "SERVER_TRAFFIC"), parts...)
		checkChains(t, s, server, client)
		if s.State != handshake.Complete {
			t.Errorf("%+v", s)
		}
	})
	t.Run("of no known suite", func(t *testing.T) {
		hello := bytes.Clone(parts[1].data)
		i := bytes.Index(hello, []byte{0x13, 0x01, 0})
		if i < 0 {
			i = bytes.Index(hello, []byte{0x13, 0x02, 0})
		}
		hello[i+1] = 4 // AES-CCM
		s := readWith(t, secrets, append([]part{parts[0], {from: 1, data: hello}}, parts[2:]...)...)
		if s.Keys != handshake.KeysUnsupported || len(s.Sides[0].Chain)+len(s.Sides[1].Chain) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A changed bit in a record is no certificate.
func TestOpenedForged(t *testing.T) {
	parts, secrets, _, _ := opened(t, nil)
	for i := range parts {
		if parts[i].from == 1 && len(parts[i].data) > 1000 {
			parts[i].data = bytes.Clone(parts[i].data)
			parts[i].data[len(parts[i].data)/2] ^= 1
		}
	}
	s := readWith(t, secrets, parts...)
	if s.Keys != handshake.KeysWrong || len(s.Sides[handshake.Server].Chain) != 0 || s.State == handshake.Complete {
		t.Errorf("%+v", s)
	}
}

// Alerts of both sides are read, also the server's, which comes after Finished.
func TestOpenedAlerts(t *testing.T) {
	parts, secrets, server, _ := opened(t, func(_, client *tls.Config) {
		client.InsecureSkipVerify, client.RootCAs = false, x509.NewCertPool()
	})
	s := readWith(t, secrets, parts...)
	if len(s.Alerts) != 1 || s.Alerts[0] != (handshake.Alert{From: handshake.Client, Fatal: true, Code: 42}) || s.State != handshake.Stopped {
		t.Errorf("%s, %+v", s.State, s.Alerts)
	}
	if diff := cmp.Diff(server.Certificates[0].Certificate, s.Sides[handshake.Server].Chain); diff != "" {
		t.Error(diff)
	}
	parts, secrets, server, client := opened(t, func(server, _ *tls.Config) {
		server.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errors.New("no") }
	})
	s = readWith(t, secrets, parts...)
	checkChains(t, s, server, client)
	i := slices.IndexFunc(s.Alerts, func(a handshake.Alert) bool { return a.Fatal })
	if i < 0 || s.Alerts[i] != (handshake.Alert{From: handshake.Server, Fatal: true, Code: 42}) || s.State != handshake.Stopped {
		t.Errorf("%s, %+v: %s", s.State, s.Alerts, names(s))
	}
}

// records splits parts so that each is one record.
func records(parts []part) (list []part) {
	for _, p := range parts {
		for b := p.data; len(b) > 0; {
			n := 5 + int(b[3])<<8 + int(b[4])
			list = append(list, part{from: p.from, data: b[:n]})
			b = b[n:]
		}
	}
	return list
}

// Where a record is missing, those that follow are read.
func TestOpenedWithHoles(t *testing.T) {
	parts, secrets, server, client := opened(t, nil)
	parts = records(parts)
	tried := 0
	for i, p := range parts {
		if p.from != 1 || p.data[0] != 23 {
			continue
		}
		holed := slices.Clone(parts)
		holed[i] = part{from: 1, lost: len(p.data)}
		s := readWith(t, secrets, holed...)
		if s.Sides[handshake.Server].Missing != len(p.data) || s.Keys != handshake.KeysUsed {
			t.Errorf("record %d: %+v", i, s)
		}
		if diff := cmp.Diff(client.Certificates[0].Certificate, s.Sides[handshake.Client].Chain); diff != "" {
			t.Errorf("record %d: %s", i, diff)
		}
		if small := len(p.data) < len(server.Certificates[0].Certificate[0]); small {
			tried++
			if diff := cmp.Diff(server.Certificates[0].Certificate, s.Sides[handshake.Server].Chain); diff != "" {
				t.Errorf("record %d: %s", i, diff)
			}
		}
	}
	if tried == 0 {
		t.Error("no record was left out")
	}
}

// A session that is resumed shows that without secrets, and sends no certificates.
func TestOpenedResumed(t *testing.T) {
	cache := tls.NewLRUClientSessionCache(4)
	server, client := configs(t, tls.VersionTLS13)
	client.ClientSessionCache = cache
	run := func() handshake.Summary {
		var out bytes.Buffer
		client.KeyLogWriter = &out
		var parts []part
		for _, c := range capturetest.Talk(t, server, client) {
			p := part{data: c.Data}
			if c.FromServer {
				p.from = 1
			}
			parts = append(parts, p)
		}
		plain := read(parts...)
		s := readWith(t, out.String(), parts...)
		if plain.Resumed != s.Resumed || plain.State != handshake.Hidden {
			t.Errorf("without secrets: %+v", plain)
		}
		return s
	}
	if s := run(); s.Resumed || s.State != handshake.Complete {
		t.Errorf("first: %+v", s)
	}
	if s := run(); !s.Resumed || s.State != handshake.Complete || s.Sides[0].SentCertificate || s.Sides[1].SentCertificate {
		t.Errorf("second: %+v", s)
	}
}

func TestVisibility(t *testing.T) {
	parts, secrets, _, _ := opened(t, nil)
	session := []byte("session")
	hello := part{from: 0, data: record(22, clientHello(session))}
	tests := []struct {
		name           string
		s              handshake.Summary
		server, client handshake.Visibility
	}{
		{"both", read(full()...), handshake.Visible, handshake.Visible},
		{"stopped", read(full()[:3]...), handshake.Visible, handshake.Unseen},
		{"cut", read(hello, part{from: 1, data: record(22, certificates(serverDER))[:900]}), handshake.Partial, handshake.Unseen},
		{"resumed", read(hello, part{from: 1, data: record(22, serverHello(session))}), handshake.NotSent, handshake.NotSent},
		{"lost", read(hello, part{from: 1, lost: 2000, data: record(22, done)}), handshake.Unseen, handshake.Unseen},
		{"TLS 1.3", read(parts...), handshake.Encrypted, handshake.Encrypted},
		{"TLS 1.3 with secrets", readWith(t, secrets, parts...), handshake.Visible, handshake.Visible},
	}
	for _, tt := range tests {
		if server, client := tt.s.Certificate(handshake.Server), tt.s.Certificate(handshake.Client); server != tt.server || client != tt.client {
			t.Errorf("%s: server %s, client %s", tt.name, server, client)
		}
	}
}
