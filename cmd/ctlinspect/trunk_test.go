package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
)

// recordTrunk makes trunk.pcap: A's second node and B's first accept each other; B
// refuses A's third, twice.
func recordTrunk(t *testing.T, vectors string) {
	t.Helper()
	folder := filepath.Join(vectors, "trunk")
	pair := func(side, name string) tls.Certificate {
		c, err := tls.LoadX509KeyPair(filepath.Join(folder, side, "cm", name+".pem"), filepath.Join(folder, "keys", name+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a2, a3, b1 := pair("a", "cucm-a2.example.com"), pair("a", "cucm-a3.example.com"), pair("b", "cucm-b1.example.com")
	bundle := func(side string) string {
		files, err := filepath.Glob(filepath.Join(folder, side, "trust", "*.pem"))
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data...)
		}
		name := filepath.Join(t.TempDir(), side+".pem")
		if err := os.WriteFile(name, all, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	args := func(side, verify string) []string {
		return []string{verify, "5", "-verify_return_error", "-CAfile", bundle(side), "-attime", "1795262400", "-cipher", "AES128-SHA@SECLEVEL=0"}
	}
	segments := func(client, server tls.Certificate, clientSide, serverSide, from, to string, second int) []capturetest.Segment {
		o := capturetest.OpenSSL{Client: client, Server: server, Version: "-tls1_2", ClientArgs: args(clientSide, "-verify"), ServerArgs: args(serverSide, "-Verify")}
		c := capturetest.Between(from, to)
		c.Start = c.Start.Add(time.Duration(second) * time.Second)
		return c.Segments(o.Run(t))
	}
	all := slices.Concat(
		segments(b1, a2, "b", "a", "10.2.1.1:41000", "10.1.1.2:5061", 0),
		segments(a3, b1, "a", "b", "10.1.1.3:42000", "10.2.1.1:5061", 1),
		segments(a3, b1, "a", "b", "10.1.1.3:42001", "10.2.1.1:5061", 2),
	)
	if err := os.WriteFile(filepath.Join(captureDir, "trunk.pcap"), capturetest.Ethernet.Write(t, all), 0o644); err != nil {
		t.Fatal(err)
	}
}
