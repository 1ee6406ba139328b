package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// A transfer is one request and what follows from it, on a socket of its own.
type transfer struct {
	conn      packetConn
	timeout   time.Duration // the longest wait before a packet is sent again
	tries     int           // this many timeouts of silence end the transfer
	roundTrip *roundTrip    // to the server

	server  netip.AddrPort // takes requests
	peer    netip.AddrPort // sends the file; not valid before the first answer
	options bool           // asked for
	agreed  accepted
	buf     [wantedBlock + 5]byte // one byte more than any packet may have

	out    []byte        // the request or an ACK: sent, or to be sent if nothing comes
	sent   time.Time     // when out was sent; zero if it was not, or more than once
	wait   time.Duration // from now until out is sent again
	repeat time.Time     // when out is sent again

	block   uint16 // the last block that came
	unacked int    // blocks since the last ACK
	gap     bool   // a block is missing, and the server knows
	lonely  int    // windows of which only one block came
	data    []byte

	strays   int   // packets from elsewhere that were answered
	refusals int   // errors of the network
	oddity   error // the last thing that came in place of an answer
}

// run sends the request and acknowledges what comes until the file is whole.
func (t *transfer) run(name string) ([]byte, error) {
	if err := t.send(requestPacket(name, t.options)); err != nil {
		return nil, err
	}
	for {
		p, err := t.next()
		if err != nil {
			return nil, err
		}
		switch p.op {
		case opERROR:
			return nil, t.serverError(p)
		case opOACK:
			err = t.accept(p)
		case opDATA:
			var last bool
			if last, err = t.take(p); last && err == nil {
				return t.finish()
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// next waits for a packet that moves the transfer on. Meanwhile it sends again
// what may have been lost, at ever longer intervals.
func (t *transfer) next() (packet, error) {
	end := time.Now().Add(t.timeout * time.Duration(t.tries))
	for {
		deadline := t.repeat
		if end.Before(deadline) {
			deadline = end
		}
		p, err := t.receive(deadline)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(end):
			return packet{}, t.silence()
		case errors.Is(err, os.ErrDeadlineExceeded):
			err = t.sendAgain()
		case err == nil && p.op != 0:
			t.heard()
			return p, nil
		}
		if err != nil {
			return packet{}, err
		}
	}
}

// heard measures the round trip. An answer to what was sent twice may be to
// either.
func (t *transfer) heard() {
	if !t.sent.IsZero() {
		t.roundTrip.measured(time.Since(t.sent))
	}
	t.sent, t.refusals = time.Time{}, 0
}

// receive reads a packet. What is no answer gives the zero packet; if it shows
// that the server missed out, that is sent again.
func (t *transfer) receive(deadline time.Time) (packet, error) {
	if err := t.conn.SetReadDeadline(deadline); err != nil {
		return packet{}, networkFailure(err)
	}
	n, from, err := t.conn.ReadFromUDPAddrPort(t.buf[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return packet{}, err
	}
	if err != nil {
		return packet{}, t.refused(err)
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if !t.from(from) {
		t.refuse(from)
		return packet{}, nil
	}
	p, err := parsePacket(t.buf[:n])
	switch {
	case err != nil:
		t.oddity = err
		return packet{}, nil
	case t.repeated(p):
		return packet{}, t.transmit()
	case !t.due(p):
		t.oddity = fmt.Errorf("block %d while block %d was due", p.number, t.block+1)
		return packet{}, t.missed(p)
	}
	t.peer = from
	return p, nil
}

// from reports whether a packet is the server's: the request goes to one port of
// it, the file comes from another, always the same one.
func (t *transfer) from(a netip.AddrPort) bool {
	if t.peer.IsValid() {
		return a == t.peer
	}
	return a.Addr() == t.server.Addr()
}

// maxStrays bounds the errors that are sent to others.
const maxStrays = 8

// refuse answers a sender that is not the server, without disturbing the transfer
// (RFC 1350, section 4). A server that was asked twice sends twice.
func (t *transfer) refuse(from netip.AddrPort) {
	expected := t.peer.String()
	if !t.peer.IsValid() {
		expected = t.server.Addr().String()
	}
	t.oddity = fail(UnexpectedSource, nil, "an answer from %s in place of %s", from, expected)
	if t.strays++; t.strays <= maxStrays {
		_, _ = t.conn.WriteToUDPAddrPort(errorPacket(codeUnknownID, "unknown transfer"), from) // a courtesy
	}
}

// Errors of the network: a server that is starting refuses for a moment.
const (
	maxRefusals = 3
	maxTrouble  = 100
)

// refused judges an error of the network, such as a port that nobody listens on.
// The error does not say which packet it is about: it may be one to a stray.
func (t *transfer) refused(err error) error {
	t.refusals++
	switch {
	case errors.Is(err, net.ErrClosed), t.refusals >= maxTrouble:
		return networkFailure(err)
	case t.strays > 0:
		return nil
	case t.peer.IsValid():
		return fail(Unreachable, errors.Join(errLost, err), "the server is gone, %d bytes into the file", len(t.data))
	case t.refusals >= maxRefusals:
		return networkFailure(err)
	}
	return nil
}

// repeated reports whether the server sent again what was acknowledged.
func (t *transfer) repeated(p packet) bool {
	if !t.peer.IsValid() || t.unacked > 0 {
		return false
	}
	return p.op == opDATA && p.number == t.block && len(t.data) > 0 || p.op == opOACK && len(t.data) == 0
}

// due reports whether the packet can come now.
func (t *transfer) due(p packet) bool {
	switch p.op {
	case opDATA:
		return p.number == t.block+1
	case opOACK:
		return !t.peer.IsValid()
	}
	return true
}

// missed asks for the blocks before one that came too early: the server sends
// again what follows the block that is acknowledged (RFC 7440, section 4). Once,
// for the rest of the window comes too.
func (t *transfer) missed(p packet) error {
	early := p.op == opDATA && int16(p.number-t.block) > 1
	if !early || t.gap || t.agreed.window == 1 || !t.peer.IsValid() {
		return nil
	}
	t.gap = true
	return t.transmit()
}

// send sends a packet for the first time.
func (t *transfer) send(out []byte) error {
	t.expect(out)
	t.sent = time.Now()
	return t.transmit()
}

// expect says what is to be sent if nothing comes.
func (t *transfer) expect(out []byte) {
	t.out, t.sent, t.wait = out, time.Time{}, t.roundTrip.timeout(t.timeout)
	t.repeat = time.Now().Add(t.wait)
}

// sendAgain sends a packet whose answer did not come in time.
func (t *transfer) sendAgain() error {
	t.sent, t.wait = time.Time{}, min(2*t.wait, t.timeout)
	if t.refusals == 0 {
		t.roundTrip.slower(t.wait)
	}
	if t.unacked == 1 && t.agreed.window > 1 {
		t.lonely++
	}
	if t.lonely > 1 { // the server agreed to windows and waits for each block
		t.agreed.window = 1
	}
	return t.transmit()
}

// transmit sends out. The error of a send may be about a packet before.
func (t *transfer) transmit() error {
	t.unacked, t.repeat = 0, time.Now().Add(t.wait)
	to := t.peer
	if !to.IsValid() {
		to = t.server
	}
	if _, err := t.conn.WriteToUDPAddrPort(t.out, to); err != nil {
		return t.refused(err)
	}
	return nil
}

// quit tells the server that the transfer is over.
func (t *transfer) quit(code uint16, err error) error {
	_, _ = t.conn.WriteToUDPAddrPort(errorPacket(code, err.Error()), t.peer) // it finds out by itself, later
	return err
}

// accept takes the server's answer to the options.
func (t *transfer) accept(p packet) (err error) {
	t.agreed, err = parseOptions(p.payload)
	switch {
	case !t.options:
		return t.quit(codeIllegal, fail(Protocol, nil, "the server accepts options that were not asked for"))
	case err != nil:
		return t.quit(codeOption, fail(Protocol, fmt.Errorf("%w: %w", errOptions, err), "not TFTP"))
	case t.agreed.size > MaxSize:
		return t.quit(codeDiskFull, tooLarge())
	}
	return t.send(ackPacket(0))
}

// take adds a block to the file and reports whether it was the last one. The last
// block of each window is acknowledged.
func (t *transfer) take(p packet) (last bool, err error) {
	switch n := len(p.payload); {
	case n > t.agreed.block:
		return false, t.quit(codeIllegal, fail(Protocol, nil, "a block of more than the %d bytes agreed on", t.agreed.block))
	case len(t.data)+n > MaxSize:
		return false, t.quit(codeDiskFull, tooLarge())
	}
	t.block = p.number
	t.data = append(t.data, p.payload...)
	t.oddity, t.gap = nil, false
	t.unacked++
	ack := ackPacket(t.block)
	switch {
	case len(p.payload) < t.agreed.block:
		return true, t.send(ack)
	case t.unacked >= t.agreed.window:
		return false, t.send(ack)
	}
	t.expect(ack)
	return false, nil
}

// finish gives the file out. That the file has not the size that was announced is
// nonsense of the options.
func (t *transfer) finish() ([]byte, error) {
	if size := t.agreed.size; size >= 0 && size != int64(len(t.data)) {
		return nil, fail(Protocol, errOptions, "the server announced %d bytes and sent %d", size, len(t.data))
	}
	return t.data, nil
}

// serverError is what an ERROR means. Only the first answer can say that there
// is no such file.
func (t *transfer) serverError(p packet) error {
	text := p.message()
	switch {
	case len(t.data) > 0 && p.number == codeUnknownID:
		return fail(Protocol, errLost, "the server forgot the transfer after %d bytes", len(t.data))
	case len(t.data) > 0:
		return fail(Refused, nil, "the server broke off after %d bytes: error %d, %q", len(t.data), p.number, text)
	case p.number == codeNotFound:
		return fail(NotFound, nil, "the server has no such file: %q", text)
	case p.number == codeOption && t.options:
		return fail(Refused, errOptions, "the server refuses the options: %q", text)
	case p.number == codeIllegal:
		return fail(Protocol, nil, "the server calls the request illegal: %q", text)
	}
	return fail(Refused, nil, "the server refuses: error %d, %q", p.number, text)
}

// silence is the error after all tries.
func (t *transfer) silence() error {
	waited := fmt.Sprintf("after %d timeouts of %s", t.tries, t.timeout)
	if t.tries == 1 {
		waited = fmt.Sprintf("after %s", t.timeout)
	}
	var lost error
	if t.peer.IsValid() {
		lost = errLost
		waited += fmt.Sprintf(", %d bytes into the file", len(t.data))
	}
	switch {
	case ReasonOf(t.oddity) == UnexpectedSource:
		return fail(UnexpectedSource, lost, "%s, only %s", waited, t.oddity)
	case t.oddity != nil:
		return fail(Protocol, lost, "%s, only %s", waited, t.oddity)
	}
	return fail(Timeout, lost, "no answer %s", waited)
}
