package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng).
const (
	interfaceBlock uint32 = 1
	oldPacketBlock uint32 = 2
	simpleBlock    uint32 = 3
	packetBlock    uint32 = 6
	secretsBlock   uint32 = 10
)

// maxInterfaces is the number of interfaces of a section that are kept. Packets of
// others are counted and not read.
const maxInterfaces = 1 << 16

// An ng is a pcapng file: blocks of a type (u32), a length (u32), a body, and the
// length again. All blocks but those above are skipped.
type ng struct {
	in         *input
	keys       *keylog.Log // takes the secrets in the file
	order      binary.ByteOrder
	interfaces []iface
	blocks     int
}

// An iface is an interface of a section: its packets' link type, and how their
// times are written.
type iface struct {
	link   linkType
	unit   uint8 // if_tsresol: 10^-n seconds, with the high bit set 2^-n
	snap   uint32
	offset int64 // if_tsoffset: seconds
}

func openNG(in *input, keys *keylog.Log) (file, error) {
	f := &ng{in: in, keys: keys}
	head, err := in.take(8)
	if err == nil {
		err = f.section(head)
	}
	return f, headerError(err)
}

func (f *ng) next(p *packet) error {
	for {
		head, err := f.in.take(8)
		if err != nil {
			return err
		}
		if done, err := f.block(head, p); done || err != nil {
			return err
		}
	}
}

// block reads a block and reports whether it was a packet.
func (f *ng) block(head []byte, p *packet) (done bool, err error) {
	f.blocks++
	kind := f.order.Uint32(head)
	if kind == pcapngMagic {
		return false, f.section(head)
	}
	body, err := f.bodyLength(head)
	if err != nil {
		return false, err
	}
	switch kind {
	case interfaceBlock:
		return false, f.addInterface(body)
	case packetBlock, oldPacketBlock:
		return true, f.packet(kind, body, p)
	case simpleBlock:
		return true, f.simple(body, p)
	case secretsBlock:
		return false, f.secrets(body)
	}
	return false, f.in.skip(body + trailer)
}

// trailer is the size of the length behind a body.
const trailer = 4

// bodyLength returns the size of a block's body.
func (f *ng) bodyLength(head []byte) (int64, error) {
	length := int64(f.order.Uint32(head[4:]))
	if length < 12 || length%4 != 0 {
		return 0, f.in.damaged("block %d has a length of %d", f.blocks, length)
	}
	return length - 12, nil
}

// section reads a section header: byte order (u32), version (u16, u16), the rest is
// skipped. Interfaces belong to their section.
func (f *ng) section(head []byte) error {
	length := [4]byte(head[4:])
	b, err := f.in.more(8)
	if err != nil {
		return err
	}
	switch binary.BigEndian.Uint32(b) {
	case 0x1A2B3C4D:
		f.order = binary.BigEndian
	case 0x4D3C2B1A:
		f.order = binary.LittleEndian
	default:
		return f.in.damaged("a section has no known byte order")
	}
	if major := f.order.Uint16(b[4:]); major != 1 {
		return fmt.Errorf("pcapng version %d is not supported, only 1; convert it with Wireshark or editcap", major)
	}
	const least = 28
	total := int64(f.order.Uint32(length[:]))
	if total < least || total%4 != 0 {
		return f.in.damaged("a section header has a length of %d", total)
	}
	f.interfaces = f.interfaces[:0]
	return f.in.skip(total - 16)
}

// addInterface reads an interface description: link type (u16), reserved (u16), snap
// length (u32), options.
func (f *ng) addInterface(body int64) error {
	if body < 8 {
		return f.in.damaged("block %d: an interface of %d bytes", f.blocks, body)
	}
	const enough = 4096 // for the options that matter; a comment may be long
	b, err := f.in.more(int(min(body, enough)))
	if err != nil {
		return err
	}
	if len(f.interfaces) < maxInterfaces {
		i := iface{link: linkType(f.order.Uint16(b)), unit: 6, snap: f.order.Uint32(b[4:])}
		f.options(b[8:], &i)
		f.interfaces = append(f.interfaces, i)
	}
	return f.in.skip(body - int64(len(b)) + trailer)
}

// options reads the options of an interface: code (u16), length (u16), value, padded
// to 4 bytes.
func (f *ng) options(b []byte, i *iface) {
	const resolution, offset = 9, 14
	for len(b) >= 4 {
		code, n := f.order.Uint16(b), int(f.order.Uint16(b[2:]))
		b = b[4:]
		if n > len(b) || code == 0 {
			return
		}
		switch {
		case code == resolution && n == 1:
			i.unit = b[0]
		case code == offset && n == 8:
			i.offset = int64(f.order.Uint64(b))
		}
		b = b[min(len(b), (n+3)&^3):]
	}
}

