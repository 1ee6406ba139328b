package fetch

import (
	"net"

	"golang.org/x/sys/unix"
)

// hearRefusals makes reads report ICMP errors, such as that nobody listens on a
// port. Without it only connected sockets do. A kernel that cannot do it leaves
// the timeout.
func hearRefusals(conn *net.UDPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
	})
}
