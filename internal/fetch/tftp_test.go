package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// Sizes around the borders of blocks, with the options and without.
var sizes = []int{0, 1, 511, 512, 513, 1427, 1428, 1429, 2856, 4712, 65536, MaxSize}

func TestRealTFTPServers(t *testing.T) {
	for name, serve := range map[string]func(testing.TB, string) string{"tftpd-hpa": tftpd, "dnsmasq": dnsmasq} {
		t.Run(name, func(t *testing.T) {
			dir := shared(t, map[string][]byte{"too large": content(MaxSize + 1)})
			server := "tftp://" + serve(t, dir) + "/"
			for _, size := range sizes {
				file := content(size)
				name := fmt.Sprint(size) // dnsmasq remembers the size of a file that it has open
				writeShared(t, dir, name, file)
				got, err := Get(t.Context(), at(t, server+name), Options{})
				if err != nil || !bytes.Equal(got, file) || got == nil {
					t.Errorf("%d bytes: got %d: %v", size, len(got), err)
				}
			}
			wantReason(t, server+"too%20large", Options{}, TooLarge)
			wantReason(t, server+"ITLFile.tlv", Options{}, NotFound)
		})
	}
}

// Without options both servers send blocks of 512 bytes.
func TestRealTFTPServersPlain(t *testing.T) {
	file := content(70000)
	dir := shared(t, map[string][]byte{"f": file, "large": content(MaxSize + 1)})
	for name, address := range map[string]string{"tftpd-hpa": tftpd(t, dir), "dnsmasq": dnsmasq(t, dir)} {
		c, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		server, err := c.tftpServer(t.Context(), at(t, "tftp://"+address+"/f"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.transferTFTP(t.Context(), server, "f", false)
		if err != nil || !bytes.Equal(got, file) {
			t.Errorf("%s: got %d bytes: %v", name, len(got), err)
		}
		if _, err := c.transferTFTP(t.Context(), server, "large", false); ReasonOf(err) != TooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// at is a location that can be read.
func at(t testing.TB, url string) Location {
	t.Helper()
	l, err := ParseLocation(url)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func wantReason(t *testing.T, url string, o Options, want Reason) {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wantClientReason(t, c, url, want)
}

func wantClientReason(t *testing.T, c *Client, url string, want Reason) {
	t.Helper()
	data, err := c.Get(t.Context(), at(t, url))
	if ReasonOf(err) != want || data != nil {
		t.Errorf("got %d bytes, reason %q, want %q: %v", len(data), ReasonOf(err), want, err)
	}
	var e *Error
	if !errors.As(err, &e) || e.Location != url {
		t.Errorf("not an *Error of %s: %v", url, err)
	}
}

// good is a file of three blocks of 512 bytes, the last one not full.
var good = content(1100)

func block(n int) []byte { return good[(n-1)*512 : min(n*512, len(good))] }

func wantGood(t *testing.T, e *ether) {
	t.Helper()
	got, err := e.client(t, Options{}).Get(t.Context(), at(t, rogueURL))
	if err != nil || !bytes.Equal(got, good) {
		t.Errorf("got %d bytes: %v", len(got), err)
	}
}

// What a server may do without keeping the file from the client.
func TestHostileSurvived(t *testing.T) {
	tests := map[string]func(s *session){
		"no options":                   func(s *session) { s.sendGood() },
		"first request lost":           func(s *session) { s.only(2, (*session).sendGood) },
		"duplicates":                   func(s *session) { s.each(func(n int) { s.data(n, block(n)); s.data(n, block(n)); s.ack(n) }) },
		"old blocks again":             oldBlocks,
		"blocks of the future":         func(s *session) { s.each(func(n int) { s.data(n+7, []byte("x")); s.data(n, block(n)); s.ack(n) }) },
		"each block lost once":         lostBlocks,
		"short packets":                func(s *session) { s.noise(nil, []byte{0}, []byte{0, 3}, []byte{0, 3, 0}, []byte{0, 5, 0}) },
		"opcodes of nobody":            func(s *session) { s.noise([]byte("\x00\x09aa"), []byte("\xff\xff"), []byte("\x00\x04\x00\x01")) },
		"another port joins in":        anotherPort,
		"another host joins in":        anotherHost,
		"started again in the middle":  func(s *session) { s.firstThen(1, func() {}) },
		"forgets the transfer":         func(s *session) { s.firstThen(1, func() { s.fail(codeUnknownID, "unknown transfer ID") }) },
		"refuses the options":          func(s *session) { s.firstThen(0, func() { s.fail(codeOption, "no options") }) },
		"an option of its own":         func(s *session) { s.firstThen(0, func() { s.oack("multicast", "1") }) },
		"blksize 0":                    func(s *session) { s.firstThen(0, func() { s.oack("blksize", "0") }) },
		"blksize over what was asked":  func(s *session) { s.firstThen(0, func() { s.oack("blksize", "65464") }) },
		"windowsize 0":                 func(s *session) { s.firstThen(0, func() { s.oack("windowsize", "0") }) },
		"windowsize over the request":  func(s *session) { s.firstThen(0, func() { s.oack("windowsize", "17") }) },
		"windows":                      func(s *session) { s.oack("windowsize", "2"); s.ack(0); s.windows(good, 512, 2) },
		"windows agreed, but not sent": func(s *session) { s.oack("windowsize", "16"); s.ack(0); s.sendGood() },
		"blksize no number":            func(s *session) { s.firstThen(0, func() { s.oack("blksize", "many") }) },
		"tsize negative":               func(s *session) { s.firstThen(0, func() { s.oack("tsize", "-5") }) },
		"an option twice":              func(s *session) { s.firstThen(0, func() { s.oack("tsize", "1", "TSIZE", "1") }) },
		"options without an end":       func(s *session) { s.firstThen(0, func() { s.send([]byte("\x00\x06blksize")) }) },
		"an option without a value":    func(s *session) { s.firstThen(0, func() { s.oack("blksize") }) },
		"wrong tsize":                  func(s *session) { s.firstThen(0, func() { s.oack("tsize", "9"); s.ack(0); s.sendGood() }) },
		"tsize right, capitals":        func(s *session) { s.oack("TSIZE", "1100"); s.ack(0); s.sendGood() },
		"no option accepted":           func(s *session) { s.oack(); s.ack(0); s.sendGood() },
		"options acknowledged twice":   func(s *session) { s.oack("tsize", "1100"); s.oack("tsize", "1100"); s.ack(0); s.sendGood() },
		"blocks of 8 bytes, 138 times": smallBlocks,
	}
	for name, script := range tests {
		t.Run(name, func(t *testing.T) {
			withRogue(t, script, func(t *testing.T, e *ether) { wantGood(t, e) })
		})
	}
}

// What a server may not do.
func TestHostileRefused(t *testing.T) {
	tests := map[string]struct {
		script func(s *session)
		want   Reason
	}{
		"silence":                   {func(*session) {}, Timeout},
		"silence in the middle":     {func(s *session) { s.data(1, block(1)) }, Timeout},
		"only wrong blocks":         {func(s *session) { s.data(2, block(2)) }, Protocol},
		"only rubbish":              {func(s *session) { s.send([]byte("HTTP/1.1 400 Bad Request")) }, Protocol},
		"endless data":              {endless, TooLarge},
		"endless data, tiny blocks": {endlessTiny, TooLarge},
		"tsize too large":           {func(s *session) { s.oack("tsize", "2097153") }, TooLarge},
		"oversized block":           {func(s *session) { s.data(1, content(513)) }, Protocol},
		"oversized after options":   {func(s *session) { s.oack("blksize", "8"); s.ack(0); s.data(1, content(9)) }, Protocol},
		"largest packet there is":   {func(s *session) { s.data(1, content(60000)) }, Protocol},
		"error in the middle":       {func(s *session) { s.data(1, block(1)); s.ack(1); s.fail(0, "disk") }, Refused},
		"not found in the middle":   {func(s *session) { s.data(1, block(1)); s.ack(1); s.fail(1, "gone") }, Refused},
		"not found":                 {func(s *session) { s.fail(1, "File not found") }, NotFound},
		"access violation":          {func(s *session) { s.fail(2, "no") }, Refused},
		"illegal":                   {func(s *session) { s.fail(4, "no") }, Protocol},
		"error of no code":          {func(s *session) { s.fail(65535, "\x1b[2J") }, Refused},
		"always an option error":    {func(s *session) { s.fail(codeOption, "no") }, Refused},
		"options unasked":           {func(s *session) { s.oack("multicast", "1") }, Protocol},
		"goes on from another port": {goesOnElsewhere, UnexpectedSource},
		"answers from another host": {answersElsewhere, UnexpectedSource},
		"drip":                      {drip, Timeout},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			withRogue(t, tt.script, func(t *testing.T, e *ether) { wantClientReason(t, e.client(t, Options{}), rogueURL, tt.want) })
		})
	}
}

// A mistaken "not found" would say that a cluster is not in mixed mode.
func TestNotFoundOnlyFromTheServer(t *testing.T) {
	script := func(s *session) {
		s.elsewhere(otherHost, func(o *session) { o.fail(codeNotFound, "File not found") })
		s.sendGood()
	}
	withRogue(t, script, wantGood)
}

func TestStraysAreRefused(t *testing.T) {
	script := func(s *session) {
		s.data(1, block(1))
		s.ack(1)
		s.elsewhere(thisHost, func(o *session) {
			o.data(2, []byte("x"))
			if p := o.read(0); !bytes.HasPrefix(p, []byte{0, opERROR, 0, codeUnknownID}) {
				t.Errorf("the stray was told %q", p)
			}
		})
		s.data(2, block(2))
		s.ack(2)
		s.data(3, block(3))
	}
	withRogue(t, script, wantGood)
}

// The server hears of a refusal, so that it does not go on.
func TestServerIsRefused(t *testing.T) {
	script := func(s *session) {
		s.oack("tsize", "99999999")
		if p := s.read(0); !bytes.HasPrefix(p, []byte{0, opERROR, 0, codeDiskFull}) {
			t.Errorf("the server was told %q", p)
		}
	}
	withRogue(t, script, func(t *testing.T, e *ether) { wantClientReason(t, e.client(t, Options{}), rogueURL, TooLarge) })
}

func TestRequest(t *testing.T) {
	var requests []string
	script := func(s *session) {
		requests = append(requests, string(s.request))
		if s.number == 1 {
			s.fail(codeOption, "no options here")
			return
		}
		s.sendGood()
	}
	withRogue(t, script, wantGood)
	want := []string{
		"\x00\x01CTLFile.tlv\x00octet\x00blksize\x001428\x00tsize\x000\x00windowsize\x0016\x00", "\x00\x01CTLFile.tlv\x00octet\x00",
	}
	if diff := cmp.Diff(want, requests); diff != "" {
		t.Error(diff)
	}
}

// A silent server is asked at growing intervals until so many timeouts are over.
func TestSilence(t *testing.T) {
	var asked []time.Duration
	withRogue(t, func(*session) {}, func(t *testing.T, e *ether) {
		began := time.Now()
		e.lose = func(netip.AddrPort, netip.AddrPort, []byte) bool {
			asked = append(asked, time.Since(began))
			return false
		}
		wantClientReason(t, e.client(t, Options{Timeout: 2 * time.Second, Tries: 4}), rogueURL, Timeout)
		if took := time.Since(began); took != 8*time.Second {
			t.Errorf("it took %s", took)
		}
	})
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{0, 250 * ms, 750 * ms, 1750 * ms, 3750 * ms, 5750 * ms, 7750 * ms}, asked); diff != "" {
		t.Error(diff)
	}
}

// A port that nobody listens on does not cost the timeouts. A server that is
// starting has a moment.
func TestClosedPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEther()
		c := e.client(t, Options{})
		for range 5 { // what is learnt from one does not slow down the next
			began := time.Now()
			wantClientReason(t, c, rogueURL, Refused)
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %s", took)
			}
		}
		go func() {
			time.Sleep(100 * time.Millisecond)
			listener := e.open(thisHost, 69)
			serveRogue(e, listener, (*session).sendGood)
		}()
		wantGood(t, e)
		e.sockets[netip.AddrPortFrom(thisHost, 69)].Close()
		time.Sleep(time.Hour)
	})
}

