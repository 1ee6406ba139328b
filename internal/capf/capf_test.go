package capf_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capf"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
)

const testdata = "../../testdata/"

// serve runs a server until the test ends, and returns its address.
func serve(t *testing.T, config *tls.Config, handle func(net.Conn)) string {
	t.Helper()
	own, err := tls.LoadX509KeyPair(testdata+"certs/capf-2048.pem", testdata+"keys/capf-2048.pem")
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{own}
	l := testneed.Listen(t)
	go testneed.Accept(l, func(tcp net.Conn) {
		defer tcp.Close()
		if conn := tls.Server(tcp, config); conn.Handshake() == nil {
			handle(conn)
		}
	})
	return l.Addr().String()
}

func says(b ...byte) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Write(b)
		_, _ = io.Copy(io.Discard, conn)
	}
}

func TestLook(t *testing.T) {
	const patient, brief = time.Minute, 50 * time.Millisecond
	for name, tt := range map[string]struct {
		handle  func(net.Conn)
		timeout time.Duration
		speaks  bool
		want    string // of the error
	}{
		"CAPF":           {says(0x55, 0x01, 0, 0, 0), patient, true, ""},
		"another":        {says(0x55, 0x02), patient, false, ""},
		"HTTP":           {says([]byte("HTTP/1.1 400 Bad Request\r\n")...), patient, false, ""},
		"silent":         {says(), brief, false, ""},
		"half":           {says(0x55), brief, false, ""},
		"hangs up":       {func(net.Conn) {}, patient, false, "it closed the connection without sending anything"},
		"garbage at TLS": {func(c net.Conn) { _, _ = c.(*tls.Conn).NetConn().Write([]byte("garbage, not a record")) }, patient, false, ""},
	} {
		p, err := capf.Look(context.Background(), serve(t, &tls.Config{}, tt.handle), tt.timeout, tlspeer.Options{})
		if err != nil && tt.timeout == brief {
			continue // the machine was too slow for the handshake: no answer in time
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.Speaks() != tt.speaks || (p.Err == nil) != (len(p.First) == 2) || tt.want != "" && p.Err.Error() != tt.want || p.Server == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestLookOld(t *testing.T) {
	address := serve(t, &tls.Config{MaxVersion: tls.VersionTLS10, MinVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_256_CBC_SHA}, ClientAuth: tls.RequestClientCert}, says(0x55, 0x01))
	if p, err := capf.Look(context.Background(), address, time.Minute, tlspeer.Options{}); err == nil || !strings.Contains(err.Error(), "no TLS version") {
		t.Errorf("%+v, %v", p, err)
	}
	p, err := capf.Look(context.Background(), address, time.Minute, tlspeer.Options{Legacy: true})
	if err != nil || !p.Speaks() || !p.Asked || p.Version != tls.VersionTLS10 || !bytes.Contains(p.Server.Raw, []byte("CAPF-")) {
		t.Errorf("%+v, %v", p, err)
	}
}
