package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Outcomes of a transfer that call for another one.
var (
	errOptions = errors.New("the server's answer to the options makes no sense")
	errLost    = errors.New("the transfer broke off")
)

// getTFTP fetches a file. If the server gets the options wrong it is asked without
// them, and if it falls silent in the middle, as one that was started again
// does, it is asked once more.
func (c *Client) getTFTP(ctx context.Context, l Location) ([]byte, error) {
	server, err := c.tftpServer(ctx, l)
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

func (c *Client) tftpServer(ctx context.Context, l Location) (netip.AddrPort, error) {
	addr, err := c.resolve(ctx, l.Host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(l.Port, 10, 16)
	return netip.AddrPortFrom(addr, uint16(port)), err
}

// A packetConn is a UDP socket. It is not connected: the file comes from another
// port than the one that takes requests.
type packetConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	SetReadDeadline(t time.Time) error
	Close() error
}

func listenUDP(server netip.AddrPort) (packetConn, error) {
	network := "udp4"
	if server.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	hearRefusals(conn)
	return conn, nil
}

func (c *Client) transferTFTP(ctx context.Context, server netip.AddrPort, name string, options bool) ([]byte, error) {
	conn, err := c.listen(server)
	if err != nil {
		return nil, networkFailure(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	t := &transfer{
		conn: conn, timeout: c.options.Timeout, tries: c.options.Tries, roundTrip: c.roundTripTo(server),
		server: server, options: options, agreed: noOptions, data: []byte{},
	}
	return t.run(name)
}
