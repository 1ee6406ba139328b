package pcap

import (
	"encoding/binary"
	"fmt"
)

// A variant is a form of pcap: byte order, unit of time, and for a patched libpcap
// of old Linux systems (magic A1B2CD34) 8 more bytes per packet.
type variant struct {
	order binary.ByteOrder
	nano  bool
	extra int
}

var pcapMagic = map[uint32]variant{
	0xA1B2C3D4: {order: binary.BigEndian},
	0xD4C3B2A1: {order: binary.LittleEndian},
	0xA1B23C4D: {order: binary.BigEndian, nano: true},
	0x4D3CB2A1: {order: binary.LittleEndian, nano: true},
	0xA1B2CD34: {order: binary.BigEndian, extra: 8},
	0x34CDB2A1: {order: binary.LittleEndian, extra: 8},
}

// A classic is a pcap file: a header of 24 bytes, then packets with headers of 16.
type classic struct {
	variant
	in      *input
	link    linkType
	minor   uint16
	snap    uint32 // largest packet that the file's header announces
	packets int
}

func (v variant) open(in *input) (file, error) {
	b, err := in.take(24)
	if err != nil {
		return nil, headerError(err)
	}
	if major := v.order.Uint16(b[4:]); major != 2 {
		return nil, fmt.Errorf("pcap version %d is not supported, only 2; convert it with Wireshark or editcap", major)
	}
	const linkMask = 0xFFFF // above it: whether packets end with a checksum
	return &classic{variant: v, in: in, minor: v.order.Uint16(b[6:]), snap: v.order.Uint32(b[16:]), link: linkType(v.order.Uint32(b[20:]) & linkMask)}, nil
}

func (f *classic) next(p *packet) error {
	head, err := f.in.take(16 + f.extra)
	if err != nil {
		return err
	}
	f.packets++
	held, length := f.lengths(head)
	*p = packet{length: int(length), link: f.link, at: f.time(head)}
	switch {
	case held <= maxPacket:
		p.data, err = f.in.more(int(held))
		return err
	case f.snap != 0 && held > f.snap:
		return f.in.damaged("packet %d has %d bytes, but the file's limit is %d", f.packets, held, f.snap)
	}
	p.skipped = kind{what: tooLarge}
	f.in.later(int64(held))
	return nil
}

// lengths returns the bytes of a packet that the file holds, and those that it had
// on the wire. Before version 2.3 they were in the other order, in 2.3 in either.
func (f *classic) lengths(head []byte) (held, length uint32) {
	held, length = f.order.Uint32(head[8:]), f.order.Uint32(head[12:])
	if f.minor < 3 || f.minor == 3 && held > length {
		held, length = length, held
	}
	return held, length
}

func (f *classic) time(head []byte) int64 {
	seconds, fraction := int64(f.order.Uint32(head)), int64(f.order.Uint32(head[4:]))
	if !f.nano {
		fraction *= 1000
	}
	return seconds*1e9 + fraction
}
