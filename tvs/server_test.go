package tvs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
	"github.com/ctlinspect/ctlinspect/tvs"
)

const testdata = "../testdata/"

// patient is for exchanges that succeed, brief for peers that never answer.
const (
	patient = time.Minute
	brief   = 50 * time.Millisecond
)

func readList(t testing.TB, name string) *trust.List {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, "lists", name))
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func pair(t testing.TB, certificate, key string) tls.Certificate {
	t.Helper()
	c, err := tls.LoadX509KeyPair(testdata+"certs/"+certificate+".pem", testdata+"keys/"+key+".pem")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve runs a server until the test ends, and returns its address.
func serve(t testing.TB, s *tvs.Server) string {
	t.Helper()
	l := testneed.Listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

func ask(t testing.TB, c *tvs.Client, address string, q tvs.Question) *tvs.Exchange {
	t.Helper()
	e, err := c.Ask(context.Background(), address, q)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A list with a SAST that another one does not hold.
func signer(t testing.TB) (*trust.List, tvs.Question) {
	t.Helper()
	l := readList(t, "itl-by-recovery.tlv")
	q, err := tvs.AboutSigner(l)
	if err != nil {
		t.Fatal(err)
	}
	return l, q
}

func TestAsk(t *testing.T) {
	l, q := signer(t)
	s := &tvs.Server{Certificate: pair(t, "tvs", "tvs"), Answer: tvs.NewHoldings(l.Records...).Answer, Idle: patient}
	address := serve(t, s)
	for _, verify := range []bool{false, true} {
		e := ask(t, &tvs.Client{Timeout: patient, Verify: verify}, address, q)
		if e.Err != nil || e.Answer.Status != tvs.StatusValid || !slices.Contains(e.Answer.Roles, tlv.RoleSAST) || e.Answer.TTL != tvs.DefaultTTL {
			t.Errorf("%+v", e)
		}
		if e.Version != tls.VersionTLS13 || !bytes.Equal(e.Server.Raw, s.Certificate.Certificate[0]) || e.Request.Device() != tvs.DefaultDevice {
			t.Errorf("%+v", e)
		}
		stranger := tvs.About(readCert(t, "CAPF"))
		if e := ask(t, &tvs.Client{Timeout: patient, Verify: verify, Device: "CP-7961-SEP001122334455"}, address, stranger); e.Err != nil || e.Answer.Status != tvs.StatusInvalid || e.Request.Device() != "CP-7961-SEP001122334455" {
			t.Errorf("%+v", e)
		}
	}
}

func readCert(t testing.TB, name string) *cert.Certificate {
	t.Helper()
	c, err := cert.Read(pemOf(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The question about a signer is in the bytes of the list, also for tokens, whose
// names and serials are unlike their certificate's.
func TestAboutSigner(t *testing.T) {
	l := readList(t, "ctl-etoken.tlv")
	q, err := tvs.AboutSigner(l)
	if err != nil {
		t.Fatal(err)
	}
	if about := tvs.About(q.Certificate); about.Issuer == q.Issuer || about.Serial.Equal(q.Serial) {
		t.Errorf("the token is named as its certificate is: %+v", q)
	}
	h := tvs.NewHoldings(l.Records...)
	request := q.Query(1, "x")
	a, err := tvs.Judge(q, request, h.Answer(request))
	if err != nil || !slices.Contains(a.Roles, tlv.RoleSAST) {
		t.Errorf("%+v, %v", a, err)
	}
	for _, name := range []string{"bad-signature.tlv", "no-signer-record.tlv"} {
		if q, err := tvs.AboutSigner(readList(t, name)); err == nil {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

func TestHoldings(t *testing.T) {
	l := readList(t, "itl-8.6.tlv")
	h := tvs.NewHoldings(l.Records...)
	if h.Len() != 2 || len(l.Records) != 4 { // CAPF and TVS hold hashes
		t.Errorf("%d of %d records", h.Len(), len(l.Records))
	}
	c, err := l.Certificate(0)
	if err != nil {
		t.Fatal(err)
	}
	q := tvs.About(c)
	for _, request := range []*tvs.Message{q.Query(7, "x"), q.Verify(7, "x")} {
		a, err := tvs.Judge(q, request, h.Answer(request))
		if err != nil || !slices.Equal(a.Roles, []tlv.Role{tlv.RoleSAST, tlv.RoleTFTP}) && !slices.Equal(a.Roles, []tlv.Role{tlv.RoleTFTP, tlv.RoleSAST}) {
			t.Errorf("%s: %+v, %v", request.Command, a, err)
		}
	}
	for _, m := range []*tvs.Message{
		{Command: tvs.CommandQueryAnswer}, {Command: 9}, {Command: tvs.CommandVerify}, {Command: tvs.CommandQuery},
		{Command: tvs.CommandQuery, Elements: []tvs.Element{{Tag: tvs.TagSerial, Value: q.Serial}}},
	} {
		if a := h.Answer(m); a != nil {
			t.Errorf("%+v answers %+v", a, m)
		}
	}
}

// Old servers and old phones.
func TestVersions(t *testing.T) {
	l, q := signer(t)
	s := &tvs.Server{Certificate: pair(t, "tvs", "tvs"), Answer: tvs.NewHoldings(l.Records...).Answer, LegacyTLS: true, Idle: patient}
	address := serve(t, s)
	for version := uint16(tls.VersionTLS10); version <= tls.VersionTLS13; version++ {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_256_CBC_SHA}})
		if err != nil {
			t.Fatalf("%s: %v", tls.VersionName(version), err)
		}
		answer, err := answered(conn, q.Query(5, "x"))
		conn.Close()
		if err != nil || answer.Session != 5 {
			t.Errorf("%s: %+v, %v", tls.VersionName(version), answer, err)
		}
	}
	old := tlsServer(t, &tls.Config{MaxVersion: tls.VersionTLS10, MinVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_256_CBC_SHA}}, func(conn net.Conn) {
		if m, err := tvs.Read(conn); err == nil {
			_ = s.Answer(m).Write(conn)
		}
	})
	if _, err := (&tvs.Client{Timeout: patient}).Ask(context.Background(), old, q); err == nil || !strings.Contains(err.Error(), "no TLS version or cipher suite in common") {
		t.Errorf("TLS 1.0 without leave: %v", err)
	}
	if e := ask(t, &tvs.Client{Timeout: patient, LegacyTLS: true}, old, q); e.Err != nil || e.Version != tls.VersionTLS10 || e.Cipher != tls.TLS_RSA_WITH_AES_256_CBC_SHA {
		t.Errorf("%+v", e)
	}
}

func answered(conn io.ReadWriter, request *tvs.Message) (*tvs.Message, error) {
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	return tvs.Read(conn)
}

// tlsServer runs a server that is not ours, for one connection after another.
func tlsServer(t testing.TB, config *tls.Config, handle func(net.Conn)) string {
	t.Helper()
	if config.Certificates == nil {
		config.Certificates = []tls.Certificate{pair(t, "tvs", "tvs")}
	}
	return rawServer(t, func(tcp net.Conn) {
		conn := tls.Server(tcp, config)
		defer conn.Close()
		if conn.Handshake() == nil {
			handle(conn)
		}
	})
}

func rawServer(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l := testneed.Listen(t)
	var running sync.WaitGroup
	t.Cleanup(func() { l.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { defer conn.Close(); handle(conn) })
		}
	})
	return l.Addr().String()
}

// A server that wants a certificate gets that of the client, if there is one.
func TestClientCertificate(t *testing.T) {
	l, q := signer(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		shown := make(chan []byte, 1)
		address := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: version}, func(conn net.Conn) {
			shown <- conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw
			if m, err := tvs.Read(conn); err == nil {
				_ = tvs.NewHoldings(l.Records...).Answer(m).Write(conn)
			}
		})
		lsc := pair(t, "capf-2048", "capf-2048")
		if e := ask(t, &tvs.Client{Timeout: patient, Certificate: &lsc}, address, q); e.Err != nil || !bytes.Equal(<-shown, lsc.Certificate[0]) {
			t.Errorf("%+v", e)
		}
		e, err := (&tvs.Client{Timeout: patient}).Ask(context.Background(), address, q)
		if err == nil {
			err = e.Err
		}
		if err == nil || !strings.Contains(err.Error(), "it wants the certificate of a phone") {
			t.Errorf("%s without a certificate: %v", tls.VersionName(version), err)
		}
	}
}

// Whatever a server does, the client ends, and the answer is not a yes.
func TestHostileServers(t *testing.T) {
	_, q := signer(t)
	valid := unhex(t, "57 01 04 f7 00000001 000e 070001 00 080000 090004 00015180")
	waits := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	writes := func(b []byte) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = conn.Write(b)
			waits(conn)
		}
	}
	for name, server := range map[string]struct {
		tcp     bool // without TLS
		handle  func(net.Conn)
		want    string
		timeout time.Duration
	}{
		"silent":               {true, waits, "no answer in time", brief},
		"silent after TLS":     {false, waits, "no answer in time", brief},
		"hangs up":             {true, func(net.Conn) {}, "", patient},
		"hangs up after TLS":   {false, func(c net.Conn) { _, _ = tvs.Read(c) }, "closed the connection", patient},
		"text":                 {true, writes([]byte("220 mail.example.com ESMTP\r\n")), "does not speak TLS", patient},
		"garbage in TLS":       {false, writes(bytes.Repeat([]byte{0xee}, 1<<16)), "not a TVS message", patient},
		"a length that lies":   {false, writes(unhex(t, "57 01 04 f7 00000001 ffff 070001 00")), "no answer in time", brief},
		"an element that lies": {false, writes(unhex(t, "57 01 04 f7 00000001 0004 07ffff 00")), "wrong length", patient},
		"another session":      {false, writes(valid), "not understood", patient},
		"endless TLS":          {true, func(c net.Conn) { endless(c, []byte{22, 3, 3, 0, 0}) }, "", patient},
		"endless alerts":       {true, func(c net.Conn) { endless(c, []byte{21, 3, 3, 0, 2, 1, 90}) }, "", patient},
		"a record too large":   {true, writes([]byte{22, 3, 3, 0xff, 0xff, 2}), "", patient},
		"slow":                 {true, slow, "no answer in time", brief},
	} {
		t.Run(name, func(t *testing.T) {
			address := ""
			if server.tcp {
				address = rawServer(t, server.handle)
			} else {
				address = tlsServer(t, &tls.Config{}, server.handle)
			}
			e, err := (&tvs.Client{Timeout: server.timeout}).Ask(context.Background(), address, q)
			if err == nil {
				err = e.Err
				if e.Answer != nil || e.Server == nil {
					t.Errorf("%+v", e)
				}
			}
			if err == nil || !strings.Contains(err.Error(), server.want) {
				t.Errorf("%v; want %q", err, server.want)
			}
		})
	}
}

