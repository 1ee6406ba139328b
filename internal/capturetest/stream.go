// Package capturetest makes captures of TLS handshakes for tests: it records what
// two sides send, puts that into TCP segments, and writes them as pcap or pcapng.
package capturetest

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// A Chunk is bytes that one side sent at once.
type Chunk struct {
	FromServer bool
	Data       []byte
}

// A Recorder keeps what two sides send, in order.
type Recorder struct {
	mu     sync.Mutex
	chunks []Chunk
}

// Add keeps a copy of bytes.
func (r *Recorder) Add(fromServer bool, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunks = append(r.chunks, Chunk{fromServer, append([]byte(nil), b...)})
}

// Chunks returns what was recorded.
func (r *Recorder) Chunks() []Chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chunks
}

// Proxy listens on a port of this machine, connects who comes with the address
// and records what goes through. It serves one connection; the function returned
// waits for its end.
func Proxy(t testing.TB, to string) (addr string, r *Recorder, wait func()) {
	t.Helper()
	l := testneed.Listen(t)
	r = new(Recorder)
	done := make(chan struct{})
	go func() {
		defer close(done)
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		r.join(client, server)
	}()
	return l.Addr().String(), r, func() {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Error("the connection does not end")
		}
	}
}

func (r *Recorder) join(client, server net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { r.pass(server, client, false) })
	both.Go(func() { r.pass(client, server, true) })
	both.Wait()
}

func (r *Recorder) pass(to, from net.Conn, fromServer bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			r.Add(fromServer, b[:n])
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// Handshake runs a handshake of crypto/tls, with or without success, and returns
// what was sent.
func Handshake(t testing.TB, server, client *tls.Config) []Chunk {
	t.Helper()
	r := new(Recorder)
	a, b := connect(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := tls.Server(recorded{b, r, true}, server)
		if s.Handshake() == nil {
			io.Copy(io.Discard, s)
		}
		b.Close()
	}()
	c := tls.Client(recorded{a, r, false}, client)
	if c.Handshake() == nil {
		c.Write([]byte("REGISTER"))
	}
	c.Close()
	a.Close()
	<-done
	return r.Chunks()
}

// Talk is Handshake with an answer of the server, so that the client has read its
// session tickets.
func Talk(t testing.TB, server, client *tls.Config) []Chunk {
	t.Helper()
	r := new(Recorder)
	a, b := connect(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer b.Close()
		s := tls.Server(recorded{b, r, true}, server)
		var one [8]byte
		if _, err := io.ReadFull(s, one[:]); err == nil {
			s.Write([]byte("200 OK"))
		}
	}()
	c := tls.Client(recorded{a, r, false}, client)
	if _, err := c.Write([]byte("REGISTER")); err != nil {
		t.Error(err)
	}
	io.ReadFull(c, make([]byte, 6))
	c.Close()
	a.Close()
	<-done
	return r.Chunks()
}

// connect returns the two ends of a connection. A net.Pipe has no buffers, and
// both sides of a handshake may write at once.
func connect(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	a.SetDeadline(deadline)
	b.SetDeadline(deadline)
	return a, b
}

// A recorded connection records what is written.
type recorded struct {
	net.Conn
	r          *Recorder
	fromServer bool
}

func (c recorded) Write(b []byte) (int, error) {
	c.r.Add(c.fromServer, b)
	return c.Conn.Write(b)
}

// Pair reads certs/NAME.pem and its key keys/KEY.pem from the test vectors.
func Pair(t testing.TB, vectors, name, key string) tls.Certificate {
	t.Helper()
	// Not tls.LoadX509KeyPair: what it checks is not wanted here.
	block := readPEM(t, filepath.Join(vectors, "certs", name+".pem"))
	private, err := parseKey(readPEM(t, filepath.Join(vectors, "keys", key+".pem")))
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{block}, PrivateKey: private}
}

func readPEM(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		t.Fatalf("%s: no PEM", name)
	}
	return block.Bytes
}

func parseKey(der []byte) (crypto.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParsePKCS8PrivateKey(der)
}

// Issue returns a certificate for a key, issued in the name of a CA with the
// CA's key.
func Issue(t testing.TB, ca tls.Certificate, subject pkix.Name, key crypto.Signer) tls.Certificate {
	t.Helper()
	parent, err := x509.ParseCertificate(ca.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x77), Subject: subject,
		NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2044, 1, 1, 0, 0, 0, 0, time.UTC),
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), ca.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
