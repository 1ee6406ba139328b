// Package keylog reads TLS secrets in the format of NSS key logs (RFC 9850), which
// browsers, curl and OpenSSL write if SSLKEYLOGFILE or -keylogfile asks for it, and
// which pcapng files embed. A line is a label, the client's random and a secret, the
// last two in hex:
//
//	SERVER_HANDSHAKE_TRAFFIC_SECRET 5f0a... 9c1d...
//
// Only the labels of TLS 1.3 that protect certificates and alerts are kept. Other
// lines, comments and damaged lines are skipped.
package keylog

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
)

// ErrFormat: there is no line of a key log.
var ErrFormat = errors.New("not a key log: expected lines such as SERVER_HANDSHAKE_TRAFFIC_SECRET <client random> <secret>, as written for SSLKEYLOGFILE")

// Secrets are the secrets of a TLS 1.3 connection: 32 or 48 bytes each, the size of
// its hash. Those that the log does not hold are nil.
type Secrets struct {
	ClientHandshake, ServerHandshake []byte // protect the handshake after the ServerHello
	ClientTraffic, ServerTraffic     []byte // protect what follows Finished
}

// A Log holds secrets by the random value of the ClientHello. The zero Log is empty
// and ready to use.
type Log struct {
	// Max limits the bytes that the log holds; 0 is no limit. Secrets beyond it are
	// not kept and counted in Dropped.
	Max     int
	Dropped int // secrets that were not kept

	secrets map[[32]byte]*Secrets
	size    int
}

// Estimates of what things take, in bytes.
const (
	connectionCost = 256
	secretCost     = 64
)

// Len returns the number of connections that the log has secrets of.
func (l *Log) Len() int { return len(l.secrets) }

// Find returns the secrets of the connection with a ClientHello of this random.
func (l *Log) Find(random [32]byte) (Secrets, bool) {
	s, ok := l.secrets[random]
	if !ok {
		return Secrets{}, false
	}
	return *s, true
}

// maxLine is the longest line that can be one of a key log, in bytes.
const maxLine = 512

// Add reads a key log to its end and returns the number of its lines that hold
// secrets, of any version of TLS. The error wraps ErrFormat if there are none.
func (l *Log) Add(r io.Reader) (lines int, err error) {
	b := bufio.NewReaderSize(r, maxLine)
	for err == nil {
		var line []byte
		var long bool
		line, long, err = b.ReadLine()
		if !long && l.line(line) {
			lines++
		}
		for ; long && err == nil; _, long, err = b.ReadLine() {
			continue
		}
	}
	switch {
	case err != io.EOF:
		return lines, err
	case lines == 0:
		return 0, ErrFormat
	}
	return lines, nil
}

// line reads a line and reports whether it holds a secret.
func (l *Log) line(b []byte) bool {
	fields := bytes.Fields(b)
	if len(fields) != 3 {
		return false
	}
	var random [32]byte
	if len(fields[1]) != 2*len(random) {
		return false
	}
	if _, err := hex.Decode(random[:], fields[1]); err != nil {
		return false
	}
	secret, err := hex.DecodeString(string(fields[2]))
	if err != nil || len(secret) < 32 || len(secret) > 64 {
		return false
	}
	return l.keep(string(fields[0]), random, secret)
}

// keep keeps a secret and reports whether the label is known.
func (l *Log) keep(label string, random [32]byte, secret []byte) bool {
	pick, ok := labels[label]
	if !ok || pick == nil {
		return ok
	}
	s, known := l.secrets[random]
	if l.Max > 0 && l.size > l.Max {
		l.Dropped++
		return true
	}
	if !known {
		if l.secrets == nil {
			l.secrets = make(map[[32]byte]*Secrets)
		}
		s = new(Secrets)
		l.secrets[random] = s
		l.size += connectionCost
	}
	*pick(s) = secret
	l.size += secretCost
	return true
}

// labels are the labels of the format; with a function those that are kept.
var labels = map[string]func(*Secrets) *[]byte{
	"CLIENT_HANDSHAKE_TRAFFIC_SECRET": func(s *Secrets) *[]byte { return &s.ClientHandshake },
	"SERVER_HANDSHAKE_TRAFFIC_SECRET": func(s *Secrets) *[]byte { return &s.ServerHandshake },
	"CLIENT_TRAFFIC_SECRET_0":         func(s *Secrets) *[]byte { return &s.ClientTraffic },
	"SERVER_TRAFFIC_SECRET_0":         func(s *Secrets) *[]byte { return &s.ServerTraffic },
	"CLIENT_RANDOM":                   nil,
	"CLIENT_EARLY_TRAFFIC_SECRET":     nil,
	"EARLY_EXPORTER_SECRET":           nil,
	"EXPORTER_SECRET":                 nil,
}