// packet reads a packet block: interface (u32; in the old one u16 and u16), time
// (u64, high half first), bytes held (u32), bytes on the wire (u32), data, options.
func (f *ng) packet(kind uint32, body int64, p *packet) error {
	const fixed = 20
	if body < fixed {
		return f.in.damaged("block %d: a packet of %d bytes", f.blocks, body)
	}
	b, err := f.in.more(fixed)
	if err != nil {
		return err
	}
	id := f.order.Uint32(b)
	if kind == oldPacketBlock {
		id = uint32(f.order.Uint16(b))
	}
	at := uint64(f.order.Uint32(b[4:]))<<32 | uint64(f.order.Uint32(b[8:]))
	held, length := int64(f.order.Uint32(b[12:])), f.order.Uint32(b[16:])
	if held > body-fixed {
		return f.in.damaged("block %d: a packet of %d bytes in a block of %d", f.blocks, held, body)
	}
	*p = packet{length: int(length)}
	f.belongs(p, id, at)
	return f.data(p, held, body-fixed)
}

// simple reads a packet without time: bytes on the wire (u32), data.
func (f *ng) simple(body int64, p *packet) error {
	if body < 4 {
		return f.in.damaged("block %d: a packet of %d bytes", f.blocks, body)
	}
	b, err := f.in.more(4)
	if err != nil {
		return err
	}
	*p = packet{length: int(f.order.Uint32(b))}
	held := min(int64(p.length), body-4)
	if len(f.interfaces) > 0 && f.interfaces[0].snap != 0 {
		held = min(held, int64(f.interfaces[0].snap))
	}
	f.belongs(p, 0, 0)
	return f.data(p, held, body-4)
}

// belongs notes what a packet's interface says of it.
func (f *ng) belongs(p *packet, id uint32, at uint64) {
	if int64(id) >= int64(len(f.interfaces)) {
		p.skipped = kind{what: unknownInterface}
		return
	}
	i := &f.interfaces[id]
	p.link, p.at = i.link, i.time(at)
}

// data reads the data of a packet: held bytes, of rest in the block.
func (f *ng) data(p *packet, held, rest int64) error {
	if held > maxPacket {
		p.skipped = kind{what: tooLarge}
		f.in.later(rest + trailer)
		return nil
	}
	b, err := f.in.more(int(held))
	if err != nil {
		return err
	}
	if p.skipped.what == 0 {
		p.data = b
	}
	f.in.later(rest - held + trailer)
	return nil
}

// time converts a time to Unix nanoseconds.
func (i *iface) time(at uint64) int64 {
	n := uint(i.unit & 0x7F)
	base := i.offset * 1e9
	if i.unit&0x80 != 0 {
		high, low := bits.Mul64(at, 1e9)
		if n >= 64 {
			return base + int64(high>>(n-64))
		}
		return base + int64(low>>n|high<<(64-n))
	}
	for ; n < 9; n++ {
		at *= 10
	}
	for ; n > 9 && at > 0; n-- {
		at /= 10
	}
	return base + int64(at)
}

// secrets reads a block of secrets: type (u32), length (u32), data. Only TLS key
// logs are read.
func (f *ng) secrets(body int64) error {
	const tlsKeyLog = 0x544C534B
	if body < 8 {
		return f.in.damaged("block %d: secrets of %d bytes", f.blocks, body)
	}
	b, err := f.in.more(8)
	if err != nil {
		return err
	}
	kind, length := f.order.Uint32(b), int64(f.order.Uint32(b[4:]))
	rest := body - 8
	if length > rest {
		return f.in.damaged("block %d: secrets of %d bytes in a block of %d", f.blocks, length, body)
	}
	if kind == tlsKeyLog {
		r := &blockReader{f.in, length}
		// What is no key log is not worth an error: the packets follow.
		if _, err := f.keys.Add(r); err != nil && !errors.Is(err, keylog.ErrFormat) {
			return err
		}
		rest -= length - r.left
	}
	return f.in.skip(rest + trailer)
}

// A blockReader reads part of a block's body.
type blockReader struct {
	in   *input
	left int64
}

func (r *blockReader) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	data, err := r.in.more(int(min(int64(len(b)), r.left, readBuffer)))
	if err != nil {
		return 0, err
	}
	r.left -= int64(len(data))
	return copy(b, data), nil
}