func endless(conn net.Conn, b []byte) {
	for {
		if _, err := conn.Write(b); err != nil {
			return
		}
	}
}

// slow sends a byte of a ServerHello now and then, for ever.
func slow(conn net.Conn) {
	_, _ = conn.Write([]byte{22, 3, 3, 0x3f, 0xff})
	for {
		if _, err := conn.Write([]byte{2}); err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := conn.Read(make([]byte, 512)); errors.Is(err, io.EOF) {
			return
		}
	}
}

// Chains of any length that TLS takes are read, and the first certificate counts.
func TestLongChains(t *testing.T) {
	l, q := signer(t)
	h := tvs.NewHoldings(l.Records...)
	for n, fits := range map[int]bool{100: true, 1000: false} { // 0.1 MB and 1 MB
		chain := pair(t, "tvs", "tvs")
		for range n {
			chain.Certificate = append(chain.Certificate, pemOf(t, "CAPF"))
		}
		address := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{chain}}, func(conn net.Conn) {
			if m, err := tvs.Read(conn); err == nil {
				_ = h.Answer(m).Write(conn)
			}
		})
		e, err := (&tvs.Client{Timeout: patient}).Ask(context.Background(), address, q)
		if (err == nil) != fits || fits && (e.Err != nil || !bytes.Equal(e.Server.Raw, pemOf(t, "tvs"))) {
			t.Errorf("%d certificates: %+v, %v", n, e, err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	_, q := signer(t)
	l := testneed.Listen(t)
	l.Close()
	for address, want := range map[string]string{l.Addr().String(): "cannot connect: ", "nosuch.invalid:2445": "cannot find the host"} {
		if e, err := (&tvs.Client{Timeout: patient}).Ask(context.Background(), address, q); e != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", address, e, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&tvs.Client{}).Ask(ctx, rawServer(t, func(net.Conn) {}), q); err == nil || err.Error() != "interrupted" {
		t.Errorf("interrupted: %v", err)
	}
}

// Clients that do no good take no more than their slot, and for a while only.
func TestHostileClients(t *testing.T) {
	l, _ := signer(t)
	reports := make(chan tvs.Served, 16)
	s := &tvs.Server{
		Certificate: pair(t, "tvs", "tvs"), Answer: tvs.NewHoldings(l.Records...).Answer,
		Connections: 2, Idle: brief, Report: func(s tvs.Served) { reports <- s },
	}
	address := serve(t, s)
	var silent []net.Conn
	for range 4 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		silent = append(silent, conn)
	}
	for range silent {
		if r := <-reports; r.Err == nil {
			t.Errorf("a silent client: %+v", r)
		}
	}
	s = &tvs.Server{Certificate: s.Certificate, Answer: s.Answer, Idle: patient, Report: s.Report}
	address = serve(t, s)
	for name, b := range map[string][]byte{
		"garbage":            []byte("GET / HTTP/1.1\r\n\r\n"),
		"an answer":          unhex(t, "57 01 04 00 00000001 0000"),
		"a length that lies": unhex(t, "57 01 03 00 00000001 0004 03ffff 00"),
	} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(b)
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s is answered", name)
		}
		conn.Close()
		if r := <-reports; r.Err == nil || r.Answer != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A server reports what it answered, and ends with its context.
func TestServe(t *testing.T) {
	l, q := signer(t)
	reports := make(chan tvs.Served, 1)
	s := &tvs.Server{Certificate: pair(t, "tvs", "tvs"), Answer: tvs.NewHoldings(l.Records...).Answer, Idle: patient, Report: func(s tvs.Served) { reports <- s }}
	ctx, cancel := context.WithCancel(context.Background())
	listener := testneed.Listen(t)
	done := make(chan error)
	go func() { done <- s.Serve(ctx, listener) }()
	conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for session := range uint32(3) { // several questions on one connection
		answer, err := answered(conn, q.Query(session, "CP-8861-SEP001122334455"))
		if err != nil || answer.Session != session {
			t.Fatalf("%+v, %v", answer, err)
		}
		if r := <-reports; r.Err != nil || r.Request.Device() != "CP-8861-SEP001122334455" || r.Answer == nil || r.Client == nil {
			t.Errorf("%+v", r)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still there")
	}
	closed := testneed.Listen(t)
	closed.Close()
	if err := s.Serve(context.Background(), closed); err == nil {
		t.Error("a closed listener is no error")
	}
}
