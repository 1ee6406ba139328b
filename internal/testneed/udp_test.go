package testneed

import (
	"net"
	"testing"
)

func TestUDPListens(t *testing.T) {
	address := UDPAddress(t)
	if UDPListens(address) {
		t.Errorf("somebody listens at %s", address)
	}
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !UDPListens(address) {
		t.Errorf("nobody listens at %s", address)
	}
}
