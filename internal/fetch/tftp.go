package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"
)

// Outcomes of a transfer that call for another one.
var (
	errOptions = errors.New("the server's answer to the options makes no sense")
	errLost    = errors.New("the transfer broke off")
)

// getTFTP gets a file. If the server gets the options wrong it is asked without
// them, and if it falls silent in the middle, as one that was started again
// does, it is asked once more.
func (c *Client) getTFTP(ctx context.Context, l Location) ([]byte, error) {
	server, err := tftpServer(ctx, l)
	if err != nil {
		return nil, err
	}
	options, again := true, true
	for {
		data, err := c.transferTFTP(ctx, server, l.Path, options)
		switch {
		case err == nil:
			return data, nil
		case ctx.Err() != nil:
			return nil, fail(Timeout, nil, "not finished after %s", c.options.MaxTime)
		case errors.Is(err, errOptions) && options:
			options = false
		case errors.Is(err, errLost) && again:
			again = false
		default:
			return nil, err
		}
	}
}

func tftpServer(ctx context.Context, l Location) (netip.AddrPort, error) {
	addr, err := resolve(ctx, l.Host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(l.Port, 10, 16)
	return netip.AddrPortFrom(addr, uint16(port)), err
}

// A transfer is one request and what follows from it, on a socket of its own.
type transfer struct {
	conn    *net.UDPConn
	timeout time.Duration
	tries   int

	server  netip.AddrPort // takes requests
	peer    netip.AddrPort // sends the file; not valid before the first answer
	options bool           // asked for
	agreed  accepted
	buf     [wantedBlock + 5]byte // one byte more than any packet may have

	block  uint16 // the last block that came
	data   []byte
	strays int   // packets from elsewhere that were answered
	oddity error // the last thing that came in place of an answer
}

func (c *Client) transferTFTP(ctx context.Context, server netip.AddrPort, name string, options bool) ([]byte, error) {
	network := "udp4"
	if server.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, networkFailure(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	t := &transfer{
		conn: conn, timeout: c.options.Timeout, tries: c.options.Tries,
		server: server, options: options, agreed: accepted{plainBlock, -1}, data: []byte{},
	}
	return t.run(name)
}

// run sends the request and acknowledges what comes until the file is whole.
func (t *transfer) run(name string) ([]byte, error) {
	out := requestPacket(name, t.options)
	for {
		p, err := t.exchange(out)
		if err != nil {
			return nil, err
		}
		switch p.op {
		case opERROR:
			return nil, t.serverError(p)
		case opOACK:
			if err := t.accept(p); err != nil {
				return nil, err
			}
			out = ackPacket(0)
		case opDATA:
			last, err := t.take(p)
			if err != nil {
				return nil, err
			}
			if out = ackPacket(t.block); last {
				return t.finish(out)
			}
		}
	}
}

// exchange sends a packet until an answer comes that moves the transfer on.
func (t *transfer) exchange(out []byte) (packet, error) {
	for range t.tries {
		if err := t.send(out); err != nil {
			return packet{}, err
		}
		deadline := time.Now().Add(t.timeout)
		for {
			p, err := t.receive(deadline, out)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return packet{}, networkFailure(err)
			}
			if p.op != 0 {
				return p, nil
			}
		}
	}
	return packet{}, t.silence()
}

// receive reads a packet. What is no answer gives the zero packet; if it shows
// that the server missed out, that is sent again.
func (t *transfer) receive(deadline time.Time, out []byte) (packet, error) {
	if err := t.conn.SetReadDeadline(deadline); err != nil {
		return packet{}, err
	}
	n, from, err := t.conn.ReadFromUDPAddrPort(t.buf[:])
	if err != nil {
		return packet{}, err
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
		return packet{}, t.send(out)
	case !t.due(p):
		t.oddity = fmt.Errorf("block %d while block %d was due", p.number, t.block+1)
		return packet{}, nil
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

// refuse tells a sender that is not the server so, and does not disturb the
// transfer (RFC 1350, section 4).
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

// repeated reports whether the server sent again what was acknowledged.
func (t *transfer) repeated(p packet) bool {
	if !t.peer.IsValid() {
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

func (t *transfer) send(b []byte) error {
	to := t.peer
	if !to.IsValid() {
		to = t.server
	}
	if _, err := t.conn.WriteToUDPAddrPort(b, to); err != nil {
		return networkFailure(err)
	}
	return nil
}

// quit tells the server that the transfer is over.
func (t *transfer) quit(code uint16, err error) error {
	_ = t.send(errorPacket(code, err.Error())) // it finds out by itself, later
	return err
}

// accept takes the server's answer to the options.
func (t *transfer) accept(p packet) (err error) {
	t.agreed, err = parseOptions(p.payload)
	switch {
	case !t.options:
		return t.quit(codeIllegal, fail(Protocol, nil, "the server accepts options that nobody asked for"))
	case err != nil:
		return t.quit(codeOption, fail(Protocol, fmt.Errorf("%w: %w", errOptions, err), "not TFTP"))
	case t.agreed.size > MaxSize:
		return t.quit(codeDiskFull, tooLarge())
	}
	return nil
}

// take adds a block to the file and reports whether it was the last one.
func (t *transfer) take(p packet) (last bool, err error) {
	switch n := len(p.payload); {
	case n > t.agreed.block:
		return false, t.quit(codeIllegal, fail(Protocol, nil, "a block of more than the %d bytes agreed on", t.agreed.block))
	case len(t.data)+n > MaxSize:
		return false, t.quit(codeDiskFull, tooLarge())
	}
	t.block = p.number
	t.data = append(t.data, p.payload...)
	t.oddity = nil
	return len(p.payload) < t.agreed.block, nil
}

// finish acknowledges the last block and gives the file out. That the file has
// not the size that was announced is nonsense of the options.
func (t *transfer) finish(ack []byte) ([]byte, error) {
	_ = t.send(ack) // the file is here, whatever becomes of it
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
	waited := fmt.Sprintf("after %d tries of %s", t.tries, t.timeout)
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
