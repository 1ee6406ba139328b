package pcap_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/keylog"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
)

func readKeys(t testing.TB, data []byte, secrets string) *capture.Capture {
	t.Helper()
	keys := new(keylog.Log)
	if _, err := keys.Add(strings.NewReader(secrets)); err != nil {
		t.Fatal(err)
	}
	c, err := pcap.Read(bytes.NewReader(data), pcap.Options{MaxMemory: 64 << 20, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logged makes a handshake write a key log, and returns what reads it afterwards.
func logged(t testing.TB, o *capturetest.OpenSSL) func() string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "keys.log")
	o.ClientArgs = append(o.ClientArgs, "-keylogfile", name)
	return func() string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func checkOpened(t *testing.T, o capturetest.OpenSSL, c *capture.Capture) {
	t.Helper()
	if len(c.Connections) != 1 {
		t.Fatalf("%d connections", len(c.Connections))
	}
	h := c.Connections[0].Handshake
	if h.State != handshake.Complete || h.Keys != handshake.KeysUsed || !h.Requested {
		t.Errorf("%s, keys %q: %v", h.State, h.Keys, h.Steps)
	}
	if diff := cmp.Diff(o.Server.Certificate, h.Sides[handshake.Server].Chain); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(o.Client.Certificate, h.Sides[handshake.Client].Chain); diff != "" {
		t.Error(diff)
	}
}

// All suites of TLS 1.3 between openssl's programs.
func TestOpenSSLKeys(t *testing.T) {
	for _, suite := range []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"} {
		t.Run(suite, func(t *testing.T) {
			o := mutual(t, "-tls1_3")
			o.ClientArgs = []string{"-ciphersuites", suite}
			secrets := logged(t, &o)
			data := capturetest.Ethernet.Write(t, phone.Segments(o.Run(t)))
			c := readKeys(t, data, secrets())
			checkOpened(t, o, c)
			if got := handshake.CipherName(c.Connections[0].Handshake.Cipher); got != suite {
				t.Error(got)
			}
		})
	}
}

// Who refuses whom in TLS 1.3, and why.
func TestOpenSSLKeysRefusals(t *testing.T) {
	strict := []string{"-verify_return_error", "-no-CAfile", "-no-CApath"}
	for side, change := range map[handshake.Side]func(*capturetest.OpenSSL){
		handshake.Client: func(o *capturetest.OpenSSL) { o.ClientArgs = strict },
		handshake.Server: func(o *capturetest.OpenSSL) { o.ServerArgs = strict },
	} {
		t.Run(side.String(), func(t *testing.T) {
			o := mutual(t, "-tls1_3")
			change(&o)
			secrets := logged(t, &o)
			data := capturetest.Ethernet.Write(t, phone.Segments(o.Run(t)))
			h := readKeys(t, data, secrets()).Connections[0].Handshake
			i := slices.IndexFunc(h.Alerts, func(a handshake.Alert) bool { return a.Fatal })
			if i < 0 || h.Alerts[i].From != side || h.Alerts[i].Encrypted || h.State != handshake.Stopped {
				t.Fatalf("%s: %+v", h.State, h.Alerts)
			}
			if name := h.Alerts[i].Code.String(); name != "unknown_ca" && name != "bad_certificate" {
				t.Error(name)
			}
			if diff := cmp.Diff(o.Server.Certificate, h.Sides[handshake.Server].Chain); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTcpdumpKeys(t *testing.T) {
	o := mutual(t, "-tls1_3")
	secrets := logged(t, &o)
	file := recordLoopback(t)
	server := o.RunDirect(t)
	checkOpened(t, o, file.until(t, server, func(data []byte) *capture.Capture { return readKeys(t, data, secrets()) }))
}

// embed puts a block of secrets behind the headers of a pcapng file.
func embed(data []byte, kind uint32, secrets string) []byte {
	at := 0
	for range 2 { // section and interface
		at += int(binary.LittleEndian.Uint32(data[at+4:]))
	}
	body := binary.LittleEndian.AppendUint32(nil, kind)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(secrets)))
	body = append(body, secrets...)
	body = append(body, make([]byte, (4-len(body)%4)%4)...)
	return slices.Concat(data[:at], block(10, body), data[at:])
}

func block(kind uint32, body []byte) []byte {
	n := uint32(len(body) + 12)
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = append(binary.LittleEndian.AppendUint32(b, n), body...)
	return binary.LittleEndian.AppendUint32(b, n)
}

// Secrets that the capture contains are used.
func TestEmbeddedKeys(t *testing.T) {
	const tlsKeyLog, wireguard = 0x544C534B, 0x57474B4C
	o := mutual(t, "-tls1_3")
	secrets := logged(t, &o)
	plain := capturetest.Format{Link: layers.LinkTypeEthernet, NG: true}.Write(t, phone.Segments(o.Run(t)))
	c := read(t, embed(plain, tlsKeyLog, secrets()))
	checkOpened(t, o, c)
	if c.Secrets != 1 {
		t.Errorf("secrets of %d connections", c.Secrets)
	}
	for _, data := range [][]byte{embed(plain, wireguard, secrets()), embed(plain, tlsKeyLog, "no log"), plain} {
		c := read(t, data)
		if h := c.Connections[0].Handshake; c.Secrets != 0 || h.State != handshake.Hidden || h.Keys != handshake.KeysUnused {
			t.Errorf("%d secrets, %+v", c.Secrets, h)
		}
	}
}