// The same on a real socket. The time is not measured: the timeout is an hour.
func TestClosedPortOfTheSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not report it")
	}
	wantReason(t, "tftp://"+testneed.UDPAddress(t)+"/CTLFile.tlv", Options{Timeout: time.Hour}, Refused)
	if six, err := net.ListenPacket("udp6", "[::1]:0"); err == nil {
		six.Close()
		wantReason(t, "tftp://"+six.LocalAddr().String()+"/CTLFile.tlv", Options{Timeout: time.Hour}, Refused)
	}
}

// A server that is started again in the middle is asked again at once.
func TestServerGone(t *testing.T) {
	script := func(s *session) {
		s.data(1, block(1))
		if s.number == 1 {
			s.conn.Close()
			return
		}
		s.ack(1)
		s.each(func(n int) {
			if n > 1 {
				s.data(n, block(n))
				s.ack(n)
			}
		})
	}
	withRogue(t, script, func(t *testing.T, e *ether) {
		began := time.Now()
		wantGood(t, e)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
	withRogue(t, func(s *session) { s.data(1, block(1)); s.conn.Close() }, func(t *testing.T, e *ether) {
		wantClientReason(t, e.client(t, Options{}), rogueURL, Unreachable)
	})
}

func TestCancel(t *testing.T) {
	for name, script := range map[string]func(s *session){
		"before the answer": func(*session) {},
		"in the middle":     func(s *session) { s.data(1, block(1)) },
	} {
		t.Run(name, func(t *testing.T) {
			withRogue(t, script, func(t *testing.T, e *ether) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err := e.client(t, Options{Timeout: time.Hour}).Get(ctx, at(t, rogueURL))
				if ReasonOf(err) != Canceled || !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// An error's text stays short whatever the server writes.
func TestErrorTextIsBounded(t *testing.T) {
	withRogue(t, func(s *session) { s.fail(0, strings.Repeat("\x1b", 1400)) }, func(t *testing.T, e *ether) {
		_, err := e.client(t, Options{}).Get(t.Context(), at(t, rogueURL))
		if err == nil || len(err.Error()) > 1200 {
			t.Errorf("got %v", err)
		}
	})
}
