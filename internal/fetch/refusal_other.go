//go:build !linux

package fetch

import "net"

// hearRefusals does nothing. A closed port is a timeout, also on Windows, whose
// reports of ICMP errors package net turns off.
func hearRefusals(*net.UDPConn) {}
