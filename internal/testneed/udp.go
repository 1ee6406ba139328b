package testneed

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// UDPAddress returns an address of the loopback interface whose port is free.
func UDPAddress(tb testing.TB) string {
	tb.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

// UDPListens reports whether somebody listens at the address. It sends an empty
// packet and waits for the kernel to say that nobody does: to bind the port would
// take it away from a server that is just starting.
func UDPListens(address string) bool {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	if _, err := conn.Write(nil); err != nil {
		return false
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	return !errors.Is(err, syscall.ECONNREFUSED) && (err == nil || errors.Is(err, os.ErrDeadlineExceeded))
}
