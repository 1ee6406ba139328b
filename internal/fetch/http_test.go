package fetch

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// calm are options for servers that answer, on a machine that may be busy.
var calm = Options{Timeout: time.Hour}

func TestHTTP(t *testing.T) {
	limit, large := content(MaxSize), content(MaxSize+1)
	mux := http.NewServeMux()
	mux.HandleFunc("/CTLFile.tlv", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(good) })
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/limit", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(limit) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(large) })
	mux.HandleFunc("/claims", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", "9999999999") })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write(good)
		}
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/CTLFile.tlv", http.StatusFound) })
	mux.HandleFunc("/forbidden", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	var tries atomic.Int32
	mux.HandleFunc("/restarts", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(good)))
		if tries.Add(1) == 1 {
			_, _ = w.Write(good[:100])
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(good)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	for name, want := range map[string][]byte{"CTLFile.tlv": good, "empty": {}, "limit": limit, "restarts": good} {
		got, err := Get(t.Context(), at(t, server.URL+"/"+name), calm)
		if err != nil || !bytes.Equal(got, want) || got == nil {
			t.Errorf("%s: got %d bytes: %v", name, len(got), err)
		}
	}
	for name, want := range map[string]Reason{
		"none": NotFound, "large": TooLarge, "claims": TooLarge, "endless": TooLarge, "elsewhere": Protocol,
		"forbidden": Refused, "broken": Refused,
	} {
		wantReason(t, server.URL+"/"+name, calm, want)
	}
}

// inBubble serves HTTP in memory, at any address. The time in the bubble goes on
// only while both sides wait.
func inBubble(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, s *memoryServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newMemoryServer(t)
		server := &http.Server{Handler: handler}
		go func() { _ = server.Serve(s) }()
		test(t, s)
	})
}

func TestHTTPSilence(t *testing.T) {
	var asked atomic.Int32
	silent := func(_ http.ResponseWriter, r *http.Request) { asked.Add(1); <-r.Context().Done() }
	inBubble(t, silent, func(t *testing.T, s *memoryServer) {
		wantClientReason(t, s.client(t, Options{Tries: 3}), "http://phone/f", Timeout)
		if got := asked.Load(); got != 3 {
			t.Errorf("a silent server was asked %d times", got)
		}
	})
	stalls := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(good)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	inBubble(t, stalls, func(t *testing.T, s *memoryServer) {
		wantClientReason(t, s.client(t, Options{}), "http://phone/f", Timeout)
	})
}

func TestHTTPNoServer(t *testing.T) {
	wantReason(t, "http://"+testneed.TCPAddress(t)+"/CTLFile.tlv", calm, Refused)
	wantReason(t, "http://no-such-host.invalid/CTLFile.tlv", Options{Tries: 1}, Unreachable)
}

// A server that speaks something else.
func TestHTTPOtherProtocol(t *testing.T) {
	l := testneed.Listen(t)
	go testneed.Accept(l, func(conn net.Conn) {
		_, _ = conn.Write([]byte("220 ftp ready\r\n"))
		conn.Close()
	})
	wantReason(t, "https://"+l.Addr().String()+"/CTLFile.tlv", calm, Protocol)
}

func TestHTTPSlowForEver(t *testing.T) {
	drips := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			time.Sleep(time.Second)
		}
	}
	inBubble(t, drips, func(t *testing.T, s *memoryServer) {
		began := time.Now()
		wantClientReason(t, s.client(t, Options{MaxTime: time.Minute}), "http://phone/f", Timeout)
		if took := time.Since(began); took > time.Minute+time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestHTTPCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }))
	t.Cleanup(server.Close)
	_, err := Get(ctx, at(t, server.URL+"/CTLFile.tlv"), Options{Timeout: time.Hour})
	if ReasonOf(err) != Canceled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The certificate of httptest names 127.0.0.1 and example.com, not localhost.
func TestHTTPS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(good) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refusals are expected
	server.StartTLS()
	t.Cleanup(server.Close)
	own := writeFile(t, "own.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	other, err := filepath.Abs("../../testdata/certs/CallManager.pem")
	if err != nil {
		t.Fatal(err)
	}
	location := server.URL + "/CTLFile.tlv"
	byName := strings.Replace(location, "127.0.0.1", "localhost", 1)
	for name, tt := range map[string]struct {
		location string
		options  Options
		want     Reason
	}{
		"system's certificates":          {location, calm, Untrusted},
		"another certificate":            {location, Options{CAFile: other, Timeout: time.Hour}, Untrusted},
		"its own":                        {location, Options{CAFile: own}, Unknown},
		"its own, under another name":    {byName, Options{CAFile: own}, Unknown},
		"insecure":                       {location, Options{Insecure: true}, Unknown},
		"insecure, with another's":       {location, Options{Insecure: true, CAFile: other}, Unknown},
		"system's, under another name":   {byName, calm, Untrusted},
		"another's, under another name":  {byName, Options{CAFile: other, Timeout: time.Hour}, Untrusted},
		"plain http to the port of TLS":  {strings.Replace(location, "https", "http", 1), calm, Refused},
		"a file that is no certificate":  {location, Options{CAFile: writeFile(t, "no.pem", good)}, BadOption},
		"a file of certificates, absent": {location, Options{CAFile: own + ".not"}, BadOption},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Get(t.Context(), at(t, tt.location), tt.options)
			if ReasonOf(err) != tt.want || err == nil && !bytes.Equal(got, good) {
				t.Errorf("got %d bytes, reason %q, want %q: %v", len(got), ReasonOf(err), tt.want, err)
			}
		})
	}
}

// A server with a certificate by an authority in the file must bear the name
// that was asked for, an address as well.
func TestHTTPSNameIsChecked(t *testing.T) {
	authority, cert := issue(t, "cucm1.example.com")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(good) }))
	server.TLS, server.Config.ErrorLog = cert, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	o := Options{CAFile: writeFile(t, "ca.pem", authority), Timeout: time.Hour}
	wantReason(t, server.URL+"/CTLFile.tlv", o, Untrusted)
	wantReason(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)+"/CTLFile.tlv", o, Untrusted)

	authority, cert = issue(t, "localhost")
	named := httptest.NewUnstartedServer(server.Config.Handler)
	named.TLS = cert
	named.StartTLS()
	t.Cleanup(named.Close)
	o.CAFile = writeFile(t, "ca2.pem", authority)
	if _, err := Get(t.Context(), at(t, strings.Replace(named.URL, "127.0.0.1", "localhost", 1)+"/CTLFile.tlv"), o); err != nil {
		t.Error(err)
	}
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
