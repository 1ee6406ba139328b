//go:build !linux

package fetch

import "net"

// hearRefusals does nothing. Windows reports ICMP errors by itself; elsewhere a
// closed port is a timeout.
func hearRefusals(*net.UDPConn) {}
