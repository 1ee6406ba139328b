package fetch

import (
	"net/netip"
	"time"
)

func oldBlocks(s *session) {
	s.each(func(n int) {
		for old := 1; old < n; old++ {
			s.data(old, block(old))
		}
		s.data(n, block(n))
		s.ack(n)
	})
}

// lostBlocks sends a block only when the one before was acknowledged twice.
func lostBlocks(s *session) {
	s.each(func(n int) {
		s.data(n, block(n))
		if s.ack(n); n < 3 {
			s.ack(n)
		}
	})
}

// elsewhere sends from a port of its own.
func (s *session) elsewhere(ip netip.Addr, send func(other *session)) {
	conn := s.ether.open(ip, 0)
	defer conn.Close()
	send(&session{client: s.client, ether: s.ether, conn: conn})
}

func anotherPort(s *session) { s.evil(thisHost) }
func anotherHost(s *session) { s.evil(otherHost) }

// evil sends each block a second time, from elsewhere and with other content,
// as well as an error and the end of the file.
func (s *session) evil(ip netip.Addr) {
	s.data(1, block(1))
	s.ack(1)
	for n := 2; n <= 3; n++ {
		s.elsewhere(ip, func(other *session) {
			other.data(n, content(512))
			other.data(n, nil)
			other.fail(0, "stop")
		})
		s.data(n, block(n))
		s.ack(n)
	}
}

func smallBlocks(s *session) {
	s.oack("blksize", "8")
	s.ack(0)
	for n := 1; n <= 138; n++ {
		s.data(n, good[(n-1)*8:min(n*8, len(good))])
		if !s.ack(n) {
			return
		}
	}
}

func endless(s *session) {
	data := content(512)
	for n := 1; ; n++ {
		s.data(n, data)
		if !s.ack(n) {
			return
		}
	}
}

// endlessTiny counts blocks beyond 65535, which begin again at 0.
func endlessTiny(s *session) {
	data := content(32)
	s.oack("blksize", "32")
	s.ack(0)
	for n := 1; ; n++ {
		s.data(n, data)
		if !s.ack(n) {
			return
		}
	}
}

func goesOnElsewhere(s *session) {
	s.data(1, block(1))
	s.ack(1)
	s.elsewhere(thisHost, func(other *session) {
		for range 4 {
			other.data(2, block(2))
			other.read(time.Second)
		}
	})
}

func answersElsewhere(s *session) {
	s.elsewhere(otherHost, func(other *session) { other.sendGood() })
}

// drip sends tiny blocks, each before the client loses its patience.
func drip(s *session) {
	s.oack("blksize", "8")
	s.ack(0)
	for n := 1; ; n++ {
		time.Sleep(time.Second)
		s.data(n, content(8))
		if !s.ack(n) {
			return
		}
	}
}
