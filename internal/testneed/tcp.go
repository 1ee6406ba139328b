package testneed

import (
	"net"
	"testing"
)

// Listen listens on the loopback interface until the test ends.
func Listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// TCPAddress returns an address of the loopback interface whose port is free.
func TCPAddress(tb testing.TB) string {
	tb.Helper()
	l := Listen(tb)
	defer l.Close()
	return l.Addr().String()
}

// Accept handles each connection on its own, until l is closed.
func Accept(l net.Listener, handle func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go handle(conn)
	}
}
