package pcap

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/ctlinspect/ctlinspect/internal/keylog"
)

// ErrFormat: the file is neither pcap nor pcapng.
var ErrFormat = errors.New("not a capture: expected pcap or pcapng, as tcpdump and Wireshark write them")

var errEmpty = errors.New("the capture is empty; record or copy it again")

// maxPacket is the size of the largest packet that is read, in bytes: tcpdump and
// Wireshark record no more.
const maxPacket = 256 << 10

// A packet is a packet of a capture.
type packet struct {
	data    []byte // valid until the next packet is read
	length  int    // bytes on the wire: more than len(data) if the recorder cut it
	link    linkType
	at      int64 // Unix time in nanoseconds
	skipped kind  // why there is no data
}

// A file reads the packets of a capture in turn. At the end it returns io.EOF, or
// io.ErrUnexpectedEOF if the file ends inside a packet.
type file interface {
	next(*packet) error
}

// First words of the formats, in the byte order of the file.
const (
	gzipMagic   = 0x1F8B
	pcapngMagic = 0x0A0D0D0A
)

// Is reports whether the first bytes of a file are those of pcap or pcapng.
func Is(head [4]byte) bool {
	magic := binary.BigEndian.Uint32(head[:])
	_, classic := pcapMagic[magic]
	return classic || magic == pcapngMagic
}

func openFile(r io.Reader, keys *keylog.Log) (file, error) {
	b := bufio.NewReaderSize(r, readBuffer)
	if head, _ := b.Peek(2); len(head) == 2 && binary.BigEndian.Uint16(head) == gzipMagic {
		z, err := newExpander(b)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		b = bufio.NewReaderSize(z, readBuffer)
	}
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch len(head) {
	case 0:
		return nil, errEmpty
	case 1, 2, 3:
		return nil, ErrFormat
	}
	in := &input{b: b}
	if binary.BigEndian.Uint32(head) == pcapngMagic {
		return openNG(in, keys)
	}
	if f, ok := pcapMagic[binary.BigEndian.Uint32(head)]; ok {
		return f.open(in)
	}
	return nil, ErrFormat
}

func headerError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the capture ends inside its header, before the first packet; copy it again in binary mode")
	}
	return err
}

// An expander decompresses gzip. A small file can claim any size: it stops where
// no real capture gets.
type expander struct {
	z    *gzip.Reader
	from *counter
	out  int64
}

// A capture compresses to a tenth or a third. Up to freeExpansion bytes are
// expanded in any case.
const (
	maxRatio      = 200
	freeExpansion = 256 << 20
)

var errExpansion = fmt.Errorf("the file expands to more than %d times its size: no capture compresses that well. If it is one, decompress it with gunzip first", maxRatio)

func newExpander(r io.Reader) (*expander, error) {
	from := &counter{r: bufio.NewReader(r)}
	z, err := gzip.NewReader(from)
	return &expander{z: z, from: from}, err
}

func (e *expander) Read(b []byte) (int, error) {
	n, err := e.z.Read(b)
	e.out += int64(n)
	if err == nil && e.out > freeExpansion && e.out/maxRatio > e.from.n {
		err = errExpansion
	}
	return n, err
}

// A counter counts the bytes read through it.
type counter struct {
	r *bufio.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// ReadByte keeps package flate from reading ahead with a buffer of its own.
func (c *counter) ReadByte() (byte, error) {
	c.n++
	return c.r.ReadByte()
}

// readBuffer is the size of the buffer in front of a file; a packet fits.
const readBuffer = 512 << 10

// An input reads a file without copying.
type input struct {
	b       *bufio.Reader
	offset  int64 // of the next byte
	pending int64 // bytes that were used and are to be skipped
}

// take returns the next n bytes, valid until the next call. It returns io.EOF only
// if there are none at all.
func (in *input) take(n int) ([]byte, error) {
	if err := in.skip(0); err != nil {
		return nil, err
	}
	b, err := in.b.Peek(n)
	if err == io.EOF && len(b) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if err == nil {
		in.pending = int64(n)
	}
	return b, err
}

// more is take inside of a block or packet, where the file must not end.
func (in *input) more(n int) ([]byte, error) {
	b, err := in.take(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// later skips n bytes before the next read: what take returned stays valid.
func (in *input) later(n int64) { in.pending += n }

// skip skips n bytes and those that are pending.
func (in *input) skip(n int64) error {
	n += in.pending
	in.pending = 0
	for n > 0 {
		k, err := in.b.Discard(int(min(n, 1<<30)))
		in.offset += int64(k)
		if n -= int64(k); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
	return nil
}

// damaged is the error for a length or number that cannot be right.
func (in *input) damaged(format string, args ...any) error {
	return fmt.Errorf("offset %d: %s: the file is damaged here; copy it again in binary mode", in.offset, fmt.Sprintf(format, args...))
}
