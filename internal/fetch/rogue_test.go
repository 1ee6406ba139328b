package fetch

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
)

// serveRogue follows a script for each request, from a port of its own.
func serveRogue(e *ether, listener packetConn, script func(s *session)) {
	b := make([]byte, 2048)
	for number := 1; ; number++ {
		n, from, err := listener.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		s := &session{number: number, request: append([]byte{}, b[:n]...), client: from, ether: e, conn: e.open(thisHost, 0)}
		go func() {
			script(s)
			time.Sleep(10 * time.Minute) // in silence
			s.conn.Close()
		}()
	}
}

// A session is one request to a rogue server.
type session struct {
	number  int // of the request, from 1
	request []byte
	client  netip.AddrPort
	ether   *ether
	conn    packetConn
}

func (s *session) send(b []byte) { _, _ = s.conn.WriteToUDPAddrPort(b, s.client) }

func (s *session) data(number int, b []byte) {
	s.send(append(binary.BigEndian.AppendUint16([]byte{0, opDATA}, uint16(number)), b...))
}

func (s *session) fail(code uint16, text string) { s.send(errorPacket(code, text)) }

func (s *session) oack(words ...string) {
	text := ""
	if len(words) > 0 {
		text = strings.Join(words, "\x00") + "\x00"
	}
	s.send(append([]byte{0, opOACK}, text...))
}

// read reads a packet of the client, nil if none comes.
func (s *session) read(wait time.Duration) []byte {
	if wait == 0 {
		wait = 30 * time.Second
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(wait))
	b := make([]byte, 2048)
	n, _, err := s.conn.ReadFromUDPAddrPort(b)
	if err != nil {
		return nil
	}
	return b[:n]
}

// ack waits until the client acknowledges the block.
func (s *session) ack(number int) bool {
	for {
		b := s.read(0)
		if b == nil || b[1] == opERROR {
			return false
		}
		if b[1] == opACK && binary.BigEndian.Uint16(b[2:]) == uint16(number) {
			return true
		}
	}
}

func (s *session) each(do func(n int)) {
	for n := 1; n <= 3; n++ {
		do(n)
	}
}

func (s *session) sendGood() {
	s.each(func(n int) {
		s.data(n, block(n))
		s.ack(n)
	})
}

// only answers one of the requests.
func (s *session) only(number int, do func(*session)) {
	if s.number == number {
		do(s)
	}
}

// firstThen sends some blocks and does something when asked for the first time,
// and serves the file well afterwards.
func (s *session) firstThen(blocks int, do func()) {
	if s.number > 1 {
		s.sendGood()
		return
	}
	for n := 1; n <= blocks; n++ {
		s.data(n, block(n))
		s.ack(n)
	}
	do()
}

// noise sends packets in front of each block.
func (s *session) noise(packets ...[]byte) {
	s.each(func(n int) {
		for _, p := range packets {
			s.send(p)
		}
		s.data(n, block(n))
		s.ack(n)
	})
}

// windows serves a file in windows, as RFC 7440 says: what follows the block that
// is acknowledged is sent again. It ends when the last block is acknowledged.
func (s *session) windows(file []byte, size, window int) {
	last := len(file)/size + 1
	for acked := 0; acked < last; {
		for n := acked + 1; n <= min(acked+window, last); n++ {
			s.data(n, file[(n-1)*size:min(n*size, len(file))])
		}
		for answered := false; !answered; {
			b := s.read(10 * time.Second)
			if b == nil || b[1] != opACK {
				return
			}
			if n := int(binary.BigEndian.Uint16(b[2:])); n >= acked {
				acked, answered = n, true
			}
		}
	}
}
